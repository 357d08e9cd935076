import type { ActionSchema } from "moleculer";
import {
	type AttachmentViewShape,
	abortUpload,
	beginUpload,
	discardAttachment,
	finishUpload,
	getAttachment,
	MAX_ATTACHMENT_BYTES,
	openAttachment,
	PART_BYTES,
	readAttachmentPart,
	uploadPart,
} from "../../../contracts/attachments.ts";
import { may, type TenantCaller } from "../../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import { newId } from "../../../lib/ids.ts";
import { invalidField, notFound, Problem } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { mustNotBeLeaving } from "../../../mixins/read-only.ts";
import { checkVersion } from "../../../mixins/repository.ts";
import { commandOf } from "../../../mixins/store.ts";
import type { Attachment } from "../../../models/attachment.ts";
import { demand, readerOf } from "../access.ts";
import { scopeOf } from "../reach.ts";
import type { Tickets } from "../tickets-store.ts";
import { contentTypeOf, isBlocked } from "./content-type.ts";
import { cleanFileName } from "./file-name.ts";
import { doomFiles, shownEverywhere } from "./files.ts";
import { checkSignature, signedUrl } from "./signed-url.ts";
import { UNUSED_MS } from "./sweeper.ts";

const LAST_PART = Math.ceil(MAX_ATTACHMENT_BYTES / PART_BYTES) - 1;

/** How many uploads somebody may have that no message has yet. */
const MAX_UNUSED = 200;

/** A file as its readers see it, with an address that leads to it for 15 minutes. */
function attachmentView({ store, runtime }: Tickets, file: Attachment): AttachmentViewShape {
	const { _id: id, tenantId, fileName, contentType, sizeBytes, sha256, inline } = file;
	const url = signedUrl(store.secret, { tenantId, id }, runtime.clock.now());
	return { id, fileName, contentType, sizeBytes, sha256, inline, url };
}

function mayUpload(caller: TenantCaller): void {
	mustNotBeLeaving(caller);
	demand(may(caller, "tickets.reply") || may(caller, "tickets.create"), "This needs the permission tickets.reply.");
}

/** Throws 429 for somebody who uploads and uploads and sends nothing. */
async function mustNotHoard({ attachments }: Tickets, { id: uploaderId, tenant }: TenantCaller): Promise<void> {
	const unused = { uploaderId, sweepAt: { $exists: true } };
	if ((await attachments.count({ tenantId: tenant.id }, unused, MAX_UNUSED)) < MAX_UNUSED) return;
	throw new Problem(
		429,
		"rate_limited",
		`There are ${MAX_UNUSED} uploads of yours that no message has. Use them first.`,
		{
			headers: { "Retry-After": "600" },
		},
	);
}

async function begin(ctx: CallContext<ParamsOf<typeof beginUpload>>, tickets: Tickets): Promise<{ id: string }> {
	const caller = callerOf(ctx);
	mayUpload(caller);
	await mustNotHoard(tickets, caller);
	const { id: tenantId, settings } = caller.tenant;
	const fileName = cleanFileName(ctx.params.fileName);
	const bytes = Buffer.from(ctx.params.data, "base64");
	if (bytes.length === 0) throw invalidField("/file", "The file is empty.", "minLength");
	const found = await contentTypeOf(bytes, fileName);
	if (isBlocked(settings.blockedAttachmentTypes, fileName, found))
		throw new Problem(415, "blocked_file_type", `Files such as ${fileName} (${found.mime}) are not taken here.`);
	// The document before the content: whatever happens from here on, the sweep knows of it.
	const file = await tickets.store.commit(commandOf(ctx), (tx) =>
		tickets.attachments.create(tx, {
			...{ _id: newId(), tenantId, state: "arriving", uploaderKind: caller.kind, uploaderId: caller.id },
			...{ fileName, contentType: found.mime, sizeBytes: 0, sha256: "", inline: ctx.params.inline },
			...{ ticketId: null, messageId: null, sweepAt: new Date(tx.now.getTime() + UNUSED_MS) },
		}),
	);
	await tickets.blobs.write(tenantId, file._id, 0, bytes);
	return { id: file._id };
}

/** A file of the caller's that is still arriving. */
async function arriving(ctx: CallContext, tickets: Tickets, id: string): Promise<Attachment> {
	const { kind, id: uploaderId, tenant } = callerOf(ctx);
	const filter = { uploaderKind: kind, uploaderId, state: "arriving" };
	return tickets.attachments.require({ tenantId: tenant.id, filter }, id);
}

async function keepPart(ctx: CallContext<ParamsOf<typeof uploadPart>>, tickets: Tickets): Promise<null> {
	const { id, part, data } = ctx.params;
	const { tenantId } = await arriving(ctx, tickets, id);
	if (part > LAST_PART) throw new Problem(413, "payload_too_large", "The file is too large.");
	await tickets.blobs.write(tenantId, id, part, Buffer.from(data, "base64"));
	return null;
}

