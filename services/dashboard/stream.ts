import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { streamSince } from "../../contracts/dashboard-stream.ts";
import { decodeCursor, encodeCursor } from "../../lib/cursor.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { type ActivityRow, dashboardActivityModel } from "../../models/dashboard-activity.ts";
import { dashboardTenantModel } from "../../models/dashboard-tenant.ts";
import { activityViews, feedScope } from "./activity.ts";
import type { Dashboard } from "./dashboard-store.ts";
import type { TenantFacts } from "./facts.ts";

/** A client that was away for longer than this many changes goes on from so far back; the feed itself has the rest. */
const MAX_BEHIND = 10_000;

/** The counters of now, as `GET /dashboard/stats` has them. */
export type NowCounters = (dashboard: Dashboard, caller: TenantCaller) => Promise<Record<string, unknown>>;

const binding = (tenantId: string) => `dashboard.stream ${tenantId}`;

function seal({ store }: Dashboard, tenantId: string, rev: number): string {
	return encodeCursor({ values: [rev], direction: "next" }, binding(tenantId), store.secret);
}

/** The place in a sealed id; null where it is not one of the tenant's. */
function unseal({ store }: Dashboard, tenantId: string, id: string | null): number | null {
	if (id === null) return null;
	try {
		const [rev] = decodeCursor(id, binding(tenantId), store.secret).values;
		return typeof rev === "number" ? rev : null;
	} catch {
		return null;
	}
}

async function headOf({ store }: Dashboard, tenantId: string): Promise<number> {
	const row = await store.model(dashboardTenantModel).findById(tenantId).select("rev").lean<TenantFacts>();
	return row?.rev ?? 0;
}

/** The caller's rows of the feed beyond a place, in the order in which they became known. */
function rowsBeyond({ store }: Dashboard, caller: TenantCaller, after: number, head: number, limit: number) {
	return store
		.model(dashboardActivityModel)
		.find({ tenantId: caller.tenant.id, rev: { $gt: after, $lte: head }, audience: feedScope(caller) } as never)
		.sort({ rev: 1 })
		.limit(limit)
		.lean<ActivityRow[]>();
}

async function since(
	ctx: CallContext<ParamsOf<typeof streamSince>>,
	dashboard: Dashboard,
	counters: NowCounters,
): Promise<ResultOf<typeof streamSince>> {
	const { after, limit } = ctx.params;
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	const { asOf } = await dashboard.freshness.now();
	// Read first: whatever is committed later is for the next call.
	const head = await headOf(dashboard, tenantId);
	const asked = unseal(dashboard, tenantId, after) ?? head;
	const place = asked <= head ? asked : head;
	const from = Math.max(place, head - MAX_BEHIND);
	const rows = from < head ? await rowsBeyond(dashboard, caller, from, head, limit) : [];
	const more = rows.length === limit;
	const views = await activityViews(dashboard, caller, rows);
	const reached = more ? (rows.at(-1)?.rev ?? head) : head;
	return {
		activity: views.map((data, index) => ({ id: seal(dashboard, tenantId, rows[index]?.rev ?? head), data })),
		id: seal(dashboard, tenantId, reached),
		more,
		now: await counters(dashboard, caller),
		asOf,
	};
}

export function streamActions(dashboard: Dashboard, counters: NowCounters): Record<string, ActionSchema> {
	return { streamSince: action(streamSince, (ctx) => since(ctx, dashboard, counters)) };
}
