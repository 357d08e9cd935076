import { TICKET_PRIORITIES } from "../../../contracts/tickets-events.ts";
import { CUSTOMER_MESSAGE, type FactTable, NOTE, OUTCOMES, REPLY } from "../table/fact-table.ts";
import type { Range } from "./calendar.ts";
import { rowTest, type Selection, type Source } from "./selection.ts";

interface MetricDefinition {
	source: Source;
	/** counted at the end of a range, not over it */
	state?: true;
	/** how long it took is known of each row */
	durations?: true;
	/** of solves: only those that still stand at the end of the range */
	standing?: true;
	/** what else a row has to be, one of these numbers in each column */
	only?: Partial<Record<OwnColumn, readonly number[]>>;
	/** a number of each row that is told with it, and added up where it is counted by its weight */
	value?: "rating" | "took";
	weighed?: true;
	/** made for others, not to be asked for */
	internal?: true;
}

type OwnColumn = "agent" | "priority" | "kind" | "promise" | "outcome" | "rating";

/** Which promises a number is about: all, or those of one metric, in the order of the table's. */
export const SLA_SCOPES = ["", "FirstResponse", "NextResponse", "Resolution"] as const;
export type SlaScope = (typeof SLA_SCOPES)[number];

const promised = (scope: SlaScope): NonNullable<MetricDefinition["only"]> =>
	scope === "" ? {} : { promise: [SLA_SCOPES.indexOf(scope) - 1] };
const outcome = (...names: (typeof OUTCOMES)[number][]) => ({ outcome: names.map((name) => OUTCOMES.indexOf(name)) });

const SLA_OUTCOMES = {
	Fulfilled: outcome("fulfilled"),
	Breached: outcome("breached"),
	Waived: outcome("waived"),
	Cancelled: outcome("cancelled"),
};
type SlaMetric = `sla${SlaScope}${keyof typeof SLA_OUTCOMES}`;
/** What attainment is reckoned from: what came out in time or not. */
type SlaJudged = `sla${SlaScope}Judged`;

function slaMetrics(): Record<SlaMetric | SlaJudged, MetricDefinition> {
	const entries = SLA_SCOPES.flatMap((scope): [string, MetricDefinition][] => {
		const of = (only: ReturnType<typeof outcome>): MetricDefinition => ({
			...{ source: "promises", value: "took" },
			only: { ...promised(scope), ...only },
		});
		const told = Object.entries(SLA_OUTCOMES).map(([name, only]): [string, MetricDefinition] => [
			`sla${scope}${name}`,
			of(only),
		]);
		return [...told, [`sla${scope}Judged`, { ...of(outcome("fulfilled", "breached")), internal: true }]];
	});
	return Object.fromEntries(entries) as Record<SlaMetric | SlaJudged, MetricDefinition>;
}

const rated = (...ratings: number[]) => ({ source: "answers", value: "rating", only: { rating: ratings } }) as const;

/**
 * What is counted. Every number of the dashboard, and the list of what it counted, comes from these definitions; the
 * contracts say them in words.
 */
export const METRICS = {
	backlog: { source: "stretches", state: true },
	unassigned: { source: "stretches", state: true, only: { agent: [0] } },
	urgent: { source: "stretches", state: true, only: { priority: [TICKET_PRIORITIES.indexOf("urgent")] } },
	created: { source: "created" },
	solvedTickets: { source: "solves", standing: true },
	solveEvents: { source: "solves" },
	reopened: { source: "reopens" },
	closed: { source: "closed" },
	firstResponse: { source: "firstResponses", durations: true },
	nextResponse: { source: "nextResponses", durations: true },
	resolution: { source: "solves", standing: true, durations: true },
	replies: { source: "messages", only: { kind: [REPLY] } },
	internalNotes: { source: "messages", only: { kind: [NOTE] } },
	customerMessages: { source: "messages", only: { kind: [CUSTOMER_MESSAGE] } },
	...slaMetrics(),
	slaOutcomes: { source: "promises", internal: true },
	csatRequested: { source: "surveys" },
	csatResponses: { source: "answers", value: "rating" },
	csatPositive: rated(4, 5),
	csatRating1: rated(1),
	csatRating2: rated(2),
	csatRating3: rated(3),
	csatRating4: rated(4),
	csatRating5: rated(5),
	csatPoints: { source: "answers", value: "rating", weighed: true, internal: true },
} satisfies Record<string, MetricDefinition>;

export type Metric = keyof typeof METRICS;
export const metricOf = (metric: Metric): MetricDefinition => METRICS[metric];

export type ClockKind = "calendar" | "business";

/** A range and the present, after which nothing is known. */
export interface Period extends Range {
	now: number;
}

/** Until when the state at the end of a range must last: one after the present is the present one. */
export const stateEnd = (end: number, now: number) => (end > now ? Number.POSITIVE_INFINITY : end);

/** What of a metric's rows counts, whatever their instants. To be made anew after the table has changed. */
export function counts(table: FactTable, metric: Metric, to: number, selection: Selection): (row: number) => boolean {
	const { source, standing, only } = metricOf(metric);
	const selected = rowTest(table, source, selection);
	if (standing) {
		const { until } = table.solves.at;
		// A solve that stands at the end is the last one of its ticket in the range: before another it was reopened.
		return (row) => (until[row] as number) >= to && selected(row);
	}
	if (!only) return selected;
	const columns = table[source].at as Partial<Record<string, ArrayLike<number>>>;
	const checks = Object.entries(only).map(([name, allowed]) => ({ column: columns[name], allowed }));
	return (row) => {
		for (const { column, allowed } of checks) if (!allowed.includes(column?.[row] as number)) return false;
		return selected(row);
	};
}

/**
 * Visits every row that a metric counts in a period, with its instant. The state at the end of a range is what it was
 * before anything that happened at its end itself; a state's instant is when the ticket was created.
 */
export function visitCounted(
	table: FactTable,
	metric: Metric,
	{ from, to, now }: Period,
	selection: Selection,
	visitor: (row: number, at: number) => void,
): void {
	const { source, state } = metricOf(metric);
	const { timeline } = table[source];
	const good = counts(table, metric, to, selection);
	if (!state) {
		timeline.visit(from, to, (row, at) => {
			if (good(row)) visitor(row, at);
		});
		return;
	}
	const end = stateEnd(to, now);
	const { from: begins, ticket } = table.stretches.at;
	const { createdAt } = table.tickets.at;
	timeline.visit(end, undefined, (row) => {
		if ((begins[row] as number) < end && good(row)) visitor(row, createdAt[ticket[row] as number] as number);
	});
}

/** How long it took, seconds, by one of the clocks; NaN where it is not known. */
export function durationColumn(table: FactTable, metric: Metric, clock: ClockKind): Float64Array | null {
	const { source, durations } = metricOf(metric);
	if (!durations || !(source === "solves" || source === "firstResponses" || source === "nextResponses")) return null;
	return clock === "business" ? table[source].at.businessSec : table[source].at.calendarSec;
}

/** A number that is told with each row; null where a metric has none. */
export function valueColumn(table: FactTable, metric: Metric): ArrayLike<number> | null {
	const { source, value } = metricOf(metric);
	if (value === undefined) return null;
	return (table[source].at as Partial<Record<string, ArrayLike<number>>>)[value] ?? null;
}