async function finish(ctx: CallContext<ParamsOf<typeof finishUpload>>, tickets: Tickets): Promise<AttachmentViewShape> {
	const { id, sizeBytes, sha256 } = ctx.params;
	const before = await arriving(ctx, tickets, id);
	const saved = await tickets.store.commit(commandOf(ctx), (tx) =>
		tickets.attachments.update(tx, before, { ...before, state: "waiting", sizeBytes, sha256 }),
	);
	return attachmentView(tickets, saved);
}

/**
 * Dooms an upload of the caller's that no message has.
 * @throws Problem 409 for a file that came with a message which the caller can read: what was said is only redacted
 */
async function discard(ctx: CallContext<{ id: string; ifVersion?: number }>, tickets: Tickets): Promise<null> {
	const { kind, id: uploaderId, tenant } = callerOf(ctx);
	const { id, ifVersion } = ctx.params;
	const used = await tickets.attachments.get({ tenantId: tenant.id, filter: { state: "used" } }, id);
	if (used && (await readableBy(ctx, tickets, used))) {
		const detail = "This file came with a message, and goes only with it: redact the message.";
		throw new Problem(409, "conflict", detail);
	}
	const filter = { uploaderKind: kind, uploaderId, state: { $in: ["arriving", "waiting"] } };
	await tickets.store.commit(commandOf(ctx), async (tx) => {
		const file = await tickets.attachments.require({ tenantId: tenant.id, filter }, id, tx);
		checkVersion(file, ifVersion);
		await doomFiles(tickets, tx, tenant.id, [file._id]);
		return null;
	});
	await tickets.sweeper.sweep();
	return null;
}

/** The message by which the caller may have a file: one that it can read, on a ticket that it can see. */
async function readableBy(ctx: CallContext, tickets: Tickets, file: Attachment) {
	if (file.messageId === null) return null;
	const { notes } = readerOf(callerOf(ctx));
	const everywhere = await shownEverywhere(tickets, undefined, file.tenantId, file.messageId);
	const shown = everywhere.filter((message) => !message.redactedAt && (notes || message.kind === "public_reply"));
	if (shown.length === 0) return null;
	const ids = shown.map(({ ticketId }) => ticketId);
	const [ticket] = await tickets.tickets.find(await scopeOf(ctx, tickets), { _id: { $in: ids } }, { limit: 1 });
	return shown.find(({ ticketId }) => ticketId === ticket?._id) ?? null;
}

async function get(ctx: CallContext<{ id: string }>, tickets: Tickets): Promise<ResultOf<typeof getAttachment>> {
	const { kind, id: uploaderId, tenant } = callerOf(ctx);
	const filter = { state: { $in: ["waiting", "used"] } };
	const file = await tickets.attachments.require({ tenantId: tenant.id, filter }, ctx.params.id);
	const isOwn = file.state === "waiting" && file.uploaderKind === kind && file.uploaderId === uploaderId;
	const message = await readableBy(ctx, tickets, file);
	if (!isOwn && !message) throw notFound("attachment");
	return {
		...attachmentView(tickets, file),
		version: file.version,
		ticketId: message?.ticketId ?? null,
		messageId: message?._id ?? null,
		createdAt: file.createdAt.toISOString(),
	};
}

async function openSigned(ctx: CallContext<ParamsOf<typeof openAttachment>>, tickets: Tickets) {
	const { id, tenantId, expires, signature } = ctx.params;
	checkSignature(tickets.store.secret, { tenantId, id, expires }, signature, tickets.runtime.clock.now());
	const filter = { state: { $in: ["waiting", "used"] } };
	const { fileName, contentType, sizeBytes, sha256 } = await tickets.attachments.require({ tenantId, filter }, id);
	return { fileName, contentType, sizeBytes, sha256 };
}

/** How files come in and go out, part by part. */
export function attachmentActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		beginUpload: action(beginUpload, (ctx) => begin(ctx, tickets)),
		uploadPart: action(uploadPart, (ctx) => keepPart(ctx, tickets)),
		finishUpload: action(finishUpload, (ctx) => finish(ctx, tickets)),
		abortUpload: action(abortUpload, (ctx) => discard(ctx, tickets)),
		discardAttachment: action(discardAttachment, (ctx) => discard(ctx, tickets)),
		getAttachment: action(getAttachment, (ctx) => get(ctx, tickets)),
		openAttachment: action(openAttachment, (ctx) => openSigned(ctx, tickets)),
		readAttachmentPart: action(readAttachmentPart, async ({ params: { id, tenantId, part } }) => {
			const bytes = await tickets.blobs.read(tenantId, id, part);
			return { data: bytes.toString("base64") };
		}),
	};
}
