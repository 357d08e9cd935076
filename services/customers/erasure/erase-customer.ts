import type { ActionSchema } from "moleculer";
import { callerReach } from "../../../contracts/caller.ts";
import type { ParamsOf } from "../../../contracts/contract.ts";
import { customerErasureRequested, type ErasurePolicy, eraseCustomer } from "../../../contracts/customer-erasure.ts";
import type { SagaViewShape } from "../../../contracts/sagas.ts";
import { newId } from "../../../lib/ids.ts";
import { forbidden, Problem } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import type { Customer } from "../../../models/customer.ts";
import type { CustomerSagas } from "../customer-sagas.ts";
import type { Customers } from "../customers-store.ts";
import { refuseLocked } from "../lock.ts";
import { personOf, subjectRef } from "./forget-customer.ts";

/** Keeps everybody else from changing any of the customers that are the person. */
async function lockPerson(
	from: Customers,
	tx: Transaction,
	customer: Customer,
	{ sagaId, scope }: { sagaId: string; scope: ErasurePolicy },
): Promise<{ id: string; version: number }[]> {
	refuseLocked(customer);
	const people: { id: string; version: number }[] = [];
	for (const one of await personOf(from, tx, customer)) {
		if (one.status === "erased") continue;
		// Who was merged into the customer is the same person, and erased with it.
		if (one.status !== "merged" || one.lock) refuseLocked(one);
		const lock = { sagaId, kind: "erase", status: one.status } as const;
		const locked = await from.customers.update(tx, one, { ...one, status: "erasing", lock });
		await tx.emit(customerErasureRequested, locked, { subjectRef: subjectRef(from, locked), scope });
		people.push({ id: locked._id, version: locked.version });
	}
	return people;
}

async function erase(
	ctx: CallContext<ParamsOf<typeof eraseCustomer>>,
	from: Customers,
	sagas: CustomerSagas,
): Promise<SagaViewShape> {
	const caller = callerOf(ctx);
	const { id, policy = "anonymize" } = ctx.params;
	const { id: tenantId } = caller.tenant;
	const isOwn = callerReach(caller, "customers.erase") === "own";
	const scope = { tenantId, ...(isOwn ? { filter: { _id: caller.id } } : {}) };
	const sagaId = await from.store.commit(commandOf(ctx), async (tx) => {
		const customer = await from.customers.require(scope, id, tx);
		if (isOwn && policy === "delete") throw forbidden("Whether tickets are removed is for the desk to say.");
		if (customer.status === "merged")
			throw new Problem(409, "customer_merged", "The customer was merged into another one. Erase that one.", {
				extra: { mergedIntoId: customer.mergedIntoId },
			});
		const saga = newId();
		const people = await lockPerson(from, tx, customer, { sagaId: saga, scope: policy });
		return sagas.runner.begin(tx, sagas.erasing, {
			id: saga,
			subject: `customer/${id}`,
			state: {
				...{ policy, people, found: {}, counts: {}, after: null, toldAt: null, completedAt: null },
				pass: { tickets: 0, changed: 0 },
			},
		});
	});
	sagas.runner.nudge();
	return sagas.runner.get(tenantId, sagaId);
}

export function eraseActions(from: Customers, sagas: CustomerSagas): Record<string, ActionSchema> {
	return { erase: action(eraseCustomer, (ctx) => erase(ctx, from, sagas)) };
}
