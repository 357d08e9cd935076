import type { EventHandler, EventLog, GroupStatus, SubscribeOptions, Subscription } from "../../lib/event-log.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import type { Implementation, LogOptions } from "./implementations.ts";

export const DELAYS = [1_000, 5_000, 30_000];
/** Beyond the longest delay with its jitter. */
export const LATER = 60_000;

/** An empty log whose time the test moves. */
export interface OpenLog {
	clock: ManualClock;
	log: EventLog;
	subscribe(handler: EventHandler, options?: Partial<SubscribeOptions>): Promise<Subscription>;
	/** @throws Error where there is no such group */
	statusOf(group?: string): Promise<GroupStatus>;
}

export async function openLog(implementation: Implementation, options: LogOptions = {}): Promise<OpenLog> {
	const clock = manualClock();
	const log = await implementation.open({ clock, random: () => 0.5, retryDelays: DELAYS, pollMs: 5, ...options });
	return {
		clock,
		log,
		subscribe: (handler, options = {}) => log.subscribe({ group: "dashboard", types: ["*"], handler, ...options }),
		async statusOf(group = "dashboard") {
			const found = (await log.status()).find((status) => status.group === group);
			if (!found) throw new Error(`no group ${group}`);
			return found;
		},
	};
}
