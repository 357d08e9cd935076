import { type Static, Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id, Nullable, Tags, Words } from "./fields.ts";
import { TICKET_PRIORITIES, TICKET_TYPES } from "./tickets-events.ts";
import { MessageView, TicketView, TicketWithMessages } from "./tickets-views.ts";

const ById = strict({ id: Id });

/** Which ticket goes up in which: the one in the path in `targetId`, or those of `sourceIds` in the one in the path. */
const Others = {
	targetId: Type.Optional(Id),
	sourceIds: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 20, uniqueItems: true })),
	allowDifferentCustomer: Type.Optional(Type.Boolean()),
};

const RULES =
	"The source's messages are shown in the target's thread as well, by their own time, with `originTicketId` and all " +
	"attachments; tags, followers, links and copied addresses of both are kept. The target keeps its own priority, " +
	"assignee, group, fields and promises. Where the target is solved or waits for the customer while somebody still waits for " +
	"an answer to the source, it is open again. Both must be of one customer, unless `allowDifferentCustomer: true`: then the " +
	"source's requester is copied on the target. Neither may be closed.";

export const mergeTickets = defineAction({
	name: "tickets.merge",
	access: "tickets.merge",
	rest: "POST /tickets/:id/merge",
	summary: "Merge a ticket into another",
	description:
		"With `targetId` the ticket in the path is closed and goes up in that one; with `sourceIds` those go up in the one in " +
		`the path. ${RULES} \`comment\` is added to the target as an internal note. What customers write to a merged ticket ` +
		"later goes to where it was merged into. It cannot be undone; the history of both says what was done. " +
		"`If-Match` is about the ticket in the path; the answer is the target.",
	path: ById,
	body: strict({ ...Others, comment: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536 })) }),
	result: Type.Object({ ...TicketView.properties, mergedIds: Type.Array(Id) }),
	ifMatch: true,
});

export const MergePreview = Type.Object({
	targetId: Id,
	sourceIds: Type.Array(Id),
	/** the target as it would be */
	ticket: TicketView,
	/** names of its fields that would be others than now */
	changed: Type.Array(Type.String()),
	/** how many messages and files would be added to its thread */
	messages: Type.Integer(),
	attachments: Type.Integer(),
});
export type MergePreviewShape = Static<typeof MergePreview>;

export const previewTicketMerge = defineAction({
	name: "tickets.previewMerge",
	access: "tickets.merge",
	rest: "POST /tickets/:id/merge/preview",
	summary: "Show what a merge would make, and change nothing",
	path: ById,
	body: strict(Others),
	result: MergePreview,
});

export const splitTicket = defineAction({
	name: "tickets.split",
	access: "tickets.merge",
	rest: "POST /tickets/:id/split",
	summary: "Make messages of a ticket a ticket of their own",
	description:
		"The messages are shown in the new ticket with their own time, `originTicketId` and all attachments, and stay where " +
		"they are: what was said is not taken away from a thread. The new ticket has the customer, company, group, type, " +
		"priority, tags and copied addresses of the one that it comes from (`splitFromId`), unless told otherwise, and no assignee.",
	path: ById,
	body: strict({
		messageIds: Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true }),
		subject: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
		priority: Type.Optional(Words(TICKET_PRIORITIES)),
		type: Type.Optional(Words(TICKET_TYPES)),
		groupId: Type.Optional(Nullable(Id)),
		assigneeId: Type.Optional(Nullable(Id)),
		tags: Type.Optional(Tags),
	}),
	result: TicketWithMessages,
	status: 201,
	ifMatch: true,
	headers: (ticket) => ({ Location: `/api/tickets/${ticket.id}` }),
});

export const redactMessage = defineAction({
	name: "tickets.redactMessage",
	access: "tickets.redact",
	rest: "POST /tickets/:id/messages/:messageId/redact",
	summary: "Take the text and the files of a message out for good",
	description:
		"Also of a closed ticket, and wherever the message is shown after a merge or split. The history says who did it and " +
		"why, and not what stood there. Doing it again changes nothing.",
	path: strict({ id: Id, messageId: Id }),
	body: strict({ reason: Type.String({ minLength: 1, maxLength: 1000 }) }),
	result: MessageView,
});

/** Every action that makes one thread of two, or two of one, or takes something out of one. */
export const ticketMergeContracts = [mergeTickets, previewTicketMerge, splitTicket, redactMessage];
