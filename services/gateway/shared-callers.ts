import type { Caller } from "../../contracts/caller.ts";
import type { Clock } from "../../lib/clock.ts";
import { NO_TENANT, type SharedMemory, sharedKey } from "../../lib/shared-memory.ts";
import type { Credential } from "./credentials.ts";
import { openText, sealText } from "./sealed-text.ts";

/** How long a caller whom one gateway has verified is known to the others, ms. */
export const SHARED_KEEP_MS = 300;

/**
 * Callers that the gateways have verified a moment ago, for each other: sealed, so that nobody who can write to the
 * shared memory can make himself a caller.
 */
export class SharedCallers {
	private readonly memory: SharedMemory;
	private readonly secret: () => string;
	private readonly clock: Clock;
	private forgottenAt = 0;

	constructor(memory: SharedMemory, secret: () => string, clock: Clock) {
		this.memory = memory;
		this.secret = secret;
		this.clock = clock;
	}

	/** The caller behind a credential: known to a gateway already, else of `verify`, whose refusals are not kept. */
	async recall(credential: Credential, verify: () => Promise<Caller>): Promise<Caller> {
		const key = sharedKey(NO_TENANT, "caller", credential.hash);
		const kept = await this.memory.get(key);
		const text = kept === null ? null : openText(kept, this.secret(), key);
		if (text !== null) {
			const { caller, verifiedAt } = JSON.parse(text) as { caller: Caller; verifiedAt: number };
			if (verifiedAt > this.forgottenAt) return caller;
		}
		// Before it is asked: what is revoked while identity answers must not be kept.
		const verifiedAt = this.clock.now().getTime();
		const caller = await verify();
		void this.memory.set(key, sealText(JSON.stringify({ caller, verifiedAt }), this.secret(), key), SHARED_KEEP_MS);
		return caller;
	}

	/** What was verified until now is good no longer. */
	forget(): void {
		this.forgottenAt = this.clock.now().getTime();
	}
}
