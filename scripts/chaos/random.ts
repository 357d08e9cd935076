/** A source of chance that gives the same again for the same seed (mulberry32, Tommy Ettinger 2017). */
export class Random {
	private state: number;

	constructor(seed: number) {
		this.state = seed >>> 0;
	}

	/** At least 0, less than 1. */
	next(): number {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** A whole number, at least `from`, less than `to`. */
	between(from: number, to: number): number {
		return from + Math.floor(this.next() * (to - from));
	}

	pick<T>(list: readonly T[]): T {
		const item = list[this.between(0, list.length)];
		if (item === undefined) throw new Error("nothing to pick from");
		return item;
	}

	/** One of the keys, each as likely as its weight says. */
	weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
		const entries = Object.entries(weights) as [K, number][];
		let rest = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
		for (const [key, weight] of entries) {
			rest -= weight;
			if (rest < 0) return key;
		}
		throw new Error("nothing to choose from");
	}
}
