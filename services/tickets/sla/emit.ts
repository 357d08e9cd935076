import type { DataOf } from "../../../contracts/event-contract.ts";
import {
	slaAtRisk,
	slaBreached,
	slaCancelled,
	slaFulfilled,
	slaPaused,
	slaPolicyApplied,
	slaResumed,
	slaWaived,
} from "../../../contracts/sla-events.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { SlaInstance, TicketSla } from "../../../models/ticket-sla.ts";
import { snapshotOf } from "../snapshot.ts";
import { elapsed } from "./business-time.ts";
import { type Terms, usedBy } from "./promise-calculation.ts";
import { isEnded, openPause, promised } from "./promise-states.ts";

/** What became of one promise, in the order in which it is told. */
export type ClockEvent = "at_risk" | "breached" | "paused" | "resumed" | "fulfilled" | "cancelled" | "waived";

/** What happened to a promise between two states of a ticket's clocks; `was` is undefined for a new one. */
export function eventsOf(was: SlaInstance | undefined, is: SlaInstance): ClockEvent[] {
	const waited = was !== undefined && !isEnded(was) && openPause(was) !== null;
	const waits = !isEnded(is) && openPause(is) !== null;
	const wentOn = was !== undefined && (waited || isEnded(was)) && !isEnded(is) && !waits;
	const told: [ClockEvent, boolean][] = [
		["at_risk", is.atRiskEventAt !== null && !was?.atRiskEventAt],
		["breached", is.breachedAt !== null && !was?.breachedAt],
		["paused", waits && !waited],
		["resumed", wentOn],
		["fulfilled", is.fulfilledAt !== null && !was?.fulfilledAt],
		["cancelled", is.cancelledAt !== null && !was?.cancelledAt],
		["waived", is.waivedAt !== null && !was?.waivedAt],
	];
	return told.filter(([, happened]) => happened).map(([event]) => event);
}

const INSTANT: Partial<Record<ClockEvent, keyof SlaInstance>> = { at_risk: "atRiskEventAt", breached: "breachedAt" };

/** What holds when something is told. */
interface Circumstances {
	at: Date;
	terms: Terms | null;
	/** why a promise was forgiven */
	reason: string;
}

/** What had been used of a promise when it happened. */
function elapsedAt(event: ClockEvent, one: SlaInstance, { at, terms }: Circumstances): number {
	if (event === "breached") return one.targetSec ?? 0;
	if (event === "waived") return usedBy(one, terms, at);
	if (event !== "at_risk" || !terms || !one.atRiskEventAt) return one.elapsedSec;
	return elapsed(terms.time, one.startedAt, one.atRiskEventAt, one.pauses);
}

/** Tells of everything that happened to a ticket's promises. */
export async function emitClockEvents(
	tx: Transaction,
	ticket: Ticket,
	before: TicketSla | null,
	after: TicketSla,
	circumstances: Circumstances,
): Promise<void> {
	for (const is of promised(after)) {
		const was = before?.instances.find((one) => one.metric === is.metric && one.instanceNo === is.instanceNo);
		for (const event of eventsOf(was, is)) await emit(tx, ticket, event, is, circumstances);
	}
}

async function emit(
	tx: Transaction,
	ticket: Ticket,
	event: ClockEvent,
	one: SlaInstance,
	circumstances: Circumstances,
): Promise<void> {
	const { at, reason } = circumstances;
	const exact = INSTANT[event];
	const data: DataOf<typeof slaBreached> = {
		ticket: snapshotOf(ticket),
		at: ((exact && (one[exact] as Date | null)) ?? at).toISOString(),
		policyId: one.policyId ?? "",
		metric: one.metric,
		instanceNo: one.instanceNo,
		targetSec: one.targetSec ?? 0,
		elapsedSec: elapsedAt(event, one, circumstances),
		dueAt: one.dueAt?.toISOString() ?? null,
		startedAt: one.startedAt.toISOString(),
	};
	switch (event) {
		case "fulfilled":
			return tx.emit(slaFulfilled, ticket, { ...data, breached: one.breachedAt !== null });
		case "waived":
			return tx.emit(slaWaived, ticket, { ...data, reason });
		default:
			return tx.emit(PLAIN[event], ticket, data);
	}
}

const PLAIN = {
	at_risk: slaAtRisk,
	breached: slaBreached,
	paused: slaPaused,
	resumed: slaResumed,
	cancelled: slaCancelled,
};

/** Tells which policy holds for a ticket from now on. */
export function emitPolicyApplied(
	tx: Transaction,
	ticket: Ticket,
	applied: { old: string | null; new: string | null; at: Date; reason: string },
): Promise<void> {
	return tx.emit(slaPolicyApplied, ticket, { ticket: snapshotOf(ticket), ...applied, at: applied.at.toISOString() });
}
