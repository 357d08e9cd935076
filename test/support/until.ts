import { setTimeout as pause } from "node:timers/promises";

/**
 * Resolves when a condition holds; a rejection counts as not yet.
 * @throws Error with the last failure when it did not within `withinMs`
 */
export async function until(holds: () => unknown, withinMs = 10_000): Promise<void> {
	const deadline = performance.now() + withinMs;
	for (;;) {
		let failure: unknown = null;
		try {
			if (await holds()) return;
		} catch (error) {
			failure = error;
		}
		if (performance.now() > deadline)
			throw new Error(`this never came true within ${withinMs} ms: ${holds}${failure ? `, ${failure}` : ""}`, {
				cause: failure,
			});
		await pause(10);
	}
}
