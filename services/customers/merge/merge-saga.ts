import type { Static } from "typebox";
import {
	endCustomerTokens,
	moveTickets,
	moveTicketsBack,
	moveVotes,
	moveVotesBack,
} from "../../../contracts/customer-merge.ts";
import { customerMerged, customerUpdated } from "../../../contracts/customers-events.ts";
import type { CustomerSnapshot } from "../../../contracts/customers-internal.ts";
import type { SagaDefinition, SagaRun } from "../../../mixins/saga.mixin.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { CustomerMerge } from "../../../models/customer-merge.ts";
import { customerMergeModel } from "../../../models/customer-merge.ts";
import { changedFields } from "../customer-draft.ts";
import type { Customers } from "../customers-store.ts";
import { orStartOver } from "../duplicates.ts";
import { customerData, customerSnapshot } from "../views.ts";
import { lockStep, unlockStep } from "./lock-steps.ts";
import { gainedBy, mergedCustomer } from "./merge-rules.ts";
import { moveNotes, mustHold, type Pair, pairOf } from "./merge-store.ts";

/** What the saga of a merge goes by: ids alone, nothing personal. */
export interface Merging {
	survivorId: string;
	loserId: string;
}

type Run = SagaRun<Merging>;

const again = (done: boolean) => (done ? {} : { again: true });

const hand = ({ id: mergeId, tenantId, state }: Run) => ({
	tenantId,
	mergeId,
	fromId: state.loserId,
	toId: state.survivorId,
});

/** The addresses of both, as tickets know them: normalised. */
function addresses({ survivor, loser }: Pair) {
	const own = survivor.emails.map(({ normalized }) => normalized);
	const theirs = loser.emails.map(({ normalized }) => normalized).filter((email) => !own.includes(email));
	return { toEmails: own, fromEmails: theirs, toEmail: own[0] ?? null };
}

/** Both as other services keep them. */
function copiesOf({ survivor, loser }: Pair): {
	from: Static<typeof CustomerSnapshot>;
	to: Static<typeof CustomerSnapshot>;
} {
	return { from: customerSnapshot(loser), to: customerSnapshot(survivor) };
}

/** Makes one customer of two, and notes how to make two of it again. */
async function commitMerge(from: Customers, tx: Transaction, run: Run): Promise<void> {
	const { tenantId, state, id } = run;
	const pair = await pairOf(from, tenantId, state, tx);
	const { survivor, loser } = pair;
	mustHold(id, survivor, loser);
	const merged = mergedCustomer(survivor, loser);
	const gained = gainedBy(survivor, merged);
	// First, so that the survivor can have the values that nobody else may have.
	const gone = await from.customers.update(tx, loser, {
		...loser,
		status: "merged",
		mergedIntoId: survivor._id,
		mergedAt: tx.now,
		liveEmails: undefined,
		externalId: undefined,
	});
	const kept = await orStartOver(from.customers.update(tx, survivor, merged));
	const row: CustomerMerge = {
		_id: id,
		tenantId,
		...state,
		at: tx.now,
		undoneAt: null,
		gained: JSON.stringify(gained),
		loser: { status: loser.status, liveEmails: loser.liveEmails ?? null, externalId: loser.externalId ?? null },
		noteIds: [],
	};
	await from.store.model(customerMergeModel).create([row as never], { session: tx.session });
	await tx.emit(customerMerged, gone, {
		...customerData(gone, ["status", "mergedIntoId"]),
		...state,
		movedEmails: gained.emails,
	});
	if (kept.version !== survivor.version)
		await tx.emit(customerUpdated, kept, customerData(kept, changedFields(survivor, kept)));
}

/**
 * Merges the loser into the survivor, both of which were locked when the saga began. Until both are written as one it can
 * be taken back; from then on only what may have come to the loser meanwhile follows.
 */
export function mergeSaga(from: Customers): SagaDefinition<Merging> {
	return {
		type: "customer.merge",
		result: ({ survivorId, loserId }) => ({ survivorId, loserId }),
		steps: [
			lockStep(from),
			{
				name: "tickets",
				async run(run) {
					const pair = await pairOf(from, run.tenantId, run.state);
					return again((await run.call(moveTickets, { ...hand(run), ...addresses(pair) })).done);
				},
				async undo(run) {
					const { fromId, toId, ...merge } = hand(run);
					return again((await run.call(moveTicketsBack, { ...merge, fromId: toId, toId: fromId })).done);
				},
			},
			{
				name: "votes",
				run: async (run) => again((await run.call(moveVotes, hand(run))).done),
				undo: async (run) => again((await run.call(moveVotesBack, hand(run))).done),
			},
			{
				name: "customers",
				pivot: true,
				async run(run) {
					await run.commit((tx) => commitMerge(from, tx, run));
				},
			},
			{
				name: "tokens",
				async run(run) {
					await run.call(endCustomerTokens, { tenantId: run.tenantId, customerId: run.state.loserId });
				},
			},
			{
				// What came to the loser while the rest was moved; from now on nothing more can.
				name: "latecomers",
				async run(run) {
					const pair = await pairOf(from, run.tenantId, run.state);
					const moved = { ...hand(run), fromEmails: [], toEmails: [], toEmail: null, copies: copiesOf(pair) };
					const tickets = await run.call(moveTickets, moved);
					const votes = await run.call(moveVotes, hand(run));
					return again(tickets.done && votes.done);
				},
			},
			{
				name: "notes",
				run: async (run) => again(await run.commit((tx) => moveNotes(from, tx, run.id, run.state))),
			},
			unlockStep(from),
		],
	};
}
