import { encodeCursor } from "../../lib/cursor.ts";
import type { ListParams, ListSpec, Page } from "../../lib/list-query.ts";
import { cursorBinding, offsetOf, positionOf, sortKeys } from "../../mixins/keyset.ts";

/** A row with the values that a list can be sorted by, by the names of the sort keys. */
export interface Sortable<T> {
	id: string;
	keys: Readonly<Record<string, string | number>>;
	row: T;
}

const DEFAULT_LIMIT = 25;

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * A page of rows that are few enough to be at hand, by the rules of every list: keyset cursors sealed with `secret`, which
 * belong to `binding`, and numbered pages.
 * @throws 400 for a sort, cursor or numbered page that is not one of this list
 */
export function pageOf<T>(
	rows: readonly Sortable<T>[],
	spec: ListSpec,
	params: ListParams,
	{ binding, secret }: { binding: unknown[]; secret: string },
): Page<T> {
	const limit = params.limit ?? DEFAULT_LIMIT;
	const keys = sortKeys(spec, params.sort);
	const bound = cursorBinding([...binding, params.filter ?? {}, keys]);
	const position = positionOf(params, bound, secret, keys.length);
	const valuesOf = (one: Sortable<T>) => keys.map(({ key }) => (key === "_id" ? one.id : (one.keys[key] ?? "")));
	const order = (a: readonly (string | number)[], b: readonly (string | number)[]): number => {
		for (const [i, { direction }] of keys.entries()) {
			const difference = compare(a[i] ?? "", b[i] ?? "") * direction;
			if (difference !== 0) return difference;
		}
		return 0;
	};
	const sorted = [...rows].sort((a, b) => order(valuesOf(a), valuesOf(b)));
	const at = position?.values as (string | number)[] | undefined;
	const before = at ? sorted.filter((one) => order(valuesOf(one), at) < 0).length : 0;
	const upTo = at ? sorted.filter((one) => order(valuesOf(one), at) <= 0).length : 0;
	const start = !position
		? offsetOf(params, limit)
		: position.direction === "next"
			? upTo
			: Math.max(0, before - limit);
	const end = position?.direction === "prev" ? before : start + limit;
	const page = sorted.slice(start, end);
	const cursor = (one: Sortable<T> | undefined, direction: "next" | "prev") =>
		one ? encodeCursor({ direction, values: valuesOf(one) }, bound, secret) : null;
	const hasMore = end < sorted.length && page.length > 0;
	return {
		data: page.map((one) => one.row),
		page: {
			nextCursor: hasMore ? cursor(page.at(-1), "next") : null,
			prevCursor: start > 0 ? cursor(page[0], "prev") : null,
			hasMore,
			limit,
			...(params.count ? { total: sorted.length } : {}),
		},
	};
}
