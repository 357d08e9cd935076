import { runStages, splitPipeline } from "./aggregate.ts";
import { type Batch, type Rest, readBatch } from "./batches.ts";
import type { BulkResult } from "./bulk.ts";
import { countRows } from "./count.ts";
import { atOnce, SqliteCursor } from "./cursor.ts";
import type { SqliteDatabase } from "./database.ts";
import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { parseFilter } from "./filter.ts";
import { createIndex, findIndex, isSameIndex, readIndexSpec } from "./indexes.ts";
import { keyOf } from "./key-bytes.ts";
import { assertSupported, type OperationOptions } from "./options.ts";
import { readProjection } from "./projection.ts";
import { insertRow } from "./rows.ts";
import { explainQuery, type Prepared, prepare, type Query, rowsOf } from "./scan.ts";
import type { Connection } from "./store.ts";
import { type Doc, isDoc } from "./values.ts";
import * as writes from "./writes.ts";

/** A collection with the part of the MongoDB driver's interface that Mongoose calls. */
export class SqliteCollection {
	readonly collectionName: string;
	readonly #database: SqliteDatabase;

	constructor(database: SqliteDatabase, name: string) {
		this.#database = database;
		this.collectionName = name;
	}

	get namespace(): string {
		return `${this.#database.databaseName}.${this.collectionName}`;
	}

	find(filter: unknown, options: OperationOptions = {}): SqliteCursor {
		return new SqliteCursor(
			{
				load: (cursorOptions, size, rest) => this.#batch(filter, { ...options, ...cursorOptions }, size, rest),
				explain: (cursorOptions) => {
					const query = queryOf(filter, { ...options, ...cursorOptions });
					return this.#query(query, { session: options.session }, false, {}, explainQuery);
				},
			},
			options,
		);
	}

	async findOne(filter: unknown, options: OperationOptions = {}): Promise<Doc | null> {
		const [doc] = await this.#documents(filter, { ...options, limit: 1 });
		return doc ?? null;
	}

	async countDocuments(filter: unknown, options: OperationOptions = {}): Promise<number> {
		const query = queryOf(filter, options);
		const wholeCollection = isDoc(filter) && Object.keys(filter).length === 0;
		return this.#query({ ...query, sort: undefined, wholeCollection }, options, this.#database.strict, 0, countRows);
	}

	async estimatedDocumentCount(options: OperationOptions = {}): Promise<number> {
		return this.countDocuments({}, { session: options.session });
	}

	async distinct(path: string, filter: unknown = {}, options: OperationOptions = {}): Promise<unknown[]> {
		const docs = await this.#documents(filter, options);
		const values = new Map<string, unknown>();
		const parts = path.split(".");
		for (const doc of docs) {
			for (const value of valuesAt(doc, parts)) values.set(Buffer.from(keyOf(value)).toString("latin1"), value);
		}
		return Array.from(values.entries())
			.sort(([a], [b]) => Buffer.compare(Buffer.from(a, "latin1"), Buffer.from(b, "latin1")))
			.map(([, value]) => value);
	}

	aggregate(pipeline: Doc[], options: OperationOptions = {}): SqliteCursor {
		const split = () => {
			const { query, rest } = splitPipeline(pipeline);
			return { query: { ...query, hint: options.hint }, rest };
		};
		const load = async () => {
			const { query, rest } = split();
			const docs = await this.#query(query, options, this.#database.strict, [], documentsOf);
			return runStages(docs, rest);
		};
		const explain = () => this.#query(split().query, options, false, {}, explainQuery);
		return new SqliteCursor(atOnce(load, explain));
	}

	async insertOne(doc: unknown, options: OperationOptions = {}): Promise<{ acknowledged: true; insertedId: unknown }> {
		const stored = writes.documentToInsert(doc);
		await this.#write(options, (task) => insertRow(task, stored));
		return { acknowledged: true, insertedId: stored._id };
	}

