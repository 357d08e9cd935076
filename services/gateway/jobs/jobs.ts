import type { Caller, TenantCaller } from "../../../contracts/caller.ts";
import { actorOf } from "../../../contracts/caller.ts";
import type { BulkOperationShape, JobViewShape } from "../../../contracts/jobs.ts";
import { newId } from "../../../lib/ids.ts";
import { Problem } from "../../../lib/problem.ts";
import type { CallContext } from "../../../mixins/action.ts";
import type { Repository, Scope } from "../../../mixins/repository.ts";
import { type Command, commandOf, type Store, type Transaction } from "../../../mixins/store.ts";
import {
	type Job,
	type JobKind,
	type JobResult,
	jobChunkModel,
	jobModel,
	jobResultModel,
} from "../../../models/job.ts";

/** How many operations are kept in one row. */
export const CHUNK = 100;

/** How many jobs of a tenant can wait or run. */
const MAX_UNFINISHED = 20;

/** How long a job is kept after its end, ms. */
export const KEEP_MS = 7 * 24 * 3600 * 1000;

/** The jobs in the gateway's store. */
export interface Jobs {
	store: Store;
	jobs: Repository<Job>;
	results: Repository<JobResult>;
}

export const JOB_MODELS = [jobModel, jobChunkModel, jobResultModel];

/** `store` must have been opened with `JOB_MODELS`. */
export function openJobs(store: Store): Jobs {
	return { store, jobs: store.repository(jobModel, "job"), results: store.repository(jobResultModel, "result") };
}

/** What of a caller is kept: enough to find out who it is by then, and nothing it may be by now. */
export type KeptCaller = Pick<Caller, "kind" | "id" | "name" | "credentialId" | "scopes">;

/** The jobs that exist for a caller: its own, or all of the tenant for owners and admins. */
export function jobScope(caller: TenantCaller): Scope {
	const all = caller.kind !== "customer" && (caller.role === "owner" || caller.role === "admin");
	return { tenantId: caller.tenant.id, ...(all ? {} : { filter: { ownerId: caller.id } }) };
}

export function jobView(job: Job): JobViewShape {
	const { type, id, name } = actorOf(JSON.parse(job.caller) as Caller);
	return {
		id: job._id,
		version: job.version,
		kind: job.kind,
		status: job.status,
		progress: { done: job.done, total: job.total },
		failed: job.failed,
		resultUrl: `/api/jobs/${job._id}/results`,
		createdBy: { type, id, name },
		createdAt: job.createdAt.toISOString(),
		startedAt: job.startedAt?.toISOString() ?? null,
		endedAt: job.endedAt?.toISOString() ?? null,
		expiresAt: job.expiresAt?.toISOString() ?? null,
		error: job.error,
	};
}

async function refuseTooMany({ jobs }: Jobs, tenantId: string): Promise<void> {
	const unfinished = await jobs.count({ tenantId }, { status: { $in: ["queued", "running"] } }, MAX_UNFINISHED);
	if (unfinished < MAX_UNFINISHED) return;
	throw new Problem(429, "rate_limited", `At most ${MAX_UNFINISHED} jobs can wait or run. Begin this one later.`, {
		headers: { "Retry-After": "30" },
	});
}

/** Begins a job: once it is there it is done, whatever happens to this process. */
export async function beginJob(
	parts: Jobs,
	ctx: CallContext,
	caller: TenantCaller,
	kind: JobKind,
	operations: readonly BulkOperationShape[],
): Promise<JobViewShape> {
	const { id: tenantId } = caller.tenant;
	const { name, id, credentialId, scopes } = caller;
	const kept: KeptCaller = { kind: caller.kind, id, name, credentialId, scopes };
	const command = commandOf(ctx);
	return parts.store.commit(command, async (tx) => {
		await refuseTooMany(parts, tenantId);
		const job = await parts.jobs.create(tx, {
			_id: newId(),
			tenantId,
			kind,
			status: "queued",
			total: operations.length,
			done: 0,
			failed: 0,
			caller: JSON.stringify(kept),
			ownerId: id,
			correlationId: command.correlationId,
			traceparent: command.traceparent ?? null,
			cancelRequested: false,
			attempts: 0,
			dueAt: tx.now,
			claim: null,
			error: null,
			startedAt: null,
			endedAt: null,
		});
		await writeChunks(parts, tx, job, operations);
		return jobView(job);
	});
}

async function writeChunks(
	{ store }: Jobs,
	tx: Transaction,
	{ _id: jobId, tenantId }: Job,
	operations: readonly BulkOperationShape[],
): Promise<void> {
	const rows = [];
	for (let first = 0; first < operations.length; first += CHUNK) {
		const some = JSON.stringify(operations.slice(first, first + CHUNK));
		rows.push({ _id: newId(), tenantId, jobId, first, operations: some });
	}
	await store.model(jobChunkModel).collection.insertMany(rows as never[], { session: tx.session });
}

/** What a job is when it is over. */
export function ended(job: Job, status: "done" | "failed" | "cancelled", now: Date, error: Job["error"] = null): Job {
	const { dueAt: _dueAt, ...rest } = job;
	const expiresAt = new Date(now.getTime() + KEEP_MS);
	return { ...rest, status, error, claim: null, endedAt: now, expiresAt, dueAt: undefined };
}

/** Stops a job: at once where nobody works on it, else soon. @throws 409 for one that is over otherwise */
export function cancel(parts: Jobs, scope: Scope, id: string, command: Command): Promise<JobViewShape> {
	return parts.store.commit(command, async (tx) => {
		const before = await parts.jobs.require(scope, id, tx);
		if (before.status === "cancelled") return jobView(before);
		if (before.status === "done" || before.status === "failed")
			throw new Problem(409, "conflict", `The job is ${before.status} already.`);
		const after = before.claim === null ? ended(before, "cancelled", tx.now) : { ...before, cancelRequested: true };
		const saved = await parts.jobs.update(tx, before, after);
		if (saved.status === "cancelled") await dropOperations(parts, tx, saved);
		return jobView(saved);
	});
}

/** Removes what will not be done any more. */
export async function dropOperations({ store }: Jobs, tx: Transaction, { tenantId, _id }: Job): Promise<void> {
	await store.model(jobChunkModel).deleteMany({ tenantId, jobId: _id }, { session: tx.session });
}
