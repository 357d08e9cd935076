import { Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { groupWorkload } from "./assignment.ts";
import { AttachmentIds } from "./attachments.ts";
import { defineAction, strict } from "./contract.ts";
import { CustomFields, Email, Id, Instant, Locale, Nullable, Tags, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";
import { CUSTOM_FIELDS_FILTER, TAG_FILTERS } from "./shared-filters.ts";
import { SLA_STATES } from "./sla-views.ts";
import { snoozeTicket } from "./ticket-life.ts";
import { addFollower, addLink, addTags, removeFollower, removeLink, removeTags } from "./ticket-relations.ts";
import { ticketSlaContracts } from "./ticket-sla.ts";
import { addMessage, editNote, Imported, listAudit, listMessages, MailIds, MessageBody } from "./ticket-threads.ts";
import { TICKET_CHANNELS, TICKET_PRIORITIES, TICKET_STATUSES, TICKET_TYPES } from "./tickets-events.ts";
import { BODY_FORMATS, TicketView, TicketWithMessages } from "./tickets-views.ts";

const ById = strict({ id: Id });
/** 1 to 255 characters without the space around it; trimmed and measured by the service */
const Subject = Type.String({ minLength: 1, maxLength: 1024 });
const CcEmails = Type.Array(Email, { maxItems: 20 });

export const createTicket = defineAction({
	name: "tickets.create",
	access: "tickets.create",
	rest: "POST /tickets",
	summary: "Open a ticket",
	description:
		"A customer's own token is the requester itself and sets subject, message, priority, type, channel, ccEmails and " +
		"locale only. The first message (`description` is its short form) is written by whoever calls: a message of staff " +
		"does not count as the customer waiting, unless `asCustomer: true` records what the customer said elsewhere " +
		"(supervisors, admins, owners and integrations). `followUpOfId` continues a closed ticket: customer, company, " +
		"group and tags are copied. `attachments`, with the message or beside a description, are ids of uploads of the same " +
		"caller. An agent follows a ticket that it opens outside of its own groups. `createdAt` and " +
		"`authorId` are for imports, as are a message's `messageId` and `inReplyTo`: one that is there already is 409 " +
		"`duplicate` with `existingId` and `ticketId`. Required custom fields must have a value where somebody of staff opens " +
		"a ticket, imports aside, and where somebody of staff solves one.",
	query: strict({ followUpOfId: Type.Optional(Id) }),
	body: strict({
		subject: Subject,
		description: Type.Optional(MessageBody),
		attachments: Type.Optional(AttachmentIds),
		message: Type.Optional(
			strict({
				body: MessageBody,
				bodyFormat: Type.Optional(Words(BODY_FORMATS)),
				attachments: Type.Optional(AttachmentIds),
				...MailIds,
			}),
		),
		customerId: Type.Optional(Id),
		customer: Type.Optional(
			strict({ email: Email, name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })) }),
		),
		asCustomer: Type.Optional(Type.Boolean()),
		priority: Type.Optional(Words(TICKET_PRIORITIES)),
		type: Type.Optional(Words(TICKET_TYPES)),
		channel: Type.Optional(Words(TICKET_CHANNELS)),
		groupId: Type.Optional(Nullable(Id)),
		assigneeId: Type.Optional(Nullable(Id)),
		tags: Type.Optional(Tags),
		customFields: Type.Optional(CustomFields),
		ccEmails: Type.Optional(CcEmails),
		locale: Type.Optional(Locale),
		dueAt: Type.Optional(Nullable(Instant)),
		...Imported,
	}),
	result: TicketWithMessages,
	status: 201,
	headers: (ticket) => ({ Location: `/api/tickets/${ticket.id}` }),
});

/** How staff may ask for tickets. Customers are offered fewer filters and sorts. */
export const TICKET_LIST: ListSpec = {
	filters: {
		status: { type: "string", values: TICKET_STATUSES },
		priority: { type: "string", values: TICKET_PRIORITIES },
		slaState: { type: "string", values: SLA_STATES, operators: ["eq", "in"] },
		type: { type: "string", values: TICKET_TYPES },
		channel: { type: "string", values: TICKET_CHANNELS },
		groupId: { type: "id", nullable: true },
		assigneeId: { type: "id", nullable: true, me: true },
		followerId: { type: "id", path: "followerIds", me: true, operators: ["eq", "in"] },
		customerId: { type: "id", me: true },
		companyId: { type: "id", nullable: true },
		...TAG_FILTERS,
		number: { type: "number" },
		createdAt: { type: "instant" },
		updatedAt: { type: "instant" },
		solvedAt: { type: "instant" },
		closedAt: { type: "instant" },
		dueAt: { type: "instant" },
		customFields: CUSTOM_FIELDS_FILTER,
	},
	sorts: [
		"createdAt",
		"updatedAt",
		"number",
		"priority",
		"priority,createdAt",
		"priority,updatedAt",
		"status",
		"nextBreachAt",
	],
	defaultSort: "-createdAt",
	includes: ["customer", "assignee", "group", "company", "lastMessage"],
};