	async insertMany(docs: unknown[], options: OperationOptions = {}) {
		const operations = docs.map((document) => ({ insertOne: { document } }));
		const { insertedCount, insertedIds } = await this.bulkWrite(operations, options);
		return { acknowledged: true, insertedCount, insertedIds };
	}

	async bulkWrite(operations: Record<string, Doc>[], options: OperationOptions = {}): Promise<BulkResult> {
		if (operations.length === 0) throw serverError("FailedToParse", "Invalid BulkOperation, Batch cannot be empty");
		const inTransaction = options.session?.inTransaction() ?? false;
		const result = await this.#write(options, (task) => {
			const outcome = writes.bulk(task, operations, options.ordered !== false);
			if (inTransaction && outcome.hasWriteErrors()) throw outcome.toError();
			return outcome;
		});
		if (result.hasWriteErrors()) throw result.toError();
		return result;
	}

	async updateOne(filter: unknown, update: unknown, options: OperationOptions = {}): Promise<writes.UpdateOutcome> {
		return this.#update(filter, update, options, { replace: false, many: false });
	}

	async updateMany(filter: unknown, update: unknown, options: OperationOptions = {}): Promise<writes.UpdateOutcome> {
		return this.#update(filter, update, options, { replace: false, many: true });
	}

	async replaceOne(filter: unknown, doc: unknown, options: OperationOptions = {}): Promise<writes.UpdateOutcome> {
		return this.#update(filter, doc, options, { replace: true, many: false });
	}

	async findOneAndUpdate(filter: unknown, update: unknown, options: OperationOptions = {}): Promise<unknown> {
		const change = writes.readUpdate(update, options, false);
		const found = await this.#write(options, (task) => writes.findOneAndUpdate(task, filter, change, options));
		return answer(found, options);
	}

	async findOneAndReplace(filter: unknown, doc: unknown, options: OperationOptions = {}): Promise<unknown> {
		const change = writes.readUpdate(doc, options, true);
		const found = await this.#write(options, (task) => writes.findOneAndUpdate(task, filter, change, options));
		return answer(found, options);
	}

	async findOneAndDelete(filter: unknown, options: OperationOptions = {}): Promise<unknown> {
		const found = await this.#write(options, (task) => writes.findOneAndDelete(task, filter, options));
		return answer(found, { ...options, returnDocument: "before" });
	}

	async deleteOne(filter: unknown, options: OperationOptions = {}) {
		const deletedCount = await this.#write(options, (task) => writes.remove(task, filter, options, false));
		return { acknowledged: true, deletedCount };
	}

	async deleteMany(filter: unknown, options: OperationOptions = {}) {
		const deletedCount = await this.#write(options, (task) => writes.remove(task, filter, options, true));
		return { acknowledged: true, deletedCount };
	}

	/** Does nothing, and waits for no lock, when the index exists already. */
	async createIndex(key: unknown, options: Doc = {}): Promise<string> {
		const spec = readIndexSpec(key, options);
		const { store } = this.#database;
		const existing = await store.read(() => store.catalog.get(this.collectionName)?.indexes ?? []);
		if (existing.some((index) => isSameIndex(index.spec, spec))) return spec.name;
		// It is looked for, and made again, at every start: what comes after it is what has to be on the disk.
		return this.#write({ writeConcern: { j: false } }, (task) => createIndex(task, spec));
	}

	async createIndexes(specs: { key: unknown }[]): Promise<string[]> {
		const names: string[] = [];
		for (const { key, ...options } of specs) names.push(await this.createIndex(key, options));
		return names;
	}

	listIndexes(): SqliteCursor {
		const load = async () => {
			const indexes = await this.#database.store.read(
				() => this.#database.store.catalog.get(this.collectionName)?.indexes,
			);
			if (!indexes) throw serverError("NamespaceNotFound", `ns does not exist: ${this.namespace}`);
			return indexes.map((index) => ({ ...index.spec }));
		};
		return new SqliteCursor(atOnce(load));
	}

	async indexes(): Promise<unknown[]> {
		return this.listIndexes().toArray();
	}

	async dropIndex(name: string): Promise<void> {
		await this.#write({}, ({ connection, catalog, collection }) => {
			catalog.dropIndex(connection, findIndex(collection, name));
		});
	}

	async dropIndexes(): Promise<boolean> {
		const names = ((await this.indexes()) as { name: string }[]).map((index) => index.name).slice(1);
		for (const name of names) await this.dropIndex(name);
		return true;
	}

	async drop(): Promise<boolean> {
		return this.#database.dropCollection(this.collectionName);
	}

	watch(): never {
		throw new UnsupportedByEmbeddedStore("change streams");
	}

	async #update(
		filter: unknown,
		update: unknown,
		options: OperationOptions,
		{ replace, many }: { replace: boolean; many: boolean },
	): Promise<writes.UpdateOutcome> {
		const change = writes.readUpdate(update, options, replace);
		return this.#write(options, (task) => writes.update(task, filter, change, options, many));
	}

	async #batch(filter: unknown, options: OperationOptions, size: number, rest: Rest | undefined): Promise<Batch> {
		const project = readProjection(options.projection);
		const none: Batch = { documents: [], rest: undefined };
		const batch = await this.#query(
			queryOf(filter, options),
			options,
			this.#database.strict,
			none,
			(connection, prepared) => readBatch(connection, prepared, size, rest),
		);
		return project ? { ...batch, documents: batch.documents.map(project) } : batch;
	}

	async #documents(filter: unknown, options: OperationOptions): Promise<Doc[]> {
		const project = readProjection(options.projection);
		const docs = await this.#query(queryOf(filter, options), options, this.#database.strict, [], documentsOf);
		return project ? docs.map(project) : docs;
	}

	/** Plans and answers a query, in the session's transaction if there is one. */
	async #query<T>(
		query: Query,
		options: OperationOptions,
		strict: boolean,
		empty: T,
		work: (connection: Connection, prepared: Prepared) => T,
	): Promise<T> {
		assertSupported(options);
		return this.#database.read(options.session, (connection) => {
			const collection = this.#database.store.catalog.get(this.collectionName);
			if (collection) return work(connection, prepare(collection, query, strict));
			parseFilter(query.filter);
			return empty;
		});
	}

	async #write<T>(options: OperationOptions, work: (task: writes.WriteTask) => T): Promise<T> {
		assertSupported(options);
		const { store, strict } = this.#database;
		return this.#database.write(
			options.session,
			(connection) => {
				const collection = store.catalog.ensure(connection, this.collectionName);
				return work({ connection, catalog: store.catalog, collection, namespace: this.namespace, strict });
			},
			options.writeConcern?.j !== false,
		);
	}
}

