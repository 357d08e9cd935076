import { callerReach, may, type TenantCaller } from "../../contracts/caller.ts";
import {
	type AudienceFields,
	audienceOf,
	customerWords,
	EVERYBODY,
	ofCompany,
	ofCustomer,
	ofGroup,
	ofPerson,
	staffWords,
} from "../../contracts/ticket-audience.ts";
import type { Condition, ListParams } from "../../lib/list-query.ts";
import { forbidden, notFound } from "../../lib/problem.ts";
import type { Filter } from "../../mixins/keyset.ts";
import type { Scope } from "../../mixins/repository.ts";
import { DONE_RANK, type Ticket } from "../../models/ticket.ts";
import type { CompanyCopy, CustomerCopy } from "../../models/ticket-copies.ts";

/** The companies whose tickets a customer sees besides its own: those it manages and those that share them. */
export function sharedCompanies(
	customer: Pick<CustomerCopy, "companies"> | undefined,
	companies: ReadonlyMap<string, Pick<CompanyCopy, "shareTickets" | "deleted">>,
): string[] {
	return (customer?.companies ?? [])
		.filter(({ id, role }) => {
			const company = companies.get(id);
			return company !== undefined && !company.deleted && (role === "manager" || company.shareTickets);
		})
		.map(({ id }) => id);
}

const anyOf = (words: string[]) => (words.length === 1 ? words[0] : { $in: words });

/**
 * The tickets that exist for a caller. Staff: all, or those of own groups with the assigned and followed ones, or only
 * the latter, by role and tenant setting. A customer: its own, and those of `companies` (see `sharedCompanies`).
 */
export function ticketScope(caller: TenantCaller, companies: readonly string[] = []): Scope {
	const filter =
		caller.kind === "customer"
			? { customerAudience: anyOf(customerWords(caller, companies)) }
			: { audience: anyOf(staffWords(caller)) };
	return { tenantId: caller.tenant.id, filter };
}

/** The orders in which one customer's or company's tickets are not kept: asked so, they are picked out of all. */
const NOT_OF_CUSTOMERS = /status|priority,-?updatedAt|nextBreachAt/;

/**
 * The scope of a list where a filter asks for one person, customer, company or group anyway: the same rows, but found by
 * that word through the index in the order wanted.
 */
export function narrowedScope(scope: Scope, { filter, sort = "" }: Pick<ListParams, "filter" | "sort">): Scope {
	const ofCustomers = !NOT_OF_CUSTOMERS.test(sort);
	const found =
		(ofCustomers ? word("customerAudience", filter?.customerId, ofCustomer) : null) ??
		word("audience", filter?.assigneeId, ofPerson) ??
		word("audience", filter?.followerId, ofPerson) ??
		(ofCustomers ? word("customerAudience", filter?.companyId, ofCompany) : null) ??
		word("audience", filter?.groupId, ofGroup);
	if (found === null) return scope;
	const all = scope.filter?.audience === EVERYBODY;
	return { ...scope, filter: all ? found : { $and: [found, scope.filter] } };
}

function word(path: string, condition: Condition | undefined, make: (id: string) => string): Filter | null {
	return typeof condition?.eq === "string" ? { [path]: make(condition.eq) } : null;
}

/** What a reader is shown of the tickets it may see. */
export interface Reader {
	/** only what is meant for customers */
	customer: boolean;
	notes: boolean;
	/** e-mail addresses in full */
	pii: boolean;
}

export function readerOf(caller: TenantCaller): Reader {
	const customer = caller.kind === "customer";
	return {
		customer,
		notes: !customer && may(caller, "tickets.notes.read"),
		pii: may(caller, "customers.pii"),
	};
}

/** Throws 403 unless the caller has the permission; a caller who cannot even see the ticket has got 404 before. */
export function demand(allowed: boolean, what: string): void {
	if (!allowed) throw forbidden(what);
}

/** Throws 403 where a customer would solve what is somebody else's: a company's tickets are shared to read and answer. */
export function mustBeOwnToSolve(caller: TenantCaller, ticket: Pick<Ticket, "customerId">): void {
	demand(
		caller.kind !== "customer" || ticket.customerId === caller.id,
		"Customers set only their own tickets solved, not those of others in the company.",
	);
}

/** Somebody a ticket may be given to, as far as the rules ask. */
export interface Candidate {
	id: string;
	groupIds: readonly string[];
}

/** Where a ticket is to go: undefined leaves the group or the assignee as it is. */
export interface Placement {
	groupId?: string | null;
	assignee?: Candidate | null;
}

/**
 * Whether the caller may place a ticket there: leads anywhere, an agent only itself and within its own groups.
 * @throws 403 `forbidden`
 */
export function mustBeAllowedToPlace(
	caller: TenantCaller,
	ticket: Pick<Ticket, "groupId" | "assigneeId">,
	to: Placement,
): void {
	const reach = callerReach(caller, "tickets.assign");
	if (reach === "all") return;
	demand(reach !== null, "This needs the permission tickets.assign.");
	const own = (groupId: string | null | undefined) => typeof groupId === "string" && caller.groupIds.includes(groupId);
	const before = ticket.groupId;
	if (to.groupId !== undefined && to.groupId !== before)
		demand(to.groupId === null ? own(before) : own(to.groupId), "Agents move tickets within their own groups.");
	if (to.assignee === undefined) return;
	const group = to.groupId === undefined ? before : to.groupId;
	const mine = ticket.assigneeId === caller.id;
	const within = to.assignee?.id === caller.id || own(group) || (to.assignee === null && mine);
	const colleague = group === null && (to.assignee?.groupIds.some(own) ?? false);
	demand(within || colleague, "Agents assign to themselves and within their own groups.");
}

/** 404 for a path that names a customer the caller must not know of. */
export function mustKnowCustomer(caller: TenantCaller, customerId: string, known: boolean): void {
	if (!known || (caller.kind === "customer" && caller.id !== customerId)) throw notFound("customer");
}

/** Whether a ticket would be among those the caller finds. */
export function reaches(caller: TenantCaller, ticket: AudienceFields): boolean {
	const audience = audienceOf(ticket);
	return staffWords(caller).some((one) => audience.includes(one));
}

/** The tickets of a customer that are neither solved nor closed. */
export function openTicketsOf(tenantId: string, customerId: string): Scope {
	return { tenantId, filter: { customerAudience: ofCustomer(customerId), statusRank: { $lt: DONE_RANK } } };
}

/** The tickets of a person that are neither solved nor closed, those it only follows too. */
export function openTicketsWith(tenantId: string, userId: string): Scope {
	return { tenantId, filter: { audience: ofPerson(userId), statusRank: { $lt: DONE_RANK } } };
}
