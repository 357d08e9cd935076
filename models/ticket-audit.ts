import { Schema } from "mongoose";
import type { Actor } from "../lib/event-log.ts";
import { defineModel, type Entity } from "./model.ts";

export interface Change {
	field: string;
	from: unknown;
	to: unknown;
}

/** One row of a ticket's history. Written once, never changed. */
export interface TicketAudit extends Entity {
	ticketId: string;
	seq: number;
	at: Date;
	actor: Actor;
	/** such as `ticket.updated` */
	action: string;
	/** instants as ISO strings */
	changes: Change[];
	cause: { type: "user" | "rule" | "sla" | "saga" | "system"; id: string | null };
	correlationId: string;
	/** the ticket's version that it made; absent in rows of early versions */
	ticketVersion?: number;
}

export const ticketAuditModel = defineModel<TicketAudit>(
	"ticket_audit",
	{
		ticketId: { type: String, required: true },
		seq: { type: Number, required: true },
		at: { type: Date, required: true },
		actor: { type: Schema.Types.Mixed, required: true },
		action: { type: String, required: true },
		changes: { type: [Schema.Types.Mixed] as never, default: [] },
		cause: { type: Schema.Types.Mixed, required: true },
		correlationId: { type: String, required: true },
		ticketVersion: { type: Number },
	},
	[[{ tenantId: 1, ticketId: 1, seq: 1, _id: 1 }, {}]],
);
