import { type Static, Type } from "typebox";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { SLA_METRICS } from "./sla-events.ts";

/** How a ticket stands with all its promises, best first; the worst of them counts. */
export const SLA_STATES = ["none", "met", "paused", "active", "at_risk", "breached"] as const;

const INSTANCE_STATES = ["active", "paused", "at_risk", "breached", "fulfilled", "cancelled", "waived"] as const;

/** One promise. Lengths are business seconds. */
export const InstanceView = Type.Object({
	state: Words(INSTANCE_STATES),
	instanceNo: Type.Integer(),
	policyId: Nullable(Id),
	policyVersion: Nullable(Type.Integer()),
	targetSec: Type.Integer(),
	elapsedSec: Type.Integer(),
	startedAt: Instant,
	/** null while it is paused */
	dueAt: Nullable(Instant),
	atRiskAt: Nullable(Instant),
	breached: Type.Boolean(),
	// of those that have not ended
	remainingSec: Type.Optional(Type.Integer()),
	pausedSince: Type.Optional(Instant),
	/** the status that it waits in */
	pauseReason: Type.Optional(Type.String()),
	/** its calendar is not open for so long in ten years */
	flag: Type.Optional(Words(["calendar_never_opens"])),
	breachedAt: Type.Optional(Instant),
	/** by how much it was too late */
	breachedBySec: Type.Optional(Type.Integer()),
	fulfilledAt: Type.Optional(Instant),
	cancelledAt: Type.Optional(Instant),
	cancelReason: Type.Optional(Type.String()),
	waivedAt: Type.Optional(Instant),
});
export type InstanceView = Static<typeof InstanceView>;

/** How a ticket stands with its promises, at the moment of the answer. */
export const SlaView = Type.Object({
	policyId: Id,
	policyName: Type.String(),
	policyVersion: Type.Integer(),
	/** a calendar's id, or `always` */
	calendarId: Type.String(),
	state: Words(SLA_STATES),
	/** of the promise that is due next; null where none is running */
	nextBreachAt: Nullable(Instant),
	nextMetric: Nullable(Words(SLA_METRICS)),
	/** those that were promised and have begun */
	metrics: Type.Object({
		first_response: Type.Optional(InstanceView),
		next_response: Type.Optional(InstanceView),
		resolution: Type.Optional(InstanceView),
	}),
});
export type SlaView = Static<typeof SlaView>;
