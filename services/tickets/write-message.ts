import { newId } from "../../lib/ids.ts";
import { renderHtml, type TextFormat } from "../../lib/rich-text.ts";
import type { InTransaction } from "../../mixins/repository.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { TicketMessage } from "../../models/ticket-message.ts";
import type { Author } from "./authorship.ts";
import type { Tickets } from "./tickets-store.ts";

/** A message that is ready to be written. `bodyHtml` is made once, however often the transaction runs. */
export interface MessageDraft {
	_id: string;
	kind: "public_reply" | "internal_note";
	body: string;
	bodyFormat: TextFormat;
	bodyHtml: string;
	author: Author;
}

export function draftMessage(
	body: string,
	bodyFormat: TextFormat | undefined,
	kind: MessageDraft["kind"],
	author: Author,
): MessageDraft {
	const format = bodyFormat ?? "markdown";
	return { _id: newId(), kind, body, bodyFormat: format, bodyHtml: renderHtml(body, format), author };
}

type Counters = Pick<Ticket, "messageCount" | "publicMessageCount" | "lastMessageId" | "lastPublicMessageId">;

/** A ticket's counters with one message more. */
export function counted(ticket: Counters, draft: Pick<MessageDraft, "_id" | "kind">): Counters {
	const isPublic = draft.kind === "public_reply";
	return {
		messageCount: ticket.messageCount + 1,
		publicMessageCount: ticket.publicMessageCount + (isPublic ? 1 : 0),
		lastMessageId: draft._id,
		lastPublicMessageId: isPublic ? draft._id : ticket.lastPublicMessageId,
	};
}

/** Writes the message that a ticket's counters already include. */
export function writeMessage(
	tickets: Tickets,
	tx: InTransaction,
	ticket: Ticket,
	draft: MessageDraft,
	at: Date,
): Promise<TicketMessage> {
	const { author, kind, _id, body, bodyFormat, bodyHtml } = draft;
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
			authorId: author.id,
			authorName: author.name,
			channel: author.channel ?? ticket.channel,
			body,
			bodyFormat,
			bodyHtml,
			editedAt: null,
		},
	);
}
