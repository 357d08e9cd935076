import { decodeCursor, encodeCursor } from "../../lib/cursor.ts";
import type { ListParams, ListSpec } from "../../lib/list-query.ts";
import { Problem } from "../../lib/problem.ts";
import type { CallContext } from "../../mixins/action.ts";
import { callerOf } from "../../mixins/action.ts";
import { cursorBinding } from "../../mixins/keyset.ts";
import type { PageKey, SearchHit, SearchKind, SearchQuery, SearchScopes } from "./engine/index-types.ts";
import { filtersOf } from "./filters.ts";
import { caughtUp } from "./freshness.ts";
import { readerOf } from "./scopes.ts";
import type { Search } from "./search-store.ts";

const DEFAULT_LIMIT = 25;

/** What every search takes. */
export interface FindParams extends Pick<ListParams, "filter" | "limit" | "cursor" | "count"> {
	q?: string;
	/** the query, where it is part of the path */
	query?: string;
	consistency?: "wait";
}

/** What the searches differ in. */
export interface Finding<K extends SearchKind> {
	kind: K;
	spec: ListSpec;
	scope: SearchScopes[K];
	/** languages, best first */
	locale: readonly string[];
	/** the total is wanted, whatever the client asked for */
	counted?: boolean;
	/** the filters that the caller may use; all unless told */
	offered?: readonly string[];
	/** hits as the caller may see them; those it may not see are left out */
	hydrate(hits: readonly SearchHit[]): Promise<(Record<string, unknown> | undefined)[]>;
}

/** A page of what was found. */
export interface Found {
	data: never[];
	page: { nextCursor: string | null; prevCursor: null; hasMore: boolean; limit: number; total?: number };
	relaxed: boolean;
	/** on all pages, where it was to be counted */
	total?: number;
}

function queryOf({ q, query }: FindParams): string {
	if (q !== undefined && query !== undefined)
		throw new Problem(400, "invalid_request", "The query is in the path already: q cannot be there too.");
	return query ?? q ?? "";
}

/** What a hit adds to the thing it is. */
export const asFound = ({ score, highlights, matchedTerms }: SearchHit) => ({ score, highlights, matchedTerms });

/**
 * One page of a search: scope and filters hold inside the index, the hits come from their owner as the caller may see
 * them. Throws 400 for a query, filter or cursor that cannot be used.
 */
export async function find<K extends SearchKind>(
	ctx: CallContext<FindParams>,
	search: Search,
	finding: Finding<K>,
): Promise<Found> {
	const { params } = ctx;
	const caller = callerOf(ctx);
	const { kind, scope, locale } = finding;
	const filters = filtersOf(finding.spec, params.filter, finding.offered);
	const limit = params.limit ?? DEFAULT_LIMIT;
	const asked = {
		kind,
		tenantId: caller.tenant.id,
		query: queryOf(params),
		scope,
		filters,
		locale,
		reader: readerOf(caller),
	};
	const binding = cursorBinding(["search", asked]);
	const query: SearchQuery<K> = {
		...asked,
		limit,
		...(params.cursor === undefined ? {} : { cursor: openCursor(params.cursor, binding, search.store.secret) }),
		...(params.count || finding.counted ? { count: true } : {}),
	};
	if (params.consistency === "wait") await caughtUp(kind, search.owners, search.feed);
	const { hits, total, relaxed, nextKey } = search.asking(() => search.index.search(query));
	const views = await finding.hydrate(hits);
	const data = hits.flatMap((hit, at) => (views[at] ? [{ ...views[at], ...asFound(hit) }] : []));
	const nextCursor = nextKey && encodeCursor({ values: nextKey, direction: "next" }, binding, search.store.secret);
	return {
		data: data as never[],
		page: {
			nextCursor,
			prevCursor: null,
			hasMore: nextKey !== null,
			limit,
			...(params.count ? { total: total ?? 0 } : {}),
		},
		relaxed,
		...(finding.counted && total !== undefined ? { total } : {}),
	};
}

function openCursor(cursor: string, binding: string, secret: string): PageKey {
	return decodeCursor(cursor, binding, secret).values as PageKey;
}

/** Things in the order of the hits, undefined for those that were not found. */
export function inOrder<T extends { id: string }>(hits: readonly SearchHit[], things: readonly T[]): (T | undefined)[] {
	const byId = new Map(things.map((thing) => [thing.id, thing]));
	return hits.map(({ id }) => byId.get(id));
}
