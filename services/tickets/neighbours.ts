import type { Static } from "typebox";
import type { ActionContract, ResultOf } from "../../contracts/contract.ts";
import { type CompanySnapshot, type CustomerSnapshot, snapshots } from "../../contracts/customers-internal.ts";
import {
	type GroupSummary,
	groupsByIds,
	type PersonView,
	peopleByIds,
	type tenantById,
} from "../../contracts/identity-internal.ts";
import { invalidField, isProblem, Problem } from "../../lib/problem.ts";
import { type CallContext, call } from "../../mixins/action.ts";
import type { InTransaction } from "../../mixins/repository.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { CompanyCopy, CustomerCopy, GroupCopy, PersonCopy, TenantCopy } from "../../models/ticket-copies.ts";
import { groupChanged } from "./assignment/group-changes.ts";
import type { Copies } from "./copies.ts";
import type { Tickets } from "./tickets-store.ts";

/*
 * What the tickets service asks of its neighbours before a commit, and how it goes on where they do not answer: with
 * its own copies, as long as there is one.
 */

/** Moleculer's errors for a service that is not there, does not answer in time, or is given a rest. */
const SILENT = new Set([
	"ServiceNotFoundError",
	"ServiceNotAvailableError",
	"RequestTimeoutError",
	"RequestRejectedError",
	"RequestSkippedError",
	"QueueIsFullError",
]);

/** The answer of another service, or null where it does not answer. Its own problems are thrown on. */
export async function askNeighbour<P, R>(
	ctx: CallContext,
	contract: ActionContract<P, R>,
	params: P,
): Promise<R | null> {
	try {
		return await call(ctx, contract, params);
	} catch (error) {
		if (!isProblem(error) && SILENT.has((error as Error).name)) return null;
		throw error;
	}
}

export function unavailable(service: string): Problem {
	return new Problem(503, "unavailable", `The ${service} service does not answer. Try again.`, {
		headers: { "Retry-After": "5" },
	});
}

/** Whether the customers service can be asked right now, from what the broker knows. */
export function customersAnswer(ctx: CallContext): boolean {
	const { actions } = (ctx.broker as unknown as { registry: { actions: { isAvailable(name: string): boolean } } })
		.registry;
	return actions.isAvailable(snapshots.name);
}

export function customerCopy(tenantId: string, from: Static<typeof CustomerSnapshot>): CustomerCopy {
	return {
		_id: from.id,
		tenantId,
		sequence: from.version,
		name: from.name,
		email: from.primaryEmail,
		status: from.status,
		companies: from.companies,
		deleted: from.deleted,
		mergedIntoId: from.mergedIntoId ?? null,
		tags: from.tags,
	};
}

export function companyCopy(tenantId: string, from: Static<typeof CompanySnapshot>): CompanyCopy {
	return {
		_id: from.id,
		tenantId,
		sequence: from.version,
		name: from.name,
		shareTickets: from.shareTickets,
		deleted: from.deleted,
	};
}

export function personCopy(
	tenantId: string,
	from: Omit<Static<typeof PersonView>, "email"> & { email?: string },
): PersonCopy {
	return {
		_id: from.id,
		tenantId,
		sequence: from.version,
		name: from.name,
		role: from.role,
		active: from.status === "active",
		groupIds: from.groupIds,
		availability: from.availability,
		...(from.availabilityChangedAt ? { availabilityChangedAt: new Date(from.availabilityChangedAt) } : {}),
		...(from.skills ? { skills: from.skills } : {}),
		maxOpenTickets: from.maxOpenTickets,
		...(from.email ? { email: from.email } : {}),
	};
}

export function groupCopy(tenantId: string, from: Static<typeof GroupSummary> & { deleted?: boolean }): GroupCopy {
	const { id, version, name, assignment, calendarId = null, deleted = false } = from;
	return { _id: id, tenantId, sequence: version, name, deleted, calendarId, ...(assignment ? { assignment } : {}) };
}

export function tenantCopy(from: NonNullable<ResultOf<typeof tenantById>>): TenantCopy {
	const { id, version, status, locale, timeZone, settings } = from;
	return { _id: id, tenantId: id, sequence: version, status, locale, timeZone, settings };
}

/** What was learned from neighbours, to be kept with the next commit. */
export interface Learned {
	customers: CustomerCopy[];
	companies: CompanyCopy[];
	people: PersonCopy[];
	groups: GroupCopy[];
}

export const nothingLearned = (): Learned => ({ customers: [], companies: [], people: [], groups: [] });

