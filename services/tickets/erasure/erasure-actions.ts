import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../../contracts/contract.ts";
import {
	eraseElsewhere,
	eraseTickets,
	LEGAL_HOLD,
	prepareTickets,
	releaseTickets,
	tombstoneName,
} from "../../../contracts/customer-erasure.ts";
import { Problem } from "../../../lib/problem.ts";
import { action, type CallContext } from "../../../mixins/action.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import { ticketMoveModel } from "../../../models/customer-move.ts";
import { type Ticket, ticketModel } from "../../../models/ticket.ts";
import { type CustomerCopy, customerCopyModel } from "../../../models/ticket-copies.ts";
import { type TicketMessage, ticketMessageModel } from "../../../models/ticket-message.ts";
import { doomUploadsOf } from "../attachments/files.ts";
import type { Tickets } from "../tickets-store.ts";
import { type ErasureJob, eraseBatch, portions, redactThreads, saveRedacted } from "./erase-batch.ts";
import { redactionOf } from "./redaction.ts";

/** Tickets that one call takes on. */
const CHUNK = 500;
/** Messages, and copies, on tickets of others that one call takes on. */
const ELSEWHERE = 25;

type Person = { id: string; version: number };

const idsOf = (people: readonly Person[]) => people.map(({ id }) => id);

/** Locks the person out: the copy is what new tickets and messages ask. */
async function lockOut({ store }: Tickets, tx: Transaction, { id, version }: Person, sagaId: string): Promise<void> {
	const { tenantId } = tx.command;
	const rows = store.model(customerCopyModel);
	const { session } = tx;
	const { matchedCount } = await rows.updateOne({ _id: id, tenantId }, { $set: { erasedBy: sagaId } }, { session });
	if (matchedCount > 0) return;
	const unknown: CustomerCopy = {
		...{ _id: id, tenantId, sequence: 0, name: "", email: null, status: "active", companies: [], deleted: false },
		erasedBy: sagaId,
	};
	// Known by nothing but the lock: as old as can be, so that any event is newer, but those from before the lock.
	await rows.create([{ ...unknown, sequence: version - 1 } as never], { session });
}

/** The copy says no more who it was, whatever older events may still tell. */
async function makeTombstone({ store }: Tickets, tx: Transaction, { id, version }: Person): Promise<void> {
	const { tenantId } = tx.command;
	const nobody = { name: tombstoneName(id), email: null, status: "erasing", companies: [] };
	await store
		.model(customerCopyModel)
		.updateOne({ _id: id, tenantId, sequence: { $lte: version } }, { $set: { ...nobody, sequence: version } }, {
			session: tx.session,
		} as never);
}

async function refuseHeld(tickets: Tickets, tenantId: string, ids: readonly string[]): Promise<void> {
	const [held] = await tickets.tickets.find(
		{ tenantId },
		{ tags: LEGAL_HOLD, customerId: { $in: [...ids] } },
		{ limit: 1 },
	);
	if (!held) return;
	throw new Problem(409, "legal_hold", `Ticket ${held.number} has the tag ${LEGAL_HOLD} and must be kept as it is.`, {
		extra: { ticketId: held._id },
	});
}

async function prepare(ctx: CallContext<ParamsOf<typeof prepareTickets>>, tickets: Tickets) {
	const { tenantId, sagaId, people } = ctx.params;
	const { store } = tickets;
	await store.commit({ ...commandOf(ctx, tenantId), id: null }, async (tx) => {
		for (const person of people) await lockOut(tickets, tx, person, sagaId);
	});
	const ids = idsOf(people);
	await refuseHeld(tickets, tenantId, ids);
	const theirs = { tenantId, customerId: { $in: ids } };
	const wrote = { tenantId, authorId: { $in: ids }, authorType: "customer" as const };
	return {
		tickets: await store.model(ticketModel).countDocuments(theirs as never),
		messages: await store.model(ticketMessageModel).countDocuments(wrote as never),
	};
}

async function release(ctx: CallContext<ParamsOf<typeof releaseTickets>>, { store }: Tickets): Promise<null> {
	const { tenantId, sagaId, people } = ctx.params;
	return store.commit(commandOf(ctx, tenantId), async ({ session }) => {
		const rows = store.model(customerCopyModel);
		for (const { id } of people)
			await rows.updateOne({ _id: id, tenantId, erasedBy: sagaId }, { $unset: { erasedBy: 1 } }, { session });
		return null;
	});
}

/** A place in the person's tickets: which of the customers, and the last ticket. */
function placeOf(after: string | null): { customer: number; ticketId: string } {
	const [customer = "0", ticketId = ""] = (after ?? "").split(" ");
	return { customer: Number(customer), ticketId };
}

