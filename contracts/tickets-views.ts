import { type Static, Type } from "typebox";
import { AttachmentView } from "./attachments.ts";
import { CustomFields, Id, Instant, Named, Nullable, Words } from "./fields.ts";
import { SlaView } from "./sla-views.ts";
import { MESSAGE_KINDS, TICKET_CHANNELS, TICKET_PRIORITIES, TICKET_STATUSES, TICKET_TYPES } from "./tickets-events.ts";

export const BODY_FORMATS = ["markdown", "text", "html"] as const;
export const LINK_TYPES = ["duplicate_of", "parent", "child", "related", "caused_by"] as const;

/** The customer behind a ticket. `stale` says that the customers service could not be asked and this is the last copy. */
export const Requester = Type.Object({
	id: Id,
	name: Type.String(),
	email: Nullable(Type.String()),
	stale: Type.Optional(Type.Boolean()),
});

export const TicketLink = Type.Object({ type: Words(LINK_TYPES), ticketId: Id });

/** One message of a thread. `seq` counts from 1 without gaps over the messages that the reader may see. */
export const MessageView = Type.Object({
	id: Id,
	version: Type.Integer(),
	ticketId: Id,
	seq: Type.Integer(),
	kind: Words(MESSAGE_KINDS),
	authorType: Words(["customer", "agent", "system"]),
	authorId: Nullable(Id),
	author: Nullable(Named),
	channel: Words(TICKET_CHANNELS),
	bodyFormat: Words(BODY_FORMATS),
	body: Type.String(),
	bodyHtml: Type.String(),
	attachments: Type.Array(AttachmentView),
	/** the ticket it was written to, where a merge or split shows it in this one as well */
	originTicketId: Nullable(Id),
	createdAt: Instant,
	editedAt: Nullable(Instant),
	/** when its text was taken out for good */
	redactedAt: Nullable(Instant),
	/** of the mail it came as; not for customers */
	messageId: Type.Optional(Type.String()),
	inReplyTo: Type.Optional(Type.String()),
});

/** A ticket as its reader may see it. Fields that are not for customers are absent where a customer reads. */
export const TicketView = Type.Object({
	id: Id,
	number: Type.Integer(),
	version: Type.Integer(),
	subject: Type.String(),
	status: Words(TICKET_STATUSES),
	subStatus: Nullable(Type.String()),
	priority: Words(TICKET_PRIORITIES),
	type: Words(TICKET_TYPES),
	channel: Words(TICKET_CHANNELS),
	customerId: Id,
	requester: Requester,
	companyId: Nullable(Id),
	company: Nullable(Named),
	ccEmails: Type.Array(Type.String()),
	groupId: Nullable(Id),
	group: Nullable(Named),
	assigneeId: Nullable(Id),
	assignee: Nullable(Named),
	locale: Nullable(Type.String()),
	mergedIntoId: Nullable(Id),
	followUpOfId: Nullable(Id),
	splitFromId: Nullable(Id),
	firstRespondedAt: Nullable(Instant),
	lastCustomerMessageAt: Nullable(Instant),
	lastAgentMessageAt: Nullable(Instant),
	waitingSince: Nullable(Instant),
	solvedAt: Nullable(Instant),
	firstSolvedAt: Nullable(Instant),
	closedAt: Nullable(Instant),
	reopenCount: Type.Integer(),
	messageCount: Type.Integer(),
	attachmentCount: Type.Integer(),
	csat: Nullable(Type.Object({ rating: Type.Integer(), comment: Nullable(Type.String()), at: Instant })),
	createdAt: Instant,
	updatedAt: Instant,
	// for staff and integrations only
	tags: Type.Optional(Type.Array(Type.String())),
	customFields: Type.Optional(CustomFields),
	followerIds: Type.Optional(Type.Array(Id)),
	links: Type.Optional(Type.Array(TicketLink)),
	kbArticleIds: Type.Optional(Type.Array(Id)),
	assignedAt: Type.Optional(Nullable(Instant)),
	dueAt: Type.Optional(Nullable(Instant)),
	snoozedUntil: Type.Optional(Nullable(Instant)),
	statusChangedAt: Type.Optional(Instant),
	escalationLevel: Type.Optional(Type.Integer()),
	escalatedAt: Type.Optional(Nullable(Instant)),
	assignmentState: Type.Optional(Nullable(Words(["waiting"]))),
	sla: Type.Optional(Nullable(SlaView)),
});

/** A ticket with the newest messages of its thread, oldest first; `messagesCursor` leads to the older ones. */
export const TicketWithMessages = Type.Object({
	...TicketView.properties,
	messages: Type.Array(MessageView),
	messagesCursor: Nullable(Type.String()),
});

/** The answer to a new message: where it stands now. */
export const MessageAdded = Type.Object({
	...MessageView.properties,
	/** the ticket after the message */
	ticket: Type.Object({
		id: Id,
		number: Type.Integer(),
		status: Words(TICKET_STATUSES),
		assigneeId: Nullable(Id),
		version: Type.Integer(),
	}),
	/** the ticket asked for was closed: the message opened this new one */
	followUp: Type.Boolean(),
	/** the ticket asked for was merged: the one that took the message; else null */
	redirectedTo: Nullable(Id),
});

export const AuditEntryView = Type.Object({
	id: Id,
	ticketId: Id,
	seq: Type.Integer(),
	at: Instant,
	actor: Type.Object({
		type: Type.String(),
		id: Type.String(),
		name: Type.String(),
		onBehalfOf: Type.Optional(Type.String()),
	}),
	action: Type.String(),
	changes: Type.Array(Type.Object({ field: Type.String(), from: Type.Unknown(), to: Type.Unknown() })),
	cause: Type.Object({ type: Words(["user", "rule", "sla", "saga", "system"]), id: Nullable(Type.String()) }),
	correlationId: Type.String(),
});

export type TicketViewShape = Static<typeof TicketView>;
export type MessageViewShape = Static<typeof MessageView>;
export type AuditEntryShape = Static<typeof AuditEntryView>;
