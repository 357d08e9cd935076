import { createHash } from "node:crypto";
import { type CursorPosition, decodeCursor, encodeCursor } from "../lib/cursor.ts";
import {
	type Condition,
	type FilterField,
	isAllowedSort,
	type ListParams,
	type ListSpec,
	parseSort,
	type SortKey,
} from "../lib/list-query.ts";
import { Problem } from "../lib/problem.ts";

/** A MongoDB filter or sort, as Mongoose takes it. */
export type Filter = Record<string, unknown>;

/** The deepest row that numbered pages reach; further on only cursors go. */
const MAX_OFFSET = 10_000;

function typed(field: FilterField, value: unknown): unknown {
	if (Array.isArray(value)) return value.map((item) => typed(field, item));
	return field.type === "instant" && typeof value === "string" ? new Date(value) : value;
}

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function operatorFilter(field: FilterField, condition: Condition): Filter {
	const filter: Filter = {};
	for (const [operator, value] of Object.entries(condition)) {
		// `exists` asks for a value: null counts as none, as in every answer.
		if (operator === "exists") filter[value ? "$ne" : "$eq"] = null;
		else if (operator === "contains") filter.$regex = new RegExp(escapeRegExp(String(value)), "i");
		else filter[`$${operator}`] = typed(field, value);
	}
	return filter;
}

/** The conditions of a list request as one filter each, all of which must hold. */
export function conditionFilters(spec: ListSpec, conditions: ListParams["filter"]): Filter[] {
	const filters: Filter[] = [];
	for (const [name, condition] of Object.entries(conditions ?? {})) {
		const field = spec.filters[name];
		if (!field) throw new Problem(400, "unknown_parameter", `The list has no filter ${name}.`);
		const path = field.path ?? name;
		if (!field.map) filters.push({ [path]: operatorFilter(field, condition) });
		else
			for (const [key, inner] of Object.entries(condition))
				filters.push({ [`${path}.${key}`]: operatorFilter(field, inner as Condition) });
	}
	return filters;
}

/** The sort of a list request with document paths; the id makes it total. Throws 400 `invalid_request` where not allowed. */
export function sortKeys(spec: ListSpec, expression: string | undefined): SortKey[] {
	const sort = expression ?? spec.defaultSort;
	if (!isAllowedSort(spec, sort))
		throw new Problem(
			400,
			"invalid_request",
			`The list cannot be sorted by "${sort}". It can by ${spec.sorts.join("; ")}.`,
		);
	const keys = parseSort(sort).map(({ key, direction }) => ({ key: spec.sortPaths?.[key] ?? key, direction }));
	const last = keys.at(-1);
	return keys.some(({ key }) => key === "_id") ? keys : [...keys, { key: "_id", direction: last?.direction ?? 1 }];
}

/** `keys` as MongoDB's sort, turned round for a page backwards. */
export function mongoSort(keys: readonly SortKey[], backwards = false): Record<string, 1 | -1> {
	return Object.fromEntries(keys.map(({ key, direction }) => [key, (backwards ? -direction : direction) as 1 | -1]));
}

/**
 * The rows behind a position in a total order, as the usual keyset disjunction: equal on the first keys and beyond on the
 * next. Sort keys are never null by design of the models.
 */
export function behind(keys: readonly SortKey[], position: CursorPosition): Filter {
	const backwards = position.direction === "prev";
	const alternatives = keys.map(({ key, direction }, index) => {
		const equal = keys.slice(0, index).map((previous, i) => [previous.key, position.values[i]]);
		const beyond = (direction === 1) !== backwards ? "$gt" : "$lt";
		return { ...Object.fromEntries(equal), [key]: { [beyond]: position.values[index] } };
	});
	return { $or: alternatives };
}

/** What a cursor of this list, tenant, scope, filter and sort is bound to. */
export function cursorBinding(parts: unknown): string {
	return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}

/** The position in a request's cursor, or null for a first or numbered page. */
export function positionOf(params: ListParams, binding: string, key: string, width: number): CursorPosition | null {
	if (params.cursor === undefined) return null;
	const position = decodeCursor(params.cursor, binding, key);
	if (position.values.length !== width) throw new Problem(400, "invalid_cursor", "The cursor belongs to another sort.");
	return position;
}

/** How many rows a numbered page skips. Throws 400 `offset_too_deep` beyond 10,000 rows. */
export function offsetOf(params: ListParams, limit: number): number {
	const skip = ((params.page ?? 1) - 1) * limit;
	if (skip + limit > MAX_OFFSET)
		throw new Problem(
			400,
			"offset_too_deep",
			`Numbered pages reach ${MAX_OFFSET} rows; go on with nextCursor from there.`,
		);
	return skip;
}

function valueAt(row: unknown, path: string): unknown {
	return path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], row);
}

/** The cursor that stands at a row. */
export function cursorAt(
	row: unknown,
	keys: readonly SortKey[],
	direction: CursorPosition["direction"],
	binding: string,
	key: string,
): string {
	return encodeCursor({ direction, values: keys.map((sortKey) => valueAt(row, sortKey.key)) }, binding, key);
}
