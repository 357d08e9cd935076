import { Problem } from "../../../lib/problem.ts";
import type { InTransaction } from "../../../mixins/repository.ts";
import type { Transaction } from "../../../mixins/store.ts";
import { type Customer, customerModel } from "../../../models/customer.ts";
import { type CustomerMerge, customerMergeModel } from "../../../models/customer-merge.ts";
import { type CustomerNote, customerNoteModel } from "../../../models/customer-note.ts";
import type { Customers } from "../customers-store.ts";

/** Two customers of a merge, by what becomes of them. */
export interface Pair {
	survivor: Customer;
	loser: Customer;
}

/** How many notes are moved in one transaction. */
const CHUNK = 100;

/** Both customers as they are in the transaction, whatever has become of them. */
export async function pairOf(
	{ customers }: Customers,
	tenantId: string,
	ids: { survivorId: string; loserId: string },
	tx?: InTransaction,
): Promise<Pair> {
	return {
		survivor: await customers.require({ tenantId }, ids.survivorId, tx),
		loser: await customers.require({ tenantId }, ids.loserId, tx),
	};
}

/**
 * Keeps everybody else from changing a customer. No event: to others it is the same as before.
 * @throws VersionConflict when somebody was faster
 */
export async function lock({ customers }: Customers, tx: Transaction, customer: Customer, sagaId: string) {
	return customers.update(tx, customer, { ...customer, lock: { sagaId, kind: "merge", status: customer.status } });
}

/** Lets others change the customers again that a saga has locked. */
export async function unlock({ customers }: Customers, tx: Transaction, sagaId: string, ids: readonly string[]) {
	const { tenantId } = tx.command;
	for (const id of ids) {
		const customer = await customers.get({ tenantId }, id, tx);
		if (customer?.lock?.sagaId === sagaId) await customers.update(tx, customer, { ...customer, lock: null });
	}
}

/** Throws where a customer is no longer held by the saga, which nobody but an operator can have done. */
export function mustHold(sagaId: string, ...held: Customer[]): void {
	if (held.every(({ lock: one }) => one?.sagaId === sagaId)) return;
	throw new Problem(409, "lock_lost", "Somebody else has taken the lock on the customer.");
}

/** The latest merge of a customer that was not undone: into another one, or of another one into it. */
export async function latestMerge(
	{ store }: Customers,
	tx: InTransaction,
	tenantId: string,
	of: { loserId: string } | { survivorId: string },
): Promise<CustomerMerge | null> {
	const [merge] = await store
		.model(customerMergeModel)
		.find({ tenantId, ...of, undoneAt: null } as never)
		.sort({ at: -1, _id: -1 })
		.limit(1)
		.session(tx.session)
		.lean<CustomerMerge[]>();
	return merge ?? null;
}

async function giveNotes(
	{ store }: Customers,
	tx: Transaction,
	notes: readonly CustomerNote[],
	from: string,
	to: string,
): Promise<void> {
	const { tenantId } = tx.command;
	const { session } = tx;
	const ids = notes.map(({ _id }) => _id);
	await store
		.model(customerNoteModel)
		.updateMany({ _id: { $in: ids }, tenantId }, { $set: { customerId: to } }, { session });
	for (const [id, by] of [
		[from, -ids.length],
		[to, ids.length],
	] as const)
		await store.model(customerModel).updateOne({ _id: id, tenantId }, { $inc: { notesCount: by } }, { session });
}

/** Moves some of the loser's notes to the survivor, and notes which; whether those were the last. */
export async function moveNotes(
	from: Customers,
	tx: Transaction,
	mergeId: string,
	{ survivorId, loserId }: { survivorId: string; loserId: string },
): Promise<boolean> {
	const { tenantId } = tx.command;
	const notes = await from.notes.find({ tenantId }, { customerId: loserId }, { limit: CHUNK, tx });
	if (notes.length === 0) return true;
	await giveNotes(from, tx, notes, loserId, survivorId);
	const noteIds = { $each: notes.map(({ _id }) => _id) };
	await from.store
		.model(customerMergeModel)
		.updateOne({ _id: mergeId, tenantId }, { $push: { noteIds } }, { session: tx.session });
	return notes.length < CHUNK;
}

/** Moves some of the notes back that a merge has moved; whether those were the last. */
export async function moveNotesBack(from: Customers, tx: Transaction, mergeId: string): Promise<boolean> {
	const { tenantId } = tx.command;
	const merges = from.store.model(customerMergeModel);
	const merge = await merges.findOne({ _id: mergeId, tenantId }).session(tx.session).lean<CustomerMerge>();
	if (!merge || merge.noteIds.length === 0) return true;
	const ids = merge.noteIds.slice(0, CHUNK);
	const notes = await from.notes.find({ tenantId }, { _id: { $in: ids } }, { tx });
	const still = notes.filter(({ customerId }) => customerId === merge.survivorId);
	await giveNotes(from, tx, still, merge.survivorId, merge.loserId);
	await merges.updateOne(
		{ _id: mergeId, tenantId },
		{ $set: { noteIds: merge.noteIds.slice(CHUNK) } },
		{ session: tx.session },
	);
	return merge.noteIds.length <= CHUNK;
}
