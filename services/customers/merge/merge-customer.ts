import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../../contracts/caller.ts";
import {
	type MergeAnswer,
	mergeCustomer,
	previewMerge,
	UNMERGE_MS,
	unmergeCustomer,
} from "../../../contracts/customer-merge.ts";
import { invalidField, notFound, Problem, validationFailed } from "../../../lib/problem.ts";
import { action, callerOf } from "../../../mixins/action.ts";
import { checkVersion, type Scope } from "../../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import type { CustomerMerge } from "../../../models/customer-merge.ts";
import { audienceOf, customerScope, staffScope } from "../access.ts";
import { changedFields } from "../customer-draft.ts";
import type { CustomerSagas } from "../customer-sagas.ts";
import { type Customers, companyNames } from "../customers-store.ts";
import { refuseLocked } from "../lock.ts";
import { customerView } from "../views.ts";
import { mergedCustomer } from "./merge-rules.ts";
import { latestMerge, lock, type Pair, pairOf } from "./merge-store.ts";

/** How long a request waits for the merge itself, ms; after that it is told where to look. */
const PATIENCE_MS = 2500;

interface Asked {
	id: string;
	loserId?: string;
	survivorId?: string;
	ifVersion?: number;
}

/** Which of the two stays. Throws 422 where the body does not say, says both, or names the same customer. */
function rolesOf({ id, loserId, survivorId }: Asked): { survivorId: string; loserId: string } {
	if (loserId !== undefined && survivorId !== undefined)
		throw invalidField("/survivorId", "Give loserId or survivorId, not both.", "exclusive");
	const other = loserId ?? survivorId;
	if (other === undefined)
		throw validationFailed([{ pointer: "/loserId", code: "required", message: "Say whom to merge." }]);
	const pointer = loserId === undefined ? "/survivorId" : "/loserId";
	if (other === id) throw invalidField(pointer, "A customer cannot be merged with itself.", "same");
	return loserId === undefined ? { survivorId: other, loserId: id } : { survivorId: id, loserId: other };
}

/** Who may merge customers, and which of them there are: those that were not deleted. */
function mergeScope(caller: TenantCaller): Scope {
	staffScope(caller);
	return customerScope(caller, "customers.write");
}

/** Both customers, ready to be merged. Throws 404 where one is not there, 409 and 410 where one cannot be merged. */
async function candidates(from: Customers, scope: Scope, asked: Asked, tx?: Transaction): Promise<Pair> {
	// The customer of the path first: of one that is not there, or not as it was, nothing else is looked at.
	checkVersion(await from.customers.require(scope, asked.id, tx), asked.ifVersion);
	const { survivorId, loserId } = rolesOf(asked);
	const survivor = await from.customers.require(scope, survivorId, tx);
	const loser = await from.customers.require(scope, loserId, tx);
	refuseLocked(survivor);
	refuseLocked(loser);
	return { survivor, loser };
}

/** The survivor as the caller may see it, or the saga of what still goes on. */
async function answer(
	from: Customers,
	sagas: CustomerSagas,
	caller: TenantCaller,
	sagaId: string,
	customerId: string,
): Promise<MergeAnswer> {
	const saga = await sagas.outcome(sagaId, PATIENCE_MS);
	if (saga.status !== "completed") return saga;
	const scope = { tenantId: caller.tenant.id };
	const customer = await from.customers.require(scope, customerId);
	const names = await companyNames(from, scope, [customer.companies[0]?.id]);
	return { ...customerView(customer, audienceOf(caller), names), sagaId };
}

/** The merge that shall be undone. Throws 404 for a customer that was in none, 410 where it is too late. */
async function undoable(from: Customers, tx: Transaction, id: string): Promise<CustomerMerge> {
	const { tenantId } = tx.command;
	const customer = await from.customers.get({ tenantId }, id, tx);
	if (!customer) throw notFound("customer");
	const merge = await latestMerge(
		from,
		tx,
		tenantId,
		customer.status === "merged" ? { loserId: id } : { survivorId: id },
	);
	if (!merge) throw new Problem(409, "not_merged", "The customer was not merged with another.");
	if (tx.now.getTime() - merge.at.getTime() > UNMERGE_MS)
		throw new Problem(410, "gone", "A merge can be undone for 24 hours.");
	return merge;
}

/** Both customers of a merge that shall be undone. Throws 409 where one of them is busy, or is no more what it was. */
async function undoablePair(from: Customers, tx: Transaction, merge: CustomerMerge): Promise<Pair> {
	const pair = await pairOf(from, tx.command.tenantId, merge, tx);
	const { survivor, loser } = pair;
	refuseLocked(survivor);
	if (survivor.deleted) throw new Problem(409, "conflict", "The customer that took the other in is deleted.");
	// What is left of the other cannot be changed anyway, but for a saga that holds it.
	refuseLocked({ ...loser, status: "active" });
	return pair;
}

export function mergeActions(from: Customers, sagas: CustomerSagas): Record<string, ActionSchema> {
	const { store } = from;
	return {
		merge: action(mergeCustomer, async (ctx) => {
			const caller = callerOf(ctx);
			const scope = mergeScope(caller);
			const begun = await store.commit(commandOf(ctx), async (tx) => {
				const { survivor, loser } = await candidates(from, scope, ctx.params, tx);
				mergedCustomer(survivor, loser);
				const state = { survivorId: survivor._id, loserId: loser._id };
				const sagaId = await sagas.runner.begin(tx, sagas.merging, { subject: `customer/${loser._id}`, state });
				await lock(from, tx, survivor, sagaId);
				await lock(from, tx, loser, sagaId);
				return { sagaId, survivorId: survivor._id };
			});
			return answer(from, sagas, caller, begun.sagaId, begun.survivorId);
		}),
		previewMerge: action(previewMerge, async (ctx) => {
			const caller = callerOf(ctx);
			const scope = mergeScope(caller);
			const { survivor, loser } = await candidates(from, scope, ctx.params);
			const merged = mergedCustomer(survivor, loser);
			const names = await companyNames(from, scope, [merged.companies[0]?.id]);
			const { open, total } = loser.ticketCounters;
			return {
				survivorId: survivor._id,
				loserId: loser._id,
				customer: customerView(merged, audienceOf(caller), names),
				changed: changedFields(survivor, merged),
				tickets: { open, total },
				notes: loser.notesCount,
			};
		}),
		unmerge: action(unmergeCustomer, async (ctx) => {
			const caller = callerOf(ctx);
			mergeScope(caller);
			const begun = await store.commit(commandOf(ctx), async (tx) => {
				const merge = await undoable(from, tx, ctx.params.id);
				const { survivor, loser } = await undoablePair(from, tx, merge);
				const state = { mergeId: merge._id, survivorId: survivor._id, loserId: loser._id };
				const sagaId = await sagas.runner.begin(tx, sagas.unmerging, { subject: `customer/${loser._id}`, state });
				await lock(from, tx, survivor, sagaId);
				await lock(from, tx, loser, sagaId);
				return { sagaId, loserId: loser._id };
			});
			return answer(from, sagas, caller, begun.sagaId, begun.loserId);
		}),
	};
}
