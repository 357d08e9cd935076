import type { KeyRange } from "./bounds.ts";
import type { CatalogIndex } from "./catalog.ts";
import type { Stream } from "./planner.ts";
import { type Prepared, rowsOf } from "./scan.ts";
import type { Connection } from "./store.ts";

/** Counts the matching documents after skip and limit, without reading them where the indexes alone can tell. */
export function countRows(connection: Connection, prepared: Prepared): number {
	const { limit, skip } = prepared;
	const enough = limit > 0 ? skip + limit : Number.MAX_SAFE_INTEGER;
	return Math.max(0, Math.min(countUpTo(connection, prepared, enough), enough) - skip);
}

function countUpTo(connection: Connection, prepared: Prepared, enough: number): number {
	const { plan, collection } = prepared;
	if (!plan.exact) return countTested(connection, prepared, enough);
	if (!plan.streams) return number(connection.prepare(`select count(*) as n from ${collection.table}`).get());
	return plan.repeats ? countDistinct(connection, plan.streams, enough) : countKeys(connection, plan.streams, enough);
}

function countTested(connection: Connection, prepared: Prepared, enough: number): number {
	const { plan } = prepared;
	let count = 0;
	const rows = rowsOf(connection, { ...prepared, sort: [], plan: { ...plan, sorted: true }, limit: 0, skip: 0 });
	for (const _row of rows) if (++count >= enough) break;
	return count;
}

function countKeys(connection: Connection, streams: Stream<CatalogIndex>[], enough: number): number {
	let count = 0;
	for (const [index, { from, to }] of rangesOf(streams)) {
		const keys = `select 1 from ${index.table} where ${keyOf(index)} >= ? and ${keyOf(index)} < ?`;
		const limited = enough < Number.MAX_SAFE_INTEGER;
		const statement = connection.prepare(`select count(*) as n from (${keys}${limited ? " limit ?" : ""})`);
		count += number(limited ? statement.get(from, to, enough - count) : statement.get(from, to));
		if (count >= enough) break;
	}
	return count;
}

function countDistinct(connection: Connection, streams: Stream<CatalogIndex>[], enough: number): number {
	const seen = new Set<unknown>();
	for (const [index, { from, to }] of rangesOf(streams)) {
		const sql = `select rid from ${index.table} where ${keyOf(index)} >= ? and ${keyOf(index)} < ?`;
		for (const { rid } of connection.prepare(sql).iterate(from, to)) {
			seen.add(rid);
			if (seen.size >= enough) return seen.size;
		}
	}
	return seen.size;
}

function rangesOf(streams: Stream<CatalogIndex>[]): [CatalogIndex, KeyRange][] {
	return streams.flatMap(({ index, ranges }) => ranges.map((range): [CatalogIndex, KeyRange] => [index, range]));
}

/** The index on `_id` is the documents' table itself. */
function keyOf(index: CatalogIndex): string {
	return index.id === 0 ? "id" : "k";
}

function number(row: unknown): number {
	return (row as { n: number }).n;
}
