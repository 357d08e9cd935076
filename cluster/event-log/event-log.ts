import { setTimeout as pause } from "node:timers/promises";
import { type Clock, systemClock } from "../../lib/clock.ts";
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
} from "../../lib/event-log.ts";
import type { NatsFiles } from "../nats/connection.ts";
import { type ConsumerParts, GroupConsumer } from "./consumer.ts";
import { DeadLetterStore } from "./dead-letters.ts";
import { GroupStore } from "./group-store.ts";
import { Link } from "./link.ts";
import { Publisher } from "./publisher.ts";
import { bounds, scan, showEvent } from "./reader.ts";
import { layoutOf, REQUEST_MS } from "./settings.ts";
import { eventSubject, token, typeFilters, typeMatcher } from "./subjects.ts";
import {
	dropGroup,
	forgetTenant,
	groupStatus,
	oldestUnhandled,
	pruneEvents,
	redactEvents,
	rewindGroup,
	type UpkeepParts,
} from "./upkeep.ts";

export interface JetStreamLogOptions {
	/** One or more servers, see `natsConnectionOptions`. */
	url: string;
	files?: NatsFiles;
	/** Tells deployments on one server apart; default `conductor`. */
	deployment?: string;
	clock?: Clock;
	/** Uniform in [0, 1), for the jitter of retries. */
	random?: () => number;
	/** Pauses before the retries of a failed event, in ms; one retry each. Default 1 s, 5 s, 30 s, 2 min, 10 min. */
	retryDelays?: readonly number[];
	/** How long a silent process keeps its groups, in ms; default 5 s. */
	leaseMs?: number;
	/** How often to look for due retries and leases, in ms; default 200. */
	pollMs?: number;
	logger?: { error(message: string, detail?: unknown): void; warn(message: string): void };
}

const RETRY_DELAYS = [1_000, 5_000, 30_000, 120_000, 600_000];
const NO_FILES: NatsFiles = { credentials: null, ca: null, certificate: null, key: null };
const RETRY_MS = 200;

/**
 * Opens the durable event log of a cluster, on NATS JetStream. Waits for a server that is not there yet, and says so.
 *
 * One stream holds the events of all tenants. What a group has handled is not left to the server's acknowledgements, which
 * bring back what is late out of order: each group has a value with its place, its lease and what it has parked, changed by
 * compare-and-set, and its member reads the stream in order from there.
 */
export async function openJetStreamLog(options: JetStreamLogOptions): Promise<EventLog> {
	const layout = layoutOf(options.deployment ?? "conductor");
	const logger = options.logger ?? console;
	const clock = options.clock ?? systemClock;
	const link = await Link.open({ url: options.url, files: options.files ?? NO_FILES, layout, clock, logger });
	return new JetStreamLog(link, options);
}

class JetStreamLog implements EventLog {
	readonly isRecord = false;
	readonly deadLetters: DeadLetters;
	readonly #parts: ConsumerParts & UpkeepParts;
	readonly #consumers = new Set<GroupConsumer>();
	readonly #poll: NodeJS.Timeout;
	#closing: Promise<void> | null = null;

	constructor(link: Link, options: JetStreamLogOptions) {
		const store = new GroupStore(link);
		const publisher = new Publisher(link);
		const letters = new DeadLetterStore(link, publisher, store, (group) => this.#nudge(group));
		const clock = options.clock ?? systemClock;
		this.deadLetters = letters;
		this.#parts = {
			link,
			store,
			publisher,
			letters,
			clock,
			now: () => clock.now(),
			random: options.random ?? Math.random,
			retryDelays: options.retryDelays ?? RETRY_DELAYS,
			leaseMs: options.leaseMs ?? 5_000,
			logger: options.logger ?? console,
		};
		this.#poll = setInterval(() => {
			for (const consumer of this.#consumers) consumer.tick();
		}, options.pollMs ?? 200).unref();
		link.onReturn(() => {
			for (const consumer of this.#consumers) consumer.verify();
		});
		const prefix = `${link.layout.nudges}.`;
		link.connection.subscribe(`${prefix}*`, {
			callback: (_error, { subject }) => this.#look(subject.slice(prefix.length)),
		});
	}

