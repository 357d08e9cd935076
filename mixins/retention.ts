import type { Model as MongooseModel } from "mongoose";
import type { Clock } from "../lib/clock.ts";
import type { Model } from "../models/model.ts";
import { inboxModel, receiptModel } from "../models/outbox.ts";
import type { Leases } from "./lease.ts";
import type { PublishedEvents } from "./published-events.ts";

/** How long receipts and inbox rows are kept: longer than any repeat or redelivery is looked for, ms. */
const KEEP_MS = 8 * 24 * 3600 * 1000;

/** One process of the service cleans up once in this time, ms; the others look a little later whether it still does. */
const CLEAN_EVERY_MS = 3600 * 1000;
const CLEANING = "clean";

/** What the retention stands on. */
export interface RetentionParts {
	model<T extends { _id: string }>(model: Model<T>): MongooseModel<T>;
	leases: Leases;
	published: PublishedEvents;
	clock: Clock;
}

/** Removes what a store keeps for a time only: receipts, the inbox, and events that were published. */
export class Retention {
	private readonly parts: RetentionParts;
	private timer: NodeJS.Timeout | undefined;

	constructor(parts: RetentionParts) {
		this.parts = parts;
	}

	start(): void {
		this.timer = setInterval(() => void this.clean().catch(() => undefined), CLEAN_EVERY_MS).unref();
	}

	stop(): void {
		clearInterval(this.timer);
	}

	/**
	 * Removes what is kept long enough, in one process of the service an hour: the lease is not given back, so that the
	 * others find it taken until the next time.
	 */
	private async clean(): Promise<void> {
		const { model, leases, published, clock } = this.parts;
		if (!(await leases.take(CLEANING, CLEAN_EVERY_MS * 0.9))) return;
		const before = new Date(clock.now().getTime() - KEEP_MS);
		await model(receiptModel).deleteMany({ createdAt: { $lt: before } });
		await model(inboxModel).deleteMany({ handledAt: { $lt: before } });
		await published.clean();
	}
}
