import { LRUCache } from "lru-cache";
import type { Caller } from "../../contracts/caller.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Credential } from "./credentials.ts";

/** How long an answer of identity may be used again, ms. A revocation is felt within 1 s even if its hint is lost. */
const KEEP_MS = 900;
const MAX_KEPT = 10_000;

/** Asks identity who stands behind a credential. Rejects with 401 for one that is not valid. */
export type Verify = (credential: Credential) => Promise<Caller>;

/** A caller is shared by all requests of its credential: whoever handles one must not be able to change it. */
function frozen<T>(value: T): T {
	if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
	for (const inner of Object.values(value)) frozen(inner);
	return Object.freeze(value);
}

/** Turns credentials into verified callers, asking identity once a moment for each however many requests come. */
export class Authenticator {
	private readonly verify: Verify;
	private readonly known: LRUCache<string, Promise<Caller>>;

	constructor(verify: Verify, clock: Clock) {
		this.verify = verify;
		this.known = new LRUCache({
			max: MAX_KEPT,
			ttl: KEEP_MS,
			ttlResolution: 0,
			perf: { now: () => clock.now().getTime() },
		});
	}

	/** The caller behind a credential. Refusals and failures are not kept. */
	authenticate(credential: Credential): Promise<Caller> {
		const kept = this.known.get(credential.hash);
		if (kept) return kept;
		const asked = this.verify(credential).then(frozen);
		this.known.set(credential.hash, asked);
		asked.catch(() => {
			if (this.known.peek(credential.hash) === asked) this.known.delete(credential.hash);
		});
		return asked;
	}

	/** Something was revoked or changed: nobody is trusted from memory any more. */
	forget(): void {
		this.known.clear();
	}
}