	async append(events: readonly DomainEvent[]): Promise<void> {
		this.#assertOpen();
		const { publisher, link, clock } = this.#parts;
		for (const event of events) assertEvent(event);
		const appendedAt = clock.now().getTime();
		await publisher.publish(
			events.map((event) => ({
				lane: `${event.tenantId} ${event.subject}`,
				subject: eventSubject(link.layout, event),
				id: event.id,
				body: JSON.stringify(event),
				appendedAt,
			})),
		);
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		this.#assertOpen();
		assertTypes(options.types);
		await this.#register(options);
		const consumer = new GroupConsumer(options, this.#parts);
		this.#consumers.add(consumer);
		await consumer.tick();
		return {
			group: options.group,
			idle: () => consumer.idle(),
			stop: async () => {
				await consumer.stop();
				this.#consumers.delete(consumer);
				this.#nudge(options.group);
			},
		};
	}

	async read({ after = 0, types = ["*"], tenantId, limit }: ReadOptions): Promise<LoggedEvent[]> {
		await this.#ready();
		assertTypes(types);
		if (!Number.isInteger(limit) || limit < 1) throw new RangeError("limit must be a whole number from 1");
		const { link } = this.#parts;
		const { layout } = link;
		const [filter, ...others] = typeFilters(layout, types, tenantId);
		const wants = typeMatcher(layout, types);
		const found: LoggedEvent[] = [];
		// A server may know but one filter for a consumer: several types are told apart here.
		const one = others.length === 0 ? filter : typeFilters(layout, ["*"], tenantId)[0];
		await scan(link, { stream: layout.events, after, ...(one ? { filter: one } : {}) }, (arrival) => {
			const { position, subject } = arrival;
			if (wants(subject)) found.push({ position, event: showEvent(link, arrival) });
			return found.length < limit;
		});
		return found;
	}

	async status(): Promise<GroupStatus[]> {
		await this.#ready();
		return groupStatus(this.#parts);
	}

	async oldestUnhandled(group: string): Promise<Date | null> {
		await this.#ready();
		return oldestUnhandled(this.#parts, group);
	}

	async prune(before: Date): Promise<number> {
		await this.#ready();
		return pruneEvents(this.#parts, before);
	}

	async dropGroup(group: string): Promise<boolean> {
		await this.#ready();
		return dropGroup(this.#parts, group);
	}

	async rewind(group: string, to: number | Date): Promise<boolean> {
		await this.#ready();
		const known = await rewindGroup(this.#parts, group, to);
		if (known) this.#nudge(group);
		return known;
	}

	async forget(tenantId: string): Promise<number> {
		await this.#ready();
		return forgetTenant(this.#parts, tenantId, (group) => this.#nudge(group));
	}

	async redact(options: RedactOptions): Promise<{ rewritten: number; position: number | null }> {
		await this.#ready();
		return redactEvents(this.#parts, options);
	}

	onReturn(listener: (awaySince?: Date) => void): () => void {
		return this.#parts.link.onReturn(listener);
	}

	async ping(): Promise<void> {
		this.#assertOpen();
		await this.#parts.link.ping();
	}

	close(): Promise<void> {
		this.#closing ??= this.#shutDown();
		return this.#closing;
	}

	async #shutDown(): Promise<void> {
		clearInterval(this.#poll);
		const consumers = [...this.#consumers];
		await Promise.all(consumers.map((consumer) => consumer.stop()));
		for (const { group } of consumers) this.#nudge(group);
		await this.#parts.publisher.settled();
		await this.#parts.link.close();
	}

	/** Makes a group that is new, notes the types of one that is known; tries until the server is there. */
	async #register(options: SubscribeOptions): Promise<void> {
		for (;;) {
			this.#assertOpen();
			try {
				if (await this.#tryRegister(options)) return;
			} catch (error) {
				this.#parts.logger.error(`event log, group "${options.group}": cannot join, will try again`, error);
				await pause(RETRY_MS);
			}
		}
	}

	async #tryRegister({ group, types, from, ...options }: SubscribeOptions): Promise<boolean> {
		const expireAfterMs = options.expireAfterMs ?? null;
		const { store, link, clock } = this.#parts;
		const consumedAt = clock.now().getTime();
		const noted = await store.change(group, (state) => {
			Object.assign(state, { types, expireAfterMs, consumedAt });
			return true;
		});
		if (noted) return true;
		const position = from === "now" ? (await bounds(link, link.layout.events)).last : 0;
		const revision = await store.create({
			group,
			types,
			position,
			anchor: null,
			generation: 0,
			owner: null,
			leaseUntil: 0,
			expireAfterMs,
			consumedAt,
			parked: {},
		});
		return revision !== null;
	}

	/** Tells the members of a group, wherever they run, that somebody else has changed it. */
	#nudge(group: string): void {
		const { link } = this.#parts;
		if (link.isUp) link.connection.publish(`${link.layout.nudges}.${token(group)}`);
	}

	#look(name: string): void {
		for (const consumer of this.#consumers) if (token(consumer.group) === name) consumer.look();
	}

	/** @throws {Error} when the log is closed, or the server stays away */
	async #ready(): Promise<void> {
		this.#assertOpen();
		await this.#parts.link.whenUp(performance.now() + REQUEST_MS);
	}

	#assertOpen(): void {
		if (this.#closing) throw new Error("the event log is closed");
	}
}
