import type { TenantCaller } from "../../contracts/caller.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { reachOf } from "./inquiry.ts";
import { groupNames } from "./names.ts";
import { type NowCounts, nowOf } from "./numbers/stats.ts";

/** The counters of a moment with the names of their groups. */
export async function withNames(dashboard: Dashboard, caller: TenantCaller, now: NowCounts) {
	const ids = now.byGroup.map(({ groupId }) => groupId);
	const nameOf = await groupNames(dashboard, caller, ids);
	return {
		...now,
		byGroup: now.byGroup.map(({ groupId, count }) => ({ groupId, name: nameOf(groupId), count })),
	};
}

/** The counters of this moment, as `GET /dashboard/stats` has them, of what the caller may see. */
export async function nowCounters(dashboard: Dashboard, caller: TenantCaller) {
	const selection = { reach: reachOf(caller), filter: {} };
	const table = await dashboard.tables.of(caller.tenant.id);
	return withNames(dashboard, caller, nowOf(table, selection));
}
