import { type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion, type InTransaction, type Scope } from "../../mixins/repository.ts";
import type { Ticket } from "../../models/ticket.ts";
import { type Reader, sharedCompanies, ticketScope } from "./access.ts";
import type { Tickets } from "./tickets-store.ts";

/** The tickets that exist for the caller of a request. */
export async function scopeOf(ctx: CallContext, { copies }: Tickets): Promise<Scope> {
	const caller = callerOf(ctx);
	if (caller.kind !== "customer") return ticketScope(caller);
	const customer = await copies.customers.byId(caller.tenant.id, caller.id);
	const ids = (customer?.companies ?? []).map(({ id }) => id);
	return ticketScope(caller, sharedCompanies(customer, await copies.companies.byIds(caller.tenant.id, ids)));
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
