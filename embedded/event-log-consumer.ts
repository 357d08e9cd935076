import type { Clock } from "../lib/clock.ts";
import { type DeliveryFailure, deliver, describeError, pauseBeforeRetry } from "../lib/event-delivery.ts";
import type { SubscribeOptions, Subscription } from "../lib/event-log.ts";
import { LaneSlots } from "../lib/lane-slots.ts";
import { Lanes } from "../lib/lanes.ts";
import { Waiters } from "../lib/waiters.ts";
import type { DueRow, Failure, GroupStore } from "./event-log-groups.ts";
import { Ledger } from "./event-log-ledger.ts";
import {
	decodeEvent,
	type EventReader,
	type EventRow,
	type EventScan,
	eventFilter,
	laneOf,
} from "./event-log-reader.ts";
import { isBusy, type Writer } from "./event-log-writer.ts";

/** What the consumers of one log share. */
export interface ConsumerParts {
	store: GroupStore;
	reader: EventReader;
	writer: Writer;
	clock: Clock;
	/** Uniform in [0, 1), for the jitter. */
	random: () => number;
	/** Pauses before the retries of a failed event, in ms; after as many retries it is a dead letter. */
	retryDelays: readonly number[];
	/** After this long without a sign of life, in ms, another member takes the group over. */
	leaseMs: number;
	logger: { error(message: string, detail?: unknown): void };
}

interface Item {
	position: number;
	lane: string;
	row: EventRow;
	/** Deliveries that failed before this one. */
	attempts: number;
	firstFailedAt: number | null;
	parked: boolean;
}

/** More events are read when fewer than the first number wait in memory, so many at a time as the second says. */
const LOW_WATER = 64;
const FETCH = 256;

/**
 * One member of a consumer group. While it holds the lease it reads the log in order into lanes, one per subject, and runs
 * the handler for the first event of up to `concurrency` lanes; without it, it stands by. The group's position only ever
 * passes events that are handled, parked or buried, so a crash means redelivery and never loss.
 */
export class GroupConsumer implements Subscription {
	readonly group: string;
	readonly #options: SubscribeOptions;
	readonly #parts: ConsumerParts;
	readonly #scan: EventScan;
	readonly #ledger: Ledger;
	readonly #lanes = new Lanes<Item>();
	/** Lanes whose handler runs. */
	readonly #slots: LaneSlots;
	readonly #waiters = new Waiters();
	/** The log has been read up to here. */
	#readTo = 0;
	/** Changes with every lease, so that the outcome of a delivery made under an older one is dropped. */
	#term = 0;
	#pumpScheduled = false;
	#stopping: Promise<void> | null = null;

