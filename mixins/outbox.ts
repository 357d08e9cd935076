import type { Model as MongooseModel } from "mongoose";
import type { EventContract } from "../contracts/contract.ts";
import type { DomainEvent, EventLog } from "../lib/event-log.ts";
import { newId } from "../lib/ids.ts";
import type { OutboxRow } from "../models/outbox.ts";
import type { Command } from "./store.ts";

/** An event of a service as its outbox keeps it: about an aggregate, whose version is the event's `sequence`. */
export function outboxRow<D>(
	service: string,
	command: Pick<Command, "tenantId" | "correlationId" | "causationId" | "actor">,
	contract: EventContract<D>,
	aggregate: { _id: string; version: number },
	data: D,
	now: Date,
): OutboxRow {
	const { tenantId, correlationId, causationId, actor } = command;
	const event: DomainEvent = {
		id: newId(),
		type: contract.type,
		specversion: "1.0",
		source: service,
		tenantId,
		subject: `${contract.aggregate}/${aggregate._id}`,
		time: now.toISOString(),
		sequence: aggregate.version,
		dataSchema: `${contract.type}/${contract.version}`,
		correlationId,
		causationId,
		actor,
		data,
	};
	return { _id: event.id, event: JSON.stringify(event), createdAt: now };
}

const BATCH = 200;

/** How long a failed publication waits before the next try, and how often crashed leftovers are looked for, ms. */
const RETRY_MS = 1000;
const SWEEP_MS = 5000;

/**
 * Publishes a service's committed events to the event log, in the order of their ids, and removes them from the outbox
 * when they are durable there. Runs after each commit and sweeps what a crash left behind. An event may be published
 * twice (the log drops the second), never lost.
 */
export class OutboxRelay {
	private readonly model: () => MongooseModel<OutboxRow>;
	private readonly log: EventLog;
	private readonly onError: (error: unknown) => void;
	private running: Promise<void> | null = null;
	private again = false;
	private timer: NodeJS.Timeout | undefined;
	private stopped = true;

	constructor(model: () => MongooseModel<OutboxRow>, log: EventLog, onError: (error: unknown) => void) {
		this.model = model;
		this.log = log;
		this.onError = onError;
	}

	/** Begins to publish: first what an earlier process left behind. */
	start(): void {
		this.stopped = false;
		this.nudge();
	}

	/** Something was committed: publish soon. Never waits, never throws. */
	nudge(): void {
		if (this.stopped) return;
		if (this.running) {
			this.again = true;
			return;
		}
		clearTimeout(this.timer);
		this.running = this.drain()
			.then(() => SWEEP_MS)
			.catch((error: unknown) => {
				this.onError(error);
				return RETRY_MS;
			})
			.then((pause) => {
				this.running = null;
				if (this.stopped) return;
				if (this.again) {
					this.again = false;
					this.nudge();
				} else this.timer = setTimeout(() => this.nudge(), pause).unref();
			});
	}

	/** Resolves when everything committed before the call is in the log. */
	async flush(): Promise<void> {
		while (this.running) await this.running;
		await this.drain();
	}

	/** Stops publishing after the running batch. What is left stays in the outbox. */
	async stop(): Promise<void> {
		this.stopped = true;
		clearTimeout(this.timer);
		await this.running;
	}

	private async drain(): Promise<void> {
		for (;;) {
			const rows = await this.model().find({}).sort({ _id: 1 }).limit(BATCH).lean<OutboxRow[]>();
			if (rows.length === 0) return;
			await this.log.append(rows.map((row) => JSON.parse(row.event) as DomainEvent));
			// Need not be on the disk: a row that comes back is published once more, and the log drops it.
			await this.model().deleteMany({ _id: { $in: rows.map((row) => row._id) } }, { writeConcern: { w: 1, j: false } });
			if (rows.length < BATCH) return;
		}
	}
}
