import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { Catalog } from "./catalog.ts";
import { asTransient, serverError } from "./errors.ts";

/** How hard a commit is pushed to the disk: `FULL` survives a power cut, `NORMAL` may lose the last commits in one. */
export type Synchronous = "FULL" | "NORMAL";

/** How long a write waits for another process that holds the file, in ms. */
const BUSY_TIMEOUT_MS = 10_000;
const SQLITE_BUSY = 5;
const MAX_STATEMENTS = 500;

/** One SQLite connection with its prepared statements. */
export class Connection {
	readonly #database: DatabaseSync;
	readonly #statements = new Map<string, StatementSync>();
	readonly #synchronous: "FULL" | "NORMAL" | "OFF";
	#flushing = true;

	constructor(file: string, synchronous: "FULL" | "NORMAL" | "OFF") {
		this.#synchronous = synchronous;
		this.#database = new DatabaseSync(file, { timeout: 0 });
		const pragmas = [
			"journal_mode=wal",
			`synchronous=${synchronous}`,
			"temp_store=memory",
			"cache_size=-32000",
			// What was removed or overwritten is not left lying in the file.
			"secure_delete=on",
		];
		this.#database.exec("pragma busy_timeout=2000");
		for (const pragma of pragmas) this.#database.exec(`pragma ${pragma}`);
		this.#database.exec("pragma busy_timeout=0");
	}

	/** A prepared statement; `slot` tells apart copies that are read from at the same time. */
	prepare(sql: string, slot = 0): StatementSync {
		const key = slot === 0 ? sql : `${slot}:${sql}`;
		let statement = this.#statements.get(key);
		if (!statement) {
			if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
			statement = this.#database.prepare(sql);
			this.#statements.set(key, statement);
		}
		return statement;
	}

	/** Whether the next commits wait for the disk, where the connection does that at all. Not inside a transaction. */
	flushing(on: boolean): void {
		if (this.#synchronous !== "FULL" || this.#flushing === on) return;
		this.#database.exec(`pragma synchronous=${on ? "FULL" : "NORMAL"}`);
		this.#flushing = on;
	}

	/** Takes the open transaction back; SQLite itself may have done so after an error of the disk. */
	rollback(): void {
		if (this.#database.isTransaction) this.#database.exec("rollback");
	}

	exec(sql: string): void {
		this.#database.exec(sql);
	}

	/** Forgets prepared statements, whose tables may be gone. */
	reset(): void {
		this.#statements.clear();
	}

	close(): void {
		this.#statements.clear();
		this.#database.close();
	}
}

/** Who holds the write transaction across several operations. */
export interface TransactionOwner {
	/** Called once when the transaction has ended, whichever way. */
	released(): void;
}

/**
 * One database file: a connection that writes and one that reads, so that readers keep seeing the last committed state
 * while a transaction is open. Writers of this process stand in a queue; a writer of another process is waited for
 * without blocking the event loop.
 */
export class Store {
	readonly writer: Connection;
	readonly reader: Connection;
	readonly catalog = new Catalog();
	#owner: TransactionOwner | undefined;
	#tail: Promise<void> = Promise.resolve();
	#waiting = 0;
	#closed = false;
	readonly #remove: (() => void) | undefined;

	/** @param file the path of the file, or `:memory:` for a database that is gone when the store is closed. */
	constructor(file: string, synchronous: Synchronous) {
		const temporary = file === ":memory:" ? temporaryFile() : undefined;
		const path = temporary?.path ?? file;
		this.#remove = temporary?.remove;
		if (!temporary) mkdirSync(dirname(path), { recursive: true });
		this.writer = new Connection(path, temporary ? "OFF" : synchronous);
		this.reader = new Connection(path, temporary ? "OFF" : synchronous);
	}

	/** Runs reads outside any transaction, all against one committed state. */
	async read<T>(work: (connection: Connection) => T): Promise<T> {
		return this.#patiently(() => {
			this.#assertOpen();
			this.reader.exec("begin");
			try {
				this.catalog.refresh(this.reader);
				return work(this.reader);
			} finally {
				this.reader.exec("commit");
			}
		});
	}

	/**
	 * Runs one write as its own transaction. Nothing of it stays when `work` throws. One that is not `flushed` survives
	 * the end of the process, and a power cut only if a later commit that is flushed did.
	 */
	async write<T>(work: (connection: Connection) => T, flushed = true): Promise<T> {
		if (!this.#owner && this.#waiting === 0) {
			try {
				return this.#writeNow(work, flushed);
			} catch (error) {
				if (!isBusy(error)) throw error;
			}
		}
		const release = await this.#enqueue();
		try {
			return await this.#patiently(() => this.#writeNow(work, flushed));
		} finally {
			release();
		}
	}

