import type { ActionSchema } from "moleculer";
import { createCustomer } from "../../contracts/customers.ts";
import { customerCreated } from "../../contracts/customers-events.ts";
import { newId } from "../../lib/ids.ts";
import { forbidden } from "../../lib/problem.ts";
import { normalizeTags } from "../../lib/tags.ts";
import { action, callerOf } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Customer } from "../../models/customer.ts";
import { audienceOf } from "./access.ts";
import { saysCompanies } from "./company-links.ts";
import { type CustomerInput, newCustomer } from "./customer-draft.ts";
import { type Customers, companyNames, fieldsOf } from "./customers-store.ts";
import { orStartOver, refuseDuplicates } from "./duplicates.ts";
import { isProgram, refuseSuppressed } from "./erasure/suppression.ts";
import { rememberTags } from "./known-tags.ts";
import { companyOfEmails, linkCompanies } from "./linked-companies.ts";
import { customerData, customerView } from "./views.ts";

/** How a customer is made. */
interface Making {
	requireAll: boolean;
	id?: string | undefined;
	madeBy?: string | undefined;
	/** when they were in touch, null where nobody says so: somebody who was erased since is refused; absent: nobody is */
	contactAt?: Date | null;
}

/**
 * Makes a customer and records the event. Without any word about companies, one that owns the domain of an address is
 * linked. `madeBy` is a saga that may take it back. Throws 409 `duplicate` with `existingId`, 422 for what is not acceptable; `requireAll` asks for all required
 * custom fields.
 */
export async function makeCustomer(
	from: Customers,
	tx: Transaction,
	input: CustomerInput,
	{ requireAll, id, madeBy, contactAt }: Making,
): Promise<Customer> {
	const { tenantId } = tx.command;
	const rules = await fieldsOf(from, tenantId, "customer", tx);
	const fields = newCustomer(input, { rules, companies: [], requireAll });
	await refuseDuplicates(from, tx, fields);
	if (contactAt !== undefined) await refuseSuppressed(from, tx, fields, contactAt);
	const companies = saysCompanies(input)
		? await linkCompanies(from, tx, [], input)
		: await companyOfEmails(from, tx, fields.liveEmails ?? []);
	const made = await orStartOver(
		from.customers.create(tx, { ...fields, companies, _id: id ?? newId(), tenantId, ...(madeBy ? { madeBy } : {}) }),
	);
	await tx.emit(customerCreated, made, customerData(made, []));
	return made;
}

export function createActions(from: Customers): Record<string, ActionSchema> {
	return {
		create: action(createCustomer, async (ctx) => {
			const caller = callerOf(ctx);
			if (caller.kind === "customer") throw forbidden("Customers are made by the people of the desk.");
			await rememberTags(from, caller.tenant.id, normalizeTags(ctx.params.tags ?? []));
			return from.store.commit(commandOf(ctx), async (tx) => {
				const made = await makeCustomer(from, tx, ctx.params, {
					requireAll: true,
					...(isProgram(caller) ? { contactAt: null } : {}),
				});
				const names = await companyNames(from, tx.command, [made.companies[0]?.id], tx);
				return customerView(made, audienceOf(caller), names);
			});
		}),
	};
}