function documentsOf(connection: Connection, prepared: Prepared): Doc[] {
	return Array.from(rowsOf(connection, prepared), (row) => row.doc);
}

function queryOf(filter: unknown, options: OperationOptions): Query {
	const { sort, limit, skip, hint } = options;
	return { filter, sort, limit, skip, hint };
}

function answer(found: writes.FoundAndChanged, options: OperationOptions): unknown {
	const doc = options.returnDocument === "after" ? found.after : found.before;
	const project = readProjection(options.projection);
	const value = doc && project ? project(doc) : doc;
	if (!options.includeResultMetadata) return value;
	const n = found.before || found.upserted ? 1 : 0;
	const upserted = found.upserted ? { upserted: found.after!._id } : {};
	return { value, ok: 1, lastErrorObject: { n, updatedExisting: found.before !== null, ...upserted } };
}

/** The values at a path as `distinct` sees them: elements of arrays one by one, nothing for missing fields. */
function valuesAt(value: unknown, parts: readonly string[]): unknown[] {
	if (parts.length === 0) return Array.isArray(value) ? value : [value];
	if (Array.isArray(value)) return value.flatMap((item) => (isDoc(item) ? valuesAt(item, parts) : []));
	if (!isDoc(value) || !Object.hasOwn(value, parts[0]!)) return [];
	return valuesAt(value[parts[0]!], parts.slice(1));
}
