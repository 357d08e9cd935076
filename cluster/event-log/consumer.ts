import type { Clock } from "../../lib/clock.ts";
import { type DeliveryFailure, deliver, pauseBeforeRetry } from "../../lib/event-delivery.ts";
import type { DomainEvent, SubscribeOptions, Subscription } from "../../lib/event-log.ts";
import { LaneSlots } from "../../lib/lane-slots.ts";
import { Lanes } from "../../lib/lanes.ts";
import { Waiters } from "../../lib/waiters.ts";
import { bury, type GivenUp } from "./burial.ts";
import type { DeadLetterStore } from "./dead-letters.ts";
import { Feed } from "./feed.ts";
import { type DueEvent, delay, dueEvents, hasDue, isBlocked, park, unpark } from "./group-state.ts";
import type { GroupStore } from "./group-store.ts";
import { Ledger } from "./ledger.ts";
import type { Link } from "./link.ts";
import { lostPlace } from "./lost-place.ts";
import type { Arrival } from "./pull.ts";
import { bounds, decodeEvent, eventId, messageAt, type StoredMessage } from "./reader.ts";
import { typeMatcher } from "./subjects.ts";
import { type Place, Trail } from "./trail.ts";

/** What the consumers of one log share. */
export interface ConsumerParts {
	link: Link;
	store: GroupStore;
	letters: DeadLetterStore;
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
	message: Omit<StoredMessage, "headers">;
	/** Null for what cannot be read as one. */
	event: DomainEvent | null;
	/** Deliveries that failed before this one. */
	attempts: number;
	firstFailedAt: number | null;
}

/** More events are asked for when fewer wait in memory. */
const LOW_WATER = 256;
/** A group that has parked so many waits for them: they are in its one value, and something is wrong with all of them. */
const MAX_PARKED = 2_000;

/**
 * One member of a consumer group. While it holds the lease it follows the log in order into lanes, one per subject, and runs
 * the handler for the first event of up to `concurrency` lanes; without it, it stands by. The group's position only ever
 * passes events that are handled, parked or buried, so a crash means redelivery and never loss, and whoever takes over
 * reads everything from there on in the order of the log.
 */
export class GroupConsumer implements Subscription {
	readonly group: string;
	readonly #options: SubscribeOptions;
	readonly #parts: ConsumerParts;
	readonly #wants: (subject: string) => boolean;
	readonly #ledger: Ledger;
	readonly #feed: Feed;
	readonly #lanes = new Lanes<Item>();
	/** Lanes whose handler runs. */
	readonly #slots: LaneSlots;
	readonly #waiters = new Waiters();
	#trail = new Trail();
	/** The log has been read up to here. */
	#readTo = 0;
	/** Changes with every lease, so that the outcome of a delivery made under an older one is dropped. */
	#term = 0;
	#parkedCount = 0;
	#pumpScheduled = false;
	#stopping: Promise<void> | null = null;

