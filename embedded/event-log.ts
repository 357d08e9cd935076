import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Clock, systemClock } from "../lib/clock.ts";
import {
	assertEvent,
	assertTypes,
	type DeadLetters,
	type DomainEvent,
	type EventLog,
	type GroupStatus,
	type LoggedEvent,
	type ReadOptions,
	type RedactOptions,
	type SubscribeOptions,
	type Subscription,
} from "../lib/event-log.ts";
import { type ConsumerParts, GroupConsumer } from "./event-log-consumer.ts";
import { deadLetters } from "./event-log-dead-letters.ts";
import { GroupStore } from "./event-log-groups.ts";
import { EventReader, type EventRow, eventFilter, showEvent } from "./event-log-reader.ts";
import { redactEvents } from "./event-log-redaction.ts";
import { openDatabase } from "./event-log-schema.ts";
import { dropGroup, forgetTenant, groupStatus, oldestUnhandled, pruneEvents } from "./event-log-upkeep.ts";
import { Writer, whenFree } from "./event-log-writer.ts";

export interface EventLogOptions {
	/** The folder of `events.db`, or `:memory:`. */
	dataDir: string;
	clock?: Clock;
	/** Uniform in [0, 1), for the jitter of retries. */
	random?: () => number;
	/** Pauses before the retries of a failed event, in ms; one retry each. Default 1 s, 5 s, 30 s, 2 min, 10 min. */
	retryDelays?: readonly number[];
	/** How long a silent process keeps its groups, in ms; default 10 s. */
	leaseMs?: number;
	/** How often to look for due retries and for what other processes appended, in ms; default 200. */
	pollMs?: number;
	logger?: { error(message: string, detail?: unknown): void };
}

const RETRY_DELAYS = [1_000, 5_000, 30_000, 120_000, 600_000];

const INSERT = `
	INSERT INTO events (id, type, tenant_id, subject, appended_at, body) VALUES (?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO NOTHING`;

/**
 * Opens the durable event log of the embedded deployment. Several processes may open the same folder at the same time.
 * @throws {Error} when the file cannot be opened, see {@link openDatabase}
 */
export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
	const db = await openDatabase(options.dataDir);
	return whenFree(() => new SqliteEventLog(db, options));
}

class SqliteEventLog implements EventLog {
	readonly isRecord = true;
	readonly deadLetters: DeadLetters;
	readonly #db: DatabaseSync;
	readonly #insert: StatementSync;
	readonly #parts: ConsumerParts;
	readonly #consumers = new Set<GroupConsumer>();
	readonly #poll: NodeJS.Timeout;
	#closing: Promise<void> | null = null;

