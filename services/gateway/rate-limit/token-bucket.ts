/**
 * A token bucket: it holds up to `quota` tokens and fills up evenly over `windowSec`. The level is only computed when it
 * is looked at. See "Traffic policing and shaping", RFC 2697 for the mechanism; tokens are counted in fractions.
 */
export interface Bucket {
	/** tokens that were left at `at` */
	level: number;
	/** ms since the epoch */
	at: number;
}

export interface Policy {
	/** requests per window */
	quota: number;
	windowSec: number;
}

/** The tokens that are in a bucket now; a new one is full. */
export function levelAt(bucket: Bucket | undefined, policy: Policy, now: number): number {
	if (!bucket) return policy.quota;
	const passedSec = Math.max(0, now - bucket.at) / 1000;
	return Math.min(policy.quota, bucket.level + (passedSec * policy.quota) / policy.windowSec);
}

/** Seconds until a bucket at this level holds `wanted` tokens, rounded up. */
export function secondsUntil(level: number, wanted: number, policy: Policy): number {
	return Math.max(0, Math.ceil(((wanted - level) * policy.windowSec) / policy.quota));
}
