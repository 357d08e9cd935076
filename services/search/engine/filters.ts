import { TICKET_PRIORITIES } from "../../../contracts/tickets-events.ts";
import type { Condition } from "../../../lib/list-query.ts";
import { Problem } from "../../../lib/problem.ts";
import { FILTER_FIELDS, type SearchFilters, type SearchKind, type SearchReader } from "./index-types.ts";
import type { QueryPart } from "./query-syntax.ts";
import { keyToken, NO_VALUE } from "./tokens.ts";

/** Conditions as the index query has them. */
export interface Conditions {
	/** each a list of key tokens of which an entry has at least one */
	must: string[][];
	/** key tokens of which it has none */
	not: string[];
	/** comparisons with columns of `ranges` */
	compare: {
		column: "created" | "updated" | "number";
		operator: ">" | ">=" | "<" | "<=" | "=" | "<>";
		value: number;
	}[];
}

type FieldType = "word" | "words" | "number" | "instant";

const COLUMN_OF: Record<string, "created" | "updated" | "number"> = {
	createdAt: "created",
	publishedAt: "created",
	updatedAt: "updated",
	number: "number",
};
const COMPARISONS = { gt: ">", gte: ">=", lt: "<", lte: "<=", eq: "=", ne: "<>" } as const;
/** What a customer is not to learn of a ticket. */
const STAFF_FIELDS = ["tags", "updatedAt"];

const refuse = (field: string, why: string) =>
	new Problem(400, "invalid_filter", `The search cannot be filtered so by ${field}: ${why}.`);

function fieldType(kind: SearchKind, field: string, reader: SearchReader): FieldType | null {
	if (reader === "customer" && kind !== "article" && STAFF_FIELDS.includes(field)) return null;
	return Object.hasOwn(FILTER_FIELDS[kind], field)
		? ((FILTER_FIELDS[kind] as Record<string, FieldType>)[field] ?? null)
		: null;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
const keyOf = (field: string, value: unknown) => keyToken(field, value === null ? NO_VALUE : String(value));
const keysOf = (field: string, value: unknown) => listOf(value).map((one) => keyOf(field, one));

function wordConditions(field: string, condition: Condition): Conditions {
	const made: Conditions = { must: [], not: [], compare: [] };
	for (const [operator, value] of Object.entries(condition)) {
		if (operator === "eq" || operator === "in") made.must.push(keysOf(field, value));
		else if (operator === "ne" || operator === "nin") made.not.push(...keysOf(field, value));
		else if (operator === "all") made.must.push(...keysOf(field, value).map((key) => [key]));
		else if (operator === "exists" && value === true) made.not.push(keyOf(field, null));
		else if (operator === "exists") made.must.push([keyOf(field, null)]);
		else throw refuse(field, `it has no ${operator}`);
	}
	return made;
}

function numericValue(field: string, type: FieldType, value: unknown): number {
	const number =
		type === "number" ? Number(value) : value instanceof Date ? value.getTime() : Date.parse(String(value));
	if (!Number.isFinite(number)) throw refuse(field, `it is not a valid ${type}`);
	return number;
}

function numericConditions(field: string, type: FieldType, condition: Condition): Conditions {
	const made: Conditions = { must: [], not: [], compare: [] };
	for (const [operator, value] of Object.entries(condition)) {
		if (!Object.hasOwn(COMPARISONS, operator)) throw refuse(field, `it has no ${operator}`);
		made.compare.push({
			column: COLUMN_OF[field] as "created",
			operator: COMPARISONS[operator as keyof typeof COMPARISONS],
			value: numericValue(field, type, value),
		});
	}
	return made;
}

/** What filters mean to the index. Throws Problem 400 `invalid_filter`. */
export function conditionsOf(kind: SearchKind, filters: SearchFilters, reader: SearchReader): Conditions {
	const all: Conditions = { must: [], not: [], compare: [] };
	for (const [field, condition] of Object.entries(filters)) {
		const type = fieldType(kind, field, reader);
		if (type === null) throw refuse(field, "there is no such field");
		const made =
			type === "word" || type === "words"
				? wordConditions(field, condition)
				: numericConditions(field, type, condition);
		all.must.push(...made.must);
		all.not.push(...made.not);
		all.compare.push(...made.compare);
	}
	return all;
}

/** Names that people give to fields. */
const ALIASES: Record<string, string> = {
	...{ tag: "tags", group: "groupId", groupid: "groupId", assignee: "assigneeId", assigneeid: "assigneeId" },
	...{ customerid: "customerId", companyid: "companyId", category: "categoryIds", categoryid: "categoryId" },
	...{ created: "createdAt", createdat: "createdAt", updated: "updatedAt", updatedat: "updatedAt" },
	...{ published: "publishedAt", publishedat: "publishedAt", language: "locale", lang: "locale" },
};
const OPERATORS = { ":": "eq", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte" } as const;
const INSTANT = /^\d{4}-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?)?$/;
const DAY = 86_400_000;

function ofPriority(operator: keyof typeof OPERATORS, text: string): Condition | null {
	const at = (TICKET_PRIORITIES as readonly string[]).indexOf(text.toLowerCase());
	if (at === -1) return null;
	const tests = { ":": 0, ">": 1, ">=": 1, "<": -1, "<=": -1 } as const;
	const side = tests[operator];
	const fits = TICKET_PRIORITIES.filter((_, index) => {
		const place = Math.sign(index - at);
		return place === side || (place === 0 && operator !== ">" && operator !== "<");
	});
	return { in: fits };
}

function typedCondition(
	field: string,
	type: FieldType,
	operator: keyof typeof OPERATORS,
	text: string,
): Condition | null {
	if (type === "number")
		return /^#?\d{1,15}$/.test(text) ? { [OPERATORS[operator]]: Number(text.replace("#", "")) } : null;
	if (type === "instant") {
		const at = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
		if (!Number.isFinite(at)) return null;
		const iso = (instant: number) => new Date(instant).toISOString();
		// A date without a time is the whole day.
		if (text.length > 10 || operator === ">=" || operator === "<") return { [OPERATORS[operator]]: iso(at) };
		if (operator === ":") return { gte: iso(at), lt: iso(at + DAY) };
		return operator === ">" ? { gte: iso(at + DAY) } : { lt: iso(at + DAY) };
	}
	if (field === "priority") return ofPriority(operator, text);
	if (operator !== ":" || text === "") return null;
	return text.toLowerCase() === "none" ? { eq: null } : { in: [...new Set([text, text.toLowerCase()])] };
}

/** A part of the query as a filter; null if it is not one that the kind has, so that it is text. */
export function filterOf(part: QueryPart, kind: SearchKind, reader: SearchReader): Conditions | null {
	if (part.field === null) return null;
	const name = Object.keys(FILTER_FIELDS[kind]).find((known) => known.toLowerCase() === part.field?.name);
	const field = name ?? ALIASES[part.field.name];
	const type = field === undefined ? null : fieldType(kind, field, reader);
	if (field === undefined || type === null) return null;
	const condition = typedCondition(field, type, part.field.operator, part.text);
	return condition === null ? null : conditionsOf(kind, { [field]: condition }, reader);
}
