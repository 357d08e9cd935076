import { setTimeout as pause } from "node:timers/promises";
import type { ServiceBroker } from "moleculer";
import type { ActionContract } from "../../contracts/contract.ts";
import { isProblem } from "../../lib/problem.ts";

/*
 * The services whose things are searched. The index follows them; while one is away, its part of the index waits for it
 * and the others go on.
 */

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** Whether another try may go better: the owner is not there, has no time or stumbled. */
function mayPass(error: unknown): boolean {
	return !isProblem(error) || error.code >= 500 || error.code === 429;
}

/** Asks owners on the service's own behalf, again and again where one is away. */
export class Owners {
	private readonly broker: () => ServiceBroker;
	private readonly onAway: (error: unknown, contract: string) => void;
	private readonly stopping = new AbortController();

	constructor(broker: () => ServiceBroker, onAway: (error: unknown, contract: string) => void) {
		this.broker = broker;
		this.onAway = onAway;
	}

	/** One question, one try. */
	once<P, R>(contract: ActionContract<P, R>, params: P): Promise<R> {
		return this.broker().call<R, P>(contract.name, params);
	}

	/** Whether somebody is there to be asked, as far as the broker knows; it need not be told so by a failing call. */
	isThere(action: string): boolean {
		const { actions } = (this.broker() as unknown as { registry: { actions: { isAvailable(name: string): boolean } } })
			.registry;
		return actions.isAvailable(action);
	}

	/**
	 * The answer of an owner, waited for as long as it takes.
	 * @throws what the owner refuses for good, and an AbortError when the service stops meanwhile
	 */
	async ask<P, R>(contract: ActionContract<P, R>, params: P): Promise<R> {
		for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
			this.stopping.signal.throwIfAborted();
			try {
				if (this.isThere(contract.name)) return await this.once(contract, params);
				if (wait === LONGEST_PAUSE_MS) this.onAway(null, contract.name);
			} catch (error) {
				if (!mayPass(error)) throw error;
				if (wait === LONGEST_PAUSE_MS) this.onAway(error, contract.name);
			}
			await pause(wait, undefined, { signal: this.stopping.signal });
		}
	}

	get stopped(): boolean {
		return this.stopping.signal.aborted;
	}

	/** Whoever still waits for an answer gets none. */
	stop(): void {
		this.stopping.abort(new Error("the search service stops"));
	}
}
