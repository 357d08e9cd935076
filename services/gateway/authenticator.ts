import type { Caller } from "../../contracts/caller.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Credential } from "./credentials.ts";
import { SHARED_KEEP_MS, type SharedCallers } from "./shared-callers.ts";
import { KEEP_MS, ShortMemory } from "./short-memory.ts";

/** Asks identity who stands behind a credential. Rejects with 401 for one that is not valid. */
export type Verify = (credential: Credential) => Promise<Caller>;

/**
 * Turns credentials into verified callers, asking identity once a moment for each however many requests come, and
 * wherever they come in where the gateways share what they know.
 */
export class Authenticator {
	private readonly verify: Verify;
	private readonly shared: SharedCallers | null;
	private readonly known: ShortMemory<Caller>;

	constructor(verify: Verify, clock: Clock, shared: SharedCallers | null = null) {
		this.verify = verify;
		this.shared = shared;
		this.known = new ShortMemory(clock, shared ? KEEP_MS - SHARED_KEEP_MS : KEEP_MS);
	}

	/** The caller behind a credential. Refusals and failures are not kept. */
	authenticate(credential: Credential): Promise<Caller> {
		const verify = () => this.verify(credential);
		return this.known.recall(credential.hash, () => this.shared?.recall(credential, verify) ?? verify());
	}

	/** Something was revoked or changed: nobody is trusted from memory any more. */
	forget(): void {
		this.known.forget();
		this.shared?.forget();
	}
}
