import type { Clock } from "../../lib/clock.ts";
import { newId } from "../../lib/ids.ts";
import type { GroupState } from "./group-state.ts";
import type { GroupStore } from "./group-store.ts";

/** Handled events are noted together after this pause, in ms; a crash before it means a redelivery. */
const ACKNOWLEDGE_DELAY_MS = 50;

export interface LedgerOptions {
	group: string;
	store: GroupStore;
	clock: Clock;
	leaseMs: number;
	/** Up to where everything is handled, parked or buried at this moment, and an event at that place or before. */
	progress: () => Pick<GroupState, "position" | "anchor">;
	/** A lease was taken, or the group was taken back under it: go on after its position. */
	onHeld: (state: GroupState) => void;
	/** The lease went to somebody else: drop everything. */
	onLost: () => void;
	/** Outcomes were noted, or could not be. */
	onNoted: () => void;
	/** Where a group must begin whose log was set back, or null where the log is as the group knows it. */
	lostPlace: (state: GroupState) => Promise<number | null>;
	report: (what: string, error: unknown) => void;
}

interface Outcome {
	lane: string;
	apply: (state: GroupState) => void;
}

/**
 * One member's hold on its group: the lease, and the outcomes to be noted under it. Every note is a compare-and-set of the
 * whole state, so a member which was held up cannot overwrite its successor's progress, however late its write arrives.
 */
export class Ledger {
	readonly #options: LedgerOptions;
	readonly #owner = newId();
	/** As it was last noted under this lease; null while standing by. */
	#state: GroupState | null = null;
	#revision = 0;
	#pending: Outcome[] = [];
	readonly #settling = new Set<string>();
	/** While standing by: when to look at the lease again. */
	#lookAt = 0;
	/** Somebody else has said that the state changed. */
	#isStale = false;
	#acquiring: Promise<void> | null = null;
	#noting: Promise<void> | null = null;
	#timer: NodeJS.Timeout | null = null;

	constructor(options: LedgerOptions) {
		this.#options = options;
	}

	/** Whether the lease is ours at this moment. */
	get held(): boolean {
		return this.#state !== null && this.#now() < this.#state.leaseUntil;
	}

	/** The group as it was last noted under this lease, null while standing by. */
	get state(): GroupState | null {
		return this.#state;
	}

	/** Whether a lane has an outcome that is not noted yet; it must not go on before. */
	isSettling(lane: string): boolean {
		return this.#settling.has(lane);
	}

