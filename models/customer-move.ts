import { defineRows } from "./model.ts";

/** A ticket that a merge of customers has moved, so that it can go back. `_id` is merge and ticket. */
export interface TicketMove {
	_id: string;
	tenantId: string;
	mergeId: string;
	ticketId: string;
	/** the customer whose ticket it was, and whose it became */
	fromId: string;
	toId: string;
	/** whether the ticket was asked for by the customer, who else is only copied on it */
	requester: boolean;
	/** the copied addresses before and after, null where they stayed */
	cc: { before: string[]; after: string[] } | null;
	expiresAt: Date;
}

const text = { type: String, required: true };

export const ticketMoveModel = defineRows<TicketMove>(
	"ticket_moves",
	{
		tenantId: text,
		mergeId: text,
		ticketId: text,
		fromId: text,
		toId: text,
		requester: { type: Boolean, required: true },
		cc: { type: Object, default: null },
		expiresAt: { type: Date, required: true },
	},
	[
		[{ tenantId: 1, mergeId: 1, _id: 1 }, {}],
		[{ tenantId: 1, toId: 1, _id: 1 }, {}],
		[{ expiresAt: 1 }, {}],
	],
);
