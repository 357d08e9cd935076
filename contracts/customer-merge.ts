import { type Static, type TUnsafe, Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { CustomerSnapshot } from "./customers-internal.ts";
import { CustomerView } from "./customers-views.ts";
import { Id, Nullable } from "./fields.ts";
import { SagaView, type SagaViewShape } from "./sagas.ts";

const ById = strict({ id: Id });

/** Which of the two stays: `loserId` is taken into the customer in the path, `survivorId` takes it in. */
const Other = { loserId: Type.Optional(Id), survivorId: Type.Optional(Id) };

/** A customer after a merge that is done. */
const Merged = Type.Object({ ...CustomerView.properties, sagaId: Id });
type MergedView = Static<typeof Merged>;

/** What a merge is answered with: the customer, or the saga of one that takes longer. */
export type MergeAnswer = MergedView | SagaViewShape;

const isSaga = (answer: unknown): answer is SagaViewShape => !("sagaId" in (answer as MergeAnswer));
const ofMerge = {
	result: Merged as unknown as TUnsafe<MergeAnswer>,
	accepted: { result: SagaView, is: isSaga },
	headers: (answer: MergeAnswer): Record<string, string> =>
		isSaga(answer) ? { Location: `/api/sagas/${answer.id}` } : {},
};

export const mergeCustomer = defineAction({
	name: "customers.merge",
	access: "customers.write",
	rest: "POST /customers/:id/merge",
	summary: "Merge two customers into one",
	description:
		"With `loserId` that customer is taken into the one in the path, with `survivorId` the one in the path is taken into " +
		"that one. Of the survivor all fields stay; addresses, numbers, companies and tags of both are kept, and what only " +
		"the other one has fills the gaps. Tickets, copies on tickets, notes and votes go to the survivor. While it runs, " +
		"changes of both answer 409. Answers 200 with the survivor, or 202 with the saga where it takes longer; `If-Match` " +
		"is about the customer in the path. It can be undone for 24 hours.",
	path: ById,
	body: strict(Other),
	ifMatch: true,
	...ofMerge,
});

export const previewMerge = defineAction({
	name: "customers.previewMerge",
	access: "customers.write",
	rest: "POST /customers/:id/merge/preview",
	summary: "Show what a merge would make, and change nothing",
	path: ById,
	body: strict(Other),
	result: Type.Object({
		survivorId: Id,
		loserId: Id,
		/** the survivor as it would be */
		customer: CustomerView,
		/** names of its fields that would be others than now */
		changed: Type.Array(Type.String()),
		/** what would move, as far as the counters know */
		tickets: Type.Object({ open: Type.Integer(), total: Type.Integer() }),
		notes: Type.Integer(),
	}),
});

export const unmergeCustomer = defineAction({
	name: "customers.unmerge",
	access: "customers.write",
	rest: "POST /customers/:id/unmerge",
	summary: "Undo a merge",
	description:
		"For 24 hours, of the customer that was merged or, for the latest merge, of the one that took it in. What went from " +
		"one to the other goes back; what came since stays. Later this answers 410 `gone`.",
	path: ById,
	...ofMerge,
});

/** Every action of merging that a client can call. */
export const customerMergeContracts = [mergeCustomer, previewMerge, unmergeCustomer];

/** What a merge hands from one customer to the other: both by id, and the merge by its saga. */
const Hand = { tenantId: Id, mergeId: Id, fromId: Id, toId: Id };

/** Both customers as they are now, so that nobody has to wait for the event. */
const Copies = Type.Optional(strict({ from: CustomerSnapshot, to: CustomerSnapshot }));

const Part = Type.Object({ done: Type.Boolean() });

/**
 * Hands some tickets of one customer to another: those asked for by it, then those on which it is copied, whose address
 * becomes `toEmail` (null: addresses stay). What moves is noted for `moveTicketsBack`. To be called until it is done.
 */
export const moveTickets = defineAction({
	name: "tickets.moveForMerge",
	access: "internal",
	summary: "Hand some tickets of a customer that is merged to its survivor",
	body: strict({
		...Hand,
		/** normalised addresses of whom the tickets go to; on those it asked for, it is copied no more */
		toEmails: Type.Array(Type.String(), { maxItems: 20 }),
		fromEmails: Type.Array(Type.String(), { maxItems: 20 }),
		toEmail: Nullable(Type.String()),
		copies: Copies,
	}),
	result: Part,
});

/** Hands some of the tickets back that a merge has moved, as far as they are still where it put them. */
export const moveTicketsBack = defineAction({
	name: "tickets.moveBackFromMerge",
	access: "internal",
	summary: "Hand some tickets back that a merge has moved",
	body: strict({ ...Hand, copies: Copies }),
	result: Part,
});

/** Hands some votes of one customer to another, whose own vote on the same article stays. */
export const moveVotes = defineAction({
	name: "knowledge-base.moveVotesForMerge",
	access: "internal",
	summary: "Hand some votes of a customer that is merged to its survivor",
	body: strict(Hand),
	result: Part,
});

/** Hands some of the votes back that a merge has moved or dropped. */
export const moveVotesBack = defineAction({
	name: "knowledge-base.moveVotesBackFromMerge",
	access: "internal",
	summary: "Hand some votes back that a merge has moved",
	body: strict(Hand),
	result: Part,
});

/** Ends all tokens of a customer at once, in every process. */
export const endCustomerTokens = defineAction({
	name: "identity.endCustomerTokens",
	access: "internal",
	summary: "End the tokens of a customer",
	body: strict({ tenantId: Id, customerId: Id }),
	result: Type.Object({ ended: Type.Integer() }),
});

/** When a merge can no longer be undone, ms after it was done. */
export const UNMERGE_MS = 24 * 3600 * 1000;
