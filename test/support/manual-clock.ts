import type { Clock } from "../../lib/clock.ts";

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
	/** Moves the clock on, in ms. */
	advance(ms: number): void;
}

export function manualClock(start = "2025-01-15T09:00:00.000Z"): ManualClock {
	let now = Date.parse(start);
	return {
		now: () => new Date(now),
		advance(ms) {
			now += ms;
		},
	};
}
