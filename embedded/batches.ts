import type { KeyRange } from "./bounds.ts";
import type { CatalogIndex } from "./catalog.ts";
import { decodeDocument } from "./codec.ts";
import { compileMatcher } from "./matcher.ts";
import type { Stream } from "./planner.ts";
import { prefilter } from "./prefilter.ts";
import { type Prepared, rowsOf } from "./scan.ts";
import type { Connection } from "./store.ts";
import type { Doc } from "./values.ts";
import { walk } from "./walk.ts";

/** The rest of a walk that a cursor has not read yet. */
export type Rest = Stream<CatalogIndex>;

/** Some documents of a cursor, and the rest if there may be more. */
export interface Batch {
	readonly documents: Doc[];
	readonly rest: Rest | undefined;
}

/**
 * Reads about `size` documents of a query, so that a cursor over a large collection neither holds it in memory nor
 * keeps a read transaction open. Between batches other writes may happen, as with MongoDB's cursors. Queries that are
 * not one walk in order come as one batch.
 *
 * @param rest what the batch before has left.
 */
export function readBatch(connection: Connection, prepared: Prepared, size: number, rest?: Rest): Batch {
	const stream = rest ?? onlyStream(prepared);
	if (!stream) return { documents: Array.from(rowsOf(connection, prepared), (row) => row.doc), rest: undefined };
	const { plan, filter, collection } = prepared;
	const matches = plan.exact ? undefined : compileMatcher(filter);
	const condition = plan.exact ? undefined : prefilter(filter, "d.doc");
	const documents: Doc[] = [];
	let last: Uint8Array | undefined;
	for (const { k, doc: text } of walk(connection, collection, stream, 0, condition)) {
		if (last && documents.length >= size && Buffer.compare(k, last) !== 0) {
			return { documents, rest: beyond(stream, last) };
		}
		const doc = decodeDocument(text);
		if (!matches || matches(doc)) documents.push(doc);
		last = k;
	}
	return { documents, rest: undefined };
}

function onlyStream({ plan, limit, skip }: Prepared): Rest | undefined {
	if (limit > 0 || skip > 0 || !plan.sorted || plan.repeats || plan.streams?.length !== 1) return undefined;
	return plan.streams[0];
}

/** What of a stream lies after a key in walking order. */
function beyond(stream: Rest, key: Uint8Array): Rest {
	const after = Buffer.concat([key, Uint8Array.of(0)]);
	const cut = ({ from, to }: KeyRange): KeyRange =>
		stream.reverse
			? { from, to: Buffer.compare(to, key) < 0 ? to : key }
			: { from: Buffer.compare(from, after) > 0 ? from : after, to };
	const ranges = stream.ranges.map(cut).filter(({ from, to }) => Buffer.compare(from, to) < 0);
	return { ...stream, ranges };
}
