import { Problem } from "../../../lib/problem.ts";

/** One part of what was typed, between spaces or quotes. */
export interface QueryPart {
	/** as typed, without sign, field and quotes */
	text: string;
	phrase: boolean;
	not: boolean;
	/** ends with `*` */
	prefix: boolean;
	/** `subject:` or `created>=`, in lower case; whether it means anything is for others to say */
	field: { name: string; operator: ":" | ">" | ">=" | "<" | "<=" } | null;
	/** the part with its field, as typed: what it is if the field means nothing */
	whole: string;
}

export const MAX_QUERY = 256;
export const MAX_TERMS = 16;

const PART = /(-)?(?:(\p{L}[\p{L}\p{N}_.]*)(:|>=|<=|>|<))?(?:"([^"]*)"|([^\s"]+))/gu;
const QUOTES = /[“”„‟«»″＂]/g;

function partOf(match: RegExpExecArray): QueryPart {
	const [, sign, name, operator, quoted, bare] = match;
	const text = quoted ?? bare ?? "";
	const phrase = quoted !== undefined;
	return {
		text: phrase ? text : text.replace(/\*+$/, ""),
		phrase,
		not: sign === "-",
		prefix: !phrase && text.endsWith("*"),
		field:
			name === undefined
				? null
				: { name: name.toLowerCase(), operator: operator as NonNullable<QueryPart["field"]>["operator"] },
		whole: name === undefined ? text : `${name} ${text}`,
	};
}

/**
 * Takes apart what a person typed: words, `"exact phrase"`, `-not`, `field:value`, `field>value`, `prefix*`. A quote
 * without its other half is ignored. Throws Problem 400 for nothing at all, over 256 characters or over 16 parts.
 */
export function parseQuery(query: string): QueryPart[] {
	const text = query.toWellFormed().replace(QUOTES, '"').trim();
	if (text === "") throw new Problem(400, "empty_query", "There is nothing to search for: q is empty.");
	if ([...text].length > MAX_QUERY) {
		throw new Problem(400, "query_too_long", `q has at most ${MAX_QUERY} characters.`);
	}
	const parts = [...text.matchAll(PART)].map(partOf).filter((part) => /[\p{L}\p{N}]/u.test(part.text));
	if (parts.length > MAX_TERMS) throw new Problem(400, "too_many_terms", `q has at most ${MAX_TERMS} terms.`);
	return parts;
}
