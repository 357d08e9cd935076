import { newId } from "../../lib/ids.ts";
import { Problem } from "../../lib/problem.ts";
import { renderHtml, type TextFormat } from "../../lib/rich-text.ts";
import type { InTransaction } from "../../mixins/repository.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { TicketMessage } from "../../models/ticket-message.ts";
import { claimFiles, type Files } from "./attachments/files.ts";
import type { Author } from "./authorship.ts";
import { mailDigest } from "./erasure/mail-digest.ts";
import type { Tickets } from "./tickets-store.ts";

/** A message that is ready to be written. `bodyHtml` is made once, however often the transaction runs. */
export interface MessageDraft {
	_id: string;
	kind: "public_reply" | "internal_note";
	body: string;
	bodyFormat: TextFormat;
	bodyHtml: string;
	author: Author;
	mail: MailIds;
	/** uploads that come with it; absent for none */
	files?: Files | null;
}

/** Which mail a message came as, where it came as one. */
export interface MailIds {
	messageId?: string | undefined;
	inReplyTo?: string | undefined;
}

export function draftMessage(
	body: string,
	bodyFormat: TextFormat | undefined,
	kind: MessageDraft["kind"],
	author: Author,
	{ messageId, inReplyTo }: MailIds = {},
	files: Files | null = null,
): MessageDraft {
	const format = bodyFormat ?? "markdown";
	const mail = { ...(messageId ? { messageId } : {}), ...(inReplyTo ? { inReplyTo } : {}) };
	return { _id: newId(), kind, body, bodyFormat: format, bodyHtml: renderHtml(body, format), author, mail, files };
}

type Counters = Pick<
	Ticket,
	| "messageCount"
	| "publicMessageCount"
	| "lastMessageId"
	| "lastPublicMessageId"
	| "attachmentCount"
	| "publicAttachmentCount"
>;

/** A ticket's counters with one message more. */
export function counted(ticket: Counters, draft: Pick<MessageDraft, "_id" | "kind" | "files">): Counters {
	const isPublic = draft.kind === "public_reply";
	const files = draft.files?.ids.length ?? 0;
	return {
		messageCount: ticket.messageCount + 1,
		publicMessageCount: ticket.publicMessageCount + (isPublic ? 1 : 0),
		lastMessageId: draft._id,
		lastPublicMessageId: isPublic ? draft._id : ticket.lastPublicMessageId,
		attachmentCount: ticket.attachmentCount + files,
		...(isPublic && files > 0 ? { publicAttachmentCount: (ticket.publicAttachmentCount ?? 0) + files } : {}),
	};
}

/** Throws 409 `duplicate` where the mail is there already, naming the message and its ticket. */
async function checkNewMail(tickets: Tickets, tx: InTransaction, tenantId: string, mail: MailIds): Promise<void> {
	const { messageId } = mail;
	if (messageId === undefined) return;
	// One that was erased is known by its digest alone, and must not come back either.
	const known = { messageId: { $in: [messageId, mailDigest(tenantId)(messageId)] } };
	const [existing] = await tickets.messages.find({ tenantId }, known, { limit: 1, tx });
	if (!existing) return;
	throw new Problem(409, "duplicate", "This mail is there already.", {
		errors: [{ pointer: "/messageId", code: "duplicate", message: "There is a message with this id." }],
		extra: { existingId: existing._id, ticketId: existing.ticketId },
	});
}

/** Writes the message that a ticket's counters already include. @throws 409 `duplicate` for a mail that is there */
export async function writeMessage(
	tickets: Tickets,
	tx: InTransaction,
	ticket: Ticket,
	draft: MessageDraft,
	at: Date,
): Promise<TicketMessage> {
	const { author, kind, _id, body, bodyFormat, bodyHtml, mail } = draft;
	await checkNewMail(tickets, tx, ticket.tenantId, mail);
	const place = { tenantId: ticket.tenantId, ticketId: ticket._id, messageId: _id };
	const attachments = draft.files ? await claimFiles(tickets, tx, place, draft.files) : null;
	return tickets.messages.create(
		{ session: tx.session, now: at },
		{
			_id,
			tenantId: ticket.tenantId,
			ticketId: ticket._id,
			seq: ticket.messageCount,
			publicSeq: kind === "public_reply" ? ticket.publicMessageCount : 0,
			kind,
			authorType: author.type,
			authorId: author.type === "system" ? null : author.id,
			authorName: author.name,
			channel: author.channel ?? ticket.channel,
			body,
			bodyFormat,
			bodyHtml,
			editedAt: null,
			...mail,
			...(attachments ? { attachments } : {}),
		},
	);
}
