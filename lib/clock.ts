/** Where the time comes from. Injected everywhere, so that tests can move it. */
export interface Clock {
	now(): Date;
}

/** The machine's own clock, in UTC like every instant of the product. */
export const systemClock: Clock = { now: () => new Date() };
