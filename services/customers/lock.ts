import { Problem } from "../../lib/problem.ts";
import type { Customer } from "../../models/customer.ts";

const DOING = { erase: "erased", merge: "merged" } as const;

/**
 * Refuses to change a customer that is being merged or erased, or was.
 * @throws 409 `customer_locked` with the saga's id while one holds it, 409 `customer_merged` with `mergedIntoId` for a
 * merged one, 410 `gone` for an erased one
 */
export function refuseLocked({ lock, status, mergedIntoId }: Pick<Customer, "lock" | "status" | "mergedIntoId">): void {
	if (status === "erased") throw new Problem(410, "gone", "The customer was erased. Nothing of it can be changed.");
	if (status === "merged")
		throw new Problem(409, "customer_merged", "The customer was merged into another, which can be changed instead.", {
			extra: { mergedIntoId },
		});
	if (!lock) return;
	throw new Problem(409, "customer_locked", `The customer is being ${DOING[lock.kind]}. Try again when that is over.`, {
		extra: { sagaId: lock.sagaId },
	});
}
