import { BY_TENANT, defineModel, defineRows, type Entity } from "./model.ts";

export type JobStatus = "queued" | "running" | "done" | "failed" | "cancelled";
export type JobKind = "tickets.bulk" | "customers.bulk";

/** Many operations that are done one after the other, in any process, after their request was answered. */
export interface Job extends Entity {
	kind: JobKind;
	status: JobStatus;
	total: number;
	/** how many have their result; the next one's place */
	done: number;
	failed: number;
	/** who began it, as verified then: JSON of a caller */
	caller: string;
	ownerId: string;
	correlationId: string;
	traceparent: string | null;
	/** somebody wants it to stop */
	cancelRequested: boolean;
	/** tries in a row in which nothing was done */
	attempts: number;
	/** when somebody has to look at it next: the end of the claim while a process works on it; absent once it is over */
	dueAt?: Date | undefined;
	/** names the claim of the process that works on it, null where none does */
	claim: string | null;
	error: { code: string; detail: string } | null;
	startedAt: Date | null;
	endedAt: Date | null;
	/** when it is removed with its results; absent while it is not over */
	expiresAt?: Date | undefined;
}

/** Some of a job's operations in a row; removed once they are done. */
export interface JobChunk {
	_id: string;
	tenantId: string;
	jobId: string;
	/** the place of the first one */
	first: number;
	/** JSON */
	operations: string;
}

/** What became of one operation of a job. */
export interface JobResult extends Entity {
	jobId: string;
	index: number;
	targetId: string;
	status: number;
	/** the version that the change made; null where there is none to tell */
	targetVersion: number | null;
	/** JSON of the problem document, null where all went well */
	error: string | null;
}

const required = (type: unknown) => ({ type, required: true });
const instant = { type: Date, default: null };

export const jobModel = defineModel<Job>(
	"jobs",
	{
		kind: required(String),
		status: required(String),
		total: required(Number),
		done: required(Number),
		failed: required(Number),
		caller: required(String),
		ownerId: required(String),
		correlationId: required(String),
		traceparent: { type: String, default: null },
		cancelRequested: required(Boolean),
		attempts: required(Number),
		dueAt: { type: Date },
		claim: { type: String, default: null },
		error: { type: Object, default: null },
		startedAt: instant,
		endedAt: instant,
		expiresAt: { type: Date },
	},
	[
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, ownerId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, status: 1, createdAt: 1, _id: 1 }, {}],
		// The workers look for what is due, and for what is kept long enough, in all tenants.
		[{ dueAt: 1, _id: 1 }, {}],
		[{ expiresAt: 1, _id: 1 }, {}],
	],
);

export const jobChunkModel = defineRows<JobChunk>(
	"job_chunks",
	{
		tenantId: required(String),
		jobId: required(String),
		first: required(Number),
		operations: required(String),
	},
	[BY_TENANT, [{ tenantId: 1, jobId: 1, first: 1 }, { unique: true }]],
);

export const jobResultModel = defineModel<JobResult>(
	"job_results",
	{
		jobId: required(String),
		index: required(Number),
		targetId: required(String),
		status: required(Number),
		targetVersion: { type: Number, default: null },
		error: { type: String, default: null },
	},
	[BY_TENANT, [{ tenantId: 1, jobId: 1, index: 1, _id: 1 }, {}]],
);
