import type { Caller } from "../../../contracts/caller.ts";
import { callerNow } from "../../../contracts/identity-internal.ts";
import type { BulkOperationShape, BulkResultShape } from "../../../contracts/jobs.ts";
import type { Clock } from "../../../lib/clock.ts";
import { newId } from "../../../lib/ids.ts";
import type { Problem } from "../../../lib/problem.ts";
import type { Meta } from "../../../mixins/action.ts";
import { DueWork } from "../../../mixins/due-work.ts";
import type { Command, Transaction } from "../../../mixins/store.ts";
import { type Job, type JobChunk, jobChunkModel, jobModel, jobResultModel } from "../../../models/job.ts";
import { clientProblem } from "../problems.ts";
import { CHUNK, dropOperations, ended, type Jobs, type KeptCaller } from "./jobs.ts";
import { type CallAs, type Doing, failedResult, isPassing, perform } from "./operations.ts";

/** How long a process that stopped answering keeps others from going on with its jobs, ms. */
const CLAIM_MS = 10_000;
/** How often is looked for jobs that another process left behind, ms. */
const SWEEP_MS = 2000;
/** How many jobs one process works on at the same time. */
const AT_ONCE = 2;
/** How many operations are done before their results are written and the rights of their caller looked at again. */
const BATCH = 20;
/** How many batches of one job are done before others have their turn. */
const TURN = 10;
/** How often an operation is tried that fails for no fault of its own. */
const MAX_ATTEMPTS = 8;
/** How often is looked for jobs that were kept long enough, ms. */
const CLEAN_EVERY_MS = 600_000;
const CLEAN_AT_ONCE = 20;

/** Somebody else works on the job by now. */
class LostClaim extends Error {
	override name = "LostClaim";
}

/** What the worker stands on. */
export interface WorkerParts extends Jobs {
	clock: Clock;
	call(name: string, params: Record<string, unknown>, options: { meta: Meta; requestID: string }): Promise<unknown>;
	onError(error: unknown): void;
}

/** What was done of a job in one go. */
interface Batch {
	results: BulkResultShape[];
	/** why it ended before its end, where another try is worth while */
	passing: Problem | null;
}

const NOTHING: Batch = { results: [], passing: null };

/**
 * Works on the jobs that are due, in any gateway: a job is claimed for a while, and who stops renewing its claim loses
 * it. Each operation has the id of its job and its place as its command's, so what was done before a crash is not done
 * again, and its result is the same.
 */
export class JobWorker {
	private readonly parts: WorkerParts;
	private readonly due: DueWork;
	private cleanedAt = 0;

	constructor(parts: WorkerParts) {
		this.parts = parts;
		this.due = new DueWork({ look: () => this.look(), everyMs: SWEEP_MS, failed: parts.onError });
	}

	start(): void {
		this.due.start();
	}

	/** There may be something to do. Never waits, never throws. */
	nudge(): void {
		this.due.nudge();
	}

	/** Ends after the operations that are under way; their jobs are free for other processes at once. */
	stop(): Promise<void> {
		return this.due.stop();
	}

	/** Resolves when nothing that is due now is left to do here. */
	idle(): Promise<void> {
		return this.due.idle();
	}

	/** Takes on what is due and resolves with when to look again, in ms. */
	private async look(): Promise<number> {
		const { store, clock } = this.parts;
		const now = clock.now();
		await this.clean(now);
		const free = AT_ONCE - this.due.size;
		if (free <= 0) return SWEEP_MS;
		const due = await store
			.model(jobModel)
			.find({ dueAt: { $lte: now } })
			.sort({ dueAt: 1, _id: 1 })
			.limit(AT_ONCE)
			.lean<Job[]>();
		for (const job of due.filter(({ _id }) => !this.due.has(_id)).slice(0, free)) {
			const claimed = await this.claim(job);
			if (claimed) this.takeOn(claimed);
		}
		return SWEEP_MS;
	}

	private takeOn(job: Job): void {
		const work = this.work(job).catch((error: unknown) => {
			if (!(error instanceof LostClaim)) this.parts.onError(error);
		});
		this.due.takeOn([job._id], work);
	}

