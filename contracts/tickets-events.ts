import { Type } from "typebox";
import { defineEvent } from "./event-contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";

export const TICKET_STATUSES = ["new", "open", "pending", "on_hold", "solved", "closed"] as const;
export const TICKET_PRIORITIES = ["low", "normal", "high", "urgent"] as const;
export const TICKET_TYPES = ["question", "incident", "problem", "task"] as const;
export const TICKET_CHANNELS = ["web", "email", "api", "chat", "phone", "portal"] as const;
export const MESSAGE_KINDS = ["public_reply", "internal_note", "system"] as const;

/** The core of a ticket in every ticket event, so that a read model never has to ask back. The subject is personal data. */
export const TicketSnapshot = Type.Object({
	number: Type.Integer(),
	subject: Type.String(),
	status: Words(TICKET_STATUSES),
	priority: Words(TICKET_PRIORITIES),
	type: Words(TICKET_TYPES),
	channel: Words(TICKET_CHANNELS),
	customerId: Id,
	companyId: Nullable(Id),
	groupId: Nullable(Id),
	assigneeId: Nullable(Id),
	followerIds: Type.Array(Id),
	tags: Type.Array(Type.String()),
	createdAt: Instant,
});

const Changes = Type.Array(Type.Object({ field: Type.String(), from: Type.Unknown(), to: Type.Unknown() }));
const Reason = Type.Optional(Type.String());
/** when it happened, which an import may put long before it was written down; events of early versions do not say */
const At = Type.Optional(Instant);

const ticketEvent = (what: string, summary: string) =>
	defineEvent({
		type: `ticket.${what}`,
		aggregate: "ticket",
		summary,
		data: Type.Object({ ticket: TicketSnapshot }),
	});

