import { type Static, Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { SLA_METRICS } from "./sla-events.ts";
import { InstanceView, SlaView } from "./sla-views.ts";
import { TicketView } from "./tickets-views.ts";

const ById = Type.Object({ id: Id });

/** Why a stretch of time counted as much as it did. */
const Segment = Type.Object({
	from: Instant,
	to: Instant,
	countedSec: Type.Integer(),
	/** `business`, `closed`, `holiday:<name>` or `paused:<status>` */
	why: Type.String(),
});
const Explained = Type.Object({ ...InstanceView.properties, segments: Type.Optional(Type.Array(Segment)) });
export type ExplainedInstance = Static<typeof Explained>;

export const TicketSlaView = Type.Object({
	...SlaView.properties,
	policyId: Nullable(Id),
	policyName: Nullable(Type.String()),
	policyVersion: Nullable(Type.Integer()),
	calendarId: Nullable(Type.String()),
	metrics: Type.Object({
		first_response: Type.Optional(Explained),
		next_response: Type.Optional(Explained),
		resolution: Type.Optional(Explained),
	}),
	/** the next responses before the one among the metrics, oldest first */
	earlier: Type.Array(Explained),
});
export type TicketSlaView = Static<typeof TicketSlaView>;

export const getTicketSla = defineAction({
	name: "tickets.getSla",
	access: "tickets.read",
	rest: "GET /tickets/:id/sla",
	summary: "How a ticket stands with its promises, calculated from its history",
	description:
		"With `explain=true` every promise comes with the stretches of time that it is made of: their `countedSec` add up " +
		"to its `elapsedSec`. Not for customers.",
	path: ById,
	query: strict({ explain: Type.Optional(Type.Boolean()) }),
	result: TicketSlaView,
});

export const waiveSla = defineAction({
	name: "tickets.waiveSla",
	access: "tickets.sla.waive",
	rest: "POST /tickets/:id/sla/waive",
	summary: "Forgive a broken promise",
	description:
		"It stays in the ticket's history, and counts as `waived` from then on. 409 `conflict` for a promise that is not " +
		"broken, or forgiven already.",
	path: ById,
	body: strict({
		metric: Words(SLA_METRICS),
		reason: Type.String({ minLength: 1, maxLength: 1000, pattern: "\\S" }),
	}),
	result: TicketView,
	ifMatch: true,
});

export const ticketSlaContracts = [getTicketSla, waiveSla];
