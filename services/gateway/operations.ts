import type { ActionSchema } from "moleculer";
import { rebuildDashboard } from "../../contracts/dashboard-internal.ts";
import { listEventGroups, type READ_MODELS, rebuildReadModel } from "../../contracts/operations.ts";
import { rebuildIndex } from "../../contracts/search.ts";
import type { EventLog } from "../../lib/event-log.ts";
import { forbidden, invalidField } from "../../lib/problem.ts";
import { action, type CallContext } from "../../mixins/action.ts";
import { deadLetterActions } from "./dead-letters.ts";
import { operatorOf } from "./operator.ts";

/** How long an answer waits for a rebuild, ms: well below the time that a call has. */
const PATIENCE_MS = 5000;

type Outcome = Record<string, unknown>;

async function eventGroups(events: EventLog) {
	const groups = await events.status();
	return Promise.all(
		groups.map(async (status) => ({
			...status,
			oldestAt: (await events.oldestUnhandled(status.group))?.toISOString() ?? null,
		})),
	);
}

interface Wish {
	what: (typeof READ_MODELS)[number];
	tenantId?: string;
}

/** What is asked of which service. @throws 403 or 422 where the operator cannot have it */
function requestOf(own: string | null, { what, tenantId }: Wish): { name: string; params: object } {
	if (what === "search") {
		if (own !== null) throw forbidden("The search index is one for all tenants: only the platform's credential may.");
		if (tenantId !== undefined) throw invalidField("/tenantId", "The search index is made for all tenants at once.");
		return { name: rebuildIndex.name, params: {} };
	}
	if (own !== null && tenantId !== undefined && tenantId !== own)
		throw forbidden("Only the own tenant's dashboard can be made anew.");
	const tenant = own ?? tenantId;
	return { name: rebuildDashboard.name, params: tenant === undefined ? {} : { tenantId: tenant } };
}

/** Starts a rebuild; its outcome where that comes soon. What fails later is logged. */
async function rebuild(ctx: CallContext<Wish>): Promise<Outcome | null> {
	const { name, params } = requestOf(operatorOf(ctx), ctx.params);
	const { meta, requestID } = ctx;
	const options = { meta, ...(requestID ? { requestID } : {}), timeout: 0 };
	const work = ctx.broker.call<Outcome, object>(name, params, options);
	let answered = false;
	work.catch((err: unknown) => {
		if (answered) ctx.service?.logger.error({ err }, `the rebuild of ${ctx.params.what} failed`);
	});
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<null>((resolve) => {
		timer = setTimeout(resolve, PATIENCE_MS, null);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		answered = true;
		clearTimeout(timer);
	}
}

/** The actions for operators. `secret` seals the cursors. */
export function operationsActions(events: EventLog, secret: () => string): Record<string, ActionSchema> {
	return {
		...deadLetterActions(events, secret),
		listEventGroups: action(listEventGroups, async () => ({ data: await eventGroups(events) })),
		rebuildReadModel: action(rebuildReadModel, async (ctx) => {
			const outcome = await rebuild(ctx);
			return { what: ctx.params.what, status: outcome ? ("done" as const) : ("running" as const), outcome };
		}),
	};
}
