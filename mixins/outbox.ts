import type { Model as MongooseModel } from "mongoose";
import type { EventLog } from "../lib/event-log.ts";
import { within } from "../lib/within.ts";
import type { OutboxRow } from "../models/outbox.ts";
import type { Leases } from "./lease.ts";
import { inBackground } from "./log-context.ts";
import { eventOf, inPublishingOrder } from "./outbox-rows.ts";
import type { PublishedEvents } from "./published-events.ts";
import { missingPlace } from "./store-migrations.ts";

/** What the relay works on. */
export interface OutboxParts {
	rows(): MongooseModel<OutboxRow>;
	log: EventLog;
	/** where they are kept once they are published */
	published: Pick<PublishedEvents, "keep">;
	leases: Leases;
	onError(error: unknown): void;
	/** how often a process looks for what others left, ms; default 5 s */
	sweepMs?: number;
}

/** What names a subject: an outbox row does. */
type Subject = Pick<OutboxRow, "tenantId" | "subject">;

const BATCH = 200;

/** How many of the oldest unpublished rows a sweep looks at, to see whether they were there the last time. */
const LOOK_AT = 1000;

/** Pauses before a failed publication is tried again, ms; the last one is kept to. */
const RETRY_MS = [250, 500, 1000, 2000, 5000];

const SWEEP_MS = 5000;

/** Who sweeps holds this lease. Its holder renews it while it works, so that it need not be long. */
const LEASE = "outbox";
const LEASE_MS = 10_000;

/** More subjects than this are not remembered while the log is away: the sweep finds their rows. */
const MOST_SUBJECTS = 5000;

/** A stop waits no longer than this for a log that gives no answer, ms. */
const STOP_WITHIN_MS = 3000;

/** Not on the disk by itself, for a row that comes back is published once more, and the log drops it. */
const WRITE = { writeConcern: { w: "majority", j: false } } as const;
const MAJORITY = { readPreference: "primary", readConcern: { level: "majority" } } as const;

type SubjectFilter = { tenantId: string; subject: { $in: string[] } };

/** The queries for some subjects: tenant by tenant, each for no more subjects than an index is walked for at once. */
function* filtersOf(subjects: readonly Subject[]): Generator<SubjectFilter> {
	for (const [tenantId, ofTenant] of Map.groupBy(subjects, (one) => one.tenantId)) {
		const names = [...new Set(ofTenant.map(({ subject }) => subject))];
		for (let from = 0; from < names.length; from += BATCH)
			yield { tenantId, subject: { $in: names.slice(from, from + BATCH) } };
	}
}

/**
 * Publishes a service's committed events. After a commit its process publishes all that is unpublished of the subjects
 * just written, so that what another process committed before and did not publish yet, or never will, goes first. What
 * nobody came back to is found by a sweep, in one process at a time. An event may be published twice (the log drops the
 * second), is never lost, and never gets ahead of an earlier one of its subject: every process publishes them in the same
 * order, so that the first copy of each is in the log before the first copy of the next.
 */
export class OutboxRelay {
	private readonly parts: OutboxParts;
	/** the subjects, by tenant, with rows that this process has committed and not yet published */
	private readonly written = new Map<string, Set<string>>();
	private noted = 0;
	private running: Promise<void> | null = null;
	private timer: NodeJS.Timeout | undefined;
	private failures = 0;
	private started = false;
	/** ids that were unpublished when this process last looked */
	private seen: ReadonlySet<string> = new Set();
	/** when it looks again at the earliest, on the clock that never goes back, ms */
	private sweepAt = 0;

	constructor(parts: OutboxParts) {
		this.parts = parts;
	}

	/** Begins to publish: first what an earlier process left behind. */
	start(): void {
		this.started = true;
		this.sweepAt = performance.now() + this.sweepMs;
		this.run(() => this.firstSweep());
	}

	/** Rows were committed: publish soon. Never waits, never throws. */
	committed(rows: readonly Subject[]): void {
		for (const row of rows) this.note(row);
		// After a failure the next try has its time already.
		if (this.started && this.failures === 0) this.run(() => this.sweepIfDue());
	}

	/**
	 * Resolves when everything committed before the call, by whatever process, is in the log; what is committed meanwhile
	 * is not waited for.
	 */
	async flush(): Promise<void> {
		await this.publishAll();
	}

	/** Publishes what this process has written, if the log can be reached. What is left stays in the outbox. */
	async stop(): Promise<void> {
		this.started = false;
		clearTimeout(this.timer);
		const last = (this.running ?? Promise.resolve()).then(() => this.publishWritten());
		await within(STOP_WITHIN_MS, last).catch(this.parts.onError);
	}

	/** When the oldest event was committed that is not yet in the log; null where there is none. */
	async oldest(): Promise<Date | null> {
		const [row] = await this.parts.rows().find({}).sort({ _id: 1 }).limit(1).lean<OutboxRow[]>();
		return row?.createdAt ?? null;
	}

	private get sweepMs(): number {
		return this.parts.sweepMs ?? SWEEP_MS;
	}

