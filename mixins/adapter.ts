import type { Service, ServiceBroker } from "moleculer";
import MongooseAdapter from "moleculer-db-adapter-mongoose";
import mongoose, { type Connection } from "mongoose";
import { Problem, type ProblemItem, validationFailed } from "../lib/problem.ts";
import { compiled, type Model } from "../models/model.ts";
import { StoreTooNew } from "./migrations.ts";

/**
 * What the store refused, as a clear client error: a broken unique index is 409 `duplicate` naming the fields, a value
 * that does not fit the schema 422. Everything else stays what it is.
 */
export function mapStoreError(error: unknown): unknown {
	const candidate = error as { code?: unknown; keyPattern?: Record<string, unknown> };
	if (candidate?.code === 11000) {
		const fields = Object.keys(candidate.keyPattern ?? {}).filter((field) => field !== "tenantId");
		return new Problem(409, "duplicate", `There is one with the same ${fields.join(" and ") || "key"} already.`, {
			errors: fields.map((field) => ({
				pointer: `/${field.replaceAll(".", "/")}`,
				code: "duplicate",
				message: "This value is taken.",
			})),
			cause: error,
		});
	}
	// A bulk write hides that the connection was lost meanwhile: what the server itself refuses has a code.
	if (error instanceof mongoose.mongo.MongoBulkWriteError && error.code === undefined)
		return new mongoose.mongo.MongoNetworkError(error.message, { cause: error });
	if (error instanceof mongoose.Error.ValidationError) {
		const errors: ProblemItem[] = Object.values(error.errors).map((item) => ({
			pointer: `/${item.path.replaceAll(".", "/")}`,
			code: item.kind ?? "invalid",
			message: item.message,
		}));
		return validationFailed(errors);
	}
	if (error instanceof mongoose.Error.CastError)
		return validationFailed([
			{ pointer: `/${error.path.replaceAll(".", "/")}`, code: "type", message: `This is no ${error.kind}.` },
		]);
	return error;
}

/** MongoDB's codes for an index that stands in the way of another of its name or keys. */
const INDEX_CONFLICTS: readonly unknown[] = [85, 86];

/**
 * Makes the indexes of a model. Where one of an earlier version of the product has the name or keys of a new one with
 * other options, the model's indexes are brought in line: without that no store of an earlier version could be opened.
 */
async function ensureIndexes(model: { init(): Promise<unknown>; syncIndexes(): Promise<unknown> }): Promise<void> {
	try {
		await model.init();
	} catch (error) {
		if (!INDEX_CONFLICTS.includes((error as { code?: unknown }).code)) throw error;
		await model.syncIndexes();
	}
}

/**
 * What the adapter's owner is told. Callbacks, because Moleculer works with a copy of everything a mixin's schema holds,
 * so that fields set on the adapter itself are never seen by whoever made it.
 */
export interface AdapterLifecycle {
	/** before the indexes are made and the first query: the documents of earlier versions are brought up to this one */
	opened(connection: Connection, log: (line: string) => void): Promise<void>;
	connected(connection: Connection): void;
	/** whatever still uses the connection ends here */
	disconnecting(): Promise<void>;
}

/**
 * moleculer-db's Mongoose adapter with a connection for each service: several models on it, validators on update, and
 * errors a client can be told. Closing it leaves every other service's connection alone.
 */
export class ServiceAdapter extends MongooseAdapter<mongoose.Document> {
	declare conn: Connection;
	// biome-ignore lint/suspicious/noExplicitAny: the adapter's own typing of its only model
	declare model: any;
	private readonly openConnection: () => Promise<Connection>;
	private readonly lifecycle: AdapterLifecycle;
	/** a function, because Moleculer copies the adapter deeply and schemas are large */
	private readonly models: () => readonly Model<{ _id: string }>[];

	constructor(
		openConnection: () => Promise<Connection>,
		models: () => readonly Model<{ _id: string }>[],
		lifecycle: AdapterLifecycle,
	) {
		super("");
		this.lifecycle = lifecycle;
		this.openConnection = openConnection;
		this.models = models;
	}

	override init(broker: ServiceBroker, service: Service): void {
		this.broker = broker;
		this.service = service;
	}

	/**
	 * Opens the service's connection, migrates its documents, and makes sure that every index is there before the first
	 * query. The library tries a failed connect again every second and says no more than that: the reason is logged here.
	 * Documents that a newer version has made incompatible end the process, because no later try would find them better.
	 */
	override async connect(): Promise<void> {
		try {
			this.conn = await this.openConnection();
			await this.lifecycle.opened(this.conn, (line) => this.service.logger.info(line));
			const models = this.models().map((model) => compiled(this.conn, model));
			await Promise.all(models.map(ensureIndexes));
			const [primary] = models;
			if (!primary || !this.conn.db) throw new Error("a service's adapter needs a database and at least one model");
			this.model = primary;
			this.db = this.conn.db;
			this.lifecycle.connected(this.conn);
		} catch (error) {
			if (error instanceof StoreTooNew) this.broker.fatal(error.message);
			this.service.logger.error({ err: error }, "The service's database cannot be used");
			await this.conn?.close().catch(() => undefined);
			throw error;
		}
	}

	override async disconnect(): Promise<void> {
		await this.lifecycle.disconnecting();
		await this.conn?.close();
	}

	/** Inserts one document. Throws a problem for what a client got wrong. */
	override async insert(entity: object): Promise<mongoose.Document> {
		return super.insert(entity).catch((error: unknown) => Promise.reject(mapStoreError(error)));
	}

	/** Updates one document with the schema's validators on. Throws a problem for what a client got wrong. */
	// biome-ignore lint/suspicious/noExplicitAny: the library types this as a query, which a promise stands in for
	override updateById(id: string, update: object): any {
		return this.model
			.findByIdAndUpdate(id, update, { new: true, runValidators: true })
			.exec()
			.catch((error: unknown) => Promise.reject(mapStoreError(error)));
	}
}
