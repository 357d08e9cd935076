import { isDeepStrictEqual } from "node:util";
import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../contracts/contract.ts";
import { moveTickets, moveTicketsBack, UNMERGE_MS } from "../../contracts/customer-merge.ts";
import { action } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import { type TicketMove, ticketMoveModel } from "../../models/customer-move.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { Change } from "../../models/ticket-audit.ts";
import { backCc, handedCc } from "./merged-cc.ts";
import { customerCopy } from "./neighbours.ts";
import { saveRevision } from "./save.ts";
import type { Tickets } from "./tickets-store.ts";

/** How many tickets are moved in one transaction. */
const CHUNK = 100;
/** A little longer than a merge can be undone, ms. */
const KEEP_MS = UNMERGE_MS + 3600 * 1000;

type Hand = ParamsOf<typeof moveTickets>;

/** What a move makes of a ticket. */
type Hands = Pick<Ticket, "customerId" | "ccEmails">;

/** Writes a ticket that changes hands, with its audit row and its event. */
async function handOver(
	tickets: Tickets,
	tx: Transaction,
	before: Ticket,
	hands: Hands,
	mergeId: string,
): Promise<void> {
	const changes: Change[] = (["customerId", "ccEmails"] as const)
		.filter((field) => !isDeepStrictEqual(before[field], hands[field]))
		.map((field) => ({ field, from: before[field], to: hands[field] }));
	if (changes.length === 0) return;
	await saveRevision(tickets, tx, {
		before,
		next: { ...before, ...hands },
		action: "ticket.updated",
		changes,
		events: [{ type: "updated", changed: changes }],
		cause: { type: "saga", id: mergeId },
	});
}

/** The next tickets that are still the customer's: those it asked for, then those on which it is copied. */
async function nextTickets({ tickets }: Tickets, tx: Transaction, hand: Hand): Promise<Ticket[]> {
	const { tenantId, fromId, fromEmails, toEmail } = hand;
	const options = { sort: { _id: 1 } as const, limit: CHUNK, tx };
	const own = await tickets.find({ tenantId }, { customerId: fromId }, options);
	if (own.length > 0 || toEmail === null || fromEmails.length === 0) return own;
	return tickets.find({ tenantId }, { ccEmails: { $in: fromEmails } }, options);
}

async function note(tickets: Tickets, tx: Transaction, hand: Hand, before: Ticket, hands: Hands): Promise<void> {
	const { tenantId, mergeId, fromId, toId } = hand;
	const cc = isDeepStrictEqual(before.ccEmails, hands.ccEmails)
		? null
		: { before: before.ccEmails, after: hands.ccEmails };
	const row: TicketMove = {
		_id: `${mergeId} ${before._id}`,
		...{ tenantId, mergeId, ticketId: before._id, fromId, toId, cc },
		requester: before.customerId === fromId,
		expiresAt: new Date(tx.now.getTime() + KEEP_MS),
	};
	// One that came back to the customer meanwhile, and is moved again, is noted as it is moved now.
	const { _id, ...fields } = row;
	await tickets.store
		.model(ticketMoveModel)
		.updateOne({ _id }, { $set: fields }, { upsert: true, session: tx.session });
}

/** The address of whom the tickets go to must not be one of those that are looked for. */
function checked(hand: Hand): Hand {
	const { toEmail, fromEmails } = hand;
	return { ...hand, fromEmails: fromEmails.filter((email) => email !== toEmail) };
}

async function keepCopies(tickets: Tickets, tx: Transaction, { tenantId, copies }: Pick<Hand, "tenantId" | "copies">) {
	if (!copies) return;
	await tickets.copies.customers.keep(tx, customerCopy(tenantId, copies.from));
	await tickets.copies.customers.keep(tx, customerCopy(tenantId, copies.to));
}

async function move(tickets: Tickets, tx: Transaction, asked: Hand): Promise<{ done: boolean }> {
	const hand = checked(asked);
	const { fromId, toId } = hand;
	await keepCopies(tickets, tx, hand);
	const next = await nextTickets(tickets, tx, hand);
	for (const before of next) {
		const customerId = before.customerId === fromId ? toId : before.customerId;
		const hands = { customerId, ccEmails: handedCc(before.ccEmails, hand, customerId === toId) };
		await note(tickets, tx, hand, before, hands);
		await handOver(tickets, tx, before, hands, hand.mergeId);
	}
	return { done: next.length === 0 };
}

async function moveBack(tickets: Tickets, tx: Transaction, hand: ParamsOf<typeof moveTicketsBack>) {
	const { tenantId, mergeId, fromId, toId } = hand;
	await keepCopies(tickets, tx, hand);
	const rows = tickets.store.model(ticketMoveModel);
	const moves = await rows
		.find({ tenantId, mergeId })
		.sort({ _id: 1 })
		.limit(CHUNK)
		.session(tx.session)
		.lean<TicketMove[]>();
	const ids = moves.map(({ ticketId }) => ticketId);
	const found = ids.length === 0 ? [] : await tickets.tickets.find({ tenantId }, { _id: { $in: ids } }, { tx });
	const byId = new Map(found.map((ticket) => [ticket._id, ticket]));
	for (const { ticketId, requester, cc } of moves) {
		const before = byId.get(ticketId);
		if (!before) continue;
		const isWhereItWasPut = requester && before.customerId === fromId;
		const ccEmails = cc ? backCc(before.ccEmails, cc) : before.ccEmails;
		await handOver(tickets, tx, before, { customerId: isWhereItWasPut ? toId : before.customerId, ccEmails }, mergeId);
	}
	await rows.deleteMany({ _id: { $in: moves.map(({ _id }) => _id) } }, { session: tx.session });
	return { done: moves.length < CHUNK };
}

/** Forgets what can no longer be undone. */
async function forgetOld({ store, runtime }: Tickets): Promise<void> {
	await store.model(ticketMoveModel).deleteMany({ expiresAt: { $lte: runtime.clock.now() } });
}

/** The tickets' part in merging two customers. */
export function customerMergeActions(tickets: Tickets): Record<string, ActionSchema> {
	const { store } = tickets;
	return {
		moveForMerge: action(moveTickets, async (ctx) => {
			await forgetOld(tickets);
			return store.commit(commandOf(ctx, ctx.params.tenantId), (tx) => move(tickets, tx, ctx.params));
		}),
		moveBackFromMerge: action(moveTicketsBack, (ctx) =>
			store.commit(commandOf(ctx, ctx.params.tenantId), (tx) => moveBack(tickets, tx, ctx.params)),
		),
	};
}
