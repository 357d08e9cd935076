import type { Model as MongooseModel } from "mongoose";
import type { Model } from "../models/model.ts";
import { outboxModel, publishedModel } from "../models/outbox.ts";
import type { Leases } from "./lease.ts";
import { inBackground } from "./log-context.ts";
import { OutboxRelay } from "./outbox.ts";
import { PublishedEvents } from "./published-events.ts";
import type { Runtime } from "./runtime.ts";

/**
 * How long before it went away a log may have acknowledged what it has not yet written to its disk, ms: NATS writes every
 * two minutes.
 */
const UNSAFE_MS = 5 * 60_000;

/** Who publishes the latest events again holds this lease. */
const LEASE = "publishing again";
const LEASE_MS = 30_000;

interface Parts {
	service: string;
	runtime: Runtime;
	model<T extends { _id: string }>(model: Model<T>): MongooseModel<T>;
	leases: Leases;
	onError(error: unknown): void;
}

/** A service's events on their way to the log: the outbox that they are committed to, and what is kept of the published. */
export class Publishing {
	readonly relay: OutboxRelay;
	readonly published: PublishedEvents;
	private readonly parts: Parts;
	private unlisten: (() => void) | undefined;
	/** ends with what is published again now */
	private again: Promise<unknown> = Promise.resolve();

	constructor(parts: Parts) {
		this.parts = parts;
		const { runtime, model, leases, service } = parts;
		this.published = new PublishedEvents(() => model(publishedModel), runtime.events, runtime.clock);
		this.relay = new OutboxRelay({
			rows: () => model(outboxModel),
			log: runtime.events,
			published: this.published,
			leases,
			onError: (error) => {
				runtime.metrics.count("conductor_outbox_failures_total", { service });
				parts.onError(error);
			},
		});
	}

	/** Begins to publish. To be called once the store is connected. */
	start(): void {
		this.relay.start();
		this.unlisten = this.parts.runtime.events.onReturn?.((awaySince) => this.publishAgain(awaySince));
	}

	/** Ends it; what cannot be published any more is published by another process, or at the next start. */
	async stop(): Promise<void> {
		this.unlisten?.();
		await this.relay.stop();
	}

	/** How long the oldest event has waited that is not yet in the log, ms; 0 where there is none. */
	async lagMs(): Promise<number> {
		const oldest = await this.relay.oldest();
		return oldest ? Math.max(0, this.parts.runtime.clock.now().getTime() - oldest.getTime()) : 0;
	}

	/** The log is back, perhaps without what it was given last: one process publishes that again. */
	private publishAgain(awaySince = this.parts.runtime.clock.now()): void {
		const { leases, onError } = this.parts;
		const since = new Date(awaySince.getTime() - UNSAFE_MS);
		const work = () => leases.during(LEASE, LEASE_MS, ({ signal }) => this.published.since(since, signal));
		this.again = inBackground(() => this.again.then(work)).catch(onError);
	}
}
