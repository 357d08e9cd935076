import { Problem } from "../../lib/problem.ts";
import type { CustomerStatus } from "../../models/customer.ts";

/** What a person can make of a customer in each status. Merged and erased are ends, and reached by their own ways only. */
const NEXT: Record<CustomerStatus, readonly CustomerStatus[]> = {
	lead: ["active", "blocked"],
	active: ["inactive", "blocked"],
	inactive: ["active", "blocked"],
	blocked: ["active"],
	merged: [],
	erasing: [],
	erased: [],
};

/** Whether a customer may go from one status to another; staying is always allowed. */
export function mayBecome(from: CustomerStatus, to: CustomerStatus): boolean {
	return from === to || NEXT[from].includes(to);
}

/** Throws 409 `invalid_transition` where a customer may not go from one status to another. */
export function checkTransition(from: CustomerStatus, to: CustomerStatus): void {
	if (mayBecome(from, to)) return;
	const choices = NEXT[from].length > 0 ? `It can become ${NEXT[from].join(" or ")}.` : "It stays so.";
	throw new Problem(409, "invalid_transition", `A customer that is ${from} cannot become ${to}. ${choices}`, {
		errors: [{ pointer: "/status", code: "invalid_transition", message: `Not from ${from} to ${to}.` }],
		extra: { from, to },
	});
}

/** How long a deleted customer can be restored, ms. */
export const RESTORE_MS = 30 * 24 * 3600 * 1000;

/** Whether a customer that was deleted can still come back. Its last moment counts. */
export function isRestorable(deletedAt: Date | null, now: Date): boolean {
	return deletedAt !== null && now.getTime() - deletedAt.getTime() <= RESTORE_MS;
}
