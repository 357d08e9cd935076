import type { Model as MongooseModel } from "mongoose";
import type { ErasurePolicy } from "../../../contracts/customer-erasure.ts";
import { ticketDeleted, ticketRedacted } from "../../../contracts/tickets-events.ts";
import type { Transaction } from "../../../mixins/store.ts";
import { attachmentModel } from "../../../models/attachment.ts";
import { type CsatResponse, csatResponseModel } from "../../../models/csat-response.ts";
import type { Entity } from "../../../models/model.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { type TicketAudit, ticketAuditModel } from "../../../models/ticket-audit.ts";
import { type TicketMessage, ticketMessageModel } from "../../../models/ticket-message.ts";
import { doomFiles, doomFilesOf, messagesWithFiles } from "../attachments/files.ts";
import { withoutFiles } from "../redaction/redacted.ts";
import { saveRevision } from "../save.ts";
import { snapshotOf } from "../snapshot.ts";
import type { Tickets } from "../tickets-store.ts";
import { mailDigest } from "./mail-digest.ts";
import { isToRedact, type Redaction, redactedAudit, redactedMessage, redactedTicket } from "./redaction.ts";

/** The command behind it, and what is to become of the tickets. */
export interface ErasureJob {
	tenantId: string;
	sagaId: string;
	redaction: Redaction;
	policy: ErasurePolicy;
}

/** How many tickets and messages one transaction takes, so that nobody else waits long. */
const MAX_TICKETS = 25;
const MAX_MESSAGES = 400;

/** Tickets in portions for one transaction each. */
export function portions(tickets: readonly Pick<Ticket, "_id" | "messageCount">[]): string[][] {
	const made: string[][] = [];
	let messages = 0;
	for (const { _id, messageCount } of tickets) {
		const current = made.at(-1);
		if (!current || current.length === MAX_TICKETS || messages + messageCount > MAX_MESSAGES) {
			made.push([_id]);
			messages = messageCount;
		} else {
			current.push(_id);
			messages += messageCount;
		}
	}
	return made;
}

/** Changes many documents at once, past Mongoose, which would cast and validate what was made right here. */
async function writeAll<T extends Entity>(
	model: MongooseModel<T>,
	tx: Transaction,
	changes: ReadonlyMap<string, Partial<T>>,
): Promise<void> {
	if (changes.size === 0) return;
	const operations = [...changes].map(([_id, fields]) => ({
		updateOne: { filter: { _id }, update: { $set: { ...fields, updatedAt: tx.now }, $inc: { version: 1 } } },
	}));
	await model.collection.bulkWrite(operations as never, { session: tx.session, ordered: true });
}

/** Removes the files of the person's own messages, and gives those of others the names that they are shown by now. */
async function redactFiles(
	tickets: Tickets,
	tx: Transaction,
	tenantId: string,
	own: readonly TicketMessage[],
	texts: ReadonlyMap<string, Partial<TicketMessage>>,
): Promise<void> {
	const gone = own.flatMap(({ attachments = [] }) => attachments.map(({ id }) => id));
	await doomFiles(tickets, tx, tenantId, gone);
	const renamed = [...texts.values()].flatMap(({ attachments = [] }) => attachments);
	const names = new Map(renamed.map(({ id, fileName }) => [id, { fileName }]));
	await writeAll(tickets.store.model(attachmentModel), tx, names);
}

/** Takes the person out of the messages and the history of some tickets. Gives the person's own messages, by ticket. */
export async function redactThreads(
	tickets: Tickets,
	tx: Transaction,
	{ tenantId, redaction }: ErasureJob,
	batch: readonly Ticket[],
): Promise<Map<string, TicketMessage[]>> {
	const { store } = tickets;
	const filter = { tenantId, ticketId: { $in: batch.map(({ _id }) => _id) } };
	const theirs = new Set(batch.filter(({ customerId }) => redaction.ids.has(customerId)).map(({ _id }) => _id));
	const messages = await store.model(ticketMessageModel).find(filter).session(tx.session).lean<TicketMessage[]>();
	const digest = mailDigest(tenantId);
	const texts = new Map<string, Partial<TicketMessage>>();
	for (const message of messages) {
		const redacted = redactedMessage(redaction, message, tx.now, digest);
		if (redacted) texts.set(message._id, redacted);
	}
	await writeAll(store.model(ticketMessageModel), tx, texts);
	const own = messages.filter((message) => isToRedact(redaction, message));
	await redactFiles(tickets, tx, tenantId, own, texts);
	const audit = await store.model(ticketAuditModel).find(filter).session(tx.session).lean<TicketAudit[]>();
	const rows = new Map<string, Partial<TicketAudit>>();
	for (const row of audit) {
		const redacted = redactedAudit(redaction, row, theirs.has(row.ticketId));
		if (redacted) rows.set(row._id, redacted);
	}
	await writeAll(store.model(ticketAuditModel), tx, rows);
	return Map.groupBy(own, ({ ticketId }) => ticketId);
}