	constructor(options: SubscribeOptions, parts: ConsumerParts) {
		this.group = options.group;
		this.#options = options;
		this.#parts = parts;
		this.#slots = new LaneSlots(options.concurrency);
		this.#wants = typeMatcher(parts.link.layout, options.types);
		const report = (what: string, error: unknown) => this.#report(what, error);
		this.#ledger = new Ledger({
			...parts,
			group: options.group,
			progress: () => this.#progress(),
			onHeld: ({ position, anchor }) => this.#restart(position, anchor),
			onLost: () => this.#restart(null, null),
			onNoted: () => this.#noted(),
			lostPlace: (state) => lostPlace(parts.link, state, parts.clock.now()),
			report,
		});
		this.#feed = new Feed({
			link: parts.link,
			stream: parts.link.layout.events,
			take: (arrival) => this.#take(arrival),
			hasRoom: () => this.#lanes.waiting < LOW_WATER && this.#parkedCount < MAX_PARKED,
			report,
		});
	}

	/** Looks after lease, due retries and waiters; to be called a few times per second. */
	async tick(): Promise<void> {
		if (this.#stopping || !this.#parts.link.isUp) return;
		await this.#ledger.tend();
		await this.#resolveIdle();
		this.wake();
	}

	/** Somebody else has changed the group. */
	look(): void {
		this.#ledger.look();
		this.tick();
	}

	/** The server is there again: the log may have been set back meanwhile. */
	async verify(): Promise<void> {
		try {
			await this.#ledger.verify();
		} catch (error) {
			this.#report("cannot see whether the log is whole", error);
		}
	}

	/** Looks for work in the next turn of the event loop. */
	wake(): void {
		if (this.#pumpScheduled || this.#stopping) return;
		this.#pumpScheduled = true;
		setImmediate(() => {
			this.#pumpScheduled = false;
			this.#pump();
		});
	}

	async idle(): Promise<void> {
		const { link } = this.#parts;
		if (this.#stopping) throw new Error(`the subscription of "${this.group}" is stopped`);
		const { last } = await bounds(link, link.layout.events);
		await this.#ledger.refresh();
		if (this.#stopping) throw new Error(`the subscription of "${this.group}" is stopped`);
		const reached = this.#waiters.until(last);
		this.tick();
		return reached;
	}

	stop(): Promise<void> {
		this.#stopping ??= this.#shutDown();
		return this.#stopping;
	}

	async #shutDown(): Promise<void> {
		this.#feed.stop();
		if (this.#slots.taken > 0) await this.#slots.quiet();
		await this.#ledger.close();
		this.#waiters.giveUp(new Error(`the subscription of "${this.group}" was stopped`));
	}

	#restart(position: number | null, anchor: Place | null): void {
		this.#term++;
		this.#lanes.clear();
		this.#trail = new Trail(anchor);
		this.#readTo = position ?? 0;
		this.#countParked();
		if (position === null || this.#stopping) this.#feed.stop();
		else this.#feed.start(position);
		this.wake();
	}

	#progress() {
		const position = this.#lanes.watermark(this.#readTo);
		return { position, anchor: this.#trail.anchorAt(position) };
	}

	#noted(): void {
		this.#countParked();
		this.#resolveIdle();
		this.wake();
	}

	#countParked(): void {
		const parked = Object.values(this.#ledger.state?.parked ?? {});
		this.#parkedCount = parked.reduce((sum, { length }) => sum + length, 0);
	}

	#now(): number {
		return this.#parts.clock.now().getTime();
	}

	#report(what: string, error: unknown): void {
		this.#parts.logger.error(`event log, group "${this.group}": ${what}`, error);
	}

	#take({ position, subject, data, message }: Arrival): void {
		const { passed } = this.#options;
		this.#readTo = position;
		const id = eventId(message);
		if (id !== null) this.#trail.add({ position, id });
		const isWanted = this.#wants(subject);
		if (isWanted || passed) {
			const stored = { position, subject, data };
			const event = readable(this.#parts.link, stored);
			const lane = event ? `${event.tenantId} ${event.subject}` : `? ${position}`;
			if (isWanted) this.#lanes.add({ position, lane, message: stored, event, attempts: 0, firstFailedAt: null });
			else if (event) passed?.(event);
		}
		this.wake();
	}

	#pump(): void {
		if (this.#stopping || !this.#ledger.held) return;
		this.#deliverDue();
		this.#deliverWaiting();
		this.#feed.poke();
		const noted = this.#ledger.state?.position ?? 0;
		if (this.#waiters.size > 0 && this.#lanes.watermark(this.#readTo) > noted) this.#ledger.note();
	}

	#isBusy(lane: string): boolean {
		return this.#slots.has(lane) || this.#ledger.isSettling(lane);
	}

	#deliverDue(): void {
		const { state } = this.#ledger;
		if (this.#slots.free <= 0 || this.#parkedCount === 0 || !state) return;
		for (const due of dueEvents(state, this.#now())) {
			if (this.#slots.free <= 0) return;
			if (!this.#isBusy(due.lane)) this.#redeliver(due);
		}
	}

	#deliverWaiting(): void {
		const { state } = this.#ledger;
		while (state && this.#slots.free > 0) {
			const item = this.#lanes.take((lane) => this.#isBusy(lane));
			if (!item) return;
			if (isBlocked(state, item.lane)) this.#parkBehind(item);
			else this.#deliver(item, false);
		}
	}

	/** An earlier event of the lane is parked: this one and all that follow it wait there too. */
	#parkBehind(item: Item): void {
		const items = [item, ...this.#lanes.takeLane(item.lane)];
		for (const { position } of items) this.#lanes.conclude(position);
		this.#ledger.settle(item.lane, (state) => {
			for (const { lane, position } of items) park(state, lane, position);
		});
	}

	/** Reads a parked event again and delivers it. What was removed from the log meanwhile is let go. */
	async #redeliver({ lane, position, attempts, firstFailedAt }: DueEvent): Promise<void> {
		const { link } = this.#parts;
		const term = this.#term;
		this.#slots.take(lane);
		try {
			const message = await messageAt(link, link.layout.events, position);
			if (term !== this.#term) return;
			if (message) {
				const event = readable(link, message);
				await this.#deliver({ position, lane, message, event, attempts, firstFailedAt }, true);
			} else this.#ledger.settle(lane, (state) => unpark(state, lane, position));
		} catch (error) {
			this.#report(`cannot read the event at position ${position}, will try again`, error);
		} finally {
			this.#leave(lane);
		}
	}

	async #deliver(item: Item, isParked: boolean): Promise<void> {
		const term = this.#term;
		this.#slots.take(item.lane);
		const read = () => item.event ?? decodeEvent(this.#parts.link, item.message);
		const failure = await deliver(read, this.#options.handler, item);
		if (term === this.#term) {
			if (!failure) this.#succeed(item, isParked);
			else await this.#fail(item, failure, () => term === this.#term);
		}
		if (!isParked) this.#leave(item.lane);
	}

	#leave(lane: string): void {
		this.#slots.leave(lane);
		this.wake();
	}

	#succeed({ lane, position }: Item, isParked: boolean): void {
		this.#lanes.conclude(position);
		if (isParked) this.#ledger.settle(lane, (state) => unpark(state, lane, position));
		else this.#ledger.acknowledge();
	}

	async #fail(item: Item, failed: DeliveryFailure, isCurrent: () => boolean): Promise<void> {
		const { retryDelays, random } = this.#parts;
		const { lane, position, attempts } = item;
		const now = this.#now();
		const failure = { attempts: attempts + 1, firstFailedAt: item.firstFailedAt ?? now };
		const pause = pauseBeforeRetry(failed, attempts, retryDelays, random);
		if (pause === null) return this.#bury({ ...item, ...failure, error: failed.error }, isCurrent);
		this.#lanes.conclude(position);
		this.#ledger.settle(lane, (state) => delay(state, lane, position, failure, now + pause));
	}

	/** Stores the dead letter before the event is let go; where that cannot be done, the event stays and comes again. */
	async #bury(event: GivenUp, isCurrent: () => boolean): Promise<void> {
		const report = (what: string, error: unknown) => this.#report(what, error);
		const isStopping = () => this.#stopping !== null;
		if (!(await bury({ ...this.#parts, group: this.group, report, isCurrent, isStopping }, event))) return;
		const { lane, position } = event;
		this.#lanes.conclude(position);
		this.#ledger.settle(lane, (state) => unpark(state, lane, position));
	}

	/** Asks the group's value and not the memory where another member does the work. */
	async #resolveIdle(): Promise<void> {
		if (this.#waiters.size === 0) return;
		try {
			const state = this.#ledger.state ?? (await this.#parts.store.read(this.group))?.state;
			if (!state || hasDue(state, this.#now())) return;
			this.#waiters.reached(state.position);
		} catch (error) {
			this.#report("cannot read where the group is", error);
		}
	}
}

function readable(link: Link, message: Omit<StoredMessage, "headers">): DomainEvent | null {
	try {
		return decodeEvent(link, message);
	} catch {
		return null;
	}
}
