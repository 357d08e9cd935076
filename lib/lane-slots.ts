/** How many handlers of a group run at once where its subscription does not say. */
const DEFAULT_CONCURRENCY = 4;

/** The lanes of a consumer whose handler runs: one handler a lane, and so many at once. */
export class LaneSlots {
	readonly #concurrency: number;
	readonly #taken = new Set<string>();
	#onQuiet: (() => void) | null = null;

	constructor(concurrency = DEFAULT_CONCURRENCY) {
		this.#concurrency = concurrency;
	}

	/** How many more handlers may run. */
	get free(): number {
		return this.#concurrency - this.#taken.size;
	}

	/** How many handlers run. */
	get taken(): number {
		return this.#taken.size;
	}

	/** Whether the handler of a lane runs. */
	has(lane: string): boolean {
		return this.#taken.has(lane);
	}

	/** The handler of a lane runs from now on. */
	take(lane: string): void {
		this.#taken.add(lane);
	}

	/** The handler of a lane has ended. */
	leave(lane: string): void {
		this.#taken.delete(lane);
		if (this.#taken.size === 0) this.#onQuiet?.();
	}

	/** Resolves when no handler runs. */
	async quiet(): Promise<void> {
		if (this.#taken.size === 0) return;
		await new Promise<void>((resolve) => {
			this.#onQuiet = resolve;
		});
	}
}
