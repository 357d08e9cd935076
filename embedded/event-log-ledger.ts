import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { GroupStore } from "./event-log-groups.ts";
import type { Writer } from "./event-log-writer.ts";

/** Handled events are noted together after this pause, in ms; a crash before it means a redelivery. */
const ACK_DELAY = 20;

export interface LedgerOptions {
	group: string;
	store: GroupStore;
	writer: Writer;
	clock: Clock;
	leaseMs: number;
	/** Up to where everything is handled, parked or buried at this moment. */
	watermark: () => number;
	/** A lease was taken, or the group was taken back under it: go on after `position`. */
	onHeld: (position: number) => void;
	/** The lease went to somebody else: drop everything. */
	onLost: () => void;
	/** Outcomes were noted, or could not be. */
	onNoted: () => void;
	report: (what: string, error: unknown) => void;
}

interface Outcome {
	lane: string;
	apply: () => void;
}

/** The lease is another's now, or the group was taken back. */
class OutOfDate extends Error {}

/**
 * One member's hold on its group: the lease, and the outcomes to be noted under it. Every note first checks, in its own
 * transaction, that the lease is still ours, so that a member which was held up cannot overwrite its successor's progress.
 */
export class Ledger {
	readonly #options: LedgerOptions;
	readonly #owner = newId();
	/** ms since the epoch; 0 while standing by. */
	#leaseUntil = 0;
	#position = 0;
	#generation = 0;
	#pending: Outcome[] = [];
	readonly #settling = new Set<string>();
	#acquiring: Promise<void> | null = null;
	#noting: Promise<void> | null = null;
	#timer: NodeJS.Timeout | null = null;

	constructor(options: LedgerOptions) {
		this.#options = options;
	}

	/** Whether the lease is ours at this moment. */
	get held(): boolean {
		return this.#now() < this.#leaseUntil;
	}

	/** The group's position as it was last noted under this lease. */
	get position(): number {
		return this.#position;
	}

	/** Whether a lane has an outcome that is not noted yet; it must not go on before. */
	isSettling(lane: string): boolean {
		return this.#settling.has(lane);
	}

	get settling(): number {
		return this.#settling.size;
	}

	/**
	 * Takes the lease when it is free; renews it when two thirds are left or less; repeats a note that failed; notices when
	 * the group was taken back.
	 */
	async tend(): Promise<void> {
		if (this.#leaseUntil === 0) {
			this.#acquiring ??= this.#acquire().finally(() => {
				this.#acquiring = null;
			});
			await this.#acquiring;
		} else if (this.#pending.length > 0 || this.#isDue() || this.#isTakenBack()) {
			await this.note();
		}
	}

	#isDue(): boolean {
		return this.#now() >= this.#leaseUntil - (this.#options.leaseMs * 2) / 3;
	}

	#isTakenBack(): boolean {
		const { group, store } = this.#options;
		try {
			return store.state(group)?.generation !== this.#generation;
		} catch {
			// Locked for a moment: the next look will tell.
			return false;
		}
	}

	/** Notes an outcome at once; its lane is settling until that is done. */
	settle(lane: string, apply: () => void): void {
		this.#settling.add(lane);
		this.#pending.push({ lane, apply });
		this.note();
	}

	/** Notes the group's position soon. */
	acknowledge(): void {
		this.#timer ??= setTimeout(() => this.note(), ACK_DELAY).unref();
	}

	/** Notes outcomes and position and renews the lease; what comes meanwhile goes with the next note. Never rejects. */
	note(): Promise<void> {
		if (this.#leaseUntil === 0) return Promise.resolve();
		this.#noting ??= this.#noteAll().finally(() => {
			this.#noting = null;
			this.#options.onNoted();
		});
		return this.#noting;
	}

	/** Notes what is left and gives the lease back. Never rejects: a lease that cannot be given back runs out. */
	async close(): Promise<void> {
		await this.#acquiring;
		await this.#noting;
		await this.note();
		this.#clearTimer();
		if (this.#leaseUntil === 0) return;
		const { group, store, writer, report } = this.#options;
		this.#leaseUntil = 0;
		await writer
			.run(false, () => store.release(group, this.#owner, this.#now()))
			.catch((error) => report("cannot release", error));
	}

	#now(): number {
		return this.#options.clock.now().getTime();
	}

	async #acquire(): Promise<void> {
		const { group, store, writer, leaseMs, report } = this.#options;
		const now = this.#now();
		const until = now + leaseMs;
		try {
			const state = store.state(group);
			if (!state || state.leaseUntil > now) return;
			const taken = await writer.run(false, () => store.acquire(group, this.#owner, now, until));
			if (!taken) return;
			this.#leaseUntil = until;
			this.#begin();
		} catch (error) {
			report("cannot take the lease", error);
		}
	}

	#begin(): void {
		const { group, store, onHeld } = this.#options;
		const place = store.state(group);
		this.#position = place?.position ?? 0;
		this.#generation = place?.generation ?? 0;
		onHeld(this.#position);
	}

	async #noteAll(): Promise<void> {
		const { group, store, writer, leaseMs, watermark, report } = this.#options;
		this.#clearTimer();
		const outcomes = this.#pending;
		this.#pending = [];
		const position = watermark();
		const until = this.#now() + leaseMs;
		try {
			await writer.run(false, () => {
				if (!store.advance(group, this.#owner, this.#generation, position, until)) throw new OutOfDate();
				for (const outcome of outcomes) outcome.apply();
			});
		} catch (error) {
			if (error instanceof OutOfDate) return this.#catchUp();
			this.#pending = [...outcomes, ...this.#pending];
			report("cannot note outcomes, will try again", error);
			return;
		}
		this.#position = position;
		this.#leaseUntil = until;
		for (const outcome of outcomes) this.#settling.delete(outcome.lane);
		if (this.#pending.length > 0) await this.#noteAll();
	}

	/** Begins anew where the group was taken back, or stands by when the lease is another's. */
	#catchUp(): void {
		const { group, store, onLost } = this.#options;
		this.#pending = [];
		this.#settling.clear();
		if (store.owns(group, this.#owner)) this.#begin();
		else {
			this.#leaseUntil = 0;
			onLost();
		}
	}

	#clearTimer(): void {
		if (this.#timer) clearTimeout(this.#timer);
		this.#timer = null;
	}
}