async function eraseSome(ctx: CallContext<ParamsOf<typeof eraseTickets>>, tickets: Tickets) {
	const { tenantId, sagaId, people, identifiers, policy, personalFields, after } = ctx.params;
	const { customer, ticketId } = placeOf(after);
	const customerId = people[customer]?.id;
	if (customerId === undefined) return { tickets: 0, changed: 0, next: null };
	const job: ErasureJob = {
		...{ tenantId, sagaId, policy },
		redaction: redactionOf(idsOf(people), identifiers, personalFields),
	};
	const command = commandOf(ctx, tenantId);
	await tickets.store.commit({ ...command, id: null }, (tx) => makeTombstone(tickets, tx, people[customer] as Person));
	const page = await tickets.store
		.model(ticketModel)
		.find({ tenantId, customerId, _id: { $gt: ticketId } } as never)
		.sort({ _id: 1 })
		.limit(CHUNK)
		.select("_id messageCount erasedAt")
		.lean<Ticket[]>();
	const left = page.filter(({ erasedAt }) => !erasedAt);
	for (const ids of portions(left))
		await tickets.store.commit({ ...command, id: null }, (tx) => eraseBatch(tickets, tx, job, ids));
	const last = page.at(-1);
	const isLast = page.length < CHUNK && customer + 1 >= people.length;
	const place = page.length < CHUNK ? `${customer + 1} ` : `${customer} ${last?._id}`;
	return { tickets: page.length, changed: left.length, next: isLast ? null : place };
}

/** Tickets of others with messages of the person that still say something, or with the person among the copies. */
async function touchedElsewhere(
	tickets: Tickets,
	tx: Transaction,
	{ tenantId, redaction }: ErasureJob,
	addresses: readonly string[],
): Promise<Ticket[]> {
	const { store } = tickets;
	const wrote = await store
		.model(ticketMessageModel)
		.find({ tenantId, authorId: { $in: [...redaction.ids] }, authorType: "customer", redactedAt: null } as never)
		.limit(ELSEWHERE)
		.select("ticketId")
		.session(tx.session)
		.lean<TicketMessage[]>();
	const ids = [...new Set(wrote.map(({ ticketId }) => ticketId))];
	const byMessage = ids.length > 0 ? await tickets.tickets.find({ tenantId }, { _id: { $in: ids } }, { tx }) : [];
	const copied =
		addresses.length > 0
			? await tickets.tickets.find({ tenantId }, { ccEmails: { $in: [...addresses] } }, { tx, limit: ELSEWHERE })
			: [];
	return [...new Map([...byMessage, ...copied].map((ticket) => [ticket._id, ticket])).values()];
}

async function eraseOthers(ctx: CallContext<ParamsOf<typeof eraseElsewhere>>, tickets: Tickets) {
	const { tenantId, sagaId, people, identifiers } = ctx.params;
	const redaction = redactionOf(idsOf(people), identifiers);
	const job: ErasureJob = { tenantId, sagaId, redaction, policy: "anonymize" };
	const addresses = identifiers.addresses.filter((word) => word.includes("@"));
	return tickets.store.commit(commandOf(ctx, tenantId), async (tx) => {
		const found = await touchedElsewhere(tickets, tx, job, addresses);
		const own = await redactThreads(tickets, tx, job, found);
		await doomUploadsOf(tickets, tx, tenantId, idsOf(people));
		let copies = 0;
		const { session } = tx;
		await tickets.store.model(ticketMoveModel).deleteMany({ tenantId, toId: { $in: idsOf(people) } }, { session });
		for (const before of found) {
			const ccEmails = before.ccEmails.filter((email) => !addresses.includes(email));
			copies += before.ccEmails.length - ccEmails.length;
			await saveRedacted(tickets, tx, job, { before, next: { ...before, ccEmails }, own: own.get(before._id) ?? [] });
		}
		const wrote = { tenantId, authorId: { $in: idsOf(people) }, authorType: "customer" as const };
		const total = found.length > 0 ? 0 : await tickets.store.model(ticketMessageModel).countDocuments(wrote as never);
		return { copies, total, more: found.length > 0 };
	});
}

/** How the tickets service takes part in erasing a person. */
export function erasureActions(tickets: Tickets): Record<string, ActionSchema> {
	// A chunk of tickets may take longer than a call usually may.
	const patient: object = { timeout: 60_000 };
	return {
		prepareErasure: action(prepareTickets, (ctx) => prepare(ctx, tickets)),
		releaseErasure: action(releaseTickets, (ctx) => release(ctx, tickets)),
		eraseTickets: { ...action(eraseTickets, (ctx) => eraseSome(ctx, tickets)), ...patient },
		eraseElsewhere: { ...action(eraseElsewhere, (ctx) => eraseOthers(ctx, tickets)), ...patient },
	};
}