	constructor(db: DatabaseSync, options: EventLogOptions) {
		this.#db = db;
		this.#insert = db.prepare(INSERT);
		this.#parts = {
			store: new GroupStore(db),
			reader: new EventReader(db),
			writer: new Writer(db),
			clock: options.clock ?? systemClock,
			random: options.random ?? Math.random,
			retryDelays: options.retryDelays ?? RETRY_DELAYS,
			leaseMs: options.leaseMs ?? 10_000,
			logger: options.logger ?? console,
		};
		this.deadLetters = deadLetters(db, this.#parts.writer, this.#parts.store, () => this.#wake());
		this.#poll = setInterval(() => {
			for (const consumer of this.#consumers) consumer.tick();
		}, options.pollMs ?? 200).unref();
	}

	async append(events: readonly DomainEvent[]): Promise<void> {
		this.#assertOpen();
		const rows = events.map((event) => {
			assertEvent(event);
			return [event.id, event.type, event.tenantId, event.subject, JSON.stringify(event)] as const;
		});
		if (rows.length === 0) return;
		const appendedAt = this.#parts.clock.now().getTime();
		await this.#parts.writer.run(true, () => {
			for (const [id, type, tenantId, subject, body] of rows) {
				this.#insert.run(id, type, tenantId, subject, appendedAt, body);
			}
		});
		this.#wake();
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		this.#assertOpen();
		assertTypes(options.types);
		const { writer, store, reader } = this.#parts;
		await writer.run(true, () => {
			const now = this.#parts.clock.now().getTime();
			store.forgetExpired(now);
			const position = options.from === "now" ? reader.head() : 0;
			store.register(options.group, options.types, position, now, options.expireAfterMs ?? null);
		});
		const consumer = await whenFree(() => new GroupConsumer(options, this.#parts));
		this.#assertOpen();
		this.#consumers.add(consumer);
		await consumer.tick();
		return {
			group: options.group,
			idle: () => consumer.idle(),
			stop: async () => {
				await consumer.stop();
				this.#consumers.delete(consumer);
			},
		};
	}

	async read({ after = 0, types = ["*"], tenantId, limit }: ReadOptions): Promise<LoggedEvent[]> {
		this.#assertOpen();
		assertTypes(types);
		if (!Number.isInteger(limit) || limit < 1) throw new RangeError("limit must be a whole number from 1");
		const scan = await whenFree(() => this.#parts.reader.scan(eventFilter(types, tenantId)));
		const found: EventRow[] = [];
		for (let position = after; found.length < limit; await nextTurn()) {
			const { rows, scannedTo } = await whenFree(() => scan(position, limit - found.length));
			found.push(...rows);
			if (scannedTo === position) break;
			position = scannedTo;
		}
		return found.map((row) => ({ position: row.position, event: showEvent(row) }));
	}

	async status(): Promise<GroupStatus[]> {
		this.#assertOpen();
		await this.#forgetExpired();
		return whenFree(() => groupStatus(this.#db, this.#parts.reader, this.#parts.clock.now()));
	}

	async oldestUnhandled(group: string): Promise<Date | null> {
		this.#assertOpen();
		return whenFree(() => oldestUnhandled(this.#db, this.#parts.reader, group));
	}

	async prune(before: Date): Promise<number> {
		this.#assertOpen();
		await this.#forgetExpired();
		return pruneEvents(this.#db, this.#parts.writer, before);
	}

	async dropGroup(group: string): Promise<boolean> {
		this.#assertOpen();
		return dropGroup(this.#db, this.#parts.writer, group, this.#parts.clock.now());
	}

	async rewind(group: string, to: number | Date): Promise<boolean> {
		this.#assertOpen();
		const { writer, store, reader } = this.#parts;
		const known = await writer.run(true, () =>
			store.rewind(group, typeof to === "number" ? to : reader.before(to.getTime())),
		);
		for (const consumer of this.#consumers) if (consumer.group === group) consumer.tick();
		return known;
	}

	async forget(tenantId: string): Promise<number> {
		this.#assertOpen();
		return forgetTenant(this.#db, this.#parts.writer, tenantId);
	}

	async redact(options: RedactOptions): Promise<{ rewritten: number; position: number | null }> {
		this.#assertOpen();
		return redactEvents(this.#db, this.#parts.writer, options);
	}

	async ping(): Promise<void> {
		this.#assertOpen();
		await whenFree(() => this.#parts.reader.head());
	}

	close(): Promise<void> {
		this.#closing ??= this.#shutDown();
		return this.#closing;
	}

	async #shutDown(): Promise<void> {
		clearInterval(this.#poll);
		await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
		await this.#parts.writer.settled();
		this.#db.close();
	}

	#assertOpen(): void {
		if (this.#closing) throw new Error("the event log is closed");
	}

	async #forgetExpired(): Promise<void> {
		const { writer, store, clock } = this.#parts;
		const now = clock.now().getTime();
		if (await whenFree(() => store.hasExpired(now))) await writer.run(false, () => store.forgetExpired(now));
	}

	#wake(): void {
		for (const consumer of this.#consumers) consumer.wake();
	}
}