	/** Waits for the write lock and begins a transaction that goes on until {@link commit} or {@link rollback}. */
	async begin(owner: TransactionOwner): Promise<void> {
		const release = await this.#enqueue();
		try {
			await this.#patiently(() => {
				this.#assertOpen();
				this.writer.flushing(true);
				this.writer.exec("begin immediate");
			});
		} catch (error) {
			release();
			throw error;
		}
		this.#owner = {
			released: () => {
				release();
				owner.released();
			},
		};
		this.catalog.refresh(this.writer);
	}

	commit(): void {
		this.writer.exec("commit");
		this.#endTransaction();
	}

	rollback(): void {
		this.writer.rollback();
		this.catalog.forget();
		this.writer.reset();
		this.#endTransaction();
	}

	/** Asks SQLite for an answer from the file. @throws when the file cannot be read. */
	async ping(): Promise<void> {
		await this.read((connection) => connection.prepare("select count(*) as n from sqlite_schema").get());
	}

	/** Moves the write-ahead log into the file and empties it, as soon as no transaction is open here. */
	async checkpoint(): Promise<void> {
		const release = await this.#enqueue();
		try {
			await this.#patiently(() => {
				this.#assertOpen();
				this.writer.exec("pragma wal_checkpoint(truncate)");
			});
		} finally {
			release();
		}
	}

	/** Ends the queue and closes the file; an open transaction is rolled back. */
	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		if (this.#owner) this.rollback();
		this.reader.close();
		this.writer.close();
		this.#remove?.();
	}

	#endTransaction(): void {
		const owner = this.#owner;
		this.#owner = undefined;
		owner?.released();
	}

	#writeNow<T>(work: (connection: Connection) => T, flushed: boolean): T {
		this.#assertOpen();
		this.writer.flushing(flushed);
		this.writer.exec("begin immediate");
		try {
			this.catalog.refresh(this.writer);
			const result = work(this.writer);
			this.writer.exec("commit");
			return result;
		} catch (error) {
			this.writer.rollback();
			this.catalog.forget();
			throw error;
		}
	}

	/** Takes a place in the queue of writers; the returned function gives it up. */
	async #enqueue(): Promise<() => void> {
		const before = this.#tail;
		const turn = Promise.withResolvers<void>();
		this.#tail = turn.promise;
		this.#waiting++;
		await before;
		return () => {
			this.#waiting--;
			turn.resolve();
		};
	}

	/** Tries again while another process holds the file. */
	async #patiently<T>(attempt: () => T): Promise<T> {
		const deadline = performance.now() + BUSY_TIMEOUT_MS;
		for (let pause = 1; ; pause = Math.min(pause * 2, 20)) {
			try {
				return attempt();
			} catch (error) {
				if (!isBusy(error)) throw error;
				if (performance.now() > deadline) {
					throw asTransient(serverError("LockTimeout", "Another process held the database file for too long"));
				}
			}
			await delay(pause * Math.random());
		}
	}

	#assertOpen(): void {
		if (this.#closed) throw new Error("The embedded store has been closed");
	}
}

function isBusy(error: unknown): boolean {
	const code = (error as { errcode?: number } | null)?.errcode;
	return code !== undefined && (code & 0xff) === SQLITE_BUSY;
}

/** A folder that goes with the store, at the latest when the process ends. */
function temporaryFile(): { path: string; remove: () => void } {
	const folder = mkdtempSync(join(tmpdir(), "embedded-store-"));
	const remove = () => {
		rmSync(folder, { recursive: true, force: true });
		process.off("exit", remove);
	};
	process.on("exit", remove);
	return { path: join(folder, "memory.db"), remove };
}

interface Shared {
	readonly store: Store;
	users: number;
}

/**
 * The open files of this process. Connections to the same file share one store, so that they stand in one queue; the
 * last one to leave closes it.
 */
export class StorePool {
	readonly #open = new Map<string, Shared>();

	/** @param name a path, or any name when `inMemory`. */
	acquire(name: string, inMemory: boolean, synchronous: Synchronous): { store: Store; release: () => Promise<void> } {
		const key = inMemory ? name : resolve(name);
		const shared = this.#open.get(key) ?? { store: new Store(inMemory ? ":memory:" : key, synchronous), users: 0 };
		this.#open.set(key, shared);
		shared.users++;
		let left = false;
		const release = async () => {
			if (left) return;
			left = true;
			if (--shared.users > 0) return;
			this.#open.delete(key);
			await shared.store.close();
		};
		return { store: shared.store, release };
	}
}
