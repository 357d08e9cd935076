import type { DataOf } from "../../../contracts/event-contract.ts";
import { messageAdded, ticketAssigned } from "../../../contracts/tickets-events.ts";
import type { DomainEvent } from "../../../lib/event-log.ts";
import type { Notification } from "../../../models/notification.ts";
import type { Tickets } from "../tickets-store.ts";
import { notify } from "./notify.ts";
import { recipientsOf } from "./recipients.ts";

/*
 * What people are told without any rule: that a ticket was given to them by somebody else, and that the customer of a
 * ticket of theirs wrote.
 */

const GROUP = "tickets.notifications";

/** Whom an event has to be told by itself, and why; null for nobody. */
export function toldOf(event: DomainEvent): { kind: Notification["kind"]; userId: string } | null {
	if (event.type === ticketAssigned.type) {
		const { to } = event.data as DataOf<typeof ticketAssigned>;
		return to === null || event.actor.id === to ? null : { kind: "assigned", userId: to };
	}
	if (event.type !== messageAdded.type) return null;
	const { authorType, seq, ticket } = event.data as DataOf<typeof messageAdded>;
	// With the first message the ticket itself came, and whoever got it was told of that.
	if (authorType !== "customer" || seq === 1 || ticket.assigneeId === null) return null;
	return { kind: "customer_message", userId: ticket.assigneeId };
}

/** Tells whoever an event concerns, once. */
export async function tellOfEvent(tickets: Tickets, event: DomainEvent): Promise<void> {
	const told = toldOf(event);
	if (!told) return;
	await tickets.store.handleOnce(GROUP, event, async (tx) => {
		const ticket = await tickets.tickets.get({ tenantId: event.tenantId }, event.subject.split("/")[1] ?? "", tx);
		if (!ticket) return;
		const userIds = await recipientsOf(tickets, tx, ticket, { users: [told.userId] });
		await notify(tickets, tx, ticket, { kind: told.kind, userIds });
	});
}
