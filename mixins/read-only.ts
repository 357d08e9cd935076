import type { Caller } from "../contracts/caller.ts";
import type { ActionContract } from "../contracts/contract.ts";
import { Problem } from "../lib/problem.ts";

/** Whether a contract is a write that nobody of a leaving tenant may do. */
export function isRefusedWhileOffboarding({ rest, whileOffboarding }: ActionContract): boolean {
	return !whileOffboarding && rest.some((alias) => !alias.startsWith("GET "));
}

/**
 * A tenant that is leaving can be read and exported, and nothing in it changes any more.
 * @throws 403 `tenant_offboarding`
 */
export function mustNotBeLeaving(caller: Caller | undefined): void {
	if (caller?.tenant?.status === "offboarding")
		throw new Problem(
			403,
			"tenant_offboarding",
			"This tenant is leaving: it can be read and exported, but nothing can be changed. The owner can cancel that.",
		);
}
