import type { ActionSchema } from "moleculer";
import type { Static } from "typebox";
import {
	searchableFields,
	type TicketDocument,
	ticketDocuments,
	ticketIds,
	ticketSearchScope,
	ticketsByIds,
} from "../../contracts/search-documents.ts";
import { customerWords, EVERYBODY, ofCustomer, staffWords } from "../../contracts/ticket-audience.ts";
import type { ListSpec } from "../../lib/list-query.ts";
import { maskNameMadeOf } from "../../lib/masking.ts";
import { textOfHtml } from "../../lib/rich-text.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { type Ticket, ticketModel } from "../../models/ticket.ts";
import type { CustomerCopy } from "../../models/ticket-copies.ts";
import type { TicketMessage } from "../../models/ticket-message.ts";
import { readerOf } from "./access.ts";
import { askNeighbour, unavailable } from "./neighbours.ts";
import { companiesSharedWith, scopeOf } from "./reach.ts";
import { referencesOf } from "./references.ts";
import type { Tickets } from "./tickets-store.ts";
import { ticketView } from "./views.ts";

/** The newest messages of a ticket that can be searched. */
const MAX_MESSAGES = 1000;

/** How many messages are read at once. */
const MESSAGES_AT_ONCE = 1000;

const IN_ORDER: ListSpec = { filters: {}, sorts: ["createdAt"], defaultSort: "createdAt" };
const PAGE = 100;

/** Tickets in portions whose messages can be read at once. */
function portions(tickets: readonly Ticket[]): Ticket[][] {
	const made: Ticket[][] = [];
	let room = 0;
	for (const ticket of tickets) {
		if (ticket.messageCount > room || made.length === 0) {
			made.push([]);
			room = MESSAGES_AT_ONCE;
		}
		made.at(-1)?.push(ticket);
		room -= ticket.messageCount;
	}
	return made;
}

/** The newest messages of tickets of a tenant, by ticket, oldest first. */
async function messagesOf(tickets: Tickets, tenantId: string, rows: readonly Ticket[]) {
	const messages: TicketMessage[] = [];
	for (const portion of portions(rows)) {
		const [only] = portion;
		if (portion.length === 1 && only) {
			const options = { sort: { seq: -1, _id: -1 }, limit: MAX_MESSAGES } as const;
			messages.push(...(await tickets.messages.find({ tenantId }, { ticketId: only._id }, options)));
		} else {
			const among = { ticketId: { $in: portion.map(({ _id }) => _id) } };
			messages.push(...(await tickets.messages.find({ tenantId }, among, { limit: 2 * MESSAGES_AT_ONCE })));
		}
	}
	return Map.groupBy(
		messages.sort((a, b) => a.seq - b.seq),
		({ ticketId }) => ticketId,
	);
}

const textsOf = (messages: readonly TicketMessage[], kind: TicketMessage["kind"]) =>
	messages.filter((message) => message.kind === kind).map(({ bodyHtml }) => textOfHtml(bodyHtml));

function customTexts(values: Record<string, unknown>, keys: readonly string[]): string[] {
	return keys
		.map((key) => (Object.hasOwn(values, key) ? values[key] : undefined))
		.filter((value) => value !== undefined && value !== null)
		.flatMap((value) => (Array.isArray(value) ? value.map(String) : [String(value)]));
}

function requesterOf(copy: CustomerCopy | undefined): Static<typeof TicketDocument>["requester"] {
	const { name = null, email = null } = copy ?? {};
	return { name, email, nameIsMasked: name !== null && email !== null && maskNameMadeOf(email, name) !== name };
}

/** What the tickets service asks of others to make documents, as they said last where they do not answer. */
class SearchableKeys {
	private readonly known = new Map<string, string[]>();

	/** @throws 503 where the customers service does not answer and never did */
	async of(ctx: CallContext, tenantId: string): Promise<string[]> {
		const answer = await askNeighbour(ctx, searchableFields, { tenantId, target: "ticket" });
		if (answer) this.known.set(tenantId, answer);
		const keys = answer ?? this.known.get(tenantId);
		if (!keys) throw unavailable("customers");
		return keys;
	}
}

