import type { CatalogCollection, CatalogIndex } from "./catalog.ts";
import type { Stream } from "./planner.ts";
import type { SqlCondition } from "./prefilter.ts";
import type { Connection } from "./store.ts";

/** A document as SQLite gives it, with the index key that led to it. */
export interface RawRow {
	readonly rid: number;
	readonly doc: string;
	readonly k: Uint8Array;
}

const NO_CONDITION: SqlCondition = { sql: "true", values: [] };

/**
 * Reads the documents of a stream in index order, as far as the caller goes on asking.
 *
 * @param slot tells apart walks that are read in turns.
 */
export function* walk(
	connection: Connection,
	collection: CatalogCollection,
	stream: Stream<CatalogIndex>,
	slot: number,
	condition: SqlCondition = NO_CONDITION,
): Generator<RawRow> {
	const statement = connection.prepare(walkSql(collection, stream, condition), slot);
	for (const { from, to } of stream.ranges) {
		for (const row of statement.iterate(from, to, ...condition.values)) yield row as unknown as RawRow;
	}
}

/** Reads one page of a stream of one range at once; SQLite passes over the skipped keys without reading documents. */
export function page(
	connection: Connection,
	collection: CatalogCollection,
	stream: Stream<CatalogIndex>,
	limit: number,
	skip: number,
): RawRow[] {
	const { from, to } = stream.ranges[0]!;
	const statement = connection.prepare(walkSql(collection, stream) + limitSql(limit, skip));
	const rows = skip > 0 ? statement.all(from, to, limit || -1, skip) : statement.all(from, to);
	return rows as unknown as RawRow[];
}

/** Reads every document that may meet the condition, in the order of insertion. */
export function* wholeTable(
	connection: Connection,
	collection: CatalogCollection,
	condition: SqlCondition = NO_CONDITION,
): Generator<RawRow> {
	const statement = connection.prepare(tableSql(collection, condition));
	for (const row of statement.iterate(...condition.values)) yield row as unknown as RawRow;
}

/** SQLite prepares a statement anew for each value bound to LIMIT, so the few page sizes in use are written out. */
function limitSql(limit: number, skip: number): string {
	if (skip > 0) return " limit ? offset ?";
	return limit > 0 ? ` limit ${limit}` : "";
}

/** The statement of a walk; its first two parameters are the ends of a range. */
export function walkSql(
	collection: CatalogCollection,
	{ index, reverse }: Stream<CatalogIndex>,
	{ sql }: SqlCondition = NO_CONDITION,
): string {
	const direction = reverse ? "desc" : "asc";
	if (index.id === 0) {
		return `select d.rid as rid, json(d.doc) as doc, d.id as k from ${collection.table} d
			where d.id >= ? and d.id < ? and ${sql} order by d.id ${direction}`;
	}
	return `select d.rid as rid, json(d.doc) as doc, i.k as k
		from ${index.table} i cross join ${collection.table} d on d.rid = i.rid
		where i.k >= ? and i.k < ? and ${sql} order by i.k ${direction}`;
}

/** The statement that reads the whole table. */
export function tableSql(collection: CatalogCollection, { sql }: SqlCondition = NO_CONDITION): string {
	return `select d.rid as rid, json(d.doc) as doc, d.id as k from ${collection.table} d where ${sql} order by d.rid`;
}
