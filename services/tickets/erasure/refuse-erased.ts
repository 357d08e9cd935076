import { Problem } from "../../../lib/problem.ts";
import type { CustomerCopy } from "../../../models/ticket-copies.ts";

/**
 * Refuses new tickets and messages of somebody who is being erased, or was.
 * @throws 409 `customer_locked`, or 410 for one who was erased
 */
export function refuseErased(customer: Pick<CustomerCopy, "erasedBy" | "status"> | undefined): void {
	if (customer?.status === "erased") throw new Problem(410, "gone", "The customer was erased.");
	if (!customer?.erasedBy) return;
	throw new Problem(409, "customer_locked", "The customer is being erased. Try again when that is over.", {
		extra: { sagaId: customer.erasedBy },
	});
}
