import { TICKET_PRIORITIES, TICKET_STATUSES } from "../../../contracts/tickets-events.ts";
import type { FactTable } from "../table/fact-table.ts";
import { byClock, partsOf, type Value } from "./counting.ts";
import { type Period, visitCounted } from "./metrics.ts";
import { type Csat, csatBy, csatOf, noCsat, noSla, type SlaNumbers, slaBy, slaOf } from "./quality.ts";
import type { Selection } from "./selection.ts";
import { ALWAYS, DURATIONS, measure, THROUGHPUT } from "./stats.ts";

/** What somebody has on the desk now. */
export interface Workload {
	backlog: number;
	urgent: number;
	byStatus: { new: number; open: number; pending: number; on_hold: number };
}

/** Numbers of somebody, or of all. */
export interface AgentNumbers {
	workload: Workload;
	period: Record<(typeof MEASURES)[number], Value> & { slaAttainment: SlaNumbers; csat: Csat };
}

const MEASURES = [...THROUGHPUT, ...DURATIONS] as const;
const URGENT = TICKET_PRIORITIES.indexOf("urgent");

const idle = (): Workload => ({ backlog: 0, urgent: 0, byStatus: { new: 0, open: 0, pending: 0, on_hold: 0 } });

/** The numbers of somebody who has none. */
export function noNumbers(): AgentNumbers {
	const zeros = THROUGHPUT.map((name) => [name, name === "reopenRate" ? null : 0]);
	const nothing = DURATIONS.map((name) => [name, byClock([], [])]);
	const period = Object.fromEntries([...zeros, ...nothing]);
	return { workload: idle(), period: { ...period, slaAttainment: noSla(), csat: noCsat() } };
}

/** Visits the backlog of now with each ticket's assignee, and adds it up where `workloadOf` says. */
function addWorkloads(table: FactTable, selection: Selection, workloadOf: (assignee: number) => Workload): void {
	const { agent, status, priority } = table.stretches.at;
	visitCounted(table, "backlog", { ...ALWAYS, now: 0 }, selection, (row) => {
		const workload = workloadOf(agent[row] as number);
		workload.backlog++;
		if (priority[row] === URGENT) workload.urgent++;
		workload.byStatus[TICKET_STATUSES[status[row] as number] as keyof Workload["byStatus"]]++;
	});
}

/** The numbers of everybody who has any, by id; null is nobody. */
export function agentsOf(table: FactTable, period: Period, selection: Selection): Map<string | null, AgentNumbers> {
	const rows = new Map<string | null, AgentNumbers>();
	const rowOf = (key: string | null): AgentNumbers => {
		const known = rows.get(key) ?? noNumbers();
		rows.set(key, known);
		return known;
	};
	addWorkloads(table, selection, (assignee) => rowOf(table.texts.text(assignee)).workload);
	for (const name of MEASURES)
		for (const { key, total } of partsOf(table, name, period, selection, [period.from], "assignee"))
			rowOf(key).period[name] = total;
	for (const [key, sla] of slaBy(table, period, selection, "assignee")) rowOf(key).period.slaAttainment = sla;
	for (const [key, csat] of csatBy(table, period, selection, "assignee")) rowOf(key).period.csat = csat;
	return rows;
}

/** The numbers of all together. */
export function totalsOf(table: FactTable, period: Period, selection: Selection): AgentNumbers {
	const workload = idle();
	addWorkloads(table, selection, () => workload);
	const quality = { slaAttainment: slaOf(table, period, selection), csat: csatOf(table, period, selection) };
	return { workload, period: { ...measure(table, MEASURES, period, selection), ...quality } };
}
