import type { Model as MongooseModel } from "mongoose";
import type { Clock } from "../lib/clock.ts";
import type { EventLog } from "../lib/event-log.ts";
import type { OutboxRow, PublishedRow } from "../models/outbox.ts";
import { eventOf, inPublishingOrder } from "./outbox-rows.ts";

/** How long published events are kept where the log may lose what it has acknowledged, ms. */
const KEEP_MS = 7 * 24 * 3600 * 1000;

const BATCH = 200;

/**
 * The events that a service has published lately. They are kept only where the log is not the lasting record, so that
 * what it lost can be published again; it drops what it still has.
 */
export class PublishedEvents {
	private readonly rows: () => MongooseModel<PublishedRow>;
	private readonly log: EventLog;
	private readonly clock: Clock;

	constructor(rows: () => MongooseModel<PublishedRow>, log: EventLog, clock: Clock) {
		this.rows = rows;
		this.log = log;
		this.clock = clock;
	}

	/** Keeps events that the log has just acknowledged. Some may be kept already, by a process that was killed then. */
	async keep(rows: readonly OutboxRow[]): Promise<void> {
		if (this.log.isRecord) return;
		const publishedAt = this.clock.now();
		const kept = rows.map((row) => ({
			updateOne: { filter: { _id: row._id }, update: { $setOnInsert: { ...fields(row), publishedAt } }, upsert: true },
		}));
		await this.rows().collection.bulkWrite(kept as never[], {
			ordered: false,
			writeConcern: { w: "majority", j: false },
		});
	}

	/** Publishes those of a subject again whose sequence lies between two others, exclusively. Returns how many. */
	async again(tenantId: string, subject: string, after: number, before: number): Promise<number> {
		const between = { tenantId, subject, sequence: { $gt: after, $lt: before } };
		const rows = await this.rows().find(between).sort({ sequence: 1, _id: 1 }).limit(BATCH).lean<PublishedRow[]>();
		if (rows.length > 0) await this.log.append(rows.map(eventOf));
		return rows.length;
	}

	/** Publishes again what was published since an instant, for a log that was away and may have come back without it. */
	async since(instant: Date, signal: AbortSignal): Promise<void> {
		let beyond: object = { publishedAt: { $gte: instant } };
		while (!signal.aborted) {
			const rows = await this.rows().find(beyond).sort({ publishedAt: 1, _id: 1 }).limit(BATCH).lean<PublishedRow[]>();
			const last = rows.at(-1);
			if (!last) return;
			await this.log.append(inPublishingOrder(rows).map(eventOf));
			const { publishedAt, _id } = last;
			beyond = { $or: [{ publishedAt: { $gt: publishedAt } }, { publishedAt, _id: { $gt: _id } }] };
		}
	}

	/** Removes those that have been kept long enough. */
	async clean(): Promise<void> {
		const before = new Date(this.clock.now().getTime() - KEEP_MS);
		await this.rows().deleteMany({ publishedAt: { $lt: before } });
	}
}

function fields({ _id, ...row }: OutboxRow): Omit<OutboxRow, "_id"> {
	return row;
}
