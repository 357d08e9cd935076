import type { Service } from "moleculer";
import type { DomainEvent } from "../lib/event-log.ts";
import { watchingGaps } from "./gap-watch.ts";
import type { InTransaction } from "./repository.ts";
import type { Runtime } from "./runtime.ts";
import type { Store } from "./store.ts";

/** An event as it was delivered, with its place in the log. */
export interface Delivered {
	event: DomainEvent;
	position: number;
}

interface Waiting extends Delivered {
	resolve: () => void;
	reject: (error: unknown) => void;
}

export interface BatchOptions {
	/** the durable name of the consumer group */
	group: string;
	types: readonly string[];
	/** how many subjects are handled at the same time, and so how large a batch can be */
	concurrency: number;
	/** waits until a batch may begin, before each */
	ready?(): Promise<void>;
	/** the effect of some events of different subjects, in one transaction */
	handle(events: readonly Delivered[], tx: InTransaction): Promise<void>;
	/** the effect is durable */
	handled?(events: readonly Delivered[]): void;
}

/**
 * Handles domain events in batches: those that the log delivers while a transaction runs share the next one, each with
 * its inbox row, so that each takes effect once. There is one batch at a time. When one fails, its events are handled one
 * by one, so that only the guilty one goes to retry and dead letter.
 */
export class BatchSubscriber {
	private readonly store: Store;
	private readonly options: BatchOptions;
	private waiting: Waiting[] = [];
	/** ends with whatever runs now, batch or exclusive work */
	private last: Promise<unknown> = Promise.resolve();
	private scheduled = false;

	constructor(store: Store, options: BatchOptions) {
		this.store = store;
		this.options = options;
	}

	/**
	 * Joins the group, from the beginning of the log where it is new, until the store ends. To be called by the service's
	 * own `started`: those of its mixins, which connect the store, have run by then.
	 */
	async start(runtime: Runtime, service: Service): Promise<void> {
		const { group, types, concurrency } = this.options;
		const subscription = await runtime.events.subscribe(
			watchingGaps(runtime, service, {
				group,
				types,
				concurrency,
				handler: (event, { logPosition }) => this.take({ event, position: logPosition }),
			}),
		);
		this.store.onStop(() => subscription.stop());
		this.store.onSettle(() => subscription.idle());
	}

	/** Runs something while no batch does; batches go on afterwards. */
	exclusive<R>(work: () => Promise<R>): Promise<R> {
		const mine = this.last.then(work, work);
		this.last = mine.catch(() => undefined);
		return mine;
	}

	private take(delivered: Delivered): Promise<void> {
		return new Promise((resolve, reject) => {
			this.waiting.push({ ...delivered, resolve, reject });
			if (this.scheduled) return;
			this.scheduled = true;
			// In the next turn: the log hands out what it has in one go.
			setImmediate(() => void this.exclusive(() => this.run()));
		});
	}

	private async run(): Promise<void> {
		this.scheduled = false;
		const batch = this.waiting;
		this.waiting = [];
		if (await this.settle(batch, batch.length === 1)) return;
		for (const one of batch) await this.settle([one], true);
	}

	/** Handles some events together; whether they are settled. The last try settles them in any case. */
	private async settle(batch: readonly Waiting[], isLastTry: boolean): Promise<boolean> {
		const { group, ready, handle, handled } = this.options;
		try {
			await ready?.();
			await this.store.handleAllOnce(group, batch, (fresh, tx) => handle(fresh, tx));
		} catch (error) {
			if (isLastTry) for (const { reject } of batch) reject(error);
			return isLastTry;
		}
		for (const { resolve } of batch) resolve();
		handled?.(batch);
		return true;
	}
}