export async function keepLearned(tickets: Tickets, tx: Transaction, learned: Learned): Promise<void> {
	const { copies } = tickets;
	for (const row of learned.customers) await copies.customers.keep(tx, row);
	for (const row of learned.companies) await copies.companies.keep(tx, row);
	for (const row of learned.people) await copies.people.keep(tx, row);
	for (const row of learned.groups) await groupChanged(tickets, tx, await copies.groups.keep(tx, row), row);
}

/** The companies of a customer that are not known yet. */
async function learnCompanies(ctx: CallContext, tickets: Tickets, customer: CustomerCopy, learned: Learned) {
	const { tenantId } = customer;
	const ids = customer.companies.map(({ id }) => id);
	const known = await tickets.copies.companies.byIds(tenantId, ids);
	const companyIds = ids.filter((id) => !known.has(id));
	if (companyIds.length === 0) return;
	const answer = await askNeighbour(ctx, snapshots, { tenantId, companyIds });
	learned.companies.push(...(answer?.companies ?? []).map((company) => companyCopy(tenantId, company)));
}

/**
 * A customer by id: the own copy, or what the customers service says of it.
 * @throws 503 where there is no copy and the service does not answer
 */
export async function customerById(
	ctx: CallContext,
	tickets: Tickets,
	tenantId: string,
	id: string,
	learned: Learned,
): Promise<CustomerCopy | null> {
	let customer = await tickets.copies.customers.byId(tenantId, id);
	if (!customer) {
		const answer = await askNeighbour(ctx, snapshots, { tenantId, customerIds: [id] });
		if (!answer) throw unavailable("customers");
		const [found] = answer.customers;
		if (!found) return null;
		customer = customerCopy(tenantId, found);
		learned.customers.push(customer);
	}
	if (customer.mergedIntoId) {
		// One that is not known yet is asked for as any other.
		const { _id, mergedIntoId } = await survivorOf(tickets.copies, customer);
		return customerById(ctx, tickets, tenantId, mergedIntoId ?? _id, learned);
	}
	await learnCompanies(ctx, tickets, customer, learned);
	return customer;
}

/** A customer may have been merged several times in a row; more often than that is taken for a mistake. */
const MAX_MERGES = 10;

/**
 * The customer that one was merged into, however often, or itself; the last one known where the next is not.
 */
export async function survivorOf(copies: Copies, first: CustomerCopy, tx?: InTransaction): Promise<CustomerCopy> {
	let customer = first;
	for (let hop = 0; hop < MAX_MERGES && customer.mergedIntoId; hop++) {
		const next = await copies.customers.byId(customer.tenantId, customer.mergedIntoId, tx);
		if (!next) break;
		customer = next;
	}
	return customer;
}

/** A customer just found or made, with its companies. */
export async function learnCustomer(
	ctx: CallContext,
	tickets: Tickets,
	customer: CustomerCopy,
	learned: Learned,
): Promise<void> {
	learned.customers.push(customer);
	await learnCompanies(ctx, tickets, customer, learned);
}

/**
 * Somebody of staff as identity knows them now, or as they were known last where it does not answer.
 * @throws 422 at `pointer` for nobody of the tenant, 503 where identity does not answer and there is no copy
 */
export async function personById(
	ctx: CallContext,
	tickets: Tickets,
	tenantId: string,
	id: string,
	pointer: string,
	learned: Learned,
): Promise<PersonCopy> {
	const answer = await askNeighbour(ctx, peopleByIds, { tenantId, ids: [id] });
	const [found] = answer ?? [];
	if (found) {
		const person = personCopy(tenantId, found);
		learned.people.push(person);
		return person;
	}
	const known = answer ? undefined : await tickets.copies.people.byId(tenantId, id);
	if (!answer && !known) throw unavailable("identity");
	if (!known) throw invalidField(pointer, "There is nobody of staff with this id.", "unknown");
	return known;
}

/** A group as identity knows it now, or as it was known last where it does not answer. Throws as `personById`. */
export async function groupById(
	ctx: CallContext,
	tickets: Tickets,
	tenantId: string,
	id: string,
	learned: Learned,
): Promise<GroupCopy> {
	const answer = await askNeighbour(ctx, groupsByIds, { tenantId, ids: [id] });
	const [found] = answer ?? [];
	if (found) {
		const group = groupCopy(tenantId, found);
		learned.groups.push(group);
		return group;
	}
	const known = answer ? undefined : await tickets.copies.groups.byId(tenantId, id);
	if (!answer && !known) throw unavailable("identity");
	if (!known || known.deleted) throw invalidField("/groupId", "There is no group with this id.", "unknown");
	return known;
}
