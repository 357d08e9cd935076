import type { ActionSchema } from "moleculer";
import { customerDeleted } from "../../contracts/customers-events.ts";
import { checkCustomFields, discard, fieldRules, findOrCreate, snapshots } from "../../contracts/customers-internal.ts";
import { action } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Customer } from "../../models/customer.ts";
import { emails } from "./contact-kinds.ts";
import { makeCustomer } from "./create-customer.ts";
import { patchFields } from "./custom-field-values.ts";
import { type Customers, fieldsOf } from "./customers-store.ts";
import { bringBack } from "./delete-customer.ts";
import { holderOfEmails } from "./duplicates.ts";
import { refuseLocked } from "./lock.ts";
import { companySnapshot, customerData, customerSnapshot } from "./views.ts";

/** Somebody else than the saga that made a customer relies on it now: it is not taken back any more. */
function claim({ customers }: Customers, tx: Transaction, known: Customer): Promise<Customer> {
	return customers.update(tx, known, { ...known, madeBy: undefined });
}

/** What other services of the product may ask, in the tenant they name. */
export function internalActions(from: Customers): Record<string, ActionSchema> {
	const { customers, companies, store } = from;
	return {
		snapshots: action(snapshots, async (ctx) => {
			const { tenantId, customerIds = [], companyIds = [] } = ctx.params;
			const byId = (ids: string[]) => ({ _id: { $in: [...new Set(ids)] } });
			const [people, firms] = await Promise.all([
				customerIds.length > 0 ? customers.find({ tenantId }, byId(customerIds)) : [],
				companyIds.length > 0 ? companies.find({ tenantId }, byId(companyIds)) : [],
			]);
			return { customers: people.map(customerSnapshot), companies: firms.map(companySnapshot) };
		}),
		findOrCreate: action(findOrCreate, async (ctx) => {
			const { tenantId, email, name, create = true, contactAt, id, sagaId } = ctx.params;
			const { normalized } = emails.read(email, "/email", []);
			return store.commit(commandOf(ctx, tenantId), async (tx) => {
				const known = await holderOfEmails(from, tx, [normalized]);
				if (known) {
					// One that is being merged is somebody all the same, and tickets find the survivor.
					if (known.lock?.kind !== "merge") refuseLocked(known);
					const others = known.madeBy !== undefined && known.madeBy !== sagaId;
					const claimed = others ? await claim(from, tx, known) : known;
					const customer = claimed.deleted ? await bringBack(from, tx, claimed) : claimed;
					return { customer: customerSnapshot(customer), created: false };
				}
				if (!create) return { customer: null as never, created: false };
				const input = { email, ...(name ? { name } : {}) };
				const made = await makeCustomer(from, tx, input, {
					...{ requireAll: false, id, madeBy: sagaId },
					...(contactAt === undefined ? {} : { contactAt: new Date(contactAt) }),
				});
				return { customer: customerSnapshot(made), created: true };
			});
		}),
		discard: action(discard, async (ctx) => {
			const { tenantId, customerId, sagaId } = ctx.params;
			return store.commit(commandOf(ctx, tenantId), async (tx) => {
				const made = await customers.get({ tenantId }, customerId, tx);
				if (!made || made.version > 1 || made.ticketCounters.total > 0 || made.notesCount > 0 || made.lock)
					return { discarded: false };
				if (sagaId !== undefined && made.madeBy !== sagaId) return { discarded: false };
				await customers.remove(tx, made);
				const gone = { ...made, version: made.version + 1, deleted: true };
				await tx.emit(customerDeleted, gone, customerData(gone, ["deletedAt"]));
				return { discarded: true };
			});
		}),
		fieldRules: action(fieldRules, async ({ params: { tenantId, target } }) =>
			(await fieldsOf(from, tenantId, target)).map(({ key, type, required, archived }) => {
				return { key, type, required, archived };
			}),
		),
		checkCustomFields: action(checkCustomFields, async (ctx) => {
			const { tenantId, target, values, current = {}, requireAll = false } = ctx.params;
			return patchFields(await fieldsOf(from, tenantId, target), current, values, { requireAll });
		}),
	};
}
