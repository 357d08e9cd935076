import { Type } from "typebox";
import { AttachmentIds } from "./attachments.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";
import { TICKET_STATUSES } from "./tickets-events.ts";
import { AuditEntryView, BODY_FORMATS, MessageAdded, MessageView } from "./tickets-views.ts";

const ById = strict({ id: Id });
/** 64 KB at most; measured in bytes by the service */
export const MessageBody = Type.String({ minLength: 1, maxLength: 65_536 });

/** What a mail's header says, as it stands there: real ones hold blanks and whole sentences. One line (RFC 5322) at most. */
const MailId = Type.String({ minLength: 1, maxLength: 998, pattern: "^[^\\x00-\\x1f\\x7f]+$" });

/** Which mail a message came as; for imports and mail gateways. */
export const MailIds = { messageId: Type.Optional(MailId), inReplyTo: Type.Optional(MailId) };

/** What only imports may say: when it really happened, and who of staff wrote it. */
export const Imported = {
	createdAt: Type.Optional(Instant),
	authorId: Type.Optional(Id),
};

export const addMessage = defineAction({
	name: "tickets.addMessage",
	access: "tickets.reply",
	rest: "POST /tickets/:id/messages",
	summary: "Add a reply or an internal note",
	description:
		"The author is whoever calls; `asCustomer: true` records what the requester said elsewhere (supervisors, admins, " +
		"owners and integrations). `status` is applied with the reply. With `failOnNew`, 409 `newer_messages` where " +
		"messages newer than `lastSeenSeq` are there. A customer's message on a closed ticket opens a follow-up: the " +
		"answer carries its Location and `x-conductor-follow-up: true`; one on a merged ticket goes to where that was merged " +
		"into, which the answer names as `redirectedTo`. `attachments` are ids of uploads of the same caller, at most 15. `createdAt`, `authorId`, `messageId` and `inReplyTo` are for imports and mail " +
		"gateways: a `messageId` that is there already is 409 `duplicate` with `existingId` and `ticketId`.",
	path: ById,
	body: strict({
		body: MessageBody,
		kind: Type.Optional(Words(["public_reply", "internal_note"])),
		bodyFormat: Type.Optional(Words(BODY_FORMATS)),
		status: Type.Optional(Words(TICKET_STATUSES)),
		attachments: Type.Optional(AttachmentIds),
		lastSeenSeq: Type.Optional(Type.Integer({ minimum: 0 })),
		failOnNew: Type.Optional(Type.Boolean()),
		asCustomer: Type.Optional(Type.Boolean()),
		...Imported,
		...MailIds,
	}),
	result: MessageAdded,
	status: 201,
	headers: (message): Record<string, string> =>
		message.followUp ? { Location: `/api/tickets/${message.ticketId}`, "x-conductor-follow-up": "true" } : {},
});

export const listMessages = defineList({
	name: "tickets.listMessages",
	access: "tickets.read",
	rest: "GET /tickets/:id/messages",
	summary: "The thread of a ticket",
	path: ById,
	list: { filters: {}, sorts: ["seq"], defaultSort: "seq" },
	item: MessageView,
});

export const editNote = defineAction({
	name: "tickets.editNote",
	access: "tickets.notes.write",
	rest: "PATCH /tickets/:id/messages/:messageId",
	summary: "Correct an internal note",
	description: "By its author, within 15 minutes; the audit trail keeps the old text. Replies are never edited.",
	path: strict({ id: Id, messageId: Id }),
	body: strict({ body: MessageBody, bodyFormat: Type.Optional(Words(BODY_FORMATS)) }),
	result: MessageView,
	ifMatch: true,
});

export const listAudit = defineList({
	name: "tickets.listAudit",
	access: "tickets.audit",
	rest: "GET /tickets/:id/audit",
	summary: "What happened to a ticket, who did it and why",
	path: ById,
	list: { filters: {}, sorts: ["seq"], defaultSort: "seq" },
	item: AuditEntryView,
});
