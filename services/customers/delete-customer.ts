import type { ActionSchema } from "moleculer";
import { mustBeAllowed } from "../../contracts/caller.ts";
import { deleteCustomer, restoreCustomer } from "../../contracts/customers.ts";
import { customerDeleted, customerRestored } from "../../contracts/customers-events.ts";
import { openTicketCount } from "../../contracts/tickets-internal.ts";
import { isProblem, Problem } from "../../lib/problem.ts";
import { action, type CallContext, call, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Customer } from "../../models/customer.ts";
import { audienceOf, customerScope } from "./access.ts";
import { type Customers, companyNames } from "./customers-store.ts";
import { isRestorable } from "./lifecycle.ts";
import { refuseLocked } from "./lock.ts";
import { customerData, customerView } from "./views.ts";

/** How many tickets of a customer are not done: as the tickets service says, or by our own count while it is away. */
async function openTickets(ctx: CallContext, customer: Customer): Promise<number> {
	const { tenantId, _id: customerId } = customer;
	try {
		return (await call(ctx, openTicketCount, { tenantId, customerId })).open;
	} catch (error) {
		if (isProblem(error) && error.code < 500) throw error;
		ctx.broker.logger.warn("the tickets service does not answer, own counters decide", { customerId });
		return customer.ticketCounters.open;
	}
}

async function refuseOpenTickets(ctx: CallContext, customer: Customer): Promise<void> {
	const open = await openTickets(ctx, customer);
	if (open === 0) return;
	const count = open === 1 ? "a ticket that is" : `${open} tickets that are`;
	throw new Problem(
		409,
		"customer_has_open_tickets",
		`The customer has ${count} not done. force=true deletes it anyway.`,
		{
			extra: { openTickets: open },
		},
	);
}

/** Brings a deleted customer back and records it. Throws 410 where it is too late. */
export async function bringBack({ customers }: Customers, tx: Transaction, before: Customer): Promise<Customer> {
	refuseLocked(before);
	if (!isRestorable(before.deletedAt, tx.now))
		throw new Problem(410, "gone", "The customer was deleted more than 30 days ago.");
	const after = await customers.update(tx, before, { ...before, deleted: false, deletedAt: null });
	await tx.emit(customerRestored, after, customerData(after, ["deletedAt"]));
	return after;
}

export function deleteActions(from: Customers): Record<string, ActionSchema> {
	const { customers, store } = from;
	return {
		delete: action(deleteCustomer, async (ctx) => {
			const { id, force, ifVersion } = ctx.params;
			const scope = customerScope(callerOf(ctx), "customers.delete");
			if (!force) {
				const customer = await customers.get(scope, id);
				if (customer) {
					checkVersion(customer, ifVersion);
					await refuseOpenTickets(ctx, customer);
				}
			}
			return store.commit(commandOf(ctx), async (tx) => {
				const before = await customers.require(scope, id, tx);
				checkVersion(before, ifVersion);
				refuseLocked(before);
				const after = await customers.update(tx, before, { ...before, deleted: true, deletedAt: tx.now });
				await tx.emit(customerDeleted, after, customerData(after, ["deletedAt"]));
				return null;
			});
		}),
		restore: action(restoreCustomer, async (ctx) => {
			const caller = callerOf(ctx);
			mustBeAllowed(caller, "customers.delete");
			return store.commit(commandOf(ctx), async (tx) => {
				const before = await customers.require({ tenantId: caller.tenant.id }, ctx.params.id, tx);
				const after = before.deleted ? await bringBack(from, tx, before) : before;
				const names = await companyNames(from, tx.command, [after.companies[0]?.id], tx);
				return customerView(after, audienceOf(caller), names);
			});
		}),
	};
}
