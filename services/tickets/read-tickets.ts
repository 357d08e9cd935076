import type { ActionSchema } from "moleculer";
import { mustBeAllowed, type TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { listAudit, listMessages } from "../../contracts/ticket-threads.ts";
import { getTicket, listCustomerTickets, listTickets, listUrgentTickets } from "../../contracts/tickets.ts";
import { openTicketCount } from "../../contracts/tickets-internal.ts";
import type { Condition, ListParams, ListSpec, Page } from "../../lib/list-query.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import type { Filter } from "../../mixins/keyset.ts";
import { DONE_RANK, type Ticket, URGENT_RANK } from "../../models/ticket.ts";
import { mustKnowCustomer, narrowedScope, openTicketsOf, type Reader, readerOf } from "./access.ts";
import { customFieldFilters, fieldRulesOf } from "./custom-fields.ts";
import { includedOf } from "./included.ts";
import { CUSTOMER_SPEC, STAFF_SPEC, storedParams, URGENT_SPEC } from "./list-spec.ts";
import { threadScope, threadSpec } from "./messages.ts";
import { customerById, nothingLearned } from "./neighbours.ts";
import { scopeOf, ticketFor } from "./reach.ts";
import { referencesOf } from "./references.ts";
import type { Tickets } from "./tickets-store.ts";
import { auditView, messageView, ticketView } from "./views.ts";

/** How many of the newest messages come with a ticket. */
const NEWEST_MESSAGES = 50;

/** Enough to say "this many or more" of a customer's open tickets. */
const OPEN_COUNT_LIMIT = 100_000;

type TicketPage = ResultOf<typeof listTickets>;

async function viewsOf(
	ctx: CallContext,
	tickets: Tickets,
	caller: TenantCaller,
	page: Page<Ticket>,
	include: readonly string[] = [],
): Promise<TicketPage> {
	const reader = readerOf(caller);
	const references = await referencesOf(ctx, tickets, caller.tenant.id, page.data);
	return {
		...page,
		data: page.data.map((ticket) => ticketView(ticket, references, reader)),
		...(include.length > 0 ? { included: await includedOf(ctx, tickets, reader, page.data, references, include) } : {}),
	} as TicketPage;
}

/** The conditions on custom fields, whose types the tenant chose, apart from those that the list itself understands. */
async function apart(ctx: CallContext, spec: ListSpec, params: ListParams): Promise<ListParams & { own: Filter[] }> {
	const { customFields, ...filter } = params.filter ?? {};
	if (!customFields || !spec.filters.customFields) return { ...params, own: [] };
	const rules = await fieldRulesOf(ctx, callerOf(ctx).tenant.id);
	return { ...params, filter, own: customFieldFilters(rules, customFields as Record<string, Condition>) };
}

/** A page of the tickets the caller may see, in any order and narrowed by any filter that is offered to it. */
export async function listPage(ctx: CallContext, tickets: Tickets, params: ListParams): Promise<TicketPage> {
	const caller = callerOf(ctx);
	const scope = narrowedScope(await scopeOf(ctx, tickets), params);
	const spec = caller.kind === "customer" ? CUSTOMER_SPEC : STAFF_SPEC;
	const { own, ...rest } = await apart(ctx, spec, storedParams(params));
	const page = await tickets.tickets.list(scope, spec, rest, own);
	return viewsOf(ctx, tickets, caller, page, params.include);
}

async function listOfCustomer(
	ctx: CallContext<ParamsOf<typeof listCustomerTickets>>,
	tickets: Tickets,
): Promise<TicketPage> {
	const { id, ...params } = ctx.params;
	const caller = callerOf(ctx);
	const copy = await customerById(ctx, tickets, caller.tenant.id, id, nothingLearned());
	mustKnowCustomer(caller, id, copy !== null);
	return listPage(ctx, tickets, { ...params, filter: { ...params.filter, customerId: { eq: id } } });
}

/** Urgent tickets that are not done, the next to be due first. */
async function listUrgent(ctx: CallContext<ListParams>, tickets: Tickets): Promise<TicketPage> {
	const caller = callerOf(ctx);
	const urgent = [{ priorityRank: URGENT_RANK, statusRank: { $lt: DONE_RANK } }];
	const page = await tickets.tickets.list(await scopeOf(ctx, tickets), URGENT_SPEC, ctx.params, urgent);
	return viewsOf(ctx, tickets, caller, page, ctx.params.include);
}

async function get(
	ctx: CallContext<ParamsOf<typeof getTicket>>,
	tickets: Tickets,
): Promise<ResultOf<typeof getTicket>> {
	const caller = callerOf(ctx);
	const reader = readerOf(caller);
	const ticket = await ticketFor(tickets, await scopeOf(ctx, tickets), reader, ctx.params.id);
	const thread = await newestMessages(tickets, ticket, reader);
	const references = await referencesOf(ctx, tickets, caller.tenant.id, [ticket], thread.data);
	return {
		...ticketView(ticket, references, reader),
		messages: thread.data.map((message) => messageView(message, references, reader)),
		messagesCursor: thread.page.prevCursor,
	};
}

function newestMessages(tickets: Tickets, ticket: Ticket, reader: Reader) {
	const spec = threadSpec(listMessages.list, reader);
	return tickets.messages.lastPage(threadScope(ticket.tenantId, ticket._id, reader), spec, NEWEST_MESSAGES);
}

async function thread(
	ctx: CallContext<ParamsOf<typeof listMessages>>,
	tickets: Tickets,
): Promise<ResultOf<typeof listMessages>> {
	const { id, ...params } = ctx.params;
	const caller = callerOf(ctx);
	const reader = readerOf(caller);
	const ticket = await ticketFor(tickets, await scopeOf(ctx, tickets), reader, id);
	const scope = threadScope(ticket.tenantId, id, reader);
	const page = await tickets.messages.list(scope, threadSpec(listMessages.list, reader), params as ListParams);
	const references = await referencesOf(ctx, tickets, ticket.tenantId, [], page.data);
	return { ...page, data: page.data.map((message) => messageView(message, references, reader)) };
}

async function history(
	ctx: CallContext<ParamsOf<typeof listAudit>>,
	tickets: Tickets,
): Promise<ResultOf<typeof listAudit>> {
	const { id, ...params } = ctx.params;
	const caller = callerOf(ctx);
	mustBeAllowed(caller, "tickets.audit");
	const reader = readerOf(caller);
	const { tenantId } = await ticketFor(tickets, await scopeOf(ctx, tickets), reader, id);
	const scope = { tenantId, filter: { ticketId: id } };
	const page = await tickets.audit.list(scope, listAudit.list, params as ListParams);
	const actors = page.data.map(({ actor }) => (actor.type === "customer" ? actor.id : null));
	const customers = await tickets.copies.customers.byIds(tenantId, actors);
	return { ...page, data: page.data.map((row) => auditView(row, reader, customers)) };
}

/** Everything that only reads. */
export function readActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		list: action(listTickets, (ctx) => listPage(ctx, tickets, ctx.params)),
		listOfCustomer: action(listCustomerTickets, (ctx) => listOfCustomer(ctx, tickets)),
		listUrgent: action(listUrgentTickets, (ctx) => listUrgent(ctx, tickets)),
		get: action(getTicket, (ctx) => get(ctx, tickets)),
		listMessages: action(listMessages, (ctx) => thread(ctx, tickets)),
		listAudit: action(listAudit, (ctx) => history(ctx, tickets)),
		openCountOfCustomer: action(openTicketCount, async ({ params: { tenantId, customerId } }) => ({
			open: await tickets.tickets.count(openTicketsOf(tenantId, customerId), {}, OPEN_COUNT_LIMIT),
		})),
	};
}
