import { LRUCache } from "lru-cache";
import type { Clock } from "../../lib/clock.ts";

/** How long an answer may be used again, ms. What changed is felt within 1 s even if the hint of it is lost. */
export const KEEP_MS = 900;
const MAX_KEPT = 10_000;

/** What it keeps is shared by all requests that ask for it: whoever handles one must not be able to change it. */
function frozen<T>(value: T): T {
	if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
	for (const inner of Object.values(value)) frozen(inner);
	return Object.freeze(value);
}

/** Asks once a moment for each key, however many requests come. Failures are not kept. `keepMs` is that moment. */
export class ShortMemory<V> {
	private readonly known: LRUCache<string, Promise<V>>;

	constructor(clock: Clock, keepMs = KEEP_MS) {
		this.known = new LRUCache({
			max: MAX_KEPT,
			ttl: keepMs,
			ttlResolution: 0,
			perf: { now: () => clock.now().getTime() },
		});
	}

	/** The kept answer for a key, else what `ask` resolves with. */
	recall(key: string, ask: () => Promise<V>): Promise<V> {
		const kept = this.known.get(key);
		if (kept) return kept;
		const asked = ask().then(frozen);
		this.known.set(key, asked);
		asked.catch(() => {
			if (this.known.peek(key) === asked) this.known.delete(key);
		});
		return asked;
	}

	/** Something changed: nothing is trusted from memory any more. */
	forget(): void {
		this.known.clear();
	}
}