	/** Takes the lease when it is free; renews it when two thirds are left or less; repeats a note that failed. */
	async tend(): Promise<void> {
		if (this.#state === null) {
			if (this.#now() < this.#lookAt) return;
			this.#acquiring ??= this.#acquire().finally(() => {
				this.#acquiring = null;
			});
			await this.#acquiring;
		} else if (this.#pending.length > 0 || this.#isStale || this.#isDue(this.#state)) {
			await this.note();
		}
	}

	/** The state may have changed: look soon. */
	look(): void {
		this.#lookAt = 0;
		this.#isStale = true;
	}

	/** Reads what others have changed, so that what follows knows of it. Never rejects. */
	async refresh(): Promise<void> {
		this.look();
		await this.#noting;
		await this.tend();
	}

	/** Notes an outcome at once; its lane is settling until that is done. */
	settle(lane: string, apply: (state: GroupState) => void): void {
		this.#settling.add(lane);
		this.#pending.push({ lane, apply });
		this.note();
	}

	/** Notes the group's position soon. */
	acknowledge(): void {
		this.#timer ??= setTimeout(() => this.note(), ACKNOWLEDGE_DELAY_MS).unref();
	}

	/** Notes outcomes and position and renews the lease; what comes meanwhile goes with the next note. Never rejects. */
	note(): Promise<void> {
		if (this.#state === null) return Promise.resolve();
		this.#noting ??= this.#noteAll()
			.catch((error) => this.#options.report("cannot note outcomes, will try again", error))
			.finally(() => {
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
		if (this.#state === null) return;
		this.#state = null;
		const { group, store, report } = this.#options;
		try {
			await store.change(group, (state) => {
				if (state.owner !== this.#owner) return false;
				Object.assign(state, { owner: null, leaseUntil: 0, consumedAt: this.#now() });
				return true;
			});
		} catch (error) {
			report("cannot give the lease back", error);
		}
	}

	#now(): number {
		return this.#options.clock.now().getTime();
	}

	#isDue({ leaseUntil }: GroupState): boolean {
		return this.#now() >= leaseUntil - (this.#options.leaseMs * 2) / 3;
	}

	async #acquire(): Promise<void> {
		const { group, store, leaseMs, report } = this.#options;
		try {
			const found = await store.read(group);
			const now = this.#now();
			this.#lookAt = now + leaseMs;
			if (!found) return;
			if (found.state.owner !== null && found.state.leaseUntil > now) {
				this.#lookAt = Math.min(this.#lookAt, found.state.leaseUntil);
				return;
			}
			const state = { ...found.state, owner: this.#owner, leaseUntil: now + leaseMs, consumedAt: now };
			const revision = await store.write(state, found.revision);
			if (revision === null) this.#lookAt = 0;
			else await this.#begin(state, revision);
		} catch (error) {
			this.#lookAt = 0;
			report("cannot take the lease", error);
		}
	}

	/** Goes on where the group is, or further back when the log itself was set back. */
	async #begin(state: GroupState, revision: number): Promise<void> {
		const { store, lostPlace, onHeld, report } = this.#options;
		const place = await lostPlace(state);
		let [begun, beganAt] = [state, revision];
		if (place !== null) {
			report(`the log has lost events that were acknowledged; going back to ${place}`, null);
			begun = { ...state, position: place, anchor: null, generation: state.generation + 1 };
			const written = await store.write(begun, revision);
			if (written === null) return;
			beganAt = written;
		}
		this.#state = begun;
		this.#revision = beganAt;
		onHeld(begun);
	}

	async #noteAll(): Promise<void> {
		const { store, leaseMs, progress } = this.#options;
		do {
			if (this.#state === null) return;
			this.#clearTimer();
			this.#isStale = false;
			const outcomes = this.#pending;
			this.#pending = [];
			const now = this.#now();
			const next: GroupState = structuredClone(this.#state);
			Object.assign(next, { ...progress(), owner: this.#owner, leaseUntil: now + leaseMs, consumedAt: now });
			for (const { apply } of outcomes) apply(next);
			let revision: number | null;
			try {
				revision = await store.write(next, this.#revision);
				if (revision === null) await this.#catchUp(outcomes);
			} catch (error) {
				this.#pending = [...outcomes, ...this.#pending];
				throw error;
			}
			if (revision === null) continue;
			this.#state = next;
			this.#revision = revision;
			for (const { lane } of outcomes) this.#settling.delete(lane);
		} while (this.#pending.length > 0 || this.#isStale);
	}

	/**
	 * Somebody else has written. Something was parked or the types changed: the outcomes are noted on top of that. The group
	 * was taken back: begin anew. The lease is another's: stand by.
	 */
	async #catchUp(outcomes: Outcome[]): Promise<void> {
		const found = await this.#options.store.read(this.#options.group);
		const generation = this.#state?.generation;
		if (found?.state.owner === this.#owner && found.state.generation === generation) {
			this.#pending = [...outcomes, ...this.#pending];
			this.#isStale = true;
			this.#state = found.state;
			this.#revision = found.revision;
			return;
		}
		this.#pending = [];
		this.#settling.clear();
		if (found?.state.owner === this.#owner) return this.#begin(found.state, found.revision);
		this.#state = null;
		this.#lookAt = 0;
		this.#options.onLost();
	}

	/** Looks whether the log is still the one that the group knows, after the server was away. */
	async verify(): Promise<void> {
		await this.#noting;
		const state = this.#state;
		if (state === null) return this.look();
		const place = await this.#options.lostPlace(state);
		if (place === null) return;
		this.#options.report(`the log has lost events that were acknowledged; going back to ${place}`, null);
		const back = (found: GroupState) => {
			Object.assign(found, {
				position: Math.min(found.position, place),
				anchor: null,
				generation: found.generation + 1,
			});
			return true;
		};
		await this.#options.store.change(this.#options.group, back);
		await this.refresh();
	}

	#clearTimer(): void {
		if (this.#timer) clearTimeout(this.#timer);
		this.#timer = null;
	}
}
