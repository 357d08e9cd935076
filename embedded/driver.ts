import mongoose from "mongoose";
import { BulkResult } from "./bulk.ts";
import { atOnce, SqliteCursor } from "./cursor.ts";
import { SqliteClient, type SqliteDatabase, type StoreOptions } from "./database.ts";
import { UnsupportedByEmbeddedStore } from "./errors.ts";
import { StorePool, type Synchronous } from "./store.ts";
import type { Doc } from "./values.ts";

/** Options of {@link sqliteDriver}. */
export interface SqliteDriverOptions {
	/** Folder of the database files, made when missing; or `:memory:`: files in a temporary folder, gone when closed. */
	dataDir: string | ":memory:";
	/** `FULL` (default): an acknowledged write survives a power cut. `NORMAL`: it survives a crash of the process. */
	synchronous?: Synchronous;
	/** Refuse queries that no index serves, instead of scanning. For tests; off by default. */
	strict?: boolean;
}

/** What `mongoose.setDriver()` takes. */
export interface MongooseDriver {
	readonly Connection: typeof mongoose.Connection;
	readonly Collection: unknown;
	readonly BulkWriteResult: unknown;
	readonly plugins: [];
}

const PROMISED = [
	"findOne",
	"countDocuments",
	"estimatedDocumentCount",
	"distinct",
	"insertOne",
	"insertMany",
	"bulkWrite",
	"updateOne",
	"updateMany",
	"replaceOne",
	"findOneAndUpdate",
	"findOneAndReplace",
	"findOneAndDelete",
	"deleteOne",
	"deleteMany",
	"createIndex",
	"createIndexes",
	"indexes",
	"dropIndex",
	"dropIndexes",
	"drop",
] as const;
const CURSORS = ["find", "aggregate", "listIndexes"] as const;

/** Files are shared by all connections of the process; databases in memory belong to one driver. */
const files = new StorePool();

/**
 * A driver that stores Mongoose's documents in SQLite files, for a Mongoose instance of its own:
 *
 *     const instance = new mongoose.Mongoose();
 *     instance.setDriver(sqliteDriver({ dataDir: "data" }));
 *     const connection = await instance.createConnection("sqlite:///tickets").asPromise(); // data/tickets.db
 *
 * Answers are MongoDB's, for all operators it knows; what it does not know is refused with
 * {@link UnsupportedByEmbeddedStore}. Several connections and several processes may use one file.
 */
export function sqliteDriver(options: SqliteDriverOptions): MongooseDriver {
	const { dataDir, synchronous = "FULL", strict = false } = options;
	const pool = dataDir === ":memory:" ? new StorePool() : files;
	return {
		Connection: connectionClass({ dataDir, synchronous, strict, pool }),
		Collection: collectionClass(),
		BulkWriteResult: BulkResult,
		plugins: [],
	};
}

/** The parts of a Mongoose connection that a driver has to fill in; Mongoose does not declare them. */
interface DriverConnection {
	readyState: number;
	config: Record<string, unknown>;
	collections: Record<string, unknown>;
	_connectionString?: string;
	_closeCalled?: boolean;
	client?: SqliteClient;
	db?: SqliteDatabase;
	name?: string;
	onOpen(): void;
	_waitForConnect(): Promise<void>;
}

const CONFIG = ["autoIndex", "autoCreate", "bufferCommands", "bufferTimeoutMS", "sanitizeFilter"];

function connectionClass(storeOptions: StoreOptions): typeof mongoose.Connection {
	// biome-ignore lint/suspicious/noExplicitAny: Mongoose's BaseConnection declares neither constructor nor hooks
	const Base = (mongoose as any).BaseConnection as new (base?: unknown) => DriverConnection;

	class SqliteConnection extends Base {
		async createClient(uri: string, options: Record<string, unknown> = {}): Promise<this> {
			const name = databaseName(uri, options);
			this._connectionString = uri;
			for (const key of CONFIG) if (options[key] !== undefined) this.config[key] = options[key];
			this.readyState = mongoose.ConnectionStates.connecting;
			this.client = new SqliteClient(storeOptions);
			this.db = this.client.db(name);
			await this.db.store.ping();
			this.name = name;
			this._closeCalled = false;
			this.onOpen();
			return this;
		}

		/** Leaves the files; connections that share them go on. */
		async doClose(): Promise<this> {
			await this.client?.close();
			return this;
		}

		useDb(): never {
			throw new UnsupportedByEmbeddedStore("useDb", "open another connection");
		}

		aggregate(): never {
			throw new UnsupportedByEmbeddedStore("aggregation over a whole database");
		}
	}
	return SqliteConnection as unknown as typeof mongoose.Connection;
}

function databaseName(uri: string, options: Record<string, unknown>): string {
	const url = URL.parse(uri);
	if (url?.protocol !== "sqlite:") throw new Error(`Not an address of an embedded database: ${uri}`);
	return typeof options.dbName === "string" ? options.dbName : decodeURIComponent(url.pathname.slice(1));
}

interface DriverCollection {
	conn: DriverConnection;
	name: string;
}

type Method = (...args: unknown[]) => unknown;

/** Mongoose's wrapper of a collection: operations that come before the connection is open wait for it. */
function collectionClass(): unknown {
	// biome-ignore lint/suspicious/noExplicitAny: Mongoose declares BaseCollection as the MongoDB driver's class
	const Base = (mongoose as any).BaseCollection as new (...args: unknown[]) => DriverCollection;

	class SqliteMongooseCollection extends Base {
		get collection(): Record<string, Method> | undefined {
			return this.conn.db?.collection(this.name) as unknown as Record<string, Method> | undefined;
		}

		watch(): never {
			throw new UnsupportedByEmbeddedStore("change streams");
		}
	}
	const methods = SqliteMongooseCollection.prototype as unknown as Record<string, Method>;
	for (const name of PROMISED) {
		methods[name] = async function (this: SqliteMongooseCollection, ...args: unknown[]) {
			await opened(this.conn);
			return this.collection![name]!(...args);
		};
	}
	for (const name of CURSORS) {
		methods[name] = function (this: SqliteMongooseCollection, ...args: unknown[]) {
			return this.conn.db ? this.collection![name]!(...args) : waitingCursor(this, name, args);
		};
	}
	return SqliteMongooseCollection;
}

async function opened(connection: DriverConnection): Promise<void> {
	if (connection.readyState !== mongoose.ConnectionStates.connected) await connection._waitForConnect();
	if (!connection.db) throw new Error("The connection is not open");
}

function waitingCursor(
	target: DriverCollection & { collection?: Record<string, Method> },
	name: string,
	args: unknown[],
) {
	const open = async () => {
		await opened(target.conn);
		return target.collection![name]!(...args) as SqliteCursor;
	};
	const load = async () => (await (await open()).toArray()) as Doc[];
	return new SqliteCursor(atOnce(load, async () => (await open()).explain()));
}
