interface Waiter {
	target: number;
	resolve: () => void;
	reject: (error: Error) => void;
}

/** Those who wait until a position is reached. */
export class Waiters {
	readonly #waiting = new Set<Waiter>();

	get size(): number {
		return this.#waiting.size;
	}

	/** Resolves once {@link reached} is told of the position or a later one. */
	until(target: number): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#waiting.add({ target, resolve, reject });
		});
	}

	reached(position: number): void {
		for (const waiter of this.#waiting) {
			if (waiter.target > position) continue;
			this.#waiting.delete(waiter);
			waiter.resolve();
		}
	}

	/** Nothing will be reached any more. */
	giveUp(error: Error): void {
		for (const waiter of this.#waiting) waiter.reject(error);
		this.#waiting.clear();
	}
}
