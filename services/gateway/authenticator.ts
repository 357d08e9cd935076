import type { Caller } from "../../contracts/caller.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Credential } from "./credentials.ts";
import { ShortMemory } from "./short-memory.ts";

/** Asks identity who stands behind a credential. Rejects with 401 for one that is not valid. */
export type Verify = (credential: Credential) => Promise<Caller>;

/** Turns credentials into verified callers, asking identity once a moment for each however many requests come. */
export class Authenticator {
	private readonly verify: Verify;
	private readonly known: ShortMemory<Caller>;

	constructor(verify: Verify, clock: Clock) {
		this.verify = verify;
		this.known = new ShortMemory(clock);
	}

	/** The caller behind a credential. Refusals and failures are not kept. */
	authenticate(credential: Credential): Promise<Caller> {
		return this.known.recall(credential.hash, () => this.verify(credential));
	}

	/** Something was revoked or changed: nobody is trusted from memory any more. */
	forget(): void {
		this.known.forget();
	}
}
