import { TICKET_PRIORITIES, TICKET_STATUSES } from "../../../contracts/tickets-events.ts";
import type { FactTable } from "../table/fact-table.ts";
import { type ByClock, type Measure, totalOf, type Value } from "./counting.ts";
import { type Metric, type Period, visitCounted } from "./metrics.ts";
import { csatOf, slaOf } from "./quality.ts";
import type { Selection } from "./selection.ts";

/** Everything that is, or will be: where only the present state is asked for. */
export const ALWAYS = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

export interface NowCounts {
	backlog: number;
	unassigned: number;
	urgent: number;
	byStatus: { new: number; open: number; pending: number; on_hold: number };
	byPriority: { low: number; normal: number; high: number; urgent: number };
	/** the most first; null is no group */
	byGroup: { groupId: string | null; count: number }[];
}

/** By their count, the most first, then by id, so that the order is the same everywhere; null last. */
export function mostFirst<T extends { count: number; key: string | null }>(rows: readonly T[]): T[] {
	const text = (key: string | null) => key ?? "\uffff";
	return [...rows].sort(
		(a, b) =>
			Number(a.key === null) - Number(b.key === null) || b.count - a.count || (text(a.key) < text(b.key) ? -1 : 1),
	);
}

/** The counters of this moment. */
export function nowOf(table: FactTable, selection: Selection): NowCounts {
	const byStatus = new Array<number>(TICKET_STATUSES.length).fill(0);
	const byPriority = new Array<number>(TICKET_PRIORITIES.length).fill(0);
	const byGroup = new Map<number, number>();
	const { status, priority, group, agent } = table.stretches.at;
	let backlog = 0;
	let unassigned = 0;
	visitCounted(table, "backlog", { ...ALWAYS, now: 0 }, selection, (row) => {
		backlog++;
		if (agent[row] === 0) unassigned++;
		(byStatus[status[row] as number] as number)++;
		(byPriority[priority[row] as number] as number)++;
		byGroup.set(group[row] as number, (byGroup.get(group[row] as number) ?? 0) + 1);
	});
	const of = (names: readonly string[], counts: number[]) =>
		Object.fromEntries(names.map((name, place) => [name, counts[place] ?? 0]));
	const { solved, closed, ...open } = of(TICKET_STATUSES, byStatus);
	const groups = [...byGroup].map(([ordinal, count]) => ({ key: table.texts.text(ordinal), count }));
	return {
		backlog,
		unassigned,
		urgent: byPriority[TICKET_PRIORITIES.indexOf("urgent")] ?? 0,
		byStatus: open as NowCounts["byStatus"],
		byPriority: of(TICKET_PRIORITIES, byPriority) as NowCounts["byPriority"],
		byGroup: mostFirst(groups).map(({ key, count }) => ({ groupId: key, count })),
	};
}

export const THROUGHPUT = [
	"created",
	"solvedTickets",
	"solveEvents",
	"reopened",
	"reopenRate",
	"closed",
	"replies",
	"internalNotes",
	"customerMessages",
] as const satisfies readonly Measure[];
export const DURATIONS = ["firstResponse", "nextResponse", "resolution"] as const satisfies readonly Metric[];

type Numbers<Names extends string> = Record<Names, Value>;

export function measure<Names extends Measure>(
	table: FactTable,
	measures: readonly Names[],
	period: Period,
	selection: Selection,
): Numbers<Names> {
	const values = measures.map((name) => [name, totalOf(table, name, period, selection)]);
	return Object.fromEntries(values) as Numbers<Names>;
}

/** The numbers of a range. */
export function kpisOf(table: FactTable, period: Period, selection: Selection) {
	return {
		...measure(table, [...THROUGHPUT, "backlog", ...DURATIONS], period, selection),
		slaAttainment: slaOf(table, period, selection),
		csat: csatOf(table, period, selection),
	};
}

/** By how much a number changed, in percent of what it was; null where that was 0 or either is not known. */
function deltaPct(now: number | null, before: number | null): number | null {
	return now === null || before === null || before === 0 ? null : ((now - before) / before) * 100;
}

function deltaOf(now: Value, before: Value): unknown {
	if (typeof now !== "object" || now === null) return deltaPct(now, typeof before === "number" ? before : null);
	const one = (clock: keyof ByClock) => {
		const was = before as ByClock;
		return Object.fromEntries(
			Object.entries(now[clock]).map(([name, value]) => [name, deltaPct(value, was[clock][name as "count"])]),
		);
	};
	return { calendar: one("calendar"), business: one("business") };
}

/** The change of each number in an object, however deep. */
export function deltasIn(now: object, before: object): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(now).map(([name, value]) => {
			const was = (before as Record<string, unknown>)[name];
			if (typeof value === "object" && value !== null) return [name, deltasIn(value, was as object)];
			return [name, deltaPct(value as number | null, was as number | null)];
		}),
	);
}

/** The change of each number, shaped as the numbers are. */
export function deltasOf(now: ReturnType<typeof kpisOf>, before: ReturnType<typeof kpisOf>): Record<string, unknown> {
	const names = [...THROUGHPUT, "backlog", ...DURATIONS] as const;
	return {
		...Object.fromEntries(names.map((name) => [name, deltaOf(now[name], before[name])])),
		slaAttainment: deltasIn(now.slaAttainment, before.slaAttainment),
		csat: deltasIn(now.csat, before.csat),
	};
}
