/**
 * The durable event log: what a producer may append, what a consumer group is promised. The embedded deployment keeps it
 * in SQLite, the cluster in JetStream; services see only these types.
 *
 * Promises, whatever stands behind it:
 * - an event whose append resolved survives a kill of any process and is delivered to every group at least once;
 * - an event id is in the log once, however often it is appended;
 * - one group gets the events of one subject strictly in log order and never two of them at a time;
 * - an event that fails is parked and retried with growing delays, later events of its subject wait behind it, other
 *   subjects go on; after the last retry it becomes a dead letter and its subject goes on.
 */

/** Who caused an event. */
export interface Actor {
	type: "user" | "customer" | "system" | "service" | "apiToken";
	id: string;
	name: string;
	/** The id of the person an agent or token acted for. */
	onBehalfOf?: string;
}

/** The envelope of every domain event, shaped like a CloudEvent. */
export interface DomainEvent<T = unknown> {
	/** UUIDv7; the log drops a second append of the same id. */
	id: string;
	/** `<entity>.<what happened>`, such as `ticket.created`. */
	type: string;
	specversion: "1.0";
	/** The service that owns the subject. */
	source: string;
	tenantId: string;
	/** `<entity>/<id>`, such as `ticket/0190…`; order is kept per subject of a tenant. */
	subject: string;
	/** When it happened, ISO 8601 in UTC. */
	time: string;
	/** The version of the aggregate after the change. */
	sequence: number;
	/** `<type>/<major version>`, such as `ticket.created/1`. */
	dataSchema: string;
	correlationId: string;
	causationId: string | null;
	actor: Actor;
	/** The trace that it belongs to (W3C Trace Context); absent where there is none. */
	traceparent?: string;
	data: T;
}

/** What a handler is told about this delivery of an event. */
export interface Delivery {
	/** 1 for the first delivery, one more for each retry. */
	attempt: number;
	/** The event's place in the log; grows, may have gaps. */
	logPosition: number;
}

/**
 * Resolves when the effect is durable; a rejection parks the event for a retry. It may be called again for an event it
 * has handled (a crash before the log noted it), so the effect must be idempotent. It has to end: the log sets no limit.
 */
export type EventHandler = (event: DomainEvent, delivery: Delivery) => Promise<void>;

export interface SubscribeOptions {
	/** The durable name of the consumer group, such as `dashboard`. */
	group: string;
	/** Event types: exact (`ticket.created`), a family (`ticket.*`) or everything (`*`). */
	types: readonly string[];
	handler: EventHandler;
	/** Where a group that is new to the log begins; default `beginning`. A known group goes on where it left off. */
	from?: "beginning" | "now";
	/** How many subjects are handled at the same time; default 4. */
	concurrency?: number;
	/**
	 * A group that nobody consumed for so long, in ms, is forgotten: for groups that belong to one process. By default a
	 * group is kept until it is dropped.
	 */
	expireAfterMs?: number;
	/**
	 * Told of each event that is passed over because its type is not asked for. Only a log that is no record tells
	 * ({@link EventLog.isRecord}): without it a gap of sequence looks the same as a type that was not subscribed.
	 */
	passed?: (event: DomainEvent) => void;
}

export interface Subscription {
	readonly group: string;
	/** Takes no new events and resolves when the running handlers have ended and their outcome is noted. */
	stop(): Promise<void>;
	/**
	 * Resolves when everything that is in the log at the moment of the call has been handled, parked or buried, and no
	 * parked event is due. For tests and graceful rebuilds. Rejects when the subscription is stopped meanwhile.
	 */
	idle(): Promise<void>;
}

export interface ReadOptions {
	/** Only events after this position; default 0, the beginning. */
	after?: number;
	/** As in {@link SubscribeOptions.types}; default everything. */
	types?: readonly string[];
	tenantId?: string;
	/** At most so many events, 1 or more. */
	limit: number;
}

export interface RedactOptions {
	tenantId: string;
	/** Only events after this position; 0 for the beginning. */
	after: number;
	/** How many events are looked at, 1 or more. */
	limit: number;
	rewrite(event: DomainEvent): DomainEvent | null;
}

export interface LoggedEvent {
	position: number;
	event: DomainEvent;
}

/** An event that a group failed to handle, every retry included. */
export interface DeadLetter {
	id: number;
	group: string;
	position: number;
	event: DomainEvent;
	/** The text of the last failure. */
	error: string;
	attempts: number;
	/** ISO 8601, UTC. */
	firstFailedAt: string;
	/** ISO 8601, UTC. */
	lastFailedAt: string;
}

