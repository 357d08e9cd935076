/** Upper bounds of the buckets, seconds. */
export const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A line of a histogram as Prometheus reads it: how many were at most so long, their sum, their number. */
interface HistogramLine {
	suffix: "bucket" | "sum" | "count";
	le?: number | string;
	value: number;
}

/** How long things took, in buckets that a scrape can be made of. */
export class Histogram {
	private readonly counts = new Float64Array(BUCKETS.length + 1);
	private sum = 0;

	/** Notes one of so many seconds. */
	observe(seconds: number): void {
		let bucket = 0;
		while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket++;
		this.counts[bucket] = (this.counts[bucket] as number) + 1;
		this.sum += seconds;
	}

	/** The buckets counted up, as Prometheus wants them, then sum and number. */
	lines(): HistogramLine[] {
		let count = 0;
		const buckets = [...this.counts].map((own, index): HistogramLine => {
			count += own;
			return { suffix: "bucket", le: BUCKETS[index] ?? "+Inf", value: count };
		});
		return [...buckets, { suffix: "sum", value: this.sum }, { suffix: "count", value: count }];
	}
}