export const listTickets = defineList({
	name: "tickets.list",
	access: "tickets.read",
	rest: "GET /tickets",
	summary: "Tickets the caller may see",
	description:
		"A customer sees own tickets, and those of companies that share them or that the customer manages; it can " +
		"sort by createdAt, updatedAt, number and priority, and filter by status, priority, type, channel, customerId, companyId, " +
		"number and instants. `customFields[key]` compares in the type of the field: `customFields[seats][gte]=10`.",
	list: TICKET_LIST,
	item: TicketView,
});

export const listCustomerTickets = defineList({
	name: "tickets.listOfCustomer",
	access: "tickets.read",
	rest: "GET /customers/:id/tickets",
	summary: "Tickets of one customer",
	path: ById,
	list: TICKET_LIST,
	item: TicketView,
});

export const listUrgentTickets = defineList({
	name: "tickets.listUrgent",
	access: "tickets.read",
	rest: "GET /tickets/priority/urgent",
	summary: "Urgent tickets that are not done",
	description: "Sorted by the next due time, tickets without one last, then by age.",
	list: {
		filters: {},
		sorts: ["nextBreachAt,createdAt"],
		defaultSort: "nextBreachAt,createdAt",
		includes: TICKET_LIST.includes ?? [],
	},
	item: TicketView,
});

export const getTicket = defineAction({
	name: "tickets.get",
	access: "tickets.read",
	rest: "GET /tickets/:id",
	summary: "A ticket with the newest messages of its thread",
	path: ById,
	result: TicketWithMessages,
});

export const updateTicket = defineAction({
	name: "tickets.update",
	access: "tickets.read",
	rest: ["PUT /tickets/:id", "PATCH /tickets/:id"],
	summary: "Change a ticket",
	description:
		"Fields that the body names are changed, null clears; `customFields` is merged key by key. Needs `tickets.update`, " +
		"assignment as in `/assign`, `closed` needs `tickets.close`; a customer may set `status: solved` and nothing else. " +
		"Of a closed ticket only the tags can be changed.",
	path: ById,
	body: strict({
		subject: Type.Optional(Subject),
		priority: Type.Optional(Words(TICKET_PRIORITIES)),
		type: Type.Optional(Words(TICKET_TYPES)),
		status: Type.Optional(Words(TICKET_STATUSES)),
		subStatus: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 64 }))),
		groupId: Type.Optional(Nullable(Id)),
		assigneeId: Type.Optional(Nullable(Id)),
		tags: Type.Optional(Nullable(Tags)),
		customFields: Type.Optional(Nullable(CustomFields)),
		ccEmails: Type.Optional(Nullable(CcEmails)),
		locale: Type.Optional(Nullable(Locale)),
		dueAt: Type.Optional(Nullable(Instant)),
	}),
	result: TicketView,
	ifMatch: true,
});

export const deleteTicket = defineAction({
	name: "tickets.delete",
	access: "tickets.delete",
	rest: "DELETE /tickets/:id",
	summary: "Delete a ticket; it can be restored",
	path: ById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

export const restoreTicket = defineAction({
	name: "tickets.restore",
	access: "tickets.delete",
	rest: "POST /tickets/:id/restore",
	summary: "Bring a deleted ticket back",
	path: ById,
	result: TicketView,
});

export const assignTicket = defineAction({
	name: "tickets.assign",
	access: "tickets.assign",
	rest: "POST /tickets/:id/assign",
	summary: "Give a ticket to a person or a group",
	description:
		"`assigneeId: null` unassigns. A new group keeps the assignee only where that person is a member. Agents assign " +
		"to themselves and within their own groups. `auto: true` gives it to somebody of its group by the group's strategy, or has it wait for somebody: 422 where tickets are given by hand there.",
	path: ById,
	body: strict({
		assigneeId: Type.Optional(Nullable(Id)),
		groupId: Type.Optional(Nullable(Id)),
		auto: Type.Optional(Type.Boolean()),
	}),
	result: TicketView,
	ifMatch: true,
});

export const noReplyNeeded = defineAction({
	name: "tickets.noReplyNeeded",
	access: "tickets.update",
	rest: "POST /tickets/:id/no-reply-needed",
	summary: "The customer's last message needs no answer",
	path: ById,
	result: TicketView,
});

/** Every action of the tickets service that a client can call. */
export const ticketsContracts = [
	createTicket,
	listTickets,
	listCustomerTickets,
	listUrgentTickets,
	getTicket,
	updateTicket,
	deleteTicket,
	restoreTicket,
	assignTicket,
	addMessage,
	listMessages,
	editNote,
	listAudit,
	addTags,
	removeTags,
	addLink,
	removeLink,
	addFollower,
	removeFollower,
	noReplyNeeded,
	...ticketSlaContracts,
	snoozeTicket,
	groupWorkload,
];