	/** Publishes what was written and does some work, unless that is under way: then it is done again afterwards. */
	private run(work: () => Promise<void>): void {
		if (this.running) return;
		clearTimeout(this.timer);
		this.running = inBackground(async () => {
			await this.publishWritten();
			await work();
		})
			.then(() => {
				this.failures = 0;
				return this.sweepMs;
			})
			.catch((error: unknown) => {
				this.parts.onError(error);
				return RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)] as number;
			})
			.then((pause) => {
				this.running = null;
				if (!this.started) return;
				const again = () => this.run(() => this.sweepIfDue());
				if (this.failures === 0 && this.noted > 0) again();
				else this.timer = setTimeout(again, pause).unref();
			});
	}

	/** A process that never stops writing has to look, too. */
	private async sweepIfDue(): Promise<void> {
		if (performance.now() < this.sweepAt) return;
		await this.sweep();
		this.sweepAt = performance.now() + this.sweepMs;
	}

	private note({ tenantId, subject }: Subject): void {
		const subjects = this.written.get(tenantId) ?? new Set();
		if (this.noted >= MOST_SUBJECTS || subjects.has(subject)) return;
		this.written.set(tenantId, subjects.add(subject));
		this.noted++;
	}

	private async publishWritten(): Promise<void> {
		if (this.noted === 0) return;
		const subjects = [...this.written].flatMap(([tenantId, all]) => [...all].map((subject) => ({ tenantId, subject })));
		this.written.clear();
		this.noted = 0;
		try {
			await this.publishSubjects(subjects);
		} catch (error) {
			for (const subject of subjects) this.note(subject);
			throw error;
		}
	}

	private async firstSweep(): Promise<void> {
		const [any] = await this.waiting(1);
		if (any) await this.parts.leases.during(LEASE, LEASE_MS, ({ signal }) => this.publishAll(signal));
	}

	/**
	 * Publishes what was unpublished at the last look already, if there is any and no other process is at it. Two looks
	 * instead of an age, because the clocks of the machines may differ.
	 */
	private async sweep(): Promise<void> {
		const found = await this.waiting(LOOK_AT);
		const left = found.filter((row) => this.seen.has(row._id));
		this.seen = new Set(found.map((row) => row._id));
		if (left.length === 0) return;
		await this.parts.leases.during(LEASE, LEASE_MS, async ({ signal }) => {
			if (found.length === LOOK_AT) return this.publishAll(signal);
			await this.publishRows(left);
		});
	}

	/** Publishes what is unpublished now. It ends whatever is committed meanwhile: others see to that. */
	private async publishAll(signal?: AbortSignal): Promise<void> {
		const [newest] = await this.unpublished({}, { _id: -1 }, 1);
		if (!newest) return;
		for (let after = ""; after < newest._id && !signal?.aborted; ) {
			const rows = await this.unpublished({ _id: { $gt: after, $lte: newest._id } }, { _id: 1 }, BATCH);
			await this.publishRows(rows);
			after = rows.at(-1)?._id ?? newest._id;
		}
	}

	/** The oldest unpublished rows of the service. */
	private waiting(limit: number): Promise<OutboxRow[]> {
		return this.unpublished({}, { _id: 1 }, limit);
	}

	/** Publishes the subjects of some rows. A process of the first version may still write rows that do not say theirs. */
	private async publishRows(rows: readonly OutboxRow[]): Promise<void> {
		for (const row of rows) {
			const place = missingPlace(row);
			if (place) await this.parts.rows().updateOne({ _id: row._id }, { $set: place });
			Object.assign(row, place);
		}
		await this.publishSubjects(rows);
	}

	/** Publishes all that is unpublished of some subjects, a bounded number of rows at a time. */
	private async publishSubjects(subjects: readonly Subject[]): Promise<void> {
		let rows: OutboxRow[] = [];
		for (const filter of filtersOf(subjects))
			for (let found = BATCH; found === BATCH; ) {
				const page = await this.unpublished(filter, { subject: 1, sequence: 1, _id: 1 }, BATCH);
				found = page.length;
				rows.push(...page);
				if (rows.length < BATCH) continue;
				await this.publish(rows);
				rows = [];
			}
		await this.publish(rows);
	}

	/**
	 * Unpublished rows, past Mongoose, for this is done after each commit. Only what a majority has: a change of primary
	 * could take back what only one server knows, and its event with it.
	 */
	private unpublished(
		filter: SubjectFilter | object,
		sort: Record<string, 1 | -1>,
		limit: number,
	): Promise<OutboxRow[]> {
		return this.parts
			.rows()
			.collection.find(filter, { ...MAJORITY, sort, limit })
			.toArray() as never;
	}

	private async publish(rows: readonly OutboxRow[]): Promise<void> {
		if (rows.length === 0) return;
		await this.parts.log.append(inPublishingOrder(rows).map(eventOf));
		await this.parts.published.keep(rows);
		await this.parts.rows().collection.deleteMany({ _id: { $in: rows.map((row) => row._id as never) } }, WRITE);
	}
}
