import { setTimeout as pause } from "node:timers/promises";
import { articleDocuments, customerDocuments, ticketDocuments } from "../../contracts/search-documents.ts";
import type { SearchKind } from "./engine/index-types.ts";
import type { Feed } from "./feed.ts";
import type { Owners } from "./owners.ts";

/** The longest that a search waits for what was written before it, ms. */
const WAIT_MS = 2000;

/** Whose changes show in what is found, in the order in which they reach one another. */
const SETTLED = {
	ticket: [customerDocuments.settled, ticketDocuments.settled],
	customer: [customerDocuments.settled],
	article: [articleDocuments.settled],
} as const;

/**
 * Resolves when everything that was committed before the call is in the index, or after two seconds: what its owners
 * committed is in the event log first, and what is in the log has been taken in then.
 */
export async function caughtUp(kind: SearchKind, owners: Owners, feed: Feed): Promise<void> {
	const timer = new AbortController();
	const { signal } = timer;
	const work = async () => {
		// One that is away has nothing that could be waited for.
		for (const settled of SETTLED[kind]) await owners.once(settled, {}).catch(() => undefined);
		await feed.idle();
	};
	const limit = pause(WAIT_MS, undefined, { signal }).catch(() => undefined);
	await Promise.race([work().catch(() => undefined), limit]);
	timer.abort();
}
