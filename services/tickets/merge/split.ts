import type { ActionSchema } from "moleculer";
import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import { splitTicket } from "../../../contracts/ticket-merge.ts";
import { ticketSplit } from "../../../contracts/tickets-events.ts";
import { invalidField } from "../../../lib/problem.ts";
import { normalizeTags } from "../../../lib/tags.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { TicketMessage } from "../../../models/ticket-message.ts";
import { reaches, readerOf } from "../access.ts";
import { refuseErased } from "../erasure/refuse-erased.ts";
import { cleanSubject } from "../input.ts";
import { ticketClosed } from "../lifecycle.ts";
import { threadScope } from "../messages.ts";
import { keepLearned, type Learned, nothingLearned } from "../neighbours.ts";
import { carriedTags, type Inherited, type Opening, writeOpening } from "../opening.ts";
import { learnPlace, settlePlace } from "../placement.ts";
import { scopeOf, ticketFor } from "../reach.ts";
import { referencesOf } from "../references.ts";
import { saveRevision } from "../save.ts";
import { snapshotOf } from "../snapshot.ts";
import { sequenceOf, type Tickets } from "../tickets-store.ts";
import { messageView, ticketView } from "../views.ts";
import { copiesOf, placesOf, writeCopies } from "./copied-messages.ts";
import { countersOf, numbered, type Placed } from "./threads.ts";

type Params = ParamsOf<typeof splitTicket>;
type Said = Pick<TicketMessage, "kind" | "authorType" | "createdAt">;

/** What a new ticket knows of the messages that it begins with: when who wrote last, and since when nobody answers. */
export function inheritedFrom(messages: readonly Said[]): Inherited {
	let waitingSince: Date | null = null;
	let lastCustomerMessageAt: Date | null = null;
	let lastAgentMessageAt: Date | null = null;
	const replies = messages.filter(({ kind }) => kind === "public_reply");
	for (const { authorType, createdAt } of replies)
		if (authorType === "customer") {
			waitingSince ??= createdAt;
			lastCustomerMessageAt = createdAt;
		} else if (authorType === "agent") {
			waitingSince = null;
			lastAgentMessageAt = createdAt;
		}
	const first = replies[0]?.authorType;
	const isAuthor = first === "customer" || first === "agent";
	return { fields: { waitingSince, lastCustomerMessageAt, lastAgentMessageAt }, first: isAuthor ? first : null };
}

/** The messages of a request, in the order of the thread. @throws 422 for one that the caller does not see there */
async function chosen(
	ctx: CallContext<Params>,
	tickets: Tickets,
	tx: Transaction,
	source: Ticket,
): Promise<TicketMessage[]> {
	const { messageIds } = ctx.params;
	const scope = threadScope(source.tenantId, source._id, readerOf(callerOf(ctx)));
	const found = await tickets.messages.find(scope, { _id: { $in: messageIds } }, { limit: messageIds.length, tx });
	const known = new Set(found.map(({ _id }) => _id));
	const unknown = messageIds.findIndex((id) => !known.has(id));
	if (unknown >= 0) throw invalidField(`/messageIds/${unknown}`, "This ticket has no message with this id.", "unknown");
	return found.sort((a, b) => a.seq - b.seq);
}

async function openingOf(
	ctx: CallContext<Params>,
	tickets: Tickets,
	tx: Transaction,
	source: Ticket,
	number: number,
): Promise<Opening> {
	const { params } = ctx;
	const caller = callerOf(ctx);
	const { tenantId, customerId, companyId, ccEmails, locale, channel } = source;
	const requester = await tickets.copies.customers.byId(tenantId, customerId, tx);
	refuseErased(requester);
	const start = { tenantId, groupId: source.groupId, assigneeId: null };
	const place = await settlePlace(tickets, tx, caller, start, params);
	const opening: Opening = {
		...{ ...start, ...place, number, customerId, companyId, ccEmails, locale, channel },
		subject: params.subject === undefined ? source.subject : cleanSubject(params.subject),
		priority: params.priority ?? source.priority,
		type: params.type ?? source.type,
		tags: params.tags ? normalizeTags(params.tags) : carriedTags(source),
		customFields: {},
		dueAt: null,
		followUpOfId: null,
		followerIds: [],
		blocked: requester?.status === "blocked",
	};
	if (caller.kind === "user" && !reaches(caller, { ...opening, deletedAt: null })) opening.followerIds = [caller.id];
	return opening;
}

