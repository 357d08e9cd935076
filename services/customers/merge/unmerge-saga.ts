import { moveTicketsBack, moveVotesBack } from "../../../contracts/customer-merge.ts";
import { customerUpdated } from "../../../contracts/customers-events.ts";
import { Problem } from "../../../lib/problem.ts";
import type { SagaDefinition, SagaRun } from "../../../mixins/saga.mixin.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { Customer } from "../../../models/customer.ts";
import { type CustomerMerge, customerMergeModel, type Gained } from "../../../models/customer-merge.ts";
import { changedFields } from "../customer-draft.ts";
import type { Customers } from "../customers-store.ts";
import { orStartOver } from "../duplicates.ts";
import { customerData, customerSnapshot } from "../views.ts";
import { lockStep, unlockStep } from "./lock-steps.ts";
import { restoredLoser, withoutGained } from "./merge-rules.ts";
import { moveNotesBack, mustHold, pairOf } from "./merge-store.ts";

/** What the saga that undoes a merge goes by. */
export interface Unmerging {
	mergeId: string;
	survivorId: string;
	loserId: string;
}

type Run = SagaRun<Unmerging>;

const again = (done: boolean) => (done ? {} : { again: true });

const hand = ({ tenantId, state }: Run) => ({
	tenantId,
	mergeId: state.mergeId,
	fromId: state.survivorId,
	toId: state.loserId,
});

async function write(from: Customers, tx: Transaction, before: Customer, after: Customer): Promise<void> {
	const saved = await orStartOver(from.customers.update(tx, before, after));
	if (saved.version !== before.version)
		await tx.emit(customerUpdated, saved, customerData(saved, changedFields(before, saved)));
}

/** Which of the values that only one can have nobody else has taken meanwhile. */
async function stillFree(from: Customers, tx: Transaction, merge: CustomerMerge) {
	const { tenantId, loser, loserId, survivorId } = merge;
	const others = { _id: { $nin: [loserId, survivorId] } };
	const emails = loser.liveEmails ?? [];
	const find = (claim: object) => from.customers.find({ tenantId }, { ...claim, ...others }, { tx, limit: 20 });
	const holders = emails.length === 0 ? [] : await find({ liveEmails: { $in: emails } });
	const taken = new Set(holders.flatMap(({ liveEmails = [] }) => liveEmails));
	const { externalId } = loser;
	const free = externalId !== null && (await find({ externalId })).length === 0;
	return { emails: emails.filter((email) => !taken.has(email)), externalId: free ? externalId : undefined };
}

/** Makes two customers of one again. */
async function commitUnmerge(from: Customers, tx: Transaction, run: Run): Promise<void> {
	const { tenantId, state, id } = run;
	const merges = from.store.model(customerMergeModel);
	const merge = await merges.findOne({ _id: state.mergeId, tenantId }).session(tx.session).lean<CustomerMerge>();
	if (!merge || merge.undoneAt) throw new Problem(410, "gone", "The merge cannot be undone any more.");
	const { survivor, loser } = await pairOf(from, tenantId, state, tx);
	mustHold(id, survivor, loser);
	const gained = JSON.parse(merge.gained) as Gained;
	const left = withoutGained(survivor, gained);
	const free = await stillFree(from, tx, merge);
	const emails = free.emails.filter((email) => !left.liveEmails?.includes(email));
	// First, so that the other can have again the values that nobody else may have.
	await write(from, tx, survivor, left);
	const externalId = free.externalId === left.externalId ? undefined : free.externalId;
	await write(from, tx, loser, restoredLoser(loser, merge.loser, { emails, externalId }));
	await merges.updateOne({ _id: merge._id, tenantId }, { $set: { undoneAt: tx.now } }, { session: tx.session });
}

/** Undoes a merge: both customers were locked when the saga began, and from the first thing it does there is only forward. */
export function unmergeSaga(from: Customers): SagaDefinition<Unmerging> {
	return {
		type: "customer.unmerge",
		result: ({ survivorId, loserId }) => ({ survivorId, loserId }),
		steps: [
			lockStep(from),
			{
				name: "customers",
				pivot: true,
				async run(run) {
					await run.commit((tx) => commitUnmerge(from, tx, run));
				},
			},
			{
				name: "tickets",
				async run(run) {
					const { survivor, loser } = await pairOf(from, run.tenantId, run.state);
					const copies = { from: customerSnapshot(survivor), to: customerSnapshot(loser) };
					return again((await run.call(moveTicketsBack, { ...hand(run), copies })).done);
				},
			},
			{
				name: "votes",
				run: async (run) => again((await run.call(moveVotesBack, hand(run))).done),
			},
			{
				name: "notes",
				run: async (run) => again(await run.commit((tx) => moveNotesBack(from, tx, run.state.mergeId))),
			},
			unlockStep(from),
		],
	};
}
