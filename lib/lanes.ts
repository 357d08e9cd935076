/** Something that is kept in order within its lane. */
export interface Queued {
	position: number;
	lane: string;
}

/**
 * The events a consumer has read and not concluded yet: a queue per lane, and the positions that still hold the group's
 * position back. Knows nothing of files or time.
 */
export class Lanes<T extends Queued> {
	readonly #queues = new Map<string, T[]>();
	/** Ascending, because events are added in the order of the log. */
	readonly #open = new Set<number>();
	#waiting = 0;

	/** How many items wait to be taken. */
	get waiting(): number {
		return this.#waiting;
	}

	/** Adds an item; positions must ascend from call to call. */
	add(item: T): void {
		const queue = this.#queues.get(item.lane);
		if (queue) queue.push(item);
		else this.#queues.set(item.lane, [item]);
		this.#open.add(item.position);
		this.#waiting++;
	}

	/** Takes the first item of the lane that has waited longest among those not busy. It stays open. */
	take(isBusy: (lane: string) => boolean): T | undefined {
		for (const [lane, queue] of this.#queues) {
			if (isBusy(lane)) continue;
			const item = queue.shift();
			this.#waiting--;
			this.#queues.delete(lane);
			// To the end of the line, so that a busy subject does not keep the others waiting.
			if (queue.length > 0) this.#queues.set(lane, queue);
			return item;
		}
		return undefined;
	}

	/** Takes everything that waits in a lane. It stays open. */
	takeLane(lane: string): T[] {
		const queue = this.#queues.get(lane) ?? [];
		this.#queues.delete(lane);
		this.#waiting -= queue.length;
		return queue;
	}

	/** Notes that an item no longer holds the position back. */
	conclude(position: number): void {
		this.#open.delete(position);
	}

	/** Up to where everything is concluded, when the log has been read up to `readTo`. */
	watermark(readTo: number): number {
		const [first] = this.#open;
		return first === undefined ? readTo : first - 1;
	}

	clear(): void {
		this.#queues.clear();
		this.#open.clear();
		this.#waiting = 0;
	}
}
