import type { ActionSchema } from "moleculer";
import { may, type TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { createTicket } from "../../contracts/tickets.ts";
import { invalidField, Problem } from "../../lib/problem.ts";
import { normalizeTags } from "../../lib/tags.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { CustomerCopy } from "../../models/ticket-copies.ts";
import { demand, reaches, readerOf } from "./access.ts";
import { learnWhoIsThere } from "./assignment/presence.ts";
import { inGroupsTurn } from "./assignment/turn.ts";
import { filesOf } from "./attachments/files.ts";
import { authorOf, checkMailIds, instantOf } from "./authorship.ts";
import { refuseErased } from "./erasure/refuse-erased.ts";
import { customerByEmail, type InlineRequester, ticketNotOpened, ticketOpened } from "./inline-customer.ts";
import { checkBody, cleanAddresses, cleanCustomFields, cleanLocale, cleanSubject, mergeFields } from "./input.ts";
import { customerById, keepLearned, type Learned, learnCustomer, nothingLearned, survivorOf } from "./neighbours.ts";
import { carriedTags, type Opening, writeOpening } from "./opening.ts";
import { learnPlace, settlePlace } from "./placement.ts";
import { scopeOf } from "./reach.ts";
import { referencesOf } from "./references.ts";
import { sequenceOf, type Tickets } from "./tickets-store.ts";
import { messageView, ticketView } from "./views.ts";
import { draftMessage, type MailIds, type MessageDraft } from "./write-message.ts";

type Params = ParamsOf<typeof createTicket>;

const STAFF_ONLY = [
	...["customer", "asCustomer", "groupId", "assigneeId", "tags", "customFields", "dueAt", "createdAt", "authorId"],
] as (keyof Params)[];

/** Throws 403 where a customer sets what is not for customers. */
function checkCustomersFields(caller: TenantCaller, params: Params): void {
	if (caller.kind !== "customer") return;
	const forbiddenField = STAFF_ONLY.find((field) => params[field] !== undefined);
	demand(forbiddenField === undefined, `Customers cannot set ${forbiddenField}.`);
	demand(params.customerId === undefined || params.customerId === caller.id, "Customers open tickets of their own.");
}

type First = { body: string; bodyFormat?: MessageDraft["bodyFormat"]; files: MessageDraft["files"] } & MailIds;

/** The first message of a request, in its long form; null where there is none. */
function firstMessage(caller: TenantCaller, params: Params): First | null {
	const { description, message, attachments } = params;
	if (description !== undefined && message !== undefined)
		throw invalidField("/description", "Send either description or message.", "conflict");
	if (attachments && message?.attachments)
		throw invalidField("/attachments", "Send attachments either with the message or beside it.", "conflict");
	const files = message?.attachments
		? filesOf(message.attachments, caller, "/message/attachments")
		: filesOf(attachments, caller, "/attachments");
	const first = message ?? (description === undefined ? null : { body: description });
	if (files && !first) throw invalidField("/description", "Attachments come with a first message.", "required");
	if (first) checkBody(first.body, message ? "/message/body" : "/description");
	return first && { ...first, files };
}

/** The closed ticket that a new one continues. */
async function followedTicket(ctx: CallContext, tickets: Tickets, id: string | undefined): Promise<Ticket | null> {
	if (id === undefined) return null;
	const ticket = await tickets.tickets.require(await scopeOf(ctx, tickets), id);
	if (ticket.status !== "closed")
		throw new Problem(409, "conflict", "The ticket is not closed. Reply to it instead of opening a follow-up.");
	return ticket;
}

/** Whose ticket it is: the caller, the customer named by id, or the one with an address, found or made. */
async function requesterOf(
	ctx: CallContext<Params>,
	tickets: Tickets,
	{ followed, learned }: Prepared,
): Promise<InlineRequester> {
	const { params } = ctx;
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	if (params.customer && params.customerId !== undefined)
		throw invalidField("/customer", "Send either customerId or customer.", "conflict");
	if (params.customer) {
		demand(may(caller, "customers.write"), "This needs the permission customers.write.");
		const at = instantOf(caller, params.createdAt, tickets.runtime.clock.now());
		return customerByEmail(ctx, tickets, tenantId, params.customer, at);
	}
	const id = caller.kind === "customer" ? caller.id : (params.customerId ?? followed?.customerId);
	if (id === undefined)
		throw invalidField("/customerId", "Say whose ticket it is: customerId or customer.", "required");
	const copy = await customerById(ctx, tickets, tenantId, id, learned);
	if (!copy || copy.deleted || copy.status === "merged" || copy.status === "erased")
		throw invalidField("/customerId", "There is no customer with this id.", "unknown");
	return { copy };
}

/** Everything about the new ticket that does not depend on other services or on the moment of the commit. */
function basics(caller: TenantCaller, params: Params, followed: Ticket | null) {
	const channel = caller.kind === "customer" ? "portal" : caller.kind === "user" ? "web" : "api";
	return {
		subject: cleanSubject(params.subject),
		priority: params.priority ?? "normal",
		type: params.type ?? "question",
		channel: params.channel ?? channel,
		tags: normalizeTags([...(followed ? carriedTags(followed) : []), ...(params.tags ?? [])]),
		ccEmails: cleanAddresses(params.ccEmails ?? []),
		dueAt: params.dueAt ? new Date(params.dueAt) : null,
		followUpOfId: followed?._id ?? null,
	} as const;
}

/** Who a customer is at the moment of the commit: it may have been merged into another since it was looked up. */
async function currentCustomer({ copies }: Tickets, tx: Transaction, copy: CustomerCopy): Promise<CustomerCopy> {
	const known = await copies.customers.byId(copy.tenantId, copy._id, tx);
	return known?.mergedIntoId ? survivorOf(copies, known, tx) : copy;
}

/** What a request says, checked, with what was learned of it from others. */
interface Prepared {
	first: ReturnType<typeof firstMessage>;
	/** when it was opened, where it is imported */
	at: Date | null;
	locale: string | null;
	followed: Ticket | null;
	fixed: ReturnType<typeof basics>;
	customFields: Ticket["customFields"];
	learned: Learned;
}

async function prepare(ctx: CallContext<Params>, tickets: Tickets): Promise<Prepared> {
	const { params } = ctx;
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	checkCustomersFields(caller, params);
	const first = firstMessage(caller, params);
	checkMailIds(caller, first ?? {});
	const at = instantOf(caller, params.createdAt, tickets.runtime.clock.now());
	const locale = params.locale === undefined ? null : cleanLocale(params.locale);
	const followed = await followedTicket(ctx, tickets, params.followUpOfId);
	const fixed = basics(caller, params, followed);
	const learned = nothingLearned();
	await learnPlace(ctx, tickets, tenantId, params, learned);
	if (params.groupId === undefined && followed?.groupId) {
		const group = await tickets.copies.groups.byId(tenantId, followed.groupId);
		if (group) await learnWhoIsThere(ctx, tickets, group, learned);
	}
	// Neither customers nor programs that take in what they write can know what a desk asks its own people for.
	const requireAll = caller.kind === "user" && params.createdAt === undefined;
	const cleaned = await cleanCustomFields(ctx, tenantId, params.customFields ?? {}, { requireAll });
	const customFields = mergeFields({}, cleaned);
	return { first, at, locale, followed, fixed, customFields, learned };
}

/** Writes the ticket of a requester who is known by now. */
async function write(
	ctx: CallContext<Params>,
	tickets: Tickets,
	{ first, at, locale, followed, fixed, customFields, learned }: Prepared,
	requester: InlineRequester,
): Promise<ResultOf<typeof createTicket>> {
	const { params } = ctx;
	const { copy } = requester;
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	if (params.customer) await learnCustomer(ctx, tickets, copy, learned);
	const draft = first && {
		...draftMessage(
			first.body,
			first.bodyFormat,
			"public_reply",
			{ ...(await authorOf(ctx, tickets, params, copy._id, learned)), channel: null },
			first,
			first.files,
		),
	};
	const number = await tickets.store.nextNumber(sequenceOf(tenantId));
	const companyId = followed ? followed.companyId : (copy.companies[0]?.id ?? null);
	const start = { tenantId, groupId: followed?.groupId ?? null, assigneeId: null };
	const groupId = params.groupId === undefined ? start.groupId : params.groupId;
	const commit = (work: (tx: Transaction) => Promise<ResultOf<typeof createTicket>>) =>
		inGroupsTurn(tickets, tenantId, groupId, () => tickets.store.commit(commandOf(ctx), work));
	return commit(async (tx) => {
		await keepLearned(tickets, tx, learned);
		refuseErased(await tickets.copies.customers.byId(tenantId, copy._id, tx));
		const place = await settlePlace(tickets, tx, caller, start, params);
		const customer = await currentCustomer(tickets, tx, copy);
		const opening: Opening = {
			...fixed,
			...start,
			...place,
			number,
			customerId: customer._id,
			companyId: customer === copy || followed ? companyId : (customer.companies[0]?.id ?? null),
			customFields,
			locale,
			blocked: customer.status === "blocked",
			followerIds: [],
		};
		if (caller.kind === "user" && !reaches(caller, { ...opening, deletedAt: null })) opening.followerIds = [caller.id];
		const { ticket, messages } = await writeOpening(tickets, tx, opening, draft, at);
		await ticketOpened(tickets, tx, requester);
		const references = await referencesOf(ctx, tickets, tenantId, [ticket], messages, tx);
		const reader = readerOf(caller);
		return {
			...ticketView(ticket, references, reader),
			messages: messages.map((message) => messageView(message, references, reader)),
			messagesCursor: null,
		};
	});
}

async function create(ctx: CallContext<Params>, tickets: Tickets): Promise<ResultOf<typeof createTicket>> {
	const prepared = await prepare(ctx, tickets);
	const requester = await requesterOf(ctx, tickets, prepared);
	try {
		return await write(ctx, tickets, prepared, requester);
	} catch (error) {
		await ticketNotOpened(ctx, tickets, requester).catch((failure: unknown) => {
			ctx.service?.logger.warn({ err: failure }, "a customer made for a ticket that failed is taken back later");
		});
		throw error;
	}
}

/** Opens a ticket, and its customer where there is none yet. */
export function createTicketAction(tickets: Tickets): ActionSchema {
	return action(createTicket, (ctx) => create(ctx, tickets));
}
