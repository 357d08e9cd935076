import { createHmac } from "node:crypto";
import type { TenantCaller } from "../../../contracts/caller.ts";
import { Problem } from "../../../lib/problem.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { Customer } from "../../../models/customer.ts";
import { type Suppression, suppressionModel } from "../../../models/suppression.ts";
import type { Customers } from "../customers-store.ts";

/** The hash under the service's own secret: without it, trying out addresses tells nothing. */
function rowId({ store }: Customers, tenantId: string, value: string): string {
	return `${tenantId} ${createHmac("sha256", store.secret).update(`suppression ${tenantId} ${value}`).digest("base64url")}`;
}

const valuesOf = ({ emails, externalId }: Pick<Customer, "emails" | "externalId">) => [
	...emails.map(({ normalized }) => `email ${normalized}`),
	...(externalId === undefined ? [] : [`externalId ${externalId}`]),
];

/** Remembers that a person was erased, by what an import would bring them back with. */
export async function suppress(from: Customers, tx: Transaction, customer: Customer): Promise<void> {
	const rows = from.store.model(suppressionModel);
	for (const value of valuesOf(customer)) {
		const fields = { tenantId: customer.tenantId, customerId: customer._id, erasedAt: tx.now };
		await rows.updateOne(
			{ _id: rowId(from, customer.tenantId, value) },
			{ $set: fields },
			{ upsert: true, session: tx.session },
		);
	}
}

async function suppressionOf(
	from: Customers,
	tx: Transaction,
	customer: Pick<Customer, "emails" | "externalId">,
): Promise<Suppression | null> {
	const { tenantId } = tx.command;
	const ids = valuesOf(customer).map((value) => rowId(from, tenantId, value));
	if (ids.length === 0) return null;
	const [found] = await from.store
		.model(suppressionModel)
		.find({ _id: { $in: ids } })
		.limit(1)
		.session(tx.session)
		.lean<Suppression[]>();
	return found ?? null;
}

/** Whether it is a program that speaks for nobody: what it sends may be older than the erasure. */
export const isProgram = (caller: Pick<TenantCaller, "kind">) => caller.kind === "service";

/**
 * Refuses to make a customer of somebody who was erased out of what is older than that: an import, or a program that keeps
 * two systems alike. `contactAt` is when the person was in touch; null where nobody says that they were.
 * @throws 409 `suppressed` with the instant of the erasure
 */
export async function refuseSuppressed(
	from: Customers,
	tx: Transaction,
	customer: Pick<Customer, "emails" | "externalId">,
	contactAt: Date | null,
): Promise<void> {
	const found = await suppressionOf(from, tx, customer);
	if (!found || (contactAt !== null && contactAt > found.erasedAt)) return;
	throw new Problem(
		409,
		"suppressed",
		"Somebody with this address was erased. Only their own new message, or a person of the desk, makes them known again.",
		{ extra: { erasedAt: found.erasedAt.toISOString() } },
	);
}
