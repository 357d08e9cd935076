import type { InTransaction } from "../../../mixins/repository.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { Change } from "../../../models/ticket-audit.ts";
import { nextDue, overallState } from "../sla/promise-states.ts";
import type { Tickets } from "../tickets-store.ts";
import type { Evaluated, Occasion, SlaSummary } from "./evaluate.ts";

/** What is known of an occasion before the ticket is read. */
export interface Trigger {
	/** the event's type, or `time` */
	type: string;
	/** the ticket's version that the event tells of, whose changes count */
	version: number | null;
	/** `first` for that with which the ticket began */
	messageId: string | "first" | null;
	metric: string | null;
	rating: number | null;
}

/** How a ticket stands with its promises. */
export function slaSummary({ sla = null }: Pick<Ticket, "sla">, now: Date): SlaSummary {
	return { state: overallState(sla, now), nextMetric: nextDue(sla)?.metric ?? null };
}

/** What one commit changed on a ticket, from its history. */
async function changesOf(tickets: Tickets, tx: InTransaction, ticket: Ticket, version: number): Promise<Change[]> {
	const row = { ticketId: ticket._id, ticketVersion: version };
	const found = await tickets.audit.find({ tenantId: ticket.tenantId }, row, { sort: { seq: -1 }, limit: 1, tx });
	// The first row tells of no change: it is how the ticket began.
	return found.filter(({ seq }) => seq > 1).flatMap(({ changes }) => changes);
}

async function messageOf(tickets: Tickets, tx: InTransaction, ticket: Ticket, id: string) {
	const wanted = id === "first" ? { ticketId: ticket._id, seq: 1 } : { ticketId: ticket._id, _id: id };
	const [message] = await tickets.messages.find({ tenantId: ticket.tenantId }, wanted, { limit: 1, tx });
	return message ?? null;
}

/** Everything that a rule's conditions can ask of a ticket on an occasion. */
export async function evaluatedOn(
	tickets: Tickets,
	tx: InTransaction,
	ticket: Ticket,
	trigger: Trigger,
): Promise<Evaluated> {
	const { version, messageId, metric, rating } = trigger;
	const customer = await tickets.copies.customers.byId(ticket.tenantId, ticket.customerId, tx);
	const occasion: Occasion = {
		now: tx.now,
		changes: version === null ? [] : await changesOf(tickets, tx, ticket, version),
		message: messageId === null ? null : await messageOf(tickets, tx, ticket, messageId),
		metric,
		rating,
	};
	return { ticket, customerTags: customer?.tags ?? [], sla: slaSummary(ticket, tx.now), occasion };
}
