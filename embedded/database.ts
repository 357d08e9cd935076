import { SqliteCollection } from "./collection.ts";
import { atOnce, SqliteCursor } from "./cursor.ts";
import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { SqliteSession } from "./session.ts";
import type { Connection, Store, StorePool, Synchronous } from "./store.ts";

/** Where databases live and how they behave. */
export interface StoreOptions {
	/** The folder of the files, one for each database; or `:memory:` for databases that live as long as their users. */
	readonly dataDir: string;
	readonly synchronous: Synchronous;
	readonly strict: boolean;
	readonly pool: StorePool;
}

/** One database, that is one file, with the part of the MongoDB driver's `Db` that Mongoose calls. */
export class SqliteDatabase {
	readonly databaseName: string;
	readonly store: Store;
	readonly strict: boolean;
	readonly #collections = new Map<string, SqliteCollection>();

	constructor(name: string, store: Store, strict: boolean) {
		this.databaseName = name;
		this.store = store;
		this.strict = strict;
	}

	collection(name: string): SqliteCollection {
		const collection = this.#collections.get(name) ?? new SqliteCollection(this, name);
		this.#collections.set(name, collection);
		return collection;
	}

	/** Runs reads in the session's transaction, or on the last committed state. */
	async read<T>(session: SqliteSession | null | undefined, work: (connection: Connection) => T): Promise<T> {
		return session?.inTransaction() ? session.run(this.store, work) : this.store.read(work);
	}

	/** Runs a write in the session's transaction, or as a transaction of its own, which is `flushed` unless told otherwise. */
	async write<T>(
		session: SqliteSession | null | undefined,
		work: (connection: Connection) => T,
		flushed = true,
	): Promise<T> {
		return session?.inTransaction() ? session.run(this.store, work) : this.store.write(work, flushed);
	}

	/** @throws MongoServerError NamespaceExists, which Mongoose takes as "fine". */
	async createCollection(name: string, options: object = {}): Promise<SqliteCollection> {
		for (const option of [
			"capped",
			"timeseries",
			"viewOn",
			"collation",
			"validator",
			"expireAfterSeconds",
			"clusteredIndex",
		]) {
			if ((options as Record<string, unknown>)[option])
				throw new UnsupportedByEmbeddedStore(`the collection option ${option}`);
		}
		const exists = await this.store.read(() => this.store.catalog.get(name) !== undefined);
		if (exists) throw serverError("NamespaceExists", `Collection ${this.databaseName}.${name} already exists.`);
		await this.store.write((connection) => this.store.catalog.ensure(connection, name), false);
		return this.collection(name);
	}

	listCollections(): SqliteCursor {
		const load = () => this.store.read(() => this.store.catalog.names().map((name) => ({ name, type: "collection" })));
		return new SqliteCursor(atOnce(load));
	}

	async dropCollection(name: string): Promise<boolean> {
		return this.store.write((connection) => {
			const collection = this.store.catalog.get(name);
			if (collection) this.store.catalog.drop(connection, collection);
			return collection !== undefined;
		});
	}

	async dropDatabase(): Promise<boolean> {
		await this.store.write((connection) => {
			for (const name of this.store.catalog.names()) {
				this.store.catalog.drop(connection, this.store.catalog.get(name)!);
			}
		});
		return true;
	}

	/**
	 * Knows `ping`, which reads from the file, and `fsync`, which moves all of the write-ahead log into it.
	 * @throws UnsupportedByEmbeddedStore for every other command.
	 */
	async command(command: Record<string, unknown>): Promise<{ ok: 1 }> {
		const [name] = Object.keys(command);
		if (name === "fsync") {
			await this.store.checkpoint();
			return { ok: 1 };
		}
		if (name !== "ping") throw new UnsupportedByEmbeddedStore(`the command ${name}`);
		await this.store.ping();
		return { ok: 1 };
	}

	admin(): { ping(): Promise<{ ok: 1 }> } {
		return { ping: () => this.command({ ping: 1 }) };
	}
}

/** What one Mongoose connection holds: the databases it has opened, each released when it closes. */
export class SqliteClient {
	readonly #options: StoreOptions;
	readonly #databases = new Map<string, { database: SqliteDatabase; release: () => Promise<void> }>();
	readonly #sessions = new Set<SqliteSession>();

	constructor(options: StoreOptions) {
		this.#options = options;
	}

	/** Opens a database; its name is the name of its file. @throws MongoServerError InvalidOptions for a name unfit for one. */
	db(name: string): SqliteDatabase {
		const open = this.#databases.get(name);
		if (open) return open.database;
		if (!/^[A-Za-z0-9_-]{1,63}$/.test(name)) throw serverError("InvalidOptions", `Invalid database name: '${name}'`);
		const { dataDir, synchronous, strict, pool } = this.#options;
		const inMemory = dataDir === ":memory:";
		const { store, release } = pool.acquire(inMemory ? name : `${dataDir}/${name}.db`, inMemory, synchronous);
		const database = new SqliteDatabase(name, store, strict);
		this.#databases.set(name, { database, release });
		return database;
	}

	startSession(): SqliteSession {
		const session = new SqliteSession(this);
		this.#sessions.add(session);
		session.once("ended", () => this.#sessions.delete(session));
		return session;
	}

	async withSession<T>(work: (session: SqliteSession) => Promise<T>): Promise<T> {
		const session = this.startSession();
		try {
			return await work(session);
		} finally {
			await session.endSession();
		}
	}

	/** Rolls back this connection's open transactions and leaves its databases. */
	async close(): Promise<void> {
		for (const session of this.#sessions) await session.endSession();
		for (const { release } of this.#databases.values()) await release();
		this.#databases.clear();
	}
}
