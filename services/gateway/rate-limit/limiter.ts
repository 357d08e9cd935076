import { LRUCache } from "lru-cache";
import { type Bucket, levelAt, type Policy, secondsUntil } from "./token-bucket.ts";

/** One limit that a request counts against. */
export interface Limit extends Policy {
	/** its name in the headers */
	name: string;
	/** whose bucket it is */
	key: string;
}

/** Where a request stands with one limit. */
export interface Standing {
	limit: Limit;
	/** whole requests left */
	remaining: number;
	/** seconds until the bucket is full again */
	resetSec: number;
}

export interface Decision {
	allowed: boolean;
	/** seconds to wait before the next try has a chance; 0 when allowed */
	retryAfterSec: number;
	standings: Standing[];
}

/** Counts requests against limits. One for a process keeps them in memory; one for a cluster shares them. */
export interface Limiter {
	/** Takes a token of every limit, or of none where one of them is used up. `now` in ms since the epoch. */
	take(limits: readonly Limit[], now: number): Decision | Promise<Decision>;
}

const MAX_BUCKETS = 20_000;

/** Buckets in this process's memory. A bucket that nobody used for long makes room for others and starts full again. */
export class MemoryLimiter implements Limiter {
	private readonly buckets: LRUCache<string, Bucket>;

	constructor(maxBuckets = MAX_BUCKETS) {
		this.buckets = new LRUCache({ max: maxBuckets });
	}

	take(limits: readonly Limit[], now: number): Decision {
		const levels = limits.map((limit) => levelAt(this.buckets.get(limit.key), limit, now));
		const allowed = levels.every((level) => level >= 1);
		const standings = limits.map((limit, index) => {
			const level = (levels[index] as number) - (allowed ? 1 : 0);
			if (allowed) this.buckets.set(limit.key, { level, at: now });
			return { limit, remaining: Math.floor(level), resetSec: secondsUntil(level, limit.quota, limit) };
		});
		const waits = limits.map((limit, index) => secondsUntil(levels[index] as number, 1, limit));
		return { allowed, retryAfterSec: allowed ? 0 : Math.max(1, ...waits), standings };
	}
}
