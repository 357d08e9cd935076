import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { type Accepted, type Access, defineAction, type RestAlias, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";

/** How many operations are done while the client waits, and how many there can be in one request. */
export const BULK_AT_ONCE = 100;
export const BULK_MAX = 10_000;

export const BULK_OPERATIONS = ["update", "delete", "tag"] as const;
export const JOB_STATUSES = ["queued", "running", "done", "failed", "cancelled"] as const;

/** One change of one thing, as the request for that change alone would say it. */
export const BulkOperation = strict({
	op: Words(BULK_OPERATIONS),
	id: Id,
	/** the version that is to be changed: `v3`, `"v3"` or 3 */
	ifMatch: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Integer({ minimum: 1 })])),
	/** the body of the request for this one; for `tag`: `{tags}` or `{add?, remove?}` */
	patch: Type.Optional(Type.Object({}, { additionalProperties: true })),
});
export type BulkOperationShape = Static<typeof BulkOperation>;

/** What became of one operation: the status that a request for it alone would have had, and its problem. */
export const BulkResult = Type.Object({
	/** the operation's place in the request, from 0 */
	index: Type.Integer(),
	id: Id,
	status: Type.Integer(),
	/** the version that the change made */
	version: Type.Optional(Type.Integer()),
	/** the problem document (RFC 9457) of an operation that failed; pointers are those of the whole request */
	error: Type.Optional(Type.Object({}, { additionalProperties: true })),
});
export type BulkResultShape = Static<typeof BulkResult>;

/** Work that goes on after its request was answered. */
export const JobView = Type.Object({
	id: Id,
	version: Type.Integer(),
	/** what it does, such as `tickets.bulk` */
	kind: Type.String(),
	status: Words(JOB_STATUSES),
	progress: Type.Object({ done: Type.Integer(), total: Type.Integer() }),
	/** how many of those done had a problem */
	failed: Type.Integer(),
	/** where the results are, those there are so far while it runs */
	resultUrl: Type.String(),
	createdBy: Type.Object({ type: Type.String(), id: Id, name: Type.String() }),
	createdAt: Instant,
	startedAt: Nullable(Instant),
	endedAt: Nullable(Instant),
	/** when it and its results are removed */
	expiresAt: Nullable(Instant),
	/** why it stopped before its end */
	error: Nullable(Type.Object({ code: Type.String(), detail: Type.String() })),
});
export type JobViewShape = Static<typeof JobView>;

const JobAccepted = Type.Object({ jobId: Id, ...JobView.properties });
const BulkAnswer = Type.Object({ results: Type.Array(BulkResult) });
type BulkAnswered = Static<typeof BulkAnswer> | Static<typeof JobAccepted>;

const accepted: Accepted = { result: JobAccepted, is: (result) => "jobId" in (result as object) };

function defineBulk(definition: { name: string; access: Access; rest: RestAlias; summary: string; each: string }) {
	const { each, ...rest } = definition;
	return defineAction({
		...rest,
		description:
			`${each} Operations are done in their order, each with the rights, checks and events of the request for it alone, ` +
			`and one that fails stops no other. Up to ${BULK_AT_ONCE} are answered at once (200 with \`results\`); more, up to ` +
			"10,000, become a job (202 with its `Location`), which agents cannot begin. With an `Idempotency-Key` a repeat does " +
			"nothing twice, whatever happened to the first request.",
		body: strict({ operations: Type.Array(BulkOperation, { minItems: 1, maxItems: BULK_MAX }) }),
		result: Type.Unsafe<BulkAnswered>(BulkAnswer),
		accepted,
		headers: (result): Record<string, string> => ("jobId" in result ? { Location: `/api/jobs/${result.jobId}` } : {}),
	});
}

export const bulkTickets = defineBulk({
	name: "gateway.bulkTickets",
	access: "tickets.bulk",
	rest: "POST /tickets/bulk",
	summary: "Change many tickets",
	each:
		"`update` takes the body of `PATCH /tickets/:id`, `delete` none, `tag` `{tags}` or `{add, remove}`; `ifMatch` is the " +
		"version to be changed.",
});

export const bulkCustomers = defineBulk({
	name: "gateway.bulkCustomers",
	access: "customers.bulk",
	rest: "POST /customers/bulk",
	summary: "Change many customers",
	each:
		"`update` takes the body of `PATCH /customers/:id`, `delete` none, `tag` `{tags}` or `{add, remove}`; `ifMatch` is " +
		"the version to be changed.",
});

const ById = strict({ id: Id });

export const JOB_LIST = {
	filters: {
		status: { type: "string", values: JOB_STATUSES, operators: ["eq", "in"] },
		kind: { type: "string", operators: ["eq", "in"] },
	},
	sorts: ["createdAt"],
	defaultSort: "-createdAt",
} satisfies ListSpec;

export const listJobs = defineList({
	name: "gateway.listJobs",
	access: "authenticated",
	rest: "GET /jobs",
	summary: "List jobs",
	description: "The caller's own; owners and admins see those of all. A job is kept for seven days after its end.",
	list: JOB_LIST,
	item: JobView,
});

export const getJob = defineAction({
	name: "gateway.getJob",
	access: "authenticated",
	rest: "GET /jobs/:id",
	summary: "Show a job",
	description:
		"`queued`, `running`, `done` (every operation has its result, good or bad), `failed` (it was stopped: `error` says " +
		"why, such as that whoever began it may not any more), or `cancelled`.",
	path: ById,
	result: JobView,
});

export const cancelJob = defineAction({
	name: "gateway.cancelJob",
	access: "authenticated",
	rest: "POST /jobs/:id/cancel",
	summary: "Stop a job",
	description:
		"What is done stays done. A job that runs may do a few more operations before it stops; one that is over answers 409 " +
		"`conflict`, unless it was cancelled.",
	path: ById,
	result: JobView,
});

export const listJobResults = defineList({
	name: "gateway.listJobResults",
	access: "authenticated",
	rest: "GET /jobs/:id/results",
	summary: "What became of a job's operations",
	description: "In the order of the request; `status[gte]=400` are those with a problem.",
	path: ById,
	list: {
		filters: { status: { type: "number" }, index: { type: "number" } },
		sorts: ["index"],
		defaultSort: "index",
	},
	item: BulkResult,
});

/** What a client can ask about work in bulk. */
export const jobsContracts = [bulkTickets, bulkCustomers, listJobs, getJob, cancelJob, listJobResults];
