import type { CatalogCollection, CatalogIndex } from "./catalog.ts";
import { decodeDocument } from "./codec.ts";
import { serverError, UnindexedQuery } from "./errors.ts";
import { type Filter, parseFilter } from "./filter.ts";
import { type KeyField, sortKey } from "./index-keys.ts";
import { compileMatcher } from "./matcher.ts";
import { choosePlan, type Plan } from "./planner.ts";
import { prefilter } from "./prefilter.ts";
import { readSort } from "./sort.ts";
import type { Connection } from "./store.ts";
import type { Doc } from "./values.ts";
import { page, type RawRow, tableSql, walk, walkSql, wholeTable } from "./walk.ts";

/** A question to a collection, as the driver's options put it. */
export interface Query {
	readonly filter: unknown;
	readonly sort?: unknown;
	/** 0: no limit. */
	readonly limit?: number;
	readonly skip?: number;
	/** `{$natural: 1}`: the caller wants the whole collection. Else the one index to take, by its name or its keys. */
	readonly hint?: unknown;
	/** The caller wants the whole collection (an unfiltered count or delete). */
	readonly wholeCollection?: boolean;
}

/** A stored document with its row. */
export interface Row {
	readonly rid: number;
	readonly doc: Doc;
}

/** A query with the way to answer it. */
export interface Prepared {
	readonly collection: CatalogCollection;
	readonly filter: Filter;
	readonly sort: KeyField[];
	readonly plan: Plan<CatalogIndex>;
	readonly limit: number;
	readonly skip: number;
}

/**
 * Reads a query and plans it.
 *
 * @param strict refuse plans that read documents in vain: a whole table or index, or a sort in memory.
 * @throws UnindexedQuery in strict mode, naming filter and sort.
 */
export function prepare(collection: CatalogCollection, query: Query, strict: boolean): Prepared {
	const filter = parseFilter(query.filter);
	const sort = readSort(query.sort);
	const natural = isNatural(query.hint);
	const plan = choosePlan(filter, sort, natural ? collection.indexes : hinted(collection, query.hint));
	const prepared = { collection, filter, sort, plan, limit: Math.abs(query.limit ?? 0), skip: query.skip ?? 0 };
	if (strict && !query.wholeCollection && !natural) assertIndexed(prepared, query);
	return prepared;
}

function assertIndexed({ collection, plan, limit }: Prepared, query: Query): void {
	const refuse = (reason: string) => new UnindexedQuery(collection.name, reason, query.filter, query.sort);
	if (!plan.streams) throw refuse("no index for the filter");
	if (!plan.sorted && !plan.few) throw refuse("no index gives the order, it would be sorted in memory");
	if (plan.unbounded && !(plan.exact && limit > 0)) throw refuse("a whole index would be read");
}

/** The matching rows in order, after skip and limit. Reads only as far as the caller does. */
export function* rowsOf(connection: Connection, prepared: Prepared): Generator<Row> {
	const { plan, sort, limit, skip, collection } = prepared;
	if (
		plan.exact &&
		plan.sorted &&
		!plan.repeats &&
		plan.streams?.length === 1 &&
		plan.streams[0]!.ranges.length === 1
	) {
		for (const row of page(connection, collection, plan.streams[0]!, limit, skip)) {
			yield { rid: row.rid, doc: decodeDocument(row.doc) };
		}
		return;
	}
	const rows = plan.sorted ? inOrder(connection, prepared) : sortRows([...inOrder(connection, prepared)], sort);
	let seen = 0;
	for (const row of rows) {
		if (seen++ < skip) continue;
		yield row;
		if (limit && seen >= skip + limit) return;
	}
}

