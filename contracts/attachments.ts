import { type Static, Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable } from "./fields.ts";

/** The largest file, bytes. */
export const MAX_ATTACHMENT_BYTES = 20 * 1024 * 1024;
/** The largest request that brings one, bytes: the file with what a form puts around it. */
export const MAX_UPLOAD_BYTES = 25 * 1024 * 1024;
/** In how many bytes a file is handed from process to process: as base64 well below what a broker's message may have. */
export const PART_BYTES = 256 * 1024;
/** How many files come with one message. */
export const MAX_ATTACHMENTS = 15;
/** How long the address of a file leads to it, seconds. */
export const ATTACHMENT_URL_SEC = 15 * 60;

/** Files that come with a message: ids of uploads by the same caller, each of which can be used once. */
export const AttachmentIds = Type.Array(Id, { maxItems: MAX_ATTACHMENTS });

/** A file as readers of its message see it. `url` leads to its content for 15 minutes, without a credential. */
export const AttachmentView = Type.Object({
	id: Id,
	fileName: Type.String(),
	/** found out from the content */
	contentType: Type.String(),
	sizeBytes: Type.Integer(),
	/** of the content, in hex */
	sha256: Type.String(),
	inline: Type.Boolean(),
	url: Type.String(),
});
export type AttachmentViewShape = Static<typeof AttachmentView>;

export const AttachmentDetails = Type.Object({
	...AttachmentView.properties,
	version: Type.Integer(),
	/** null while it belongs to no message yet */
	ticketId: Nullable(Id),
	messageId: Nullable(Id),
	createdAt: Instant,
});

export const getAttachment = defineAction({
	name: "tickets.getAttachment",
	access: "tickets.read",
	rest: "GET /attachments/:id",
	summary: "A file, with a fresh address of its content",
	description:
		"For whoever may read a message that it came with, and before it came with one, for whoever uploaded it.",
	path: strict({ id: Id }),
	result: AttachmentDetails,
});

export const discardAttachment = defineAction({
	name: "tickets.discardAttachment",
	access: "tickets.read",
	rest: "DELETE /attachments/:id",
	summary: "Throw an upload away that came with no message",
	description: "By whoever uploaded it. A file that came with a message is 409 and goes with it: see `/redact`.",
	path: strict({ id: Id }),
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

/** Every action about files that a client can call; uploads and contents are the gateway's own routes. */
export const attachmentContracts = [getAttachment, discardAttachment];

const Part = { part: Type.Integer({ minimum: 0, maximum: Math.ceil(MAX_ATTACHMENT_BYTES / PART_BYTES) }) };
/** bytes as base64 */
const Data = Type.String({ maxLength: Math.ceil(PART_BYTES / 3) * 4 });

/** Begins a file of the caller's with its first part. 403, 415 and 422 where it is not taken. */
export const beginUpload = defineAction({
	name: "tickets.beginUpload",
	access: "internal",
	summary: "Begin to keep a file",
	body: strict({ fileName: Type.String({ maxLength: 4096 }), inline: Type.Boolean(), data: Data }),
	result: Type.Object({ id: Id }),
});

export const uploadPart = defineAction({
	name: "tickets.uploadPart",
	access: "internal",
	idempotent: true,
	summary: "Keep the next part of a file",
	body: strict({ id: Id, ...Part, data: Data }),
	result: Type.Null(),
});

export const finishUpload = defineAction({
	name: "tickets.finishUpload",
	access: "internal",
	summary: "All parts of a file are there",
	body: strict({
		id: Id,
		sizeBytes: Type.Integer({ minimum: 1, maximum: MAX_ATTACHMENT_BYTES }),
		sha256: Type.String({ minLength: 64, maxLength: 64 }),
	}),
	result: AttachmentView,
});

export const abortUpload = defineAction({
	name: "tickets.abortUpload",
	access: "internal",
	idempotent: true,
	summary: "The rest of a file never came",
	body: strict({ id: Id }),
	result: Type.Null(),
});

/** What a signed address leads to. Throws 403 where it was not signed so, or not lately, and 404 for a file that is gone. */
export const openAttachment = defineAction({
	name: "tickets.openAttachment",
	access: "internal",
	idempotent: true,
	summary: "The file of a signed address",
	body: strict({
		id: Id,
		tenantId: Type.String({ maxLength: 64 }),
		expires: Type.String({ maxLength: 16 }),
		signature: Type.String({ maxLength: 128 }),
	}),
	result: Type.Object({
		fileName: Type.String(),
		contentType: Type.String(),
		sizeBytes: Type.Integer(),
		sha256: Type.String(),
	}),
});

export const readAttachmentPart = defineAction({
	name: "tickets.readAttachmentPart",
	access: "internal",
	idempotent: true,
	summary: "One part of a file's content",
	body: strict({ id: Id, tenantId: Id, ...Part }),
	result: Type.Object({ data: Data }),
});
