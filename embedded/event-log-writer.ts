import type { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";

const SQLITE_BUSY = 5;
/** How long another process may hold the write lock before a write is refused, in ms. */
const BUSY_LIMIT = 15_000;
/** So many jobs share one transaction at most, which bounds the time the event loop stands still. */
const BATCH_LIMIT = 256;

/** Whether SQLite refused because another connection holds the lock; the upper bits of the code only say why. */
export function isBusy(error: unknown): boolean {
	const code = (error as { errcode?: unknown } | null)?.errcode;
	return typeof code === "number" && (code & 0xff) === SQLITE_BUSY;
}

/**
 * Runs synchronous SQLite work, again and again while another process holds the lock, without blocking the event loop.
 * @throws the work's own error, or SQLite's "database is locked" after 15 s
 */
export async function whenFree<T>(work: () => T): Promise<T> {
	const giveUp = performance.now() + BUSY_LIMIT;
	for (;;) {
		try {
			return work();
		} catch (error) {
			if (!isBusy(error) || performance.now() > giveUp) throw error;
		}
		// Uneven pauses, so that two processes do not keep meeting.
		await wait(2 + Math.random() * 18);
	}
}

interface Job {
	durable: boolean;
	work: () => unknown;
	resolve: (value: unknown) => void;
	reject: (error: unknown) => void;
}

type Outcome = { value: unknown } | { error: unknown };

/**
 * The one way to write: jobs asked for in the same turn of the event loop, or while the lock was taken, are committed in
 * one transaction and share its fsync (group commit). Each job has a savepoint, so one that fails undoes only itself.
 */
export class Writer {
	readonly #db: DatabaseSync;
	readonly #queue: Job[] = [];
	#draining: Promise<void> | null = null;
	#synchronous = "";

	constructor(db: DatabaseSync) {
		this.#db = db;
	}

	/**
	 * Runs a job of plain SQLite statements, in the order of the calls, and resolves with its result after the commit.
	 * The commit is flushed to disk when `durable`. Otherwise a power failure (not a crash of the process) may undo it
	 * together with everything later: right for what a redelivery repeats, such as the progress of a group.
	 */
	run<T>(durable: boolean, work: () => T): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			this.#queue.push({ durable, work, resolve: resolve as (value: unknown) => void, reject });
			this.#draining ??= this.#drain();
		});
	}

	/** Resolves when everything asked for so far is committed or refused. */
	async settled(): Promise<void> {
		await this.#draining;
	}

	async #drain(): Promise<void> {
		while (this.#queue.length > 0) {
			await new Promise<void>((resume) => setImmediate(resume));
			const batch = this.#queue.splice(0, BATCH_LIMIT);
			try {
				const outcomes = await whenFree(() => this.#commit(batch));
				for (const [index, job] of batch.entries()) settle(job, outcomes[index]!);
			} catch (error) {
				for (const job of batch) job.reject(error);
			}
		}
		this.#draining = null;
	}

	#commit(batch: readonly Job[]): Outcome[] {
		this.#setSynchronous(batch.some((job) => job.durable) ? "FULL" : "NORMAL");
		this.#db.exec("BEGIN IMMEDIATE");
		try {
			const outcomes = batch.map((job) => this.#attempt(job));
			this.#db.exec("COMMIT");
			return outcomes;
		} catch (error) {
			// A full disk makes SQLite roll back by itself.
			if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
			throw error;
		}
	}

	#attempt(job: Job): Outcome {
		this.#db.exec("SAVEPOINT job");
		try {
			const value = job.work();
			this.#db.exec("RELEASE job");
			return { value };
		} catch (error) {
			if (!this.#db.isTransaction) throw error;
			this.#db.exec("ROLLBACK TO job; RELEASE job");
			return { error };
		}
	}

	#setSynchronous(mode: string): void {
		if (mode === this.#synchronous) return;
		this.#db.exec(`PRAGMA synchronous = ${mode}`);
		this.#synchronous = mode;
	}
}

function settle(job: Job, outcome: Outcome): void {
	if ("error" in outcome) job.reject(outcome.error);
	else job.resolve(outcome.value);
}
