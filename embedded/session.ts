import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import mongoose from "mongoose";
import { asTransient, serverError } from "./errors.ts";
import type { Connection, Store } from "./store.ts";

/** A transaction that is left open longer than this is rolled back, as by MongoDB (`transactionLifetimeLimitSeconds`). */
const LIFETIME_MS = 60_000;
/** How long `withTransaction` keeps starting over, as in MongoDB's drivers. */
const RETRY_MS = 120_000;

type State = "none" | "started" | "open" | "committed" | "aborted";

/**
 * A session like the MongoDB driver's `ClientSession`: it carries at most one transaction at a time. The transaction
 * takes the file's write lock at its first operation, sees its own writes, and is invisible to others until committed.
 * Any error inside it rolls it back at once, as MongoDB does.
 */
export class SqliteSession extends EventEmitter {
	readonly client: unknown;
	readonly id = { id: new mongoose.mongo.UUID() };
	hasEnded = false;
	#state: State = "none";
	#store: Store | undefined;
	#opening: Promise<void> | undefined;
	#lifetime: NodeJS.Timeout | undefined;

	constructor(client: unknown) {
		super();
		this.client = client;
	}

	/** What Mongoose looks at to see whether it is inside a transaction. */
	get transaction(): { isActive: boolean } {
		return { isActive: this.inTransaction() };
	}

	inTransaction(): boolean {
		return this.#state === "started" || this.#state === "open" || (this.#state === "aborted" && !this.hasEnded);
	}

	startTransaction(): void {
		if (this.hasEnded) throw new mongoose.mongo.MongoExpiredSessionError();
		if (this.#state === "started" || this.#state === "open") {
			throw new mongoose.mongo.MongoTransactionError("Transaction already in progress");
		}
		this.#state = "started";
		this.#opening = undefined;
		this.#store = undefined;
	}

	/** Runs one operation inside the transaction. */
	async run<T>(store: Store, work: (connection: Connection) => T): Promise<T> {
		if (this.#state === "aborted") throw noTransaction();
		this.#opening ??= this.#open(store);
		await this.#opening;
		if (this.#state !== "open") throw noTransaction();
		if (this.#store !== store) throw serverError("InvalidOptions", "A transaction cannot span two databases");
		try {
			store.catalog.refresh(store.writer);
			return work(store.writer);
		} catch (error) {
			this.#rollback();
			throw error;
		}
	}

	async commitTransaction(): Promise<void> {
		if (this.#state === "aborted") {
			this.#state = "none";
			throw noTransaction();
		}
		if (this.#state === "none") throw new mongoose.mongo.MongoTransactionError("No transaction started");
		await this.#opening;
		if (this.#state === "open") {
			try {
				this.#store!.commit();
			} catch (error) {
				this.#rollback();
				throw error;
			}
			clearTimeout(this.#lifetime);
		}
		this.#state = "committed";
	}

	async abortTransaction(): Promise<void> {
		if (this.#state === "none") throw new mongoose.mongo.MongoTransactionError("No transaction started");
		await this.#opening?.catch(() => {});
		if (this.#state === "open") this.#rollback();
		this.#state = "none";
	}

	/**
	 * Runs the function in a transaction and commits it; starts over as long as errors carry the label
	 * `TransientTransactionError`, for at most two minutes. The function may therefore run more than once.
	 */
	async withTransaction<T>(work: (session: this) => Promise<T>): Promise<T> {
		const deadline = performance.now() + RETRY_MS;
		for (let pause = 5; ; pause = Math.min(pause * 2, 500)) {
			this.startTransaction();
			try {
				const result = await work(this);
				if (this.#state !== "none") await this.commitTransaction();
				return result;
			} catch (error) {
				if (this.#state !== "none") await this.abortTransaction();
				if (!isTransient(error) || performance.now() > deadline) throw error;
			}
			await delay(pause * Math.random());
		}
	}

	async endSession(): Promise<void> {
		if (this.hasEnded) return;
		if (this.#state === "started" || this.#state === "open") await this.abortTransaction();
		this.hasEnded = true;
		this.emit("ended", this);
	}

	async #open(store: Store): Promise<void> {
		this.#store = store;
		try {
			await store.begin({
				released: () => {
					if (this.#state === "open") this.#state = "aborted";
				},
			});
		} catch (error) {
			this.#state = "aborted";
			throw error;
		}
		this.#state = "open";
		this.#lifetime = setTimeout(() => this.#rollback(), LIFETIME_MS);
		this.#lifetime.unref();
	}

	#rollback(): void {
		clearTimeout(this.#lifetime);
		if (this.#state !== "open") return;
		this.#state = "aborted";
		this.#store!.rollback();
	}
}

function isTransient(error: unknown): boolean {
	return error instanceof mongoose.mongo.MongoError && error.hasErrorLabel("TransientTransactionError");
}

function noTransaction(): Error {
	return asTransient(serverError("NoSuchTransaction", "The transaction has been aborted"));
}
