import type { DomainEvent } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";
import { domainEvent } from "../support/domain-event.ts";

/** When the made-up events begin, ms: not long ago, so that the feed keeps them. */
const BEGIN = Date.now() - 24 * 3_600_000;

/** The events of a ticket's short life: opened by a customer, answered, solved. */
export function ticketEvents(tenantId: string, number: number): DomainEvent[] {
	const subject = `ticket/${newId()}`;
	const createdAt = new Date(BEGIN + (number % 600) * 60_000).toISOString();
	const later = (minutes: number) => new Date(Date.parse(createdAt) + minutes * 60_000).toISOString();
	const ticket = (status: string, assigneeId: string | null) => ({
		...{ number, subject: `Ticket ${number}`, status, priority: "normal", type: "question", channel: "web" },
		...{ customerId: "c1", companyId: null, groupId: "g1", assigneeId, followerIds: [], tags: [], createdAt },
	});
	const told = (sequence: number, type: string, data: object) =>
		domainEvent({ tenantId, subject, sequence, type, time: later(sequence * 10), data: { ...data } });
	const message = { kind: "public_reply", channel: "web" };
	return [
		told(1, "ticket.created", { ticket: ticket("new", null) }),
		told(1, "message.added", {
			...{
				ticket: ticket("new", null),
				messageId: newId(),
				seq: 1,
				...message,
				authorType: "customer",
				authorId: "c1",
			},
			...{ isFirstResponse: false, responseSec: null, at: createdAt },
		}),
		told(2, "ticket.assigned", { ticket: ticket("open", "a1"), from: null, to: "a1", at: later(10) }),
		told(2, "message.added", {
			...{ ticket: ticket("open", "a1"), messageId: newId(), seq: 2, ...message, authorType: "agent", authorId: "a1" },
			...{ isFirstResponse: true, responseSec: 600, at: later(10) },
		}),
		told(3, "ticket.solved", { ticket: ticket("solved", "a1"), at: later(20), calendarSec: 1200, reopenCount: 0 }),
	];
}

/** Events of several tickets, as an event log has them: mixed, each ticket's in order. */
export function eventsOfTickets(tenantId: string, count: number): DomainEvent[] {
	const lives = Array.from({ length: count }, (_, index) => ticketEvents(tenantId, index + 1));
	return Array.from({ length: 5 }, (_, step) => lives.map((life) => life[step] as DomainEvent)).flat();
}
