import { LRUCache } from "lru-cache";
import type { Caller } from "../../contracts/caller.ts";
import type { Clock } from "../../lib/clock.ts";
import { isProblem } from "../../lib/problem.ts";
import { within } from "../../lib/within.ts";
import type { Credential } from "./credentials.ts";
import { SHARED_KEEP_MS, type SharedCallers } from "./shared-callers.ts";
import { KEEP_MS, ShortMemory } from "./short-memory.ts";

/**
 * How long a caller is believed without identity, ms: while it is away, nobody can revoke anything there either. What
 * this gives away is that a token which expires meanwhile does so this much later.
 */
const WITHOUT_IDENTITY_MS = 30_000;
/** How long identity is waited for where its answer can be done without, ms. */
const PATIENCE_MS = 1000;
const MAX_KEPT = 10_000;

/** Asks identity who stands behind a credential. Rejects with 401 for one that is not valid. */
export type Verify = (credential: Credential) => Promise<Caller>;

/** Whether identity has spoken: anything else says nothing about the credential. */
const isRefusal = (error: unknown) => isProblem(error) && error.code < 500;

/**
 * Turns credentials into verified callers, asking identity once a moment for each however many requests come, and
 * wherever they come in where the gateways share what they know. Whoever was verified lately can go on for a short while
 * when identity is away, unless something was revoked since.
 */
export class Authenticator {
	private readonly verify: Verify;
	private readonly shared: SharedCallers | null;
	private readonly known: ShortMemory<Caller>;
	private readonly lately: LRUCache<string, Caller>;
	private revocations = 0;

	constructor(verify: Verify, clock: Clock, shared: SharedCallers | null = null) {
		this.verify = verify;
		this.shared = shared;
		this.known = new ShortMemory(clock, shared ? KEEP_MS - SHARED_KEEP_MS : KEEP_MS);
		this.lately = new LRUCache({
			max: MAX_KEPT,
			ttl: WITHOUT_IDENTITY_MS,
			ttlResolution: 0,
			perf: { now: () => clock.now().getTime() },
		});
	}

	/** The caller behind a credential. Refusals and failures are not kept. */
	authenticate(credential: Credential): Promise<Caller> {
		return this.known.recall(credential.hash, () => this.ask(credential));
	}

	/** Something was revoked or changed: nobody is trusted from memory any more. */
	forget(): void {
		this.revocations++;
		this.known.forget();
		this.lately.clear();
		this.shared?.forget();
	}

	private async ask(credential: Credential): Promise<Caller> {
		const { revocations } = this;
		const before = this.lately.get(credential.hash);
		const verify = () => this.verify(credential);
		const asked = this.shared?.recall(credential, verify) ?? verify();
		try {
			const caller = await (before ? within(PATIENCE_MS, asked) : asked);
			if (revocations === this.revocations) this.lately.set(credential.hash, caller);
			return caller;
		} catch (error) {
			if (isRefusal(error)) this.lately.delete(credential.hash);
			else if (before && revocations === this.revocations) return before;
			throw error;
		}
	}
}
