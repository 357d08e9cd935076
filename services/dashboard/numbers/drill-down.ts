import { TICKET_PRIORITIES, TICKET_STATUSES } from "../../../contracts/tickets-events.ts";
import type { FactTable } from "../table/fact-table.ts";
import type { Range } from "./calendar.ts";
import {
	type ClockKind,
	counts,
	durationColumn,
	type Metric,
	metricOf,
	type Period,
	valueColumn,
	visitCounted,
} from "./metrics.ts";
import { columnOf, type Dimension, type Selection } from "./selection.ts";

/** One thing that was counted. */
export interface CountedRow {
	/** in the table that it was read from */
	ticket: number;
	ticketId: string;
	number: number;
	at: number;
	value: number | null;
	agentId: string | null;
	groupId: string | null;
	status: string;
	priority: string;
	/** which of the ticket's rows of the metric it is: tells two at one instant apart */
	place: number;
}

/** Which rows of a metric are asked for. */
export interface Drill {
	metric: Metric;
	period: Period;
	/** only rows of this time; the period stays what it is */
	only: Range;
	clock: ClockKind;
	selection: Selection;
}

/** Where a row is in the list: rows are sorted by their instant, then ticket, then place. */
export type Place = Pick<CountedRow, "at" | "ticketId" | "place">;

export function comparePlaces(a: Place, b: Place): number {
	if (a.at !== b.at) return a.at - b.at;
	if (a.ticketId !== b.ticketId) return a.ticketId < b.ticketId ? -1 : 1;
	return a.place - b.place;
}

/** Whether a row is among those asked for, its metric's own conditions aside. */
function asked(table: FactTable, { metric, only, clock }: Drill): (row: number, at: number) => boolean {
	const seconds = clock === "business" ? durationColumn(table, metric, clock) : null;
	return (row, at) => at >= only.from && at < only.to && !(seconds && Number.isNaN(seconds[row]));
}

/** How many rows there are: for a metric's whole period, the very number. */
export function countRows(table: FactTable, drill: Drill): number {
	const good = asked(table, drill);
	let count = 0;
	visitCounted(table, drill.metric, drill.period, drill.selection, (row, at) => {
		if (good(row, at)) count++;
	});
	return count;
}

/** The rows in the order of their instants, or against it, without an order among those of one instant. */
function* byInstant(table: FactTable, drill: Drill, span: Range, descending: boolean) {
	const { metric, period, selection } = drill;
	const { source, state } = metricOf(metric);
	const good = asked(table, drill);
	if (state) {
		const rows: { row: number; at: number }[] = [];
		visitCounted(table, metric, period, selection, (row, at) => {
			if (at >= span.from && at < span.to && good(row, at)) rows.push({ row, at });
		});
		yield* rows.sort((a, b) => (descending ? b.at - a.at : a.at - b.at));
		return;
	}
	const counted = counts(table, metric, period.to, selection);
	const from = Math.max(span.from, period.from);
	const to = Math.min(span.to, period.to);
	for (const entry of table[source].timeline.ordered(from, to, descending))
		if (counted(entry.row) && good(entry.row, entry.at)) yield entry;
}

/** Rows of one instant after the other, each time as many as there are. */
function* instants(rows: Iterable<{ row: number; at: number }>) {
	let same: number[] = [];
	let at: number | null = null;
	for (const entry of rows) {
		if (at !== null && entry.at !== at) {
			yield { at, rows: same };
			same = [];
		}
		at = entry.at;
		same.push(entry.row);
	}
	if (at !== null) yield { at, rows: same };
}

/**
 * Up to `limit` rows beyond a place (null: from the beginning) in rising or falling order. Costs what lies between the
 * place and the last of them.
 */
export function rowsBeyond(
	table: FactTable,
	drill: Drill,
	place: Place | null,
	descending: boolean,
	limit: number,
): CountedRow[] {
	const span = {
		from: place && !descending ? place.at : Number.NEGATIVE_INFINITY,
		to: place && descending ? place.at + 1 : Number.POSITIVE_INFINITY,
	};
	const found: CountedRow[] = [];
	const order = (a: Place, b: Place) => (descending ? comparePlaces(b, a) : comparePlaces(a, b));
	for (const { at, rows } of instants(byInstant(table, drill, span, descending))) {
		const views = rows.map((row) => viewOf(table, drill, row, at)).sort(order);
		for (const view of views) {
			if (place && order(view, place) <= 0) continue;
			found.push(view);
			if (found.length === limit) return found;
		}
	}
	return found;
}

function viewOf(table: FactTable, { metric, clock }: Drill, row: number, at: number): CountedRow {
	const { source } = metricOf(metric);
	const set = table[source];
	const ticket = set.ticketOf(row);
	const text = (dimension: Dimension) => {
		const { values, ofTicket, text: of } = columnOf(table, source, dimension);
		return of(values[ofTicket ? ticket : row] as number);
	};
	const value = (durationColumn(table, metric, clock) ?? valueColumn(table, metric))?.[row];
	return {
		ticket,
		ticketId: table.idOf(ticket),
		number: table.tickets.at.number[ticket] as number,
		at,
		value: value === undefined || Number.isNaN(value) ? null : value,
		agentId: text("assignee"),
		groupId: text("group"),
		status: text("status") ?? (TICKET_STATUSES[0] as string),
		priority: text("priority") ?? (TICKET_PRIORITIES[0] as string),
		place: set.placeOf(row),
	};
}
