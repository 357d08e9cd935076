import { Schema } from "mongoose";
import type { MessageAttachment } from "./attachment.ts";
import { defineModel, type Entity } from "./model.ts";

export interface TicketMessage extends Entity {
	ticketId: string;
	/** 1..n in the order of arrival */
	seq: number;
	/** the same over the messages that a customer may see; 0 for an internal note */
	publicSeq: number;
	kind: "public_reply" | "internal_note" | "system";
	authorType: "customer" | "agent" | "system";
	authorId: string | null;
	/** the author's name at the time, for staff and integrations; a customer's is asked from the copy */
	authorName: string | null;
	channel: string;
	bodyFormat: "markdown" | "text" | "html";
	body: string;
	/** sanitised */
	bodyHtml: string;
	editedAt: Date | null;
	/** when its text was taken out for good */
	redactedAt?: Date | null;
	/** the Message-ID of the mail it came as, once in a tenant; absent where it was no mail */
	messageId?: string | undefined;
	/** the Message-ID that the mail answered */
	inReplyTo?: string | undefined;
	/** absent where it came with none */
	attachments?: MessageAttachment[] | undefined;
	/** of a message that a merge or split shows here as well: the ticket it was written to, and its id there */
	originTicketId?: string | undefined;
	originMessageId?: string | undefined;
}

export const ticketMessageModel = defineModel<TicketMessage>(
	"ticket_messages",
	{
		ticketId: { type: String, required: true },
		seq: { type: Number, required: true },
		publicSeq: { type: Number, required: true },
		kind: { type: String, required: true, enum: ["public_reply", "internal_note", "system"] },
		authorType: { type: String, required: true, enum: ["customer", "agent", "system"] },
		authorId: { type: String, default: null },
		authorName: { type: String, default: null },
		channel: { type: String, required: true },
		bodyFormat: { type: String, required: true, enum: ["markdown", "text", "html"] },
		body: { type: String, required: true },
		bodyHtml: { type: String, default: "" },
		editedAt: { type: Date, default: null },
		redactedAt: { type: Date },
		messageId: { type: String },
		inReplyTo: { type: String },
		attachments: { type: [Schema.Types.Mixed] as never, default: undefined },
		originTicketId: { type: String },
		originMessageId: { type: String },
	},
	[
		[{ tenantId: 1, ticketId: 1, seq: 1, _id: 1 }, {}],
		[{ tenantId: 1, ticketId: 1, kind: 1, publicSeq: 1, _id: 1 }, {}],
		// What customers wrote, for when one is erased.
		[{ tenantId: 1, authorId: 1, _id: 1 }, { partialFilterExpression: { authorType: "customer" } }],
		[
			{ tenantId: 1, messageId: 1 },
			{ unique: true, partialFilterExpression: { messageId: { $exists: true } } },
		],
		// Where else a message is shown.
		[{ tenantId: 1, originMessageId: 1, _id: 1 }, { partialFilterExpression: { originMessageId: { $exists: true } } }],
	],
);
