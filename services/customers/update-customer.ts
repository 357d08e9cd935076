import type { ActionSchema } from "moleculer";
import { updateCustomer } from "../../contracts/customers.ts";
import { customerUpdated } from "../../contracts/customers-events.ts";
import { changeCustomerTags } from "../../contracts/customers-internal.ts";
import { invalidField } from "../../lib/problem.ts";
import { normalizeTags } from "../../lib/tags.ts";
import { action, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Customer } from "../../models/customer.ts";
import { audienceOf, checkProfileOnly, customerScope } from "./access.ts";
import { saysCompanies } from "./company-links.ts";
import { type CustomerInput, changedFields, patchCustomer } from "./customer-draft.ts";
import { type Customers, companyNames, fieldsOf } from "./customers-store.ts";
import { orStartOver, refuseDuplicates } from "./duplicates.ts";
import { rememberTags } from "./known-tags.ts";
import { linkCompanies } from "./linked-companies.ts";
import { refuseLocked } from "./lock.ts";
import { customerData, customerView } from "./views.ts";

/** Writes a customer's next state and records what changed; nothing where nothing did. */
export async function saveCustomer(
	{ customers }: Customers,
	tx: Transaction,
	before: Customer,
	after: Customer,
): Promise<Customer> {
	const saved = await orStartOver(customers.update(tx, before, after));
	if (saved.version !== before.version)
		await tx.emit(customerUpdated, saved, customerData(saved, changedFields(before, saved)));
	return saved;
}

async function changeCustomer(from: Customers, tx: Transaction, before: Customer, input: CustomerInput) {
	const rules = input.customFields !== undefined ? await fieldsOf(from, before.tenantId, "customer", tx) : [];
	const draft = patchCustomer(before, input, { rules, companies: before.companies });
	await refuseDuplicates(from, tx, draft, before);
	const companies = saysCompanies(input) ? await linkCompanies(from, tx, before.companies, input) : before.companies;
	return saveCustomer(from, tx, before, { ...draft, companies });
}

export function updateActions(from: Customers): Record<string, ActionSchema> {
	return {
		update: action(updateCustomer, async (ctx) => {
			const caller = callerOf(ctx);
			const { id, ifVersion, ...input } = ctx.params;
			const scope = customerScope(caller, "customers.write");
			if (caller.kind !== "customer") await rememberTags(from, scope.tenantId, normalizeTags(input.tags ?? []));
			return from.store.commit(commandOf(ctx), async (tx) => {
				const before = await from.customers.require(scope, id, tx);
				checkVersion(before, ifVersion);
				checkProfileOnly(caller, Object.keys(input));
				refuseLocked(before);
				const after = await changeCustomer(from, tx, before, input);
				const names = await companyNames(from, tx.command, [after.companies[0]?.id], tx);
				return customerView(after, audienceOf(caller), names);
			});
		}),
		changeTags: action(changeCustomerTags, async (ctx) => {
			const caller = callerOf(ctx);
			const { id, ifVersion, tags = [], add = [], remove = [] } = ctx.params;
			const [added, removed] = [normalizeTags([...tags, ...add]), normalizeTags(remove)];
			if (added.length + removed.length === 0)
				throw invalidField("/tags", "Name tags to add or to remove.", "required");
			const scope = customerScope(caller, "customers.write");
			if (caller.kind !== "customer") await rememberTags(from, scope.tenantId, added);
			return from.store.commit(commandOf(ctx), async (tx) => {
				const before = await from.customers.require(scope, id, tx);
				checkVersion(before, ifVersion);
				checkProfileOnly(caller, ["tags"]);
				refuseLocked(before);
				const kept = before.tags.filter((tag) => !removed.includes(tag));
				const after = await changeCustomer(from, tx, before, { tags: [...kept, ...added] });
				const names = await companyNames(from, tx.command, [after.companies[0]?.id], tx);
				return customerView(after, audienceOf(caller), names);
			});
		}),
	};
}
