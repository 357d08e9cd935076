import type { Clock } from "../../lib/clock.ts";

/** A use is written down at most this often for one token, and all of them together every few seconds, ms. */
const STALE_MS = 60_000;
const FLUSH_MS = 5000;

/**
 * Keeps `lastUsedAt` of credentials without a write for each request: uses are collected and written together. A crash
 * loses at most the last few seconds of them.
 */
export class LastUsed {
	private readonly clock: Clock;
	private readonly write: (uses: [id: string, at: Date][]) => Promise<void>;
	private readonly uses = new Map<string, Date>();
	private timer: NodeJS.Timeout | undefined;

	constructor(clock: Clock, write: (uses: [id: string, at: Date][]) => Promise<void>) {
		this.clock = clock;
		this.write = write;
	}

	/** A credential was used; `known` is what its record says about the last time. */
	note(id: string, known: Date | null): void {
		const now = this.clock.now();
		if (known && now.getTime() - known.getTime() < STALE_MS) return;
		this.uses.set(id, now);
		this.timer ??= setTimeout(() => void this.flush().catch(() => undefined), FLUSH_MS).unref();
	}

	/** Writes down what was collected. */
	async flush(): Promise<void> {
		clearTimeout(this.timer);
		this.timer = undefined;
		const uses = [...this.uses];
		this.uses.clear();
		if (uses.length > 0) await this.write(uses);
	}
}
