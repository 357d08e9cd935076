import type { Range } from "./calendar.ts";
import { METRICS, type Metric, metricOf } from "./metrics.ts";
import { DIMENSIONS, type Dimension, filterQuery, type Selection } from "./selection.ts";

const ROUTE = "/api/dashboard/tickets";

const iso = (at: number) => new Date(at).toISOString();
const queryOf = (pairs: readonly (readonly [string, string])[]) =>
	pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");

/**
 * The route of the rows that a metric counts. Filters are written with operators, which leaves the plain form free for
 * what picks a part: see {@link partQuery}. Without a range, that of a state is left to be added.
 */
export function linkOf(metric: Metric, range: Range | null, filter: Selection["filter"]): string {
	const state = metricOf(metric).state;
	const when: [string, string][] =
		range === null ? [] : [...(state ? [] : [["from", iso(range.from)] as [string, string]]), ["to", iso(range.to)]];
	return `${ROUTE}?${queryOf([["metric", metric], ...when, ...filterQuery(filter)])}`;
}

/** Picks the rows of one value of a dimension, to be added to a link. */
export function partQuery(dimension: Dimension, key: string | null): string {
	return queryOf([[DIMENSIONS[dimension], key ?? "none"]]);
}

/** Picks the rows of a bucket: those of that time, or for a state, which has no range of its own then, its end. */
export function bucketQuery(metric: Metric, bucket: Range): string {
	if (metricOf(metric).state) return queryOf([["to", iso(bucket.to)]]);
	return `at[gte]=${encodeURIComponent(iso(bucket.from))}&at[lt]=${encodeURIComponent(iso(bucket.to))}`;
}

const SLA_PATH = /^sla(FirstResponse|NextResponse|Resolution|)(Fulfilled|Breached|Waived|Cancelled)$/;
const SLA_PLACES: Record<string, string> = {
	"": "all",
	FirstResponse: "first_response",
	NextResponse: "next_response",
	Resolution: "resolution",
};

/** Where a metric stands among the numbers of a range. */
export function pathOf(metric: Metric): string {
	const [, scope, outcome] = SLA_PATH.exec(metric) ?? [];
	if (scope !== undefined && outcome !== undefined)
		return `slaAttainment.${SLA_PLACES[scope]}.${outcome.toLowerCase()}`;
	if (metric.startsWith("csatRating")) return `csat.distribution.${metric.slice("csatRating".length)}`;
	if (metric.startsWith("csat")) return `csat.${metric.slice("csat".length).toLowerCase()}`;
	return metric;
}

/** Links of several metrics over one range, by where their numbers stand. */
export function linksOf(
	metrics: readonly Metric[],
	range: Range,
	filter: Selection["filter"],
	prefix = "",
): Record<string, string> {
	return Object.fromEntries(metrics.map((metric) => [`${prefix}${pathOf(metric)}`, linkOf(metric, range, filter)]));
}

/** Every metric that can be asked for. */
export const ALL_METRICS = (Object.keys(METRICS) as Metric[]).filter((metric) => !metricOf(metric).internal);
