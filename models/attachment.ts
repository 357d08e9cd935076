import { BY_TENANT, defineModel, defineRows, type Entity } from "./model.ts";

/** A file as the messages that it came with hold it. */
export interface MessageAttachment {
	id: string;
	fileName: string;
	contentType: string;
	sizeBytes: number;
	/** hex */
	sha256: string;
	inline: boolean;
}

/**
 * A file. It is there before the first byte of its content and until after the last, so that no content is left behind
 * whatever happens: `arriving`, then `waiting` for a message, `used` by one, and `doomed` once nobody may have it any more.
 */
export interface Attachment extends Entity, Omit<MessageAttachment, "id"> {
	state: "arriving" | "waiting" | "used" | "doomed";
	uploaderKind: string;
	uploaderId: string;
	ticketId: string | null;
	/** the message that it came with first; copies of it show it as well */
	messageId: string | null;
	/** from when on it is removed; absent while a message has it */
	sweepAt?: Date | undefined;
}

const required = (type: unknown) => ({ type, required: true }) as { type: StringConstructor; required: true };

export const attachmentModel = defineModel<Attachment>(
	"attachments",
	{
		state: required(String),
		uploaderKind: required(String),
		uploaderId: required(String),
		fileName: required(String),
		contentType: required(String),
		sizeBytes: required(Number),
		sha256: { type: String, default: "" },
		inline: required(Boolean),
		ticketId: { type: String, default: null },
		messageId: { type: String, default: null },
		sweepAt: { type: Date },
	},
	[
		BY_TENANT,
		[{ sweepAt: 1, _id: 1 }, { partialFilterExpression: { sweepAt: { $exists: true } } }],
		// What somebody uploaded and never sent, for when that person is erased.
		[{ tenantId: 1, uploaderId: 1, _id: 1 }, { partialFilterExpression: { sweepAt: { $exists: true } } }],
	],
);

/** A part of a file's content, where contents are kept among the documents. */
export interface AttachmentPart {
	/** id of the file, a space, number of the part */
	_id: string;
	tenantId: string;
	attachmentId: string;
	part: number;
	data: Buffer;
}

export const attachmentPartModel = defineRows<AttachmentPart>(
	"attachment_parts",
	{
		tenantId: required(String),
		attachmentId: required(String),
		part: required(Number),
		data: { type: Buffer, required: true },
	},
	[[{ tenantId: 1, attachmentId: 1, part: 1 }, {}]],
);
