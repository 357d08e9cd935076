import { ARTICLE_LIST } from "../../contracts/knowledge-base.ts";
import type { Condition, ListParams, ListSpec } from "../../lib/list-query.ts";
import { forbidden } from "../../lib/problem.ts";
import type { Filter } from "../../mixins/keyset.ts";
import { type ArticleStatus, articleStatuses } from "../../models/article.ts";
import type { Reader } from "./access.ts";
import { acceptable } from "./locales.ts";

/** How articles are asked for by those who write. */
const WRITER_SPEC: ListSpec = ARTICLE_LIST;

/** The same for readers, who know nothing of changes that they cannot see. */
const READER_SPEC: ListSpec = {
	...ARTICLE_LIST,
	filters: { ...ARTICLE_LIST.filters, updatedAt: { type: "instant", path: "publicUpdatedAt" } },
	sortPaths: { ...ARTICLE_LIST.sortPaths, updatedAt: "publicUpdatedAt" },
};

export const specFor = (reader: Reader): ListSpec => (reader.writes ? WRITER_SPEC : READER_SPEC);

/** What a list of articles is narrowed by that depends on their languages. */
export interface Narrowing {
	params: ListParams;
	filters: Filter[];
	/** the statuses that a language must have to be shown */
	statuses: readonly ArticleStatus[];
	/** the language asked for */
	locale: string | undefined;
}

const NOTHING: Filter = { _id: { $in: [] } };

function statusesOf(condition: Condition | undefined): readonly ArticleStatus[] {
	const { eq, in: any } = condition ?? {};
	const named = [any, eq === undefined ? undefined : [eq]].filter((one) => one !== undefined) as ArticleStatus[][];
	return articleStatuses.filter((status) => named.every((one) => one.includes(status)));
}

/** Tags are kept in lower case. */
function tagForm(condition: Condition): Condition {
	const form = (value: unknown): unknown =>
		Array.isArray(value) ? value.map(form) : typeof value === "string" ? value.normalize("NFC").toLowerCase() : value;
	return Object.fromEntries(Object.entries(condition).map(([operator, value]) => [operator, form(value)]));
}

/**
 * Takes the conditions on language and status out of a request and puts them as what articles carry in their index.
 * Throws 403 for what readers are not shown.
 */
export function narrowing(reader: Reader, { filter = {}, ...params }: ListParams): Narrowing {
	const { status, locale: wanted, ...rest } = filter;
	const refused = reader.staff ? undefined : ["authorId", "ownerId"].find((name) => name in rest);
	if (refused !== undefined) throw forbidden(`You cannot filter by ${refused}.`);
	const locale = wanted?.eq as string | undefined;
	const named = statusesOf(status);
	const statuses = reader.writes ? named : named.filter((one) => one === "published");
	const filters: Filter[] = [];
	const languages = locale === undefined ? null : acceptable(locale);
	if (statuses.length === 0 || languages?.length === 0) filters.push(NOTHING);
	else if (reader.writes && status) {
		const words = languages ? languages.flatMap((one) => statuses.map((word) => `${one} ${word}`)) : statuses;
		filters.push({ states: { $in: words } });
	} else if (languages) filters.push({ [reader.writes ? "locales" : "publishedLocales"]: { $in: languages } });
	for (const name of ["tag", "tagAny"]) if (rest[name]) rest[name] = tagForm(rest[name]);
	return { params: { ...params, filter: rest }, filters, statuses, locale };
}
