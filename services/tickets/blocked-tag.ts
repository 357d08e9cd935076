/** Marks the tickets of a blocked customer: taken, but nobody is bothered with them. */
export const BLOCKED_TAG = "blocked-customer";
