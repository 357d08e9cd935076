/** Averages and percentiles of durations, seconds; null where there is nothing to speak of. */
export interface Durations {
	count: number;
	avgSec: number | null;
	medianSec: number | null;
	p90Sec: number | null;
	p95Sec: number | null;
}

/**
 * A quantile by linear interpolation between the closest ranks: R-7 of R. J. Hyndman and Y. Fan, "Sample Quantiles in
 * Statistical Packages" (1996). `sorted` must not be empty.
 */
export function quantile(sorted: Float64Array, share: number): number {
	const place = (sorted.length - 1) * share;
	const below = Math.floor(place);
	const low = sorted[below] as number;
	const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
	return low + (high - low) * (place - below);
}

/** What is told of some durations, of which the exact values count. */
export function durationsOf(values: readonly number[]): Durations {
	if (values.length === 0) return { count: 0, avgSec: null, medianSec: null, p90Sec: null, p95Sec: null };
	const sorted = Float64Array.from(values).sort();
	const at = (share: number) => quantile(sorted, share);
	let sum = 0;
	for (const value of sorted) sum += value;
	return {
		count: sorted.length,
		avgSec: sum / sorted.length,
		medianSec: at(0.5),
		p90Sec: at(0.9),
		p95Sec: at(0.95),
	};
}