export const ticketCreated = defineEvent({
	type: "ticket.created",
	aggregate: "ticket",
	summary: "A ticket was made.",
	data: Type.Object({
		ticket: TicketSnapshot,
		/** the policy that holds for it; absent from events of early versions */
		slaPolicyId: Type.Optional(Nullable(Id)),
	}),
});
export const ticketUpdated = defineEvent({
	type: "ticket.updated",
	aggregate: "ticket",
	summary: "Fields of a ticket changed.",
	data: Type.Object({ ticket: TicketSnapshot, changed: Changes, at: At }),
});
export const ticketStatusChanged = defineEvent({
	type: "ticket.status_changed",
	aggregate: "ticket",
	summary: "A ticket's status changed.",
	data: Type.Object({
		ticket: TicketSnapshot,
		from: Words(TICKET_STATUSES),
		to: Words(TICKET_STATUSES),
		at: Instant,
		reason: Reason,
	}),
});
const Assignment = Type.Object({
	ticket: TicketSnapshot,
	from: Nullable(Id),
	to: Nullable(Id),
	at: At,
	strategy: Type.Optional(Type.String()),
	reason: Reason,
});
export const ticketAssigned = defineEvent({
	type: "ticket.assigned",
	aggregate: "ticket",
	summary: "A ticket was given to a person.",
	data: Assignment,
});
export const ticketUnassigned = defineEvent({
	type: "ticket.unassigned",
	aggregate: "ticket",
	summary: "A ticket lost its assignee.",
	data: Assignment,
});
const Milestone = Type.Object({
	ticket: TicketSnapshot,
	at: Instant,
	by: Type.Optional(Id),
	/** seconds from creation to now, on the wall clock */
	calendarSec: Type.Optional(Type.Integer()),
	/** the same in the business hours that hold for the ticket; absent from events of early versions */
	businessSec: Type.Optional(Type.Integer()),
	reopenCount: Type.Integer(),
	reason: Reason,
});
export const ticketSolved = defineEvent({
	type: "ticket.solved",
	aggregate: "ticket",
	summary: "A ticket was solved.",
	data: Milestone,
});
export const ticketClosed = defineEvent({
	type: "ticket.closed",
	aggregate: "ticket",
	summary: "A ticket was closed for good.",
	data: Milestone,
});
export const ticketReopened = defineEvent({
	type: "ticket.reopened",
	aggregate: "ticket",
	summary: "A solved ticket is open again.",
	data: Milestone,
});
export const ticketDeleted = ticketEvent("deleted", "A ticket was deleted.");
/** Texts of a ticket were taken out for good: of the messages named, or of the ticket itself. */
export const ticketRedacted = defineEvent({
	type: "ticket.redacted",
	aggregate: "ticket",
	summary: "Texts of a ticket were taken out for good.",
	data: Type.Object({ ticket: TicketSnapshot, messageIds: Type.Array(Id), at: At }),
});
export const ticketRestored = ticketEvent("restored", "A deleted ticket came back.");
export const ticketWoke = defineEvent({
	type: "ticket.woke",
	aggregate: "ticket",
	summary: "The time until which a ticket was snoozed has come.",
	data: Type.Object({ ticket: TicketSnapshot, at: Instant }),
});
export const ticketEscalated = defineEvent({
	type: "ticket.escalated",
	aggregate: "ticket",
	summary: "A rule raised a ticket to a higher level.",
	data: Type.Object({ ticket: TicketSnapshot, at: Instant, level: Type.Integer(), ruleId: Id, reason: Type.String() }),
});
/** Recorded for both: the ticket it is about is the event's own. */
export const ticketMerged = defineEvent({
	type: "ticket.merged",
	aggregate: "ticket",
	summary: "A ticket went up in another one.",
	data: Type.Object({ ticket: TicketSnapshot, at: Instant, sourceId: Id, targetId: Id }),
});
export const ticketSplit = defineEvent({
	type: "ticket.split",
	aggregate: "ticket",
	summary: "Messages of a ticket became a ticket of their own.",
	data: Type.Object({ ticket: TicketSnapshot, at: Instant, fromId: Id, newId: Id }),
});
/** What the solved ticket's customer is asked: who answers, and until when, is the survey's business. */
export const csatRequested = defineEvent({
	type: "csat.requested",
	aggregate: "ticket",
	summary: "A customer is asked how it went.",
	data: Type.Object({ ticket: TicketSnapshot, at: Instant, agentId: Nullable(Id), groupId: Nullable(Id) }),
});
export const csatSubmitted = defineEvent({
	type: "csat.submitted",
	aggregate: "ticket",
	summary: "A customer said how it went, or said so anew.",
	data: Type.Object({
		ticket: TicketSnapshot,
		at: Instant,
		/** when the answer that this one replaces or repeats was asked for */
		requestedAt: Instant,
		rating: Type.Integer(),
		/** the rating that this one replaces; null for a first answer */
		previousRating: Nullable(Type.Integer()),
		hasComment: Type.Boolean(),
		agentId: Nullable(Id),
		groupId: Nullable(Id),
	}),
});

/** As tickets show it from now on: read models of tickets follow this, not the customer's own events. */
export const requesterUpdated = defineEvent({
	type: "requester.updated",
	aggregate: "requester",
	summary: "A customer's tickets show another name or address.",
	data: Type.Object({ name: Type.String(), email: Nullable(Type.String()) }),
});

/** No body, ever: who may read a note decides who gets to see it. */
export const messageAdded = defineEvent({
	type: "message.added",
	aggregate: "ticket",
	summary: "A message was added to a ticket.",
	data: Type.Object({
		ticket: TicketSnapshot,
		messageId: Id,
		seq: Type.Integer(),
		kind: Words(MESSAGE_KINDS),
		authorType: Words(["customer", "agent", "system"]),
		authorId: Nullable(Id),
		channel: Words(TICKET_CHANNELS),
		isFirstResponse: Type.Boolean(),
		/** seconds the customer waited, on the wall clock; null where nobody waited */
		responseSec: Nullable(Type.Integer()),
		/**
		 * the same in the business hours that hold for the ticket, of a first answer since when it counts from; null where
		 * there is nothing to count. Absent from events of early versions
		 */
		businessSec: Type.Optional(Nullable(Type.Integer())),
		at: At,
	}),
});

export const messageEdited = defineEvent({
	type: "message.edited",
	aggregate: "ticket",
	summary: "An internal note was corrected.",
	data: Type.Object({ ticket: TicketSnapshot, messageId: Id, seq: Type.Integer(), kind: Words(MESSAGE_KINDS) }),
});
