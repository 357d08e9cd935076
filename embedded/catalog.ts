import { decodeDocument, encodeDocument } from "./codec.ts";
import { type Filter, parseFilter } from "./filter.ts";
import { type KeyField, keyFields } from "./index-keys.ts";
import type { PlannedIndex } from "./planner.ts";
import type { Connection } from "./store.ts";

/** The index declaration as `listIndexes` reports it. */
export interface IndexSpec {
	readonly v: 2;
	readonly key: Record<string, 1 | -1>;
	readonly name: string;
	readonly unique?: true;
	readonly sparse?: true;
	readonly partialFilterExpression?: Record<string, unknown>;
}

/** An index with the SQLite table that holds its keys. */
export interface CatalogIndex extends PlannedIndex {
	readonly id: number;
	readonly spec: IndexSpec;
	/** The quoted table of `(k, rid)`; for the index on `_id` the documents' own table. */
	readonly table: string;
	readonly multikey: boolean[];
	/** The first parts of all paths the index depends on. */
	readonly roots: ReadonlySet<string>;
}

export interface CatalogCollection {
	readonly name: string;
	/** The quoted table of `(rid, id, doc)`. */
	readonly table: string;
	/** Always begins with the index on `_id`. */
	readonly indexes: CatalogIndex[];
}

interface IndexRow {
	id: number;
	collection: string;
	spec: string;
	multikey: string;
}

/**
 * What collections and indexes the file holds. It is kept in the file, cached here, and read again when another process
 * has changed it: every change raises `user_version` in the file's header, which costs next to nothing to look at.
 */
export class Catalog {
	#version = -1;
	#collections = new Map<string, CatalogCollection>();

	/** Called at the start of every transaction. */
	refresh(connection: Connection): void {
		const { user_version } = connection.prepare("pragma user_version").get() as { user_version: number };
		if (user_version === this.#version) return;
		this.#collections = user_version === 0 ? new Map() : load(connection);
		this.#version = user_version;
	}

	/** Drops the cache, after a rollback that may have taken changes back. */
	forget(): void {
		this.#version = -1;
	}

	get(name: string): CatalogCollection | undefined {
		return this.#collections.get(name);
	}

	names(): string[] {
		return [...this.#collections.keys()];
	}

	/** The collection, made now if it does not exist. */
	ensure(connection: Connection, name: string): CatalogCollection {
		const existing = this.#collections.get(name);
		if (existing) return existing;
		connection.exec(`
			create table if not exists "_collections"(name text primary key) without rowid;
			create table if not exists "_indexes"(
				id integer primary key, collection text not null, spec text not null, multikey text not null)`);
		connection.exec(
			`create table ${tableOf(name)}(rid integer primary key, id blob not null unique, doc blob not null)`,
		);
		connection.prepare('insert into "_collections"(name) values (?)').run(name);
		const made: CatalogCollection = { name, table: tableOf(name), indexes: [idIndex(name)] };
		this.#collections.set(name, made);
		this.#version = raiseVersion(connection);
		return made;
	}

	drop(connection: Connection, collection: CatalogCollection): void {
		for (const index of collection.indexes.slice(1)) this.dropIndex(connection, index);
		connection.exec(`drop table ${collection.table}`);
		connection.prepare('delete from "_collections" where name = ?').run(collection.name);
		this.#changed(connection);
	}

	/** Registers an index and makes its empty table. */
	addIndex(connection: Connection, collection: CatalogCollection, spec: IndexSpec): CatalogIndex {
		const multikey = JSON.stringify(Object.keys(spec.key).map(() => false));
		const row = { collection: collection.name, spec: encodeDocument({ ...spec }), multikey };
		const { lastInsertRowid } = connection
			.prepare('insert into "_indexes"(collection, spec, multikey) values (:collection, :spec, :multikey)')
			.run(row);
		const id = Number(lastInsertRowid);
		const table = indexTable(id);
		const primary = spec.unique ? "k" : "k, rid";
		connection.exec(
			`create table ${table}(k blob not null, rid integer not null, primary key(${primary})) without rowid`,
		);
		const made = fromRow({ id, ...row });
		collection.indexes.push(made);
		this.#version = raiseVersion(connection);
		return made;
	}

	dropIndex(connection: Connection, index: CatalogIndex): void {
		connection.exec(`drop table ${index.table}`);
		connection.prepare('delete from "_indexes" where id = ?').run(index.id);
		this.#changed(connection);
	}

	/** Notes that an index has met arrays, from which moment the planner trusts it less. */
	markMultikey(connection: Connection, index: CatalogIndex, multikey: readonly boolean[]): void {
		const merged = index.multikey.map((known, i) => known || multikey[i]!);
		connection.prepare('update "_indexes" set multikey = ? where id = ?').run(JSON.stringify(merged), index.id);
		merged.forEach((flag, i) => {
			index.multikey[i] = flag;
		});
		this.#version = raiseVersion(connection);
	}

	/** Something went: prepared statements may name tables that are gone. */
	#changed(connection: Connection): void {
		this.#version = raiseVersion(connection);
		this.#collections = load(connection);
		connection.reset();
	}
}

function raiseVersion(connection: Connection): number {
	const { user_version } = connection.prepare("pragma user_version").get() as { user_version: number };
	connection.exec(`pragma user_version = ${user_version + 1}`);
	return user_version + 1;
}

function load(connection: Connection): Map<string, CatalogCollection> {
	const collections = new Map<string, CatalogCollection>();
	for (const { name } of connection.prepare('select name from "_collections"').all() as { name: string }[]) {
		collections.set(name, { name, table: tableOf(name), indexes: [idIndex(name)] });
	}
	const rows = connection.prepare('select id, collection, spec, multikey from "_indexes" order by id').all();
	for (const row of rows as unknown as IndexRow[]) collections.get(row.collection)?.indexes.push(fromRow(row));
	return collections;
}

function idIndex(collection: string): CatalogIndex {
	return {
		id: 0,
		name: "_id_",
		spec: { v: 2, key: { _id: 1 }, name: "_id_" },
		table: tableOf(collection),
		fields: keyFields([["_id", 1]]),
		unique: true,
		sparse: false,
		partial: undefined,
		multikey: [false],
		roots: new Set(["_id"]),
	};
}

function fromRow(row: IndexRow): CatalogIndex {
	const spec = decodeDocument(row.spec) as unknown as IndexSpec;
	const fields = keyFields(Object.entries(spec.key));
	const partial = spec.partialFilterExpression && parseFilter(spec.partialFilterExpression);
	return {
		id: row.id,
		name: spec.name,
		spec,
		table: indexTable(row.id),
		fields,
		unique: spec.unique ?? false,
		sparse: spec.sparse ?? false,
		partial,
		multikey: JSON.parse(row.multikey) as boolean[],
		roots: rootsOf(fields, partial),
	};
}

function rootsOf(fields: readonly KeyField[], partial: Filter | undefined): Set<string> {
	const roots = new Set(fields.map((field) => field.parts[0]!));
	const collect = (filter: Filter): void => {
		if (filter.type === "path") roots.add(filter.parts[0]!);
		else if (filter.type === "not") collect(filter.part);
		else filter.parts.forEach(collect);
	};
	if (partial) collect(partial);
	return roots;
}

function tableOf(collection: string): string {
	return quote(`c_${collection}`);
}

function indexTable(id: number): string {
	return quote(`i_${id}`);
}

function quote(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}
