import { LRUCache } from "lru-cache";
import { type Bucket, levelAt, type Policy, secondsUntil } from "./token-bucket.ts";

/** One limit that a request counts against. */
export interface Limit extends Policy {
	/** its name in the headers */
	name: string;
	/** whose bucket it is */
	key: string;
	/** the tenant it belongs to; all limits of one request belong to the same; null where there is none */
	tenantId: string | null;
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

/** What bucket levels mean for a request that takes a token of each, or of none where one holds less than one. */
export function decisionOf(limits: readonly Limit[], levels: readonly number[]): Decision {
	const allowed = levels.every((level) => level >= 1);
	const standings = limits.map((limit, index) => {
		const level = (levels[index] as number) - (allowed ? 1 : 0);
		return { limit, remaining: Math.floor(level), resetSec: secondsUntil(level, limit.quota, limit) };
	});
	const waits = limits.map((limit, index) => secondsUntil(levels[index] as number, 1, limit));
	return { allowed, retryAfterSec: allowed ? 0 : Math.max(1, ...waits), standings };
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
		const decision = decisionOf(limits, levels);
		if (decision.allowed)
			for (const [index, limit] of limits.entries())
				this.buckets.set(limit.key, { level: (levels[index] as number) - 1, at: now });
		return decision;
	}
}
