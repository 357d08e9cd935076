import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { getStats } from "../../contracts/dashboard.ts";
import { action, type CallContext } from "../../mixins/action.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { type Inquiry, inquire, isoRange } from "./inquiry.ts";
import { withNames } from "./now-counters.ts";
import { previousOf } from "./numbers/calendar.ts";
import { ALL_METRICS, linkOf, linksOf, partQuery } from "./numbers/links.ts";
import type { Metric } from "./numbers/metrics.ts";
import { deltasOf, kpisOf, type NowCounts, nowOf } from "./numbers/stats.ts";

type Stats = ResultOf<typeof getStats>;

const NOW_METRICS = ["backlog", "unassigned", "urgent"] as const satisfies readonly Metric[];
const RANGE_METRICS = ALL_METRICS.filter((metric) => metric !== "unassigned" && metric !== "urgent");

function linksNow({ selection: { filter } }: Inquiry, now: NowCounts): Record<string, string> {
	const backlog = linkOf("backlog", null, filter);
	const part = (path: string, query: string): [string, string] => [`now.${path}`, `${backlog}&${query}`];
	return Object.fromEntries([
		...NOW_METRICS.map((metric) => [`now.${metric}`, linkOf(metric, null, filter)]),
		...Object.keys(now.byStatus).map((key) => part(`byStatus.${key}`, partQuery("status", key))),
		...Object.keys(now.byPriority).map((key) => part(`byPriority.${key}`, partQuery("priority", key))),
		...now.byGroup.map(({ groupId }) => part(`byGroup.${groupId ?? "none"}`, partQuery("group", groupId))),
	]);
}

async function stats(ctx: CallContext<ParamsOf<typeof getStats>>, dashboard: Dashboard): Promise<Stats> {
	const inquiry = await inquire(ctx, dashboard, ctx.params);
	const { table, selection, period, head } = inquiry;
	const before = { ...previousOf(period), now: period.now };
	const now = nowOf(table, selection);
	const kpis = kpisOf(table, period, selection);
	const previous = kpisOf(table, before, selection);
	return {
		...head,
		now: await withNames(dashboard, inquiry.caller, now),
		kpis: kpis as Stats["kpis"],
		previous: { range: isoRange(before), kpis: previous as Stats["kpis"] },
		deltaPct: deltasOf(kpis, previous) as Stats["deltaPct"],
		links: {
			...linksNow(inquiry, now),
			...linksOf(RANGE_METRICS, period, selection.filter, "kpis."),
			...linksOf(RANGE_METRICS, before, selection.filter, "previous.kpis."),
		},
	};
}

export function statsActions(dashboard: Dashboard) {
	return { getStats: action(getStats, (ctx) => stats(ctx, dashboard)) };
}