export interface DeadLetters {
	/** Oldest first. `after` is the id of the last one seen. */
	list(options: { group?: string; tenantId?: string; after?: number; limit: number }): Promise<DeadLetter[]>;
	get(id: number): Promise<DeadLetter | null>;
	/** Hands the event to its group again, with all its retries; false when there is no such dead letter. */
	replay(id: number): Promise<boolean>;
	/** Gives the event up for its group; false when there is no such dead letter. */
	discard(id: number): Promise<boolean>;
}

export interface GroupStatus {
	group: string;
	/** Every event up to here is handled, parked or a dead letter. */
	position: number;
	/** The position of the newest event in the log. */
	head: number;
	/** How many events of the group's types lie after `position`. */
	lag: number;
	/** Events waiting for a retry, or behind one. */
	parked: number;
	/** Dead letters. */
	dead: number;
	/** Whether a live process consumes the group. */
	active: boolean;
}

export interface EventLog {
	/**
	 * Whether the log is as durable as the documents themselves. Where it may lose what it has acknowledged, producers keep
	 * what they published for some days and can publish it again.
	 */
	readonly isRecord: boolean;
	/**
	 * Appends all of the events or, when one is malformed, none. Durable when it resolves; an id already in the log is
	 * skipped.
	 * @throws {TypeError} for an event without id, type, tenantId or subject
	 */
	append(events: readonly DomainEvent[]): Promise<void>;
	/**
	 * Joins a durable consumer group. A group is consumed by one subscription at a time, wherever it runs; the others
	 * stand by and take over. Types added later see only what is appended after the group's position.
	 */
	subscribe(options: SubscribeOptions): Promise<Subscription>;
	/** Reads from a position, oldest first: for replay, rebuild and tests. Moves no group. */
	read(options: ReadOptions): Promise<LoggedEvent[]>;
	readonly deadLetters: DeadLetters;
	status(): Promise<GroupStatus[]>;
	/**
	 * When the oldest event was appended that a group has still to handle, parked ones included; null where there is none,
	 * or no such group. How far behind its readers are.
	 */
	oldestUnhandled(group: string): Promise<Date | null>;
	/**
	 * Removes events that were appended before an instant, every group has passed, and no group has parked or buried.
	 * Returns how many.
	 */
	prune(before: Date): Promise<number>;
	/** Forgets a group with its parked events and dead letters; false when unknown or still consumed. */
	dropGroup(group: string): Promise<boolean>;
	/**
	 * Takes a group back: it gets everything again that lies after a position, or was appended at an instant or later;
	 * dead letters from there on are taken back with it. Never moves a group forward. What a handler has in hand meanwhile
	 * is delivered again too. False when there is no such group.
	 */
	rewind(group: string, to: number | Date): Promise<boolean>;
	/**
	 * Removes every event of a tenant, what groups have parked or buried of it included. Returns how many events; repeating
	 * it does no harm.
	 */
	forget(tenantId: string): Promise<number>;
	/**
	 * Rewrites what is kept of a tenant, part by part: looks at `limit` events after a position; `rewrite` gives the event
	 * that shall stand in the place of one (with the same id, type, subject and sequence), or null where it may stay. The
	 * next part begins at `position`, which is null at the end. Repeating it does no harm; groups may get what was rewritten
	 * a second time.
	 */
	redact(options: RedactOptions): Promise<{ rewritten: number; position: number | null }>;
	/**
	 * Calls `listener` each time the log can be reached again after it could not: what was appended a moment before may be
	 * gone then and is to be appended again. It is told since when the log was away, where that is known. Only a log that is
	 * no record tells. Returns how to end it.
	 */
	onReturn?(listener: (awaySince?: Date) => void): () => void;
	/** Rejects when the log cannot be reached. */
	ping(): Promise<void>;
	/** Stops every subscription of this process and finishes the appends under way. */
	close(): Promise<void>;
}

const REQUIRED = ["id", "type", "tenantId", "subject"] as const;

/**
 * Refuses what must not enter the log or reach a handler: an event that cannot be told apart, filtered or kept to its
 * tenant.
 * @throws {TypeError} naming the missing field
 */
export function assertEvent(event: unknown): asserts event is DomainEvent {
	if (typeof event !== "object" || event === null) throw new TypeError("an event must be an object");
	const fields = event as Record<string, unknown>;
	for (const name of REQUIRED) {
		const value = fields[name];
		if (typeof value !== "string" || value === "") {
			const label = String(fields.type ?? fields.id ?? "unknown");
			throw new TypeError(`event "${label}" refused: it has no ${name}`);
		}
	}
}

const TYPE_PATTERN = /^(\*|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\*)?)$/;

/**
 * Checks the `types` of a subscription or read.
 * @throws {TypeError} for an empty list or a malformed pattern
 */
export function assertTypes(types: readonly string[]): void {
	if (types.length === 0) throw new TypeError("a list of event types must not be empty");
	for (const type of types)
		if (!TYPE_PATTERN.test(type)) throw new TypeError(`"${type}" is not an event type or pattern`);
}