async function documentsOf(
	tickets: Tickets,
	tenantId: string,
	rows: readonly Ticket[],
	keys: readonly string[],
): Promise<Static<typeof TicketDocument>[]> {
	const live = rows.filter(({ deletedAt }) => deletedAt === null);
	const messages = await messagesOf(tickets, tenantId, live);
	const requesters = await tickets.copies.customers.byIds(
		tenantId,
		live.map(({ customerId }) => customerId),
	);
	return rows.map((ticket) => {
		const { _id: id, version, audience, customerAudience, number, subject, status, priority, type, channel } = ticket;
		const { groupId, assigneeId, customerId, companyId, tags } = ticket;
		const thread = messages.get(id) ?? [];
		return {
			...{ id, tenantId, version, audience, customerAudience, number, subject, status, priority, type, channel },
			...{ groupId, assigneeId, customerId, companyId, tags },
			updatedAt: ticket.updatedAt.toISOString(),
			createdAt: ticket.createdAt.toISOString(),
			gone: ticket.deletedAt !== null,
			requester: requesterOf(requesters.get(customerId)),
			custom: customTexts(ticket.customFields, keys),
			publicMessages: textsOf(thread, "public_reply"),
			internalNotes: textsOf(thread, "internal_note"),
		};
	});
}

/** The next tickets of all tenants in the order of their ids, with what can be found in them. */
async function pageAfter(
	ctx: CallContext,
	tickets: Tickets,
	searchable: SearchableKeys,
	after: string | null,
	limit: number,
) {
	const rows = await tickets.store
		.model(ticketModel)
		.find(after === null ? {} : { _id: { $gt: after } })
		.sort({ _id: 1 })
		.limit(limit)
		.lean<Ticket[]>();
	const documents: Static<typeof TicketDocument>[] = [];
	for (const [tenantId, ofTenant] of Map.groupBy(rows, (row) => row.tenantId))
		documents.push(...(await documentsOf(tickets, tenantId, ofTenant, await searchable.of(ctx, tenantId))));
	return { documents, next: rows.length < limit ? null : (rows.at(-1)?._id ?? null) };
}

/** The words by which the caller of a request finds tickets. */
async function scopeWords(ctx: CallContext, tickets: Tickets) {
	const caller = callerOf(ctx);
	if (caller.kind !== "customer") return { kind: "audience" as const, words: staffWords(caller) };
	const words = customerWords(caller, await companiesSharedWith(tickets, caller));
	return { kind: "customerAudience" as const, words };
}

/** What the search service asks: documents for its index, and tickets for those who searched. */
export function searchActions(tickets: Tickets): Record<string, ActionSchema> {
	const searchable = new SearchableKeys();
	return {
		searchDocuments: action(ticketDocuments.byIds, async (ctx) => {
			const { tenantId, ids } = ctx.params;
			const rows = await tickets.tickets.find({ tenantId }, { _id: { $in: [...new Set(ids)] } });
			return rows.length === 0 ? [] : documentsOf(tickets, tenantId, rows, await searchable.of(ctx, tenantId));
		}),
		searchPage: action(ticketDocuments.page, (ctx) =>
			pageAfter(ctx, tickets, searchable, ctx.params.after, ctx.params.limit),
		),
		searchIds: action(ticketIds, async ({ params: { tenantId, customerId, cursor } }) => {
			const filter = customerId === undefined ? { audience: EVERYBODY } : { customerAudience: ofCustomer(customerId) };
			const params = { limit: PAGE, ...(cursor ? { cursor } : {}) };
			const { data, page } = await tickets.tickets.list({ tenantId, filter }, IN_ORDER, params);
			return { ids: data.map(({ _id }) => _id), next: page.nextCursor };
		}),
		searchSettled: action(ticketDocuments.settled, async () => {
			await tickets.store.settle();
			return null;
		}),
		searchScope: action(ticketSearchScope, (ctx) => scopeWords(ctx, tickets)),
		byIds: action(ticketsByIds, async (ctx) => {
			const caller = callerOf(ctx);
			const rows = await tickets.tickets.find(await scopeOf(ctx, tickets), {
				_id: { $in: [...new Set(ctx.params.ids)] },
			});
			const references = await referencesOf(ctx, tickets, caller.tenant.id, rows);
			return rows.map((ticket) => ticketView(ticket, references, readerOf(caller)));
		}),
	};
}