	constructor(options: SubscribeOptions, parts: ConsumerParts) {
		this.group = options.group;
		this.#options = options;
		this.#parts = parts;
		this.#slots = new LaneSlots(options.concurrency);
		this.#scan = parts.reader.scan(eventFilter(options.types));
		this.#ledger = new Ledger({
			...parts,
			group: options.group,
			watermark: () => this.#lanes.watermark(this.#readTo),
			onHeld: (position) => this.#restart(position),
			onLost: () => this.#restart(0),
			onNoted: () => {
				this.#guard(() => this.#resolveIdle());
				this.wake();
			},
			report: (what, error) => this.#report(what, error),
		});
	}

	/** Looks after lease, due retries and waiters; to be called a few times per second. */
	async tick(): Promise<void> {
		if (this.#stopping) return;
		await this.#ledger.tend();
		this.#guard(() => this.#resolveIdle());
		this.wake();
	}

	/** Looks for work in the next turn of the event loop. */
	wake(): void {
		if (this.#pumpScheduled || this.#stopping) return;
		this.#pumpScheduled = true;
		setImmediate(() => {
			this.#pumpScheduled = false;
			this.#guard(() => this.#pump());
		});
	}

	async idle(): Promise<void> {
		if (this.#stopping) throw new Error(`the subscription of "${this.group}" is stopped`);
		const reached = this.#waiters.until(this.#parts.reader.head());
		this.tick();
		return reached;
	}

	stop(): Promise<void> {
		this.#stopping ??= this.#shutDown();
		return this.#stopping;
	}

	async #shutDown(): Promise<void> {
		if (this.#slots.taken > 0) await this.#slots.quiet();
		await this.#ledger.close();
		this.#waiters.giveUp(new Error(`the subscription of "${this.group}" was stopped`));
	}

	#restart(position: number): void {
		this.#term++;
		this.#lanes.clear();
		this.#readTo = position;
		this.wake();
	}

	#now(): number {
		return this.#parts.clock.now().getTime();
	}

	#report(what: string, error: unknown): void {
		this.#parts.logger.error(`event log, group "${this.group}": ${what}`, error);
	}

	/** Runs a step that reads the file; when that is locked for a moment, the next tick tries again. */
	#guard(step: () => void): void {
		try {
			step();
		} catch (error) {
			if (!isBusy(error)) this.#report("cannot read the log", error);
		}
	}

	#pump(): void {
		if (this.#stopping || !this.#ledger.held) return;
		this.#deliverDue();
		this.#fill();
		this.#deliverWaiting();
		if (this.#waiters.size > 0 && this.#lanes.watermark(this.#readTo) > this.#ledger.position) this.#ledger.note();
	}

	#isBusy(lane: string): boolean {
		return this.#slots.has(lane) || this.#ledger.isSettling(lane);
	}

	#deliverDue(): void {
		if (this.#slots.free <= 0) return;
		// Those under way are found too, until their outcome is noted.
		const limit = this.#slots.free + this.#slots.taken + this.#ledger.settling;
		for (const row of this.#parts.store.due(this.group, this.#now(), limit)) {
			if (this.#slots.free <= 0) return;
			const lane = laneOf(row);
			if (!this.#isBusy(lane)) this.#deliver(parkedItem(row, lane));
		}
	}

	#fill(): void {
		if (this.#lanes.waiting >= LOW_WATER) return;
		const { rows, scannedTo } = this.#scan(this.#readTo, FETCH);
		if (scannedTo === this.#readTo) return;
		this.#readTo = scannedTo;
		for (const row of rows) {
			const { position } = row;
			this.#lanes.add({ position, lane: laneOf(row), row, attempts: 0, firstFailedAt: null, parked: false });
		}
		this.wake();
	}

	#deliverWaiting(): void {
		while (this.#slots.free > 0) {
			const item = this.#lanes.take((lane) => this.#isBusy(lane));
			if (!item) return;
			if (this.#parts.store.isBlocked(this.group, item.lane)) this.#parkBehind(item);
			else this.#deliver(item);
		}
	}

	/** An earlier event of the lane is parked: this one and all that follow it wait there too. */
	#parkBehind(item: Item): void {
		const items = [item, ...this.#lanes.takeLane(item.lane)];
		for (const { position } of items) this.#lanes.conclude(position);
		this.#ledger.settle(item.lane, () => {
			for (const { lane, position } of items) this.#parts.store.park(this.group, lane, position);
		});
	}

	async #deliver(item: Item): Promise<void> {
		const term = this.#term;
		this.#slots.take(item.lane);
		const failed = await deliver(() => decodeEvent(item.row), this.#options.handler, item);
		this.#slots.leave(item.lane);
		if (term === this.#term) {
			this.#lanes.conclude(item.position);
			if (failed) this.#fail(item, failed);
			else this.#succeed(item);
		}
		this.wake();
	}

	#succeed({ lane, position, parked }: Item): void {
		if (parked) this.#ledger.settle(lane, () => this.#parts.store.unpark(this.group, lane, position));
		else this.#ledger.acknowledge();
	}

	#fail(item: Item, failed: DeliveryFailure): void {
		const { store, retryDelays, random } = this.#parts;
		const { lane, position } = item;
		const now = this.#now();
		const failure: Failure = {
			error: describeError(failed.error),
			attempts: item.attempts + 1,
			firstFailedAt: item.firstFailedAt ?? now,
			lastFailedAt: now,
		};
		const pause = pauseBeforeRetry(failed, item.attempts, retryDelays, random);
		this.#ledger.settle(lane, () => {
			if (pause === null) store.bury(this.group, lane, position, failure);
			else store.delay(this.group, lane, position, failure, now + pause);
		});
	}

	/** Asks the file and not the memory, so that it also tells when another member does the work. */
	#resolveIdle(): void {
		if (this.#waiters.size === 0) return;
		const { store } = this.#parts;
		const position = store.state(this.group)?.position ?? 0;
		if (!store.hasDue(this.group, this.#now())) this.#waiters.reached(position);
	}
}

function parkedItem(row: DueRow, lane: string): Item {
	const { attempts, firstFailedAt, position } = row;
	return { position, lane, row, attempts, firstFailedAt, parked: true };
}
