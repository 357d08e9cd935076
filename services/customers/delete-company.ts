import type { ActionSchema } from "moleculer";
import { deleteCompany } from "../../contracts/companies.ts";
import { companyDeleted } from "../../contracts/customers-events.ts";
import { Problem } from "../../lib/problem.ts";
import { action, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { type Command, commandOf, type Transaction } from "../../mixins/store.ts";
import type { Customer } from "../../models/customer.ts";
import { staffScope } from "./access.ts";
import type { Customers } from "./customers-store.ts";
import { saveCustomer } from "./update-customer.ts";
import { companyData } from "./views.ts";

/** How many customers are unlinked in one transaction. */
const CHUNK = 100;

function membersOf(
	{ customers }: Customers,
	tenantId: string,
	companyId: string,
	options: { deleted: boolean; limit: number; tx?: Transaction },
) {
	const { deleted, ...rest } = options;
	return customers.find({ tenantId }, { deleted, "companies.id": companyId }, rest);
}

const without = (customer: Customer, companyId: string): Customer => ({
	...customer,
	companies: customer.companies.filter((link) => link.id !== companyId),
});

/** Unlinks all customers of a company, a chunk in each transaction: what was done stays done when a later one fails. */
async function unlinkMembers(from: Customers, command: Command, companyId: string, deleted: boolean): Promise<void> {
	for (;;) {
		const unlinked = await from.store.commit({ ...command, id: null }, async (tx) => {
			const members = await membersOf(from, command.tenantId, companyId, { deleted, limit: CHUNK, tx });
			for (const member of members) await saveCustomer(from, tx, member, without(member, companyId));
			return members.length;
		});
		if (unlinked < CHUNK) return;
	}
}

export function deleteCompanyActions(from: Customers): Record<string, ActionSchema> {
	const { companies, store } = from;
	const refuseMembers = async (tenantId: string, id: string, tx?: Transaction) => {
		const members = await membersOf(from, tenantId, id, { deleted: false, limit: 1, ...(tx ? { tx } : {}) });
		if (members.length > 0)
			throw new Problem(
				409,
				"company_has_customers",
				"Customers belong to this company. force=true unlinks them and removes it.",
			);
	};
	return {
		deleteCompany: action(deleteCompany, async (ctx) => {
			const { id, force, ifVersion } = ctx.params;
			const scope = staffScope(callerOf(ctx));
			const command = commandOf(ctx);
			const company = await companies.get(scope, id);
			if (company) {
				checkVersion(company, ifVersion);
				if (force) await unlinkMembers(from, command, id, false);
				else await refuseMembers(scope.tenantId, id);
				await unlinkMembers(from, command, id, true);
			}
			return store.commit(command, async (tx) => {
				const before = await companies.require(scope, id, tx);
				checkVersion(before, ifVersion);
				await refuseMembers(scope.tenantId, id, tx);
				await companies.remove(tx, before);
				await tx.emit(companyDeleted, { ...before, version: before.version + 1 }, companyData(before, true));
				return null;
			});
		}),
	};
}