/** Says in the source's history what became of its messages. */
async function noteInSource(
	tickets: Tickets,
	tx: Transaction,
	before: Ticket,
	made: Ticket,
	messages: readonly TicketMessage[],
): Promise<void> {
	const changes = [
		{ field: "splitInto", from: null, to: made._id },
		{ field: "messages", from: null, to: messages.map(({ _id }) => _id) },
	];
	const saved = await saveRevision(tickets, tx, { before, next: { ...before }, action: "ticket.split", changes });
	const at = tx.now.toISOString();
	await tx.emit(ticketSplit, saved, { ticket: snapshotOf(saved), at, fromId: saved._id, newId: made._id });
}

async function split(
	ctx: CallContext<Params>,
	tickets: Tickets,
	tx: Transaction,
	{ learned, number }: { learned: Learned; number: number },
): Promise<ResultOf<typeof splitTicket>> {
	const { id, ifVersion } = ctx.params;
	const caller = callerOf(ctx);
	const reader = readerOf(caller);
	const source = await ticketFor(tickets, await scopeOf(ctx, tickets), reader, id, { ifVersion, tx });
	if (source.status === "closed") throw ticketClosed(source);
	await keepLearned(tickets, tx, learned);
	const messages = await chosen(ctx, tickets, tx, source);
	const chosenIds = new Set(messages.map(({ _id }) => _id));
	const old = (await placesOf(tickets, source, tx)).filter(({ _id }) => chosenIds.has(_id));
	const ids = copiesOf(old);
	const thread = numbered(old.map((one) => ({ ...one, _id: ids.get(one._id) as string })));
	const places = new Map(old.map(({ _id }, index) => [_id, thread[index] as Placed]));
	const inherited = inheritedFrom(messages);
	Object.assign(inherited.fields, countersOf(thread), { splitFromId: source._id });
	const opening = await openingOf(ctx, tickets, tx, source, number);
	const { ticket } = await writeOpening(tickets, tx, opening, null, null, inherited);
	await writeCopies(tickets, tx, ticket, places);
	await noteInSource(tickets, tx, source, ticket, messages);
	const written = await tickets.messages.find(threadScope(ticket.tenantId, ticket._id, reader), {}, { tx });
	const shown = written.sort((a, b) => a.seq - b.seq).slice(-50);
	const references = await referencesOf(ctx, tickets, ticket.tenantId, [ticket], shown, tx);
	return {
		...ticketView(ticket, references, reader),
		messages: shown.map((message) => messageView(message, references, reader)),
		messagesCursor: null,
	};
}

/** Making two tickets of one. */
export function splitActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		split: action(splitTicket, async (ctx) => {
			const caller = callerOf(ctx);
			const { id, ifVersion } = ctx.params;
			// Before a number is taken for it.
			const reader = readerOf(caller);
			const seen = await ticketFor(tickets, await scopeOf(ctx, tickets), reader, id, { ifVersion });
			if (seen.status === "closed") throw ticketClosed(seen);
			const learned = nothingLearned();
			await learnPlace(ctx, tickets, caller.tenant.id, ctx.params, learned);
			const number = await tickets.store.nextNumber(sequenceOf(caller.tenant.id));
			const work = (tx: Transaction) => split(ctx, tickets, tx, { learned, number });
			return tickets.turns.run(id, () => tickets.store.commit(commandOf(ctx), work));
		}),
	};
}
