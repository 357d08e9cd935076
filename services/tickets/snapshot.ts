import type { DataOf } from "../../contracts/event-contract.ts";
import type { ticketSolved } from "../../contracts/tickets-events.ts";
import type { Ticket } from "../../models/ticket.ts";

/** The core of a ticket as every event carries it. */
export function snapshotOf(ticket: Ticket): DataOf<typeof ticketSolved>["ticket"] {
	const { number, subject, status, priority, type, channel, customerId, companyId, groupId, assigneeId } = ticket;
	const { followerIds, tags, createdAt } = ticket;
	const core = { number, subject, status, priority, type, channel, customerId, companyId, groupId, assigneeId };
	return { ...core, followerIds, tags, createdAt: createdAt.toISOString() };
}