function inOrder(connection: Connection, prepared: Prepared): Iterable<Row> {
	const { plan, collection, filter, sort } = prepared;
	const matches = plan.exact ? undefined : compileMatcher(filter);
	const condition = plan.exact ? undefined : prefilter(filter, "d.doc");
	const sources = plan.streams
		? plan.streams.map((stream, slot) => walk(connection, collection, stream, slot, condition))
		: [wholeTable(connection, collection, condition)];
	const decoded = sources.map((source) => decodeMatching(source, matches));
	const merged = plan.sorted && sort.length > 0 && decoded.length > 1 ? merge(decoded, sort) : concat(decoded);
	return plan.repeats ? once(merged) : merged;
}

function* decodeMatching(source: Iterable<RawRow>, matches: ((doc: Doc) => boolean) | undefined): Generator<Row> {
	for (const { rid, doc: text } of source) {
		const doc = decodeDocument(text);
		if (!matches || matches(doc)) yield { rid, doc };
	}
}

function* concat<T>(sources: Iterable<T>[]): Generator<T> {
	for (const source of sources) yield* source;
}

/** An index on an array, or several walks, may come by the same document again. */
function* once(rows: Iterable<Row>): Generator<Row> {
	const seen = new Set<number>();
	for (const row of rows) {
		if (seen.has(row.rid)) continue;
		seen.add(row.rid);
		yield row;
	}
}

interface Head {
	row: Row;
	key: Uint8Array;
	rest: Generator<Row>;
}

/** Merges walks that are each in order. */
function* merge(sources: Generator<Row>[], sort: readonly KeyField[]): Generator<Row> {
	const heads: Head[] = [];
	const advance = (rest: Generator<Row>): Head | undefined => {
		const { value, done } = rest.next();
		return done ? undefined : { row: value, key: sortKey(value.doc, sort), rest };
	};
	try {
		for (const source of sources) {
			const head = advance(source);
			if (head) heads.push(head);
		}
		while (heads.length > 0) {
			let least = 0;
			for (let i = 1; i < heads.length; i++) {
				if (Buffer.compare(heads[i]!.key, heads[least]!.key) < 0) least = i;
			}
			yield heads[least]!.row;
			const next = advance(heads[least]!.rest);
			if (next) heads[least] = next;
			else heads.splice(least, 1);
		}
	} finally {
		for (const source of sources) source.return(undefined);
	}
}

/** Sorts in memory by the keys MongoDB would sort by. */
export function sortRows<T extends { doc: Doc }>(rows: T[], sort: readonly KeyField[]): T[] {
	const keyed = rows.map((row) => ({ row, key: sortKey(row.doc, sort) }));
	return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ row }) => row);
}

/** What `explain()` tells: how the query is answered, and SQLite's own plan for each walk. */
export function explainQuery(connection: Connection, prepared: Prepared): Doc {
	const { plan, collection } = prepared;
	const streams = plan.streams ?? [];
	const sql = plan.streams
		? [...new Set(streams.map((stream) => walkSql(collection, stream)))]
		: [tableSql(collection)];
	return {
		queryPlanner: {
			winningPlan: {
				stage: plan.streams ? "IXSCAN" : "COLLSCAN",
				indexes: streams.map((stream) => ({ indexName: stream.index.name, ranges: stream.ranges.length })),
				sortInMemory: !plan.sorted,
				testsDocuments: !plan.exact,
				wholeIndex: plan.unbounded,
			},
			sqlite: sql
				.flatMap((text) => connection.prepare(`explain query plan ${text}`).all(...(plan.streams ? NO_PARAMETERS : [])))
				.map((row) => row.detail),
		},
	};
}

const NO_PARAMETERS = [null, null];

function isNatural(hint: unknown): boolean {
	return typeof hint === "object" && hint !== null && Object.hasOwn(hint, "$natural");
}

/** The indexes to choose from: all of them, or the one that the caller names. */
function hinted({ indexes }: CatalogCollection, hint: unknown): readonly CatalogIndex[] {
	if (hint === undefined || hint === null) return indexes;
	const keys = JSON.stringify(hint);
	const named = indexes.find(({ name, spec }) => name === hint || JSON.stringify(spec.key) === keys);
	if (!named) throw serverError("BadValue", "hint provided does not correspond to an existing index");
	return [named];
}
