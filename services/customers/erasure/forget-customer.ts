import { createHmac } from "node:crypto";
import { customerErased, type ErasurePolicy, tombstoneName } from "../../../contracts/customer-erasure.ts";
import type { Identifiers } from "../../../lib/identifiers.ts";
import type { Transaction } from "../../../mixins/store.ts";
import { type Customer, customerModel } from "../../../models/customer.ts";
import { customerMergeModel } from "../../../models/customer-merge.ts";
import { customerNoteModel } from "../../../models/customer-note.ts";
import type { Customers } from "../customers-store.ts";
import { nameKey } from "../names.ts";
import { customerData } from "../views.ts";
import { suppress } from "./suppression.ts";

/** The most customers that can be one person. */
const MAX_MERGED = 99;
/** An outside id shorter than this, or without a digit, may be a word of the language. */
const MIN_EXTERNAL_ID = 5;

/** A customer and all that were merged into it, one into the other. */
export async function personOf(from: Customers, tx: Transaction | undefined, customer: Customer): Promise<Customer[]> {
	const person = new Map([[customer._id, customer]]);
	for (let generation = [customer._id]; generation.length > 0 && person.size <= MAX_MERGED; ) {
		const merged = await from.customers.find(
			{ tenantId: customer.tenantId },
			{ mergedIntoId: { $in: generation } },
			{ limit: MAX_MERGED, ...(tx ? { tx } : {}) },
		);
		generation = merged.map(({ _id }) => _id).filter((id) => !person.has(id));
		for (const one of merged) person.set(one._id, one);
	}
	return [...person.values()];
}

/** What the texts of others may call somebody. */
export function identifiersOf(person: readonly Customer[]): Identifiers {
	const tellsApart = (id: string | undefined): id is string =>
		id !== undefined && id.length >= MIN_EXTERNAL_ID && /\d/.test(id);
	return {
		names: person.map(({ name }) => name),
		addresses: [
			...person.flatMap(({ emails }) => emails.flatMap(({ value, normalized }) => [value, normalized])),
			...person.map(({ externalId }) => externalId).filter(tellsApart),
		],
		numbers: person.flatMap(({ phones }) => phones.flatMap(({ value, e164 }) => (e164 ? [value, e164] : [value]))),
	};
}

/** Tells that two events are about the same person, to nobody who does not know the customer's id. */
export function subjectRef({ store }: Customers, { _id, tenantId }: Pick<Customer, "_id" | "tenantId">): string {
	return createHmac("sha256", store.secret).update(`subject ${tenantId} ${_id}`).digest("base64url");
}

/** A customer that names nobody; what is counted of it stays. */
export function tombstone(customer: Customer, now: Date): Customer {
	const name = tombstoneName(customer._id);
	return {
		...customer,
		name,
		nameKey: nameKey(name),
		emails: [],
		liveEmails: undefined,
		phones: [],
		externalId: undefined,
		companies: [],
		status: "erased",
		tags: [],
		title: null,
		avatarUrl: null,
		locale: null,
		timeZone: null,
		customFields: {},
		fieldKeys: [],
		notesCount: 0,
		lastSeenAt: null,
		erasedAt: now,
		lock: null,
	};
}

/** Takes the person out of this service's own documents, and tells the others. Gives how many notes went. */
export async function forgetCustomer(
	from: Customers,
	tx: Transaction,
	customer: Customer,
	scope: ErasurePolicy,
): Promise<number> {
	const { store } = from;
	const { tenantId, _id } = customer;
	const { session } = tx;
	const notes = await store.model(customerNoteModel).deleteMany({ tenantId, customerId: _id }, { session });
	await store.model(customerMergeModel).deleteMany({ tenantId, survivorId: _id }, { session });
	await store.model(customerMergeModel).deleteMany({ tenantId, loserId: _id }, { session });
	await suppress(from, tx, customer);
	const erased = await from.customers.update(tx, customer, tombstone(customer, tx.now));
	// Counted beside the version, so it is not among what `update` compares.
	await store.model(customerModel).updateOne({ _id, tenantId }, { $set: { notesCount: 0 } }, { session });
	const data = customerData(erased, []);
	await tx.emit(customerErased, erased, { ...data, subjectRef: subjectRef(from, erased), scope });
	return notes.deletedCount;
}
