import type { ActionSchema } from "moleculer";
import { may, type TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { discard, findOrCreate } from "../../contracts/customers-internal.ts";
import { createTicket } from "../../contracts/tickets.ts";
import { invalidField, Problem } from "../../lib/problem.ts";
import { normalizeTags } from "../../lib/tags.ts";
import { action, type CallContext, call, callerOf } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { CustomerCopy } from "../../models/ticket-copies.ts";
import { demand, reaches, readerOf } from "./access.ts";
import { authorOf, checkMailIds, instantOf } from "./authorship.ts";
import {
	checkAttachments,
	checkBody,
	cleanAddresses,
	cleanCustomFields,
	cleanLocale,
	cleanSubject,
	mergeFields,
} from "./input.ts";
import {
	customerById,
	customerCopy,
	keepLearned,
	type Learned,
	learnCustomer,
	nothingLearned,
	survivorOf,
} from "./neighbours.ts";
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

/** The first message of a request, in its long form; null where there is none. */
function firstMessage(params: Params): ({ body: string; bodyFormat?: MessageDraft["bodyFormat"] } & MailIds) | null {
	const { description, message } = params;
	if (description !== undefined && message !== undefined)
		throw invalidField("/description", "Send either description or message.", "conflict");
	if (message) checkAttachments(message.attachments, "/message/attachments");
	const first = message ?? (description === undefined ? null : { body: description });
	if (first) checkBody(first.body, message ? "/message/body" : "/description");
	return first;
}

/** The closed ticket that a new one continues. */
async function followedTicket(ctx: CallContext, tickets: Tickets, id: string | undefined): Promise<Ticket | null> {
	if (id === undefined) return null;
	const ticket = await tickets.tickets.require(await scopeOf(ctx, tickets), id);
	if (ticket.status !== "closed")
		throw new Problem(409, "conflict", "The ticket is not closed. Reply to it instead of opening a follow-up.");
	return ticket;
}

interface Requester {
	copy: CustomerCopy;
	/** made by this very request, to be taken back should it fail */
	made: boolean;
}

/** Whose ticket it is: the caller, the customer named by id, or the one with an address, found or made. */
async function requesterOf(
	ctx: CallContext,
	tickets: Tickets,
	params: Params,
	followed: Ticket | null,
	learned: Learned,
): Promise<Requester> {
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	if (params.customer && params.customerId !== undefined)
		throw invalidField("/customer", "Send either customerId or customer.", "conflict");
	if (params.customer) {
		demand(may(caller, "customers.write"), "This needs the permission customers.write.");
		const { email, name = null } = params.customer;
		const { customer, created } = await call(ctx, findOrCreate, { tenantId, email, name });
		const copy = customerCopy(tenantId, customer);
		await learnCustomer(ctx, tickets, copy, learned);
		return { copy, made: created };
	}
	const id = caller.kind === "customer" ? caller.id : (params.customerId ?? followed?.customerId);
	if (id === undefined)
		throw invalidField("/customerId", "Say whose ticket it is: customerId or customer.", "required");
	const copy = await customerById(ctx, tickets, tenantId, id, learned);
	if (!copy || copy.deleted || copy.status === "merged" || copy.status === "erased")
		throw invalidField("/customerId", "There is no customer with this id.", "unknown");
	return { copy, made: false };
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

async function create(ctx: CallContext<Params>, tickets: Tickets): Promise<ResultOf<typeof createTicket>> {
	const { params } = ctx;
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	checkCustomersFields(caller, params);
	const first = firstMessage(params);
	checkMailIds(caller, first ?? {});
	const at = instantOf(caller, params.createdAt, tickets.runtime.clock.now());
	const locale = params.locale === undefined ? null : cleanLocale(params.locale);
	const followed = await followedTicket(ctx, tickets, params.followUpOfId);
	const fixed = basics(caller, params, followed);
	const learned = nothingLearned();
	await learnPlace(ctx, tickets, tenantId, params, learned);
	const customFields = mergeFields({}, await cleanCustomFields(ctx, tenantId, params.customFields ?? {}));
	const requester = await requesterOf(ctx, tickets, params, followed, learned);
	const { copy } = requester;
	const draft = first && {
		...draftMessage(
			first.body,
			first.bodyFormat,
			"public_reply",
			{ ...(await authorOf(ctx, tickets, params, copy._id, learned)), channel: null },
			first,
		),
	};
	const number = await tickets.store.nextNumber(sequenceOf(tenantId));
	const companyId = followed ? followed.companyId : (copy.companies[0]?.id ?? null);
	const start = { tenantId, groupId: followed?.groupId ?? null, assigneeId: null };

	const write = tickets.store.commit(commandOf(ctx), async (tx) => {
		await keepLearned(tickets, tx, learned);
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
		const references = await referencesOf(ctx, tickets, tenantId, [ticket], messages, tx);
		const reader = readerOf(caller);
		return {
			...ticketView(ticket, references, reader),
			messages: messages.map((message) => messageView(message, references, reader)),
			messagesCursor: null,
		};
	});
	try {
		return await write;
	} catch (error) {
		if (requester.made)
			await call(ctx, discard, { tenantId, customerId: copy._id }).catch((failure: unknown) => {
				ctx.service?.logger.warn("a customer made for a ticket that failed was left behind", failure);
			});
		throw error;
	}
}

/** Opens a ticket, and its customer where there is none yet. */
export function createTicketAction(tickets: Tickets): ActionSchema {
	return action(createTicket, (ctx) => create(ctx, tickets));
}
