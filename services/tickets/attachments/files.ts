import { MAX_ATTACHMENTS } from "../../../contracts/attachments.ts";
import type { TenantCaller } from "../../../contracts/caller.ts";
import { invalidField } from "../../../lib/problem.ts";
import type { InTransaction } from "../../../mixins/repository.ts";
import type { Attachment, MessageAttachment } from "../../../models/attachment.ts";
import { type TicketMessage, ticketMessageModel } from "../../../models/ticket-message.ts";
import type { Tickets } from "../tickets-store.ts";

/** Which uploads come with a message, by whom, and where the request names them. */
export interface Files {
	ids: readonly string[];
	uploader: Pick<TenantCaller, "kind" | "id">;
	pointer: string;
}

/** The files of a request in the form in which they are claimed. Throws 422 for one that is named twice. */
export function filesOf(ids: readonly string[] | undefined, { kind, id }: TenantCaller, pointer: string): Files | null {
	if (!ids || ids.length === 0) return null;
	if (ids.length > MAX_ATTACHMENTS)
		throw invalidField(pointer, `A message has at most ${MAX_ATTACHMENTS} attachments.`, "maxItems");
	const twice = ids.findIndex((one, index) => ids.indexOf(one) !== index);
	if (twice >= 0) throw invalidField(`${pointer}/${twice}`, "This attachment is there twice.", "uniqueItems");
	return { ids, uploader: { kind, id }, pointer };
}

const shown = ({ _id, fileName, contentType, sizeBytes, sha256, inline }: Attachment): MessageAttachment => ({
	...{ id: _id, fileName, contentType, sizeBytes, sha256, inline },
});

/**
 * Gives uploads to a message, in the transaction that writes it.
 * @throws 422 for one that is not there, is somebody else's, is not complete, or came with another message already
 */
export async function claimFiles(
	tickets: Tickets,
	tx: InTransaction,
	message: { tenantId: string; ticketId: string; messageId: string },
	{ ids, uploader, pointer }: Files,
): Promise<MessageAttachment[]> {
	const { tenantId, ticketId, messageId } = message;
	const found = await tickets.attachments.find({ tenantId }, { _id: { $in: [...ids] } }, { limit: ids.length, tx });
	const byId = new Map(found.map((file) => [file._id, file]));
	const files = ids.map((id, index) => {
		const file = byId.get(id);
		const isTheirs = file?.uploaderKind === uploader.kind && file.uploaderId === uploader.id;
		if (!file || !isTheirs || file.state !== "waiting" || (file.sweepAt && file.sweepAt <= tx.now))
			throw invalidField(
				`${pointer}/${index}`,
				"There is no upload of yours with this id that no message has yet.",
				"unknown",
			);
		return file;
	});
	for (const file of files) {
		const { sweepAt: _sweepAt, ...kept } = file;
		await tickets.attachments.update(tx, file, { ...kept, state: "used", ticketId, messageId });
	}
	return files.map(shown);
}

/** Files that nobody may have any more: their contents are removed after the commit. */
export async function doomFiles(
	tickets: Tickets,
	tx: InTransaction,
	tenantId: string,
	ids: readonly string[],
): Promise<void> {
	if (ids.length === 0) return;
	const found = await tickets.attachments.find({ tenantId }, { _id: { $in: [...ids] } }, { limit: ids.length, tx });
	for (const file of found)
		if (file.state !== "doomed")
			await tickets.attachments.update(tx, file, { ...file, state: "doomed", sweepAt: tx.now });
	tickets.sweeper.expect();
}

/** The message that a copy by a merge or split shows; the message itself where it is none. */
export const rootOf = ({ _id, originMessageId }: Pick<TicketMessage, "_id" | "originMessageId">) =>
	originMessageId ?? _id;

/** A message and everything that shows it elsewhere. */
export async function shownEverywhere(
	tickets: Tickets,
	tx: InTransaction | undefined,
	tenantId: string,
	rootId: string,
): Promise<TicketMessage[]> {
	const root = await tickets.messages.get({ tenantId }, rootId, tx);
	const options = { limit: 1000, ...(tx ? { tx } : {}) };
	const copies = await tickets.messages.find({ tenantId }, { originMessageId: rootId }, options);
	return root ? [root, ...copies] : copies;
}

/**
 * Dooms the files of messages that are removed, where no message that stays shows them too.
 */
export async function doomFilesOf(
	tickets: Tickets,
	tx: InTransaction,
	tenantId: string,
	removed: readonly TicketMessage[],
): Promise<void> {
	const gone = new Set(removed.map(({ _id }) => _id));
	for (const message of removed) {
		if (!message.attachments?.length) continue;
		const everywhere = await shownEverywhere(tickets, tx, tenantId, rootOf(message));
		if (everywhere.some(({ _id, redactedAt }) => !gone.has(_id) && !redactedAt)) continue;
		await doomFiles(
			tickets,
			tx,
			tenantId,
			message.attachments.map(({ id }) => id),
		);
	}
}

/** What somebody uploaded and never sent. */
export async function doomUploadsOf(
	tickets: Tickets,
	tx: InTransaction,
	tenantId: string,
	uploaderIds: readonly string[],
): Promise<void> {
	const mine = { uploaderId: { $in: [...uploaderIds] }, sweepAt: { $exists: true } };
	const found = await tickets.attachments.find({ tenantId }, mine, { limit: 500, tx });
	await doomFiles(
		tickets,
		tx,
		tenantId,
		found.map(({ _id }) => _id),
	);
}

/** The messages of tickets that have files. */
export async function messagesWithFiles(
	{ store }: Tickets,
	tx: InTransaction,
	tenantId: string,
	ticketIds: readonly string[],
): Promise<TicketMessage[]> {
	return store
		.model(ticketMessageModel)
		.find({ tenantId, ticketId: { $in: [...ticketIds] }, attachments: { $exists: true } } as never)
		.session(tx.session)
		.lean<TicketMessage[]>();
}