	/** Claims a job as it was found, or null where somebody was faster. */
	private async claim(job: Job): Promise<Job | null> {
		const { clock, store } = this.parts;
		const now = clock.now();
		const { _id, version } = job;
		const held = {
			claim: newId(),
			dueAt: new Date(now.getTime() + CLAIM_MS),
			status: "running" as const,
			startedAt: job.startedAt ?? now,
		};
		const rows = store.model(jobModel);
		const { matchedCount } = await rows.updateOne({ _id, version }, { $set: held, $inc: { version: 1 } });
		return matchedCount === 0 ? null : { ...job, ...held, version: version + 1 };
	}

	private async work(claimed: Job): Promise<void> {
		let job = claimed;
		for (let batches = 0; job.claim !== null; batches++) {
			const lost = new AbortController();
			const renewal = setInterval(() => void this.renew(job, lost).catch(() => undefined), CLAIM_MS / 3).unref();
			try {
				job = await this.advance(job, !this.due.isWorking || batches === TURN - 1, lost.signal);
			} finally {
				clearInterval(renewal);
			}
		}
	}

	private async renew({ _id, claim }: Job, lost: AbortController): Promise<void> {
		const dueAt = new Date(this.parts.clock.now().getTime() + CLAIM_MS);
		const { matchedCount } = await this.parts.store.model(jobModel).updateOne({ _id, claim }, { $set: { dueAt } });
		if (matchedCount === 0) lost.abort();
	}

	/** Does the next operations of a job and writes what became of them. */
	private async advance(job: Job, letGo: boolean, lost: AbortSignal): Promise<Job> {
		let caller: Caller;
		try {
			caller = await this.callerOf(job);
		} catch (error) {
			const problem = clientProblem(error);
			return isPassing(problem) ? this.save(job, { results: [], passing: problem }, true) : this.refuse(job, problem);
		}
		const batch = job.cancelRequested ? NOTHING : await this.doSome(job, caller, lost);
		if (lost.aborted) throw new LostClaim();
		return this.save(job, batch, letGo);
	}

	private async callerOf(job: Job): Promise<Caller> {
		const { tenantId, correlationId: requestID } = job;
		const { kind, id, credentialId, scopes } = JSON.parse(job.caller) as KeptCaller;
		const params = { tenantId, kind, id, credentialId, scopes };
		return (await this.parts.call(callerNow.name, params, { meta: {}, requestID })) as Caller;
	}

	private async doSome(job: Job, caller: Caller, lost: AbortSignal): Promise<Batch> {
		const operations = await this.nextOperations(job);
		const { correlationId: requestID, traceparent } = job;
		const call: CallAs = (name, params, meta) =>
			this.parts.call(name, params, { meta: { ...meta, ...(traceparent ? { traceparent } : {}) }, requestID });
		const doing: Doing = { kind: job.kind, caller, commandId: `job ${job._id}`, traceId: requestID, call };
		const batch: Batch = { results: [], passing: null };
		for (const [place, operation] of operations.entries()) {
			if (lost.aborted || !this.due.isWorking) break;
			const index = job.done + place;
			const result = await perform(doing, operation, index);
			if (!("problem" in result)) batch.results.push(result);
			else if (isPassing(result.problem) && (job.attempts < MAX_ATTEMPTS - 1 || batch.results.length > 0))
				return { ...batch, passing: result.problem };
			else batch.results.push(failedResult(doing, operation, index, result.problem));
		}
		return batch;
	}

	private async nextOperations({ tenantId, _id: jobId, done }: Job): Promise<BulkOperationShape[]> {
		const first = done - (done % CHUNK);
		const chunk = await this.parts.store.model(jobChunkModel).findOne({ tenantId, jobId, first }).lean<JobChunk>();
		if (!chunk) return [];
		return (JSON.parse(chunk.operations) as BulkOperationShape[]).slice(done - first).slice(0, BATCH);
	}

