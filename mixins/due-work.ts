import { inBackground } from "./log-context.ts";

/** What a {@link DueWork} is told by its owner. */
export interface DueWorkParts {
	/** Takes on what is due, as far as there is room for it; resolves with how long until more is due, ms. */
	look(): Promise<number>;
	/** There is a look at least this often, ms; so long is waited after one that failed. */
	everyMs: number;
	/** A look failed. Must not throw. */
	failed(error: unknown): void;
}

/**
 * The loop of a worker whose work lies in a collection and becomes due: it looks, sleeps until more is due, and knows
 * what is under way. How work is found and claimed is its owner's. No more than one look runs at a time, and none of its
 * timers keeps the process alive.
 */
export class DueWork {
	private readonly parts: DueWorkParts;
	private readonly underWay = new Map<string, Promise<void>>();
	private working = false;
	private looking: Promise<void> | null = null;
	private again = false;
	private timer: NodeJS.Timeout | undefined;
	private nextLookAt = 0;

	constructor(parts: DueWorkParts) {
		this.parts = parts;
	}

	/** Whether it has been started and not been stopped. */
	get isWorking(): boolean {
		return this.working;
	}

	/** On how many ids work is under way here. */
	get size(): number {
		return this.underWay.size;
	}

	/** Whether work on this id is under way here. */
	has(id: string): boolean {
		return this.underWay.has(id);
	}

	/** The ids of all work that is under way here. */
	ids(): string[] {
		return [...this.underWay.keys()];
	}

	/** Begins to look, at once. */
	start(): void {
		this.working = true;
		this.nudge();
	}

	/** Something may be due: looks now or, where a look is under way, again after it. Never waits, never throws. */
	nudge(): void {
		if (!this.working) return;
		if (this.looking) {
			this.again = true;
			return;
		}
		clearTimeout(this.timer);
		this.looking = inBackground(() => this.parts.look())
			.catch((error: unknown) => {
				this.parts.failed(error);
				return this.parts.everyMs;
			})
			.then((pause) => {
				this.looking = null;
				if (!this.working) return;
				if (this.again) {
					this.again = false;
					this.nudge();
				} else this.sleep(Math.min(this.parts.everyMs, pause));
			});
	}

	/** Something will be due: there is a look after this time, ms, unless there is one before anyway. */
	nudgeIn(ms: number): void {
		if (!this.working) return;
		if (this.looking) this.again ||= ms < this.parts.everyMs;
		else if (performance.now() + ms < this.nextLookAt) this.sleep(ms);
	}

	private sleep(ms: number): void {
		clearTimeout(this.timer);
		this.nextLookAt = performance.now() + ms;
		this.timer = setTimeout(() => this.nudge(), ms).unref();
	}

	/**
	 * Notes work that has begun, on what these ids name, until it has ended; it must not reject. There is a look when it
	 * has ended, unless `looksOn` says by then that there is no need of one.
	 */
	takeOn(ids: readonly string[], work: Promise<void>, looksOn: () => boolean = () => true): void {
		const ended = work.then(() => {
			for (const id of ids) this.underWay.delete(id);
			if (looksOn()) this.nudge();
		});
		for (const id of ids) this.underWay.set(id, ended);
	}

	/** Looks no more; resolves when all that is under way has ended. */
	async stop(): Promise<void> {
		this.working = false;
		clearTimeout(this.timer);
		await this.looking;
		await Promise.all(this.underWay.values());
	}

	/** Looks, and resolves when no look is under way and no work. For tests, whose clock may stand still. */
	async idle(): Promise<void> {
		this.nudge();
		while (this.looking || this.underWay.size > 0) {
			await this.looking;
			await Promise.all(this.underWay.values());
		}
	}
}
