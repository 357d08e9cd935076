import { TICKET_PRIORITIES } from "../../../contracts/tickets-events.ts";
import { CUSTOMER_MESSAGE, type FactTable, NOTE, REPLY } from "../table/fact-table.ts";
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
	/** what else a row has to be */
	only?: { column: "agent" | "priority" | "kind"; is: number };
}

const URGENT = TICKET_PRIORITIES.indexOf("urgent");

/**
 * What is counted. Every number of the dashboard, and the list of what it counted, comes from these definitions; the
 * contracts say them in words.
 */
export const METRICS = {
	backlog: { source: "stretches", state: true },
	unassigned: { source: "stretches", state: true, only: { column: "agent", is: 0 } },
	urgent: { source: "stretches", state: true, only: { column: "priority", is: URGENT } },
	created: { source: "created" },
	solvedTickets: { source: "solves", standing: true },
	solveEvents: { source: "solves" },
	reopened: { source: "reopens" },
	closed: { source: "closed" },
	firstResponse: { source: "firstResponses", durations: true },
	nextResponse: { source: "nextResponses", durations: true },
	resolution: { source: "solves", standing: true, durations: true },
	replies: { source: "messages", only: { column: "kind", is: REPLY } },
	internalNotes: { source: "messages", only: { column: "kind", is: NOTE } },
	customerMessages: { source: "messages", only: { column: "kind", is: CUSTOMER_MESSAGE } },
} as const satisfies Record<string, MetricDefinition>;

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
	const column = (table[source].at as Partial<Record<string, ArrayLike<number>>>)[only.column];
	return (row) => column?.[row] === only.is && selected(row);
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
