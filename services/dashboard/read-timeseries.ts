import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { getTimeseries } from "../../contracts/dashboard.ts";
import { TICKET_PRIORITIES, TICKET_STATUSES } from "../../contracts/tickets-events.ts";
import { action, type CallContext } from "../../mixins/action.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { type Inquiry, inquire, isoRange } from "./inquiry.ts";
import { groupNames, personNames } from "./names.ts";
import { bucketsOf } from "./numbers/calendar.ts";
import { isRatio, type Measure, type Part, partsOf, RATIOS, type Value } from "./numbers/counting.ts";
import { bucketQuery, linkOf, partQuery } from "./numbers/links.ts";
import { type Metric, metricOf } from "./numbers/metrics.ts";
import type { Dimension } from "./numbers/selection.ts";
import { mostFirst } from "./numbers/stats.ts";

type Timeseries = ResultOf<typeof getTimeseries>;

const ORDERS: Partial<Record<Dimension, readonly string[]>> = { status: TICKET_STATUSES, priority: TICKET_PRIORITIES };

/** What stands in links for metrics that cannot be asked for. */
const COUNTED_AS: Partial<Record<Metric, readonly Metric[]>> = {
	slaJudged: ["slaFulfilled", "slaBreached"],
	slaFirstResponseJudged: ["slaFirstResponseFulfilled", "slaFirstResponseBreached"],
	slaNextResponseJudged: ["slaNextResponseFulfilled", "slaNextResponseBreached"],
	slaResolutionJudged: ["slaResolutionFulfilled", "slaResolutionBreached"],
	csatPoints: ["csatResponses"],
};

const sizeOf = (value: Value) => (typeof value === "number" ? value : (value?.calendar.count ?? 0));

/** Statuses and priorities in their order, everything else the most first. */
function inOrder(parts: readonly Part[], dimension: Dimension): Part[] {
	const order = ORDERS[dimension];
	if (order) return [...parts].sort((a, b) => order.indexOf(a.key ?? "") - order.indexOf(b.key ?? ""));
	return mostFirst(parts.map((part) => ({ ...part, count: sizeOf(part.total) })));
}

async function namesOf(dashboard: Dashboard, { caller }: Inquiry, dimension: Dimension, keys: (string | null)[]) {
	if (dimension === "group") return groupNames(dashboard, caller, keys);
	if (dimension === "assignee") return personNames(dashboard, caller, keys);
	return (key: string | null) => key;
}

function linksFor(measure: Measure, { period, selection }: Inquiry): Record<string, string> {
	if (isRatio(measure)) {
		const counted = [RATIOS[measure].share, RATIOS[measure].of].flatMap((metric) => COUNTED_AS[metric] ?? [metric]);
		return Object.fromEntries(counted.map((metric) => [metric, linkOf(metric, period, selection.filter)]));
	}
	const base = linkOf(measure, metricOf(measure).state ? null : period, selection.filter);
	return { metric: base, total: linkOf(measure, period, selection.filter) };
}

async function timeseries(ctx: CallContext<ParamsOf<typeof getTimeseries>>, dashboard: Dashboard): Promise<Timeseries> {
	const { metric = "created", granularity = "day", groupBy = "none" } = ctx.params;
	const inquiry = await inquire(ctx, dashboard, ctx.params);
	const { table, selection, period, timeZone, head } = inquiry;
	const buckets = bucketsOf(period, granularity, timeZone);
	const starts = buckets.map(({ from }) => from);
	const [whole] = partsOf(table, metric, period, selection, starts, null);
	const dimension = groupBy === "none" ? null : groupBy;
	const parts = dimension ? inOrder(partsOf(table, metric, period, selection, starts, dimension), dimension) : [];
	const keys = parts.map(({ key }) => key);
	const nameOf = dimension ? await namesOf(dashboard, inquiry, dimension, keys) : () => null;
	const counted = isRatio(metric) ? RATIOS[metric].share : metric;
	return {
		...head,
		metric,
		granularity,
		groupBy,
		total: whole?.total ?? null,
		buckets: buckets.map((bucket, index) => ({
			start: bucket.start,
			...isoRange(bucket),
			value: whole?.values[index] ?? null,
			drillDown: bucketQuery(counted, bucket),
		})),
		series: parts.map(({ key, total, values }) => ({
			key,
			name: nameOf(key),
			total,
			values,
			drillDown: dimension ? partQuery(dimension, key) : "",
		})),
		links: linksFor(metric, inquiry),
	};
}

export function timeseriesActions(dashboard: Dashboard) {
	return { getTimeseries: action(getTimeseries, (ctx) => timeseries(ctx, dashboard)) };
}
