/** The first bucket ends here, ms; each further one ends 19 % (a quarter of a doubling) later. */
const FIRST_MS = 0.05;
const PER_DOUBLING = 4;
/** The last one begins at 43 s: longer than any call may take. */
const BUCKETS = 80;

/** What is remembered: this many slots of so long, the present one included. */
const SLOTS = 5;
const SLOT_MS = 60_000;

/** How many calls there were, how many failed, and how many ended in each bucket of time. Those of several nodes add up. */
export interface Latencies {
	calls: number;
	failed: number;
	counts: number[];
}

interface Slot {
	/** which minute it holds */
	number: number;
	failed: number;
	readonly counts: Uint32Array;
}

const endOf = (bucket: number) => FIRST_MS * 2 ** (bucket / PER_DOUBLING);

function bucketOf(ms: number): number {
	if (!(ms > FIRST_MS)) return 0;
	return Math.min(BUCKETS - 1, Math.ceil(PER_DOUBLING * Math.log2(ms / FIRST_MS)));
}

/** Counts how long calls took lately, four to five minutes back, in a fixed amount of memory. */
export class LatencyWindow {
	private readonly now: () => number;
	private readonly slots: Slot[] = Array.from({ length: SLOTS }, () => ({
		number: -1,
		failed: 0,
		counts: new Uint32Array(BUCKETS),
	}));

	/** `now`: ms of a clock that never goes back. */
	constructor(now: () => number = () => performance.now()) {
		this.now = now;
	}

	/** Notes a call that took so long and has just ended. */
	add(ms: number, failed: boolean): void {
		const slot = this.slotOf(Math.floor(this.now() / SLOT_MS));
		const bucket = bucketOf(ms);
		slot.counts[bucket] = (slot.counts[bucket] as number) + 1;
		if (failed) slot.failed++;
	}

	/** What is remembered. */
	latencies(): Latencies {
		const present = Math.floor(this.now() / SLOT_MS);
		const remembered = this.slots.filter(({ number }) => number >= 0 && number > present - SLOTS);
		return sumOf(
			remembered.map(({ failed, counts }) => ({
				calls: counts.reduce((sum, count) => sum + count, 0),
				failed,
				counts: [...counts],
			})),
		);
	}

	private slotOf(number: number): Slot {
		const slot = this.slots[number % SLOTS] as Slot;
		if (slot.number !== number) {
			slot.number = number;
			slot.failed = 0;
			slot.counts.fill(0);
		}
		return slot;
	}
}

/** All of them together. */
export function sumOf(parts: readonly Latencies[]): Latencies {
	const counts = new Array<number>(BUCKETS).fill(0);
	let calls = 0;
	let failed = 0;
	for (const part of parts) {
		calls += part.calls;
		failed += part.failed;
		for (const [bucket, count] of part.counts.entries()) if (bucket < BUCKETS) (counts[bucket] as number) += count;
	}
	return { calls, failed, counts };
}

/**
 * The time within which a share (0 to 1) of the calls ended, ms; off by 19 % at most, since what lies in one bucket is
 * taken to be spread over it evenly. null without calls.
 */
export function quantileOf({ calls, counts }: Latencies, share: number): number | null {
	if (calls === 0) return null;
	const rank = Math.max(1, share * calls);
	let below = 0;
	for (const [bucket, count] of counts.entries()) {
		if (count > 0 && below + count >= rank) {
			const begin = bucket === 0 ? 0 : endOf(bucket - 1);
			return begin + ((endOf(bucket) - begin) * (rank - below)) / count;
		}
		below += count;
	}
	return endOf(BUCKETS - 1);
}