	private commandOf({ tenantId, caller, correlationId }: Job): Command {
		const { kind, id, name } = JSON.parse(caller) as KeptCaller;
		const actor = { type: kind as "user", id, name };
		return { tenantId, actor, correlationId, causationId: null, id: null };
	}

	/** Writes results and where the job stands. @throws LostClaim where somebody else went on with it */
	private save(before: Job, { results, passing }: Batch, letGo: boolean): Promise<Job> {
		return this.write(before, async (tx, current) => {
			await this.writeResults(tx, current, results);
			const done = current.done + results.length;
			const failed = current.failed + results.filter(({ error }) => error !== undefined).length;
			const attempts = results.length > 0 ? 0 : current.attempts + (passing ? 1 : 0);
			const next = { ...current, done, failed, attempts };
			await this.dropDone(tx, current, done);
			if (done === current.total) return ended(next, "done", tx.now);
			if (current.cancelRequested) return ended(next, "cancelled", tx.now);
			if (!letGo && !passing) return { ...next, dueAt: new Date(tx.now.getTime() + CLAIM_MS) };
			const pauseMs = passing ? Math.min(15_000, 1000 * 2 ** attempts) : 0;
			return { ...next, claim: null, dueAt: new Date(tx.now.getTime() + pauseMs) };
		});
	}

	/** Ends a job whose caller may not any more. */
	private refuse(before: Job, problem: Problem): Promise<Job> {
		const error = { code: problem.type, detail: problem.message };
		return this.write(before, async (tx, current) => ended(current, "failed", tx.now, error));
	}

	private async write(before: Job, change: (tx: Transaction, current: Job) => Promise<Job>): Promise<Job> {
		const { store, jobs } = this.parts;
		return store.commit(this.commandOf(before), async (tx) => {
			// Read again: somebody may have asked to cancel it, which changes the row and leaves the claim.
			const current = await jobs.get({ tenantId: before.tenantId }, before._id, tx);
			if (current?.claim !== before.claim) throw new LostClaim();
			const after = await change(tx, current);
			if (after.endedAt) await dropOperations(this.parts, tx, after);
			return this.update(tx, current, after);
		});
	}

	private async update(tx: Transaction, current: Job, after: Job): Promise<Job> {
		const saved = await this.parts.jobs.update(tx, current, after);
		return { ...saved, dueAt: after.dueAt };
	}

	private async writeResults(tx: Transaction, { tenantId, _id: jobId }: Job, results: readonly BulkResultShape[]) {
		if (results.length === 0) return;
		const rows = results.map(({ index, id, status, version, error }) => ({
			_id: newId(),
			tenantId,
			version: 1,
			createdAt: tx.now,
			updatedAt: tx.now,
			jobId,
			index,
			targetId: id,
			status,
			targetVersion: version ?? null,
			error: error === undefined ? null : JSON.stringify(error),
		}));
		await this.parts.store.model(jobResultModel).collection.insertMany(rows as never[], { session: tx.session });
	}

	/** Removes the operations of a chunk that is done. */
	private async dropDone(tx: Transaction, { tenantId, _id: jobId, done: before }: Job, done: number): Promise<void> {
		const first = before - (before % CHUNK);
		if (done < first + CHUNK) return;
		await this.parts.store.model(jobChunkModel).deleteOne({ tenantId, jobId, first }, { session: tx.session });
	}

	/** Removes some of the jobs that were kept long enough. */
	private async clean(now: Date): Promise<void> {
		if (now.getTime() - this.cleanedAt < CLEAN_EVERY_MS) return;
		this.cleanedAt = now.getTime();
		const { store } = this.parts;
		const old = await store
			.model(jobModel)
			.find({ expiresAt: { $lte: now } })
			.sort({ expiresAt: 1, _id: 1 })
			.limit(CLEAN_AT_ONCE)
			.lean<Job[]>();
		for (const { _id, tenantId } of old) {
			await store.model(jobResultModel).deleteMany({ tenantId, jobId: _id });
			await store.model(jobModel).deleteOne({ _id });
		}
	}
}
