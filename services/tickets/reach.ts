import type { TenantCaller } from "../../contracts/caller.ts";
import { type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion, type InTransaction, type Scope } from "../../mixins/repository.ts";
import type { Ticket } from "../../models/ticket.ts";
import { type Reader, sharedCompanies, ticketScope } from "./access.ts";
import type { Tickets } from "./tickets-store.ts";

/** The companies whose tickets a customer sees besides its own. */
export async function companiesSharedWith({ copies }: Tickets, { id, tenant }: TenantCaller): Promise<string[]> {
	const customer = await copies.customers.byId(tenant.id, id);
	const ids = (customer?.companies ?? []).map((company) => company.id);
	return sharedCompanies(customer, await copies.companies.byIds(tenant.id, ids));
}

/** The tickets that exist for the caller of a request. */
export async function scopeOf(ctx: CallContext, tickets: Tickets): Promise<Scope> {
	const caller = callerOf(ctx);
	return ticketScope(caller, caller.kind === "customer" ? await companiesSharedWith(tickets, caller) : []);
}

/** A ticket the caller may see. Throws 404 for any other, 412 where `ifVersion` is not the version the reader was shown. */
export async function ticketFor(
	tickets: Tickets,
	scope: Scope,
	reader: Reader,
	id: string,
	options: { ifVersion?: number | undefined; tx?: InTransaction } = {},
): Promise<Ticket> {
	const ticket = await tickets.tickets.require(scope, id, options.tx);
	checkVersion(reader.customer ? { ...ticket, version: ticket.publicVersion } : ticket, options.ifVersion);
	return ticket;
}
