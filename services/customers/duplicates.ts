import { isProblem, Problem } from "../../lib/problem.ts";
import { VersionConflict } from "../../mixins/repository.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Customer } from "../../models/customer.ts";
import type { Customers } from "./customers-store.ts";
import { isRestorable } from "./lifecycle.ts";

/** 409 for a value that somebody has; `extra` says who. */
export function duplicate(pointer: string, message: string, extra: Record<string, unknown>): Problem {
	return new Problem(409, "duplicate", message, { errors: [{ pointer, code: "duplicate", message }], extra });
}

/**
 * Lets a write whose unique value was taken while we looked start over: the next look finds who has it.
 */
export async function orStartOver<T>(write: Promise<T>): Promise<T> {
	try {
		return await write;
	} catch (error) {
		if (isProblem(error) && error.type === "duplicate") throw new VersionConflict(error.message);
		throw error;
	}
}

type Claims = Pick<Customer, "liveEmails" | "externalId">;

/**
 * The customer that has one of these addresses or the external id, deleted or not. One that was deleted too long ago to
 * come back gives them up and is not in the way.
 */
async function holderOf(
	{ customers }: Customers,
	tx: Transaction,
	claim: Record<string, unknown>,
): Promise<Customer | undefined> {
	const found = await customers.find({ tenantId: tx.command.tenantId }, claim, { tx, limit: 20 });
	for (const holder of found) {
		if (!holder.deleted || isRestorable(holder.deletedAt, tx.now)) return holder;
		await customers.update(tx, holder, { ...holder, liveEmails: undefined, externalId: undefined });
	}
	return undefined;
}

/** The customer with one of these normalised addresses, unless it was deleted too long ago to come back. */
export function holderOfEmails(from: Customers, tx: Transaction, emails: string[]): Promise<Customer | undefined> {
	return holderOf(from, tx, { liveEmails: { $in: emails } });
}

/** Throws 409 `duplicate` with `existingId` where another customer of the tenant has an address or the external id. */
export async function refuseDuplicates(
	from: Customers,
	tx: Transaction,
	claims: Claims,
	before?: Customer,
): Promise<void> {
	const isOther = before ? { _id: { $ne: before._id } } : {};
	const deletion = (holder: Customer) => (holder.deleted ? { existingDeleted: true } : {});
	const emails = (claims.liveEmails ?? []).filter((email) => !before?.liveEmails?.includes(email));
	if (emails.length > 0) {
		const holder = await holderOf(from, tx, { liveEmails: { $in: emails }, ...isOther });
		if (holder) {
			const index = claims.liveEmails?.findIndex((email) => holder.liveEmails?.includes(email)) ?? 0;
			throw duplicate(`/emails/${index}/value`, "There is a customer with this e-mail address already.", {
				existingId: holder._id,
				...deletion(holder),
			});
		}
	}
	const { externalId } = claims;
	if (externalId === undefined || externalId === before?.externalId) return;
	const holder = await holderOf(from, tx, { externalId, ...isOther });
	if (holder)
		throw duplicate("/externalId", "There is a customer with this external id already.", {
			existingId: holder._id,
			...deletion(holder),
		});
}
