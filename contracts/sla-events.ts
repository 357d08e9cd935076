import { Type } from "typebox";
import { defineEvent } from "./event-contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { TicketSnapshot } from "./tickets-events.ts";

export const SLA_METRICS = ["first_response", "next_response", "resolution"] as const;

/** One promise to a customer at the moment of the event. Lengths are in business seconds. */
const Clock = {
	ticket: TicketSnapshot,
	at: Instant,
	policyId: Id,
	metric: Words(SLA_METRICS),
	/** counts the promises of this metric on the ticket, from 1 */
	instanceNo: Type.Integer(),
	targetSec: Type.Integer(),
	elapsedSec: Type.Integer(),
	/** null while it is paused */
	dueAt: Nullable(Instant),
	startedAt: Instant,
};

const clockEvent = (what: string, summary: string) =>
	defineEvent({ type: `sla.${what}`, aggregate: "ticket", summary, data: Type.Object(Clock) });

/** The policy whose promises hold for the ticket from now on; null for none. */
export const slaPolicyApplied = defineEvent({
	type: "sla.policy_applied",
	aggregate: "ticket",
	summary: "Another policy, or another target of it, holds for a ticket.",
	data: Type.Object({
		ticket: TicketSnapshot,
		at: Instant,
		old: Nullable(Id),
		new: Nullable(Id),
		/** such as `created`, `priority`, `policy_edited`, `calendar_edited` */
		reason: Type.String(),
	}),
});
export const slaPaused = clockEvent("paused", "A promise waits while the ticket is in a status that pauses it.");
export const slaResumed = clockEvent("resumed", "A promise that was paused runs again.");
export const slaAtRisk = clockEvent("at_risk", "A promise will soon be broken.");
export const slaBreached = clockEvent("breached", "A promise was broken.");
export const slaFulfilled = defineEvent({
	type: "sla.fulfilled",
	aggregate: "ticket",
	summary: "A promise was kept, or done late.",
	data: Type.Object({ ...Clock, breached: Type.Boolean() }),
});
export const slaCancelled = clockEvent("cancelled", "A promise no longer has to be kept.");
export const slaWaived = defineEvent({
	type: "sla.waived",
	aggregate: "ticket",
	summary: "A supervisor forgave a broken promise.",
	data: Type.Object({ ...Clock, reason: Type.String() }),
});

/** Every event about a promise, in the order of its life. */
export const slaClockEvents = [slaPaused, slaResumed, slaAtRisk, slaBreached, slaFulfilled, slaCancelled, slaWaived];