/** Writes a ticket of which texts were taken out, with its audit row and its event. */
export async function saveRedacted(
	tickets: Tickets,
	tx: Transaction,
	{ sagaId }: Pick<ErasureJob, "sagaId">,
	revision: { before: Ticket; next: Ticket; own: readonly TicketMessage[] },
): Promise<void> {
	const { before, own } = revision;
	const messageIds = own.map(({ _id }) => _id);
	const next = { ...revision.next };
	for (const message of own) Object.assign(next, withoutFiles(next, message));
	const saved = await saveRevision(tickets, tx, {
		before,
		next,
		action: "ticket.redacted",
		changes: [{ field: "erased", from: null, to: messageIds.length }],
		cause: { type: "saga", id: sagaId },
	});
	await tx.emit(ticketRedacted, saved, { ticket: snapshotOf(saved), messageIds, at: tx.now.toISOString() });
}

/** Takes what the customer said of some tickets out of the surveys; nobody answers them any more. */
async function redactSurveys(
	{ store }: Tickets,
	tx: Transaction,
	{ tenantId }: ErasureJob,
	tickets: readonly Ticket[],
): Promise<void> {
	const filter = { tenantId, ticketId: { $in: tickets.map(({ _id }) => _id) } };
	const surveys = await store.model(csatResponseModel).find(filter).session(tx.session).lean<CsatResponse[]>();
	const ended = surveys.map(({ _id, endedAt }) => [_id, { comment: null, endedAt: endedAt ?? tx.now }] as const);
	await writeAll(store.model(csatResponseModel), tx, new Map(ended));
}

async function removeTickets(
	tickets: Tickets,
	tx: Transaction,
	job: ErasureJob,
	batch: readonly Ticket[],
): Promise<void> {
	const { tenantId, redaction } = job;
	const filter = { tenantId, ticketId: { $in: batch.map(({ _id }) => _id) } };
	const { session } = tx;
	const ids = batch.map(({ _id }) => _id);
	await doomFilesOf(tickets, tx, tenantId, await messagesWithFiles(tickets, tx, tenantId, ids));
	await tickets.store.model(ticketMessageModel).deleteMany(filter as never, { session });
	await tickets.store.model(ticketAuditModel).deleteMany(filter as never, { session });
	await tickets.store.model(csatResponseModel).deleteMany(filter as never, { session });
	for (const ticket of batch) {
		await tickets.tickets.remove(tx, ticket);
		const gone = { ...redactedTicket(redaction, ticket, tx.now), version: ticket.version + 1 };
		await tx.emit(ticketDeleted, gone, { ticket: snapshotOf(gone) });
	}
}

/** Erases some of the person's tickets in the caller's transaction; those that are erased already are left alone. */
export async function eraseBatch(
	tickets: Tickets,
	tx: Transaction,
	job: ErasureJob,
	ids: readonly string[],
): Promise<void> {
	const { tenantId, redaction, policy } = job;
	const found = await tickets.tickets.find({ tenantId }, { _id: { $in: [...ids] } }, { tx, limit: ids.length });
	const batch = found.filter((ticket) => redaction.ids.has(ticket.customerId) && !ticket.erasedAt);
	if (batch.length === 0) return;
	if (policy === "delete") return removeTickets(tickets, tx, job, batch);
	const own = await redactThreads(tickets, tx, job, batch);
	await redactSurveys(tickets, tx, job, batch);
	for (const before of batch) {
		const next = redactedTicket(redaction, before, tx.now);
		await saveRedacted(tickets, tx, job, { before, next, own: own.get(before._id) ?? [] });
	}
}
