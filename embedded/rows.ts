import type { Catalog, CatalogCollection, CatalogIndex } from "./catalog.ts";
import { encodeDocument } from "./codec.ts";
import { duplicateKeyError } from "./errors.ts";
import { documentKeys, keyValue } from "./index-keys.ts";
import { equalValues, keyOf } from "./key-bytes.ts";
import { compileMatcher, type Matcher } from "./matcher.ts";
import type { Row } from "./scan.ts";
import type { Connection } from "./store.ts";
import type { Doc } from "./values.ts";

/** Where rows are written: inside an open write transaction. */
export interface WriteContext {
	readonly connection: Connection;
	readonly catalog: Catalog;
	readonly collection: CatalogCollection;
	/** `database.collection`, for messages. */
	readonly namespace: string;
}

/**
 * Stores a new document with its index keys.
 *
 * @throws MongoServerError E11000 when a unique index has its key already; the caller rolls back what was written.
 */
export function insertRow(context: WriteContext, doc: Doc): void {
	const { connection, collection } = context;
	const statement = connection.prepare(`insert into ${collection.table}(id, doc) values (?, jsonb(?))`);
	const rid = guardUnique(context, collection.indexes[0]!, doc, keyOf(doc._id), (key) =>
		Number(statement.run(key, encodeDocument(doc)).lastInsertRowid),
	);
	for (const index of collection.indexes.slice(1)) addKeys(context, index, rid, doc, keysFor(context, index, doc));
}

/** Stores the new state of a document. Returns false when nothing has changed. */
export function updateRow(context: WriteContext, { rid, doc: before }: Row, after: Doc): boolean {
	const { connection, collection } = context;
	const text = encodeDocument(after);
	if (text === encodeDocument(before)) return false;
	for (const index of collection.indexes.slice(1)) {
		if (touches(index, before, after)) moveKeys(context, index, rid, before, after);
	}
	connection.prepare(`update ${collection.table} set doc = jsonb(?) where rid = ?`).run(text, rid);
	return true;
}

export function deleteRow(context: WriteContext, { rid, doc }: Row): void {
	const { connection, collection } = context;
	for (const index of collection.indexes.slice(1)) removeKeys(context, index, rid, keysFor(context, index, doc));
	connection.prepare(`delete from ${collection.table} where rid = ?`).run(rid);
}

/** Empties the collection at once. Returns how many documents there were. */
export function deleteAllRows({ connection, collection }: WriteContext): number {
	for (const index of collection.indexes.slice(1)) connection.prepare(`delete from ${index.table}`).run();
	return Number(connection.prepare(`delete from ${collection.table}`).run().changes);
}

/** Adds the keys of one existing document to a new index. */
export function indexRow(context: WriteContext, index: CatalogIndex, { rid, doc }: Row): void {
	addKeys(context, index, rid, doc, keysFor(context, index, doc));
}

/** An index can only change where one of the fields it depends on has. */
function touches(index: CatalogIndex, before: Doc, after: Doc): boolean {
	for (const root of index.roots) {
		if (before[root] === after[root]) continue;
		if (root in before !== root in after || !equalValues(before[root], after[root])) return true;
	}
	return false;
}

const memberships = new WeakMap<CatalogIndex, Matcher>();

/** A partial index holds what its filter matches, a sparse one what has at least one of its fields. */
function belongs(index: CatalogIndex, doc: Doc): boolean {
	if (!index.partial && !index.sparse) return true;
	let matches = memberships.get(index);
	if (!matches) {
		matches = compileMatcher(index.partial ?? { type: "or", parts: index.fields.map(existence) });
		memberships.set(index, matches);
	}
	return matches(doc);
}

function existence({ path, parts }: CatalogIndex["fields"][number]) {
	return { type: "path", path, parts, test: { op: "exists" } } as const;
}

function keysFor(context: WriteContext, index: CatalogIndex, doc: Doc): Uint8Array[] {
	if (!belongs(index, doc)) return [];
	const { keys, multikey } = documentKeys(doc, index.fields);
	if (multikey.some((flag, i) => flag && !index.multikey[i])) {
		context.catalog.markMultikey(context.connection, index, multikey);
	}
	return keys;
}

function moveKeys(context: WriteContext, index: CatalogIndex, rid: number, before: Doc, after: Doc): void {
	const old = keysFor(context, index, before);
	const next = keysFor(context, index, after);
	removeKeys(context, index, rid, without(old, next));
	addKeys(context, index, rid, after, without(next, old));
}

function without(keys: Uint8Array[], others: Uint8Array[]): Uint8Array[] {
	if (others.length === 0) return keys;
	const known = new Set(others.map((key) => Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1")));
	return keys.filter((key) => !known.has(Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1")));
}

function addKeys(context: WriteContext, index: CatalogIndex, rid: number, doc: Doc, keys: Uint8Array[]): void {
	const statement = context.connection.prepare(`insert into ${index.table}(k, rid) values (?, ?)`);
	for (const key of keys) guardUnique(context, index, doc, key, () => statement.run(key, rid));
}

function removeKeys({ connection }: WriteContext, index: CatalogIndex, rid: number, keys: Uint8Array[]): void {
	const statement = connection.prepare(`delete from ${index.table} where k = ? and rid = ?`);
	for (const key of keys) statement.run(key, rid);
}

const SQLITE_CONSTRAINT = 19;

function guardUnique<T>(
	{ namespace }: WriteContext,
	index: CatalogIndex,
	doc: Doc,
	key: Uint8Array,
	write: (key: Uint8Array) => T,
): T {
	try {
		return write(key);
	} catch (error) {
		const code = (error as { errcode?: number }).errcode ?? 0;
		if ((code & 0xff) !== SQLITE_CONSTRAINT) throw error;
		throw duplicateKeyError(namespace, index.name, index.spec.key, keyValue(doc, index.fields, key));
	}
}
