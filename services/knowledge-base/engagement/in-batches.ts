/** How many items one write takes at most, and how many may wait before more are let go. */
const BATCH = 200;
const MAX_WAITING = 5000;

interface Waiting<T, R> {
	item: T;
	settle(result: R | null): void;
	fail(error: unknown): void;
}

/**
 * Writes items of one key one batch after another: what comes while a batch is being written goes together into the
 * next, so that under load one transaction holds many.
 */
export class InBatches<T, R> {
	private readonly write: (key: string, items: readonly T[]) => Promise<readonly R[]>;
	private readonly waiting = new Map<string, Waiting<T, R>[]>();
	private readonly running = new Map<string, Promise<void>>();
	private size = 0;

	/** `write` gives a result for each item, in their order. */
	constructor(write: (key: string, items: readonly T[]) => Promise<readonly R[]>) {
		this.write = write;
	}

	/**
	 * Resolves with the item's result when its batch is written, with null where too many wait already. Rejects with
	 * whatever its batch fails with.
	 */
	async add(key: string, item: T): Promise<R | null> {
		if (this.size >= MAX_WAITING) return null;
		this.size++;
		const queue = this.waiting.get(key) ?? [];
		this.waiting.set(key, queue);
		const result = new Promise<R | null>((settle, fail) => queue.push({ item, settle, fail }));
		if (!this.running.has(key)) this.running.set(key, this.drain(key));
		return result;
	}

	/** Resolves when nothing waits. */
	async idle(): Promise<void> {
		while (this.running.size > 0) await Promise.all(this.running.values());
	}

	private async drain(key: string): Promise<void> {
		for (let queue = this.waiting.get(key); queue?.length; queue = this.waiting.get(key)) {
			const batch = queue.splice(0, BATCH);
			this.size -= batch.length;
			try {
				const items = batch.map(({ item }) => item);
				const results = await this.write(key, items);
				for (const [index, { settle }] of batch.entries()) settle(results[index] ?? null);
			} catch (error) {
				for (const { fail } of batch) fail(error);
			}
		}
		this.waiting.delete(key);
		this.running.delete(key);
	}
}
