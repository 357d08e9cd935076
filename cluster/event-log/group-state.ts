/** An event that waits for a retry, or behind one. Times in ms since the epoch. */
export interface ParkedEvent {
	position: number;
	/** Deliveries that failed. */
	attempts: number;
	/** May be delivered from then on, when it is the first of its lane. */
	dueAt: number;
	firstFailedAt: number | null;
}

/**
 * Everything that is durable about a consumer group, one value in the bucket: so that place, lease and parked events change
 * together, by compare-and-set, and a member that lost the lease can change none of them.
 */
export interface GroupState {
	group: string;
	types: readonly string[];
	/** Every event up to here is handled, parked or a dead letter. */
	position: number;
	/** An event at the position or before, by which a log that was set back is noticed. */
	anchor: { position: number; id: string } | null;
	/** Grows each time the group is taken back. */
	generation: number;
	/** The member that consumes it, and until when, ms since the epoch. */
	owner: string | null;
	leaseUntil: number;
	/** Forgotten when nobody has consumed it for so long, ms; null for never. */
	expireAfterMs: number | null;
	/** When it was consumed last, ms since the epoch. */
	consumedAt: number;
	/** By lane, in the order of the log; no lane is empty. */
	parked: Record<string, ParkedEvent[]>;
}

export interface DueEvent extends ParkedEvent {
	lane: string;
}

/** Parks an event: to be delivered at once when it is the first of its lane, else after those before it. */
export function park(state: GroupState, lane: string, position: number): ParkedEvent {
	state.parked[lane] ??= [];
	const queue = state.parked[lane];
	const known = queue.find((event) => event.position === position);
	if (known) return known;
	const event: ParkedEvent = { position, attempts: 0, dueAt: 0, firstFailedAt: null };
	const index = queue.findIndex((other) => other.position > position);
	queue.splice(index === -1 ? queue.length : index, 0, event);
	return event;
}

/** Parks an event that failed, or notes its next failure, until `dueAt`. */
export function delay(
	state: GroupState,
	lane: string,
	position: number,
	failure: { attempts: number; firstFailedAt: number },
	dueAt: number,
): void {
	const { attempts, firstFailedAt } = failure;
	Object.assign(park(state, lane, position), { attempts, firstFailedAt, dueAt });
}

/** Takes an event out of its lane, which lets the next one through. */
export function unpark(state: GroupState, lane: string, position: number): void {
	const rest = (state.parked[lane] ?? []).filter((event) => event.position !== position);
	if (rest.length === 0) delete state.parked[lane];
	else state.parked[lane] = rest;
}

/** Whether a lane has parked events, so that later ones must wait. */
export function isBlocked(state: GroupState, lane: string): boolean {
	return state.parked[lane] !== undefined;
}

/** The first events of the lanes whose retry is due, the longest overdue first. */
export function dueEvents(state: GroupState, now: number): DueEvent[] {
	const due: DueEvent[] = [];
	for (const [lane, [head]] of Object.entries(state.parked)) if (head && head.dueAt <= now) due.push({ lane, ...head });
	return due.sort((one, other) => one.dueAt - other.dueAt);
}

export function hasDue(state: GroupState, now: number): boolean {
	return Object.values(state.parked).some(([head]) => head !== undefined && head.dueAt <= now);
}

export function parkedPositions(state: GroupState): number[] {
	return Object.values(state.parked).flatMap((queue) => queue.map(({ position }) => position));
}

/** Whether the group may be forgotten: nobody has consumed it for longer than it is kept. */
export function hasExpired(state: GroupState, now: number): boolean {
	const { expireAfterMs, leaseUntil, consumedAt } = state;
	return expireAfterMs !== null && leaseUntil <= now && consumedAt + expireAfterMs <= now;
}
