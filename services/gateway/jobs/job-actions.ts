import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../../contracts/caller.ts";
import { callerReach } from "../../../contracts/caller.ts";
import type { ParamsOf } from "../../../contracts/contract.ts";
import {
	BULK_AT_ONCE,
	type BulkOperationShape,
	type BulkResultShape,
	bulkCustomers,
	bulkTickets,
	cancelJob,
	getJob,
	listJobResults,
	listJobs,
} from "../../../contracts/jobs.ts";
import type { ListParams } from "../../../lib/list-query.ts";
import { forbidden } from "../../../lib/problem.ts";
import { traceIdOf } from "../../../lib/trace-context.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { commandOf } from "../../../mixins/store.ts";
import type { JobKind, JobResult } from "../../../models/job.ts";
import type { JobWorker } from "./job-worker.ts";
import { beginJob, cancel, type Jobs, jobScope, jobView } from "./jobs.ts";
import { type Doing, failedResult, perform } from "./operations.ts";

/** Does operations one after the other while the client waits. */
async function atOnce(
	ctx: CallContext,
	caller: TenantCaller,
	kind: JobKind,
	operations: readonly BulkOperationShape[],
): Promise<{ results: BulkResultShape[] }> {
	const { commandId = null, acceptLanguage, traceparent } = ctx.meta;
	const doing: Doing = {
		kind,
		caller,
		commandId,
		traceId: traceIdOf(traceparent) ?? ctx.requestID ?? ctx.id,
		acceptLanguage,
		call: (name, params, meta) => ctx.call(name, params, { meta }),
	};
	const results: BulkResultShape[] = [];
	for (const [index, operation] of operations.entries()) {
		const result = await perform(doing, operation, index);
		results.push("problem" in result ? failedResult(doing, operation, index, result.problem) : result);
	}
	return { results };
}

type Operations = ParamsOf<typeof bulkTickets>;

async function bulk(ctx: CallContext<Operations>, parts: Jobs, worker: JobWorker, kind: JobKind) {
	const caller = callerOf(ctx);
	const { operations } = ctx.params;
	if (operations.length <= BULK_AT_ONCE) return atOnce(ctx, caller, kind, operations);
	if (callerReach(caller, kind) !== "all")
		throw forbidden(`Agents change at most ${BULK_AT_ONCE} things in one request.`);
	const job = await beginJob(parts, ctx, caller, kind, operations);
	worker.nudge();
	return { jobId: job.id, ...job };
}

const resultView = ({ index, targetId, status, targetVersion, error }: JobResult): BulkResultShape => ({
	index,
	id: targetId,
	status,
	...(targetVersion === null ? {} : { version: targetVersion }),
	...(error === null ? {} : { error: JSON.parse(error) }),
});

/** The actions behind bulk requests and `/api/jobs`. */
export function jobActions(parts: Jobs, worker: JobWorker): Record<string, ActionSchema> {
	// A hundred changes may take longer than a single call usually may.
	const patient: object = { timeout: 60_000 };
	return {
		bulkTickets: { ...action(bulkTickets, (ctx) => bulk(ctx, parts, worker, "tickets.bulk")), ...patient },
		bulkCustomers: { ...action(bulkCustomers, (ctx) => bulk(ctx, parts, worker, "customers.bulk")), ...patient },
		listJobs: action(listJobs, async (ctx) => {
			const page = await parts.jobs.list(jobScope(callerOf(ctx)), listJobs.list, ctx.params);
			return { ...page, data: page.data.map(jobView) };
		}),
		getJob: action(getJob, async (ctx) => jobView(await parts.jobs.require(jobScope(callerOf(ctx)), ctx.params.id))),
		cancelJob: action(cancelJob, (ctx) => cancel(parts, jobScope(callerOf(ctx)), ctx.params.id, commandOf(ctx))),
		listJobResults: action(listJobResults, async (ctx) => {
			const { id, ...params } = ctx.params;
			const { tenantId, _id: jobId } = await parts.jobs.require(jobScope(callerOf(ctx)), id);
			const scope = { tenantId, filter: { jobId } };
			const page = await parts.results.list(scope, listJobResults.list, params as ListParams);
			return { ...page, data: page.data.map(resultView) };
		}),
	};
}
