import type { DomainEvent, GroupStatus, RedactOptions } from "../../lib/event-log.ts";
import { DeadLetterStore } from "./dead-letters.ts";
import { type GroupState, hasExpired, parkedPositions } from "./group-state.ts";
import type { GroupStore, StoredGroup } from "./group-store.ts";
import type { Link } from "./link.ts";
import type { Publisher } from "./publisher.ts";
import { Pull } from "./pull.ts";
import { appendedAt, bounds, firstFrom, messageAt, positionBefore, scan } from "./reader.ts";
import { APPENDED_AT } from "./settings.ts";
import { eventSubject, token, typeFilters, typeMatcher } from "./subjects.ts";

/** What the upkeep of a log works on. */
export interface UpkeepParts {
	link: Link;
	store: GroupStore;
	letters: DeadLetterStore;
	publisher: Publisher;
	now: () => Date;
}

/** Up to so many events a group is behind are looked at one by one; of more the server counts each type. */
const SCAN_LIMIT = 5_000;

/** Every group, after those were forgotten that nobody has consumed for longer than they are kept. */
async function liveGroups({ store, letters, now }: UpkeepParts): Promise<GroupState[]> {
	const live: GroupState[] = [];
	for (const { state, revision } of await store.all()) {
		if (!hasExpired(state, now().getTime())) live.push(state);
		else if (await store.remove(state.group, revision)) await letters.remove({ group: state.group });
	}
	return live;
}

/** Where every group stands, by name. */
export async function groupStatus(parts: UpkeepParts): Promise<GroupStatus[]> {
	const { link, letters, now } = parts;
	const [groups, dead, { last: head }] = await Promise.all([
		liveGroups(parts),
		letters.counts(),
		bounds(link, link.layout.events),
	]);
	const lags = await groupLags(link, groups, head);
	return groups.map((state) => ({
		group: state.group,
		position: state.position,
		head,
		lag: lags.get(state.group) ?? 0,
		parked: parkedPositions(state).length,
		dead: dead.get(DeadLetterStore.keyOf(state.group)) ?? 0,
		active: state.owner !== null && state.leaseUntil > now().getTime(),
	}));
}

/** How many events of its types lie after the position of each group that is behind. */
async function groupLags(link: Link, groups: readonly GroupState[], head: number): Promise<Map<string, number>> {
	const lags = new Map<string, number>();
	const far = groups.filter(({ position }) => head - position > SCAN_LIMIT);
	for (const { group, types, position } of far) lags.set(group, await countAfter(link, types, position));
	const near = groups
		.filter(({ position }) => position < head && head - position <= SCAN_LIMIT)
		.map(({ group, types, position }) => ({ group, position, wants: typeMatcher(link.layout, types), lag: 0 }));
	if (near.length === 0) return lags;
	const after = Math.min(...near.map(({ position }) => position));
	await scan(link, { stream: link.layout.events, after, headersOnly: true }, ({ position, subject }) => {
		for (const one of near) if (position > one.position && position <= head && one.wants(subject)) one.lag++;
		return position < head;
	});
	for (const { group, lag } of near) lags.set(group, lag);
	return lags;
}

async function countAfter(link: Link, types: readonly string[], after: number): Promise<number> {
	let count = 0;
	for (const filter of typeFilters(link.layout, types)) {
		const pull = await Pull.open(link, { stream: link.layout.events, after, filter, take: () => {} });
		count += pull.pending;
		pull.close();
	}
	return count;
}

/** When the oldest event was appended that a group has not handled, parked or not; null where there is none. */
export async function oldestUnhandled({ link, store }: UpkeepParts, group: string): Promise<Date | null> {
	const found = await store.read(group);
	if (!found) return null;
	const { position, types } = found.state;
	const { events } = link.layout;
	const instants: number[] = [];
	const [parked] = parkedPositions(found.state).sort((one, other) => one - other);
	const oldestParked = parked === undefined ? null : await messageAt(link, events, parked);
	if (oldestParked) instants.push(appendedAt(oldestParked));
	if ((await bounds(link, events)).last > position) {
		const filters = typeFilters(link.layout, types);
		const waiting = await Promise.all(filters.map((filter) => firstFrom(link, events, position + 1, filter)));
		for (const message of waiting) if (message) instants.push(appendedAt(message));
	}
	return instants.length === 0 ? null : new Date(Math.min(...instants));
}

/** Forgets a group with its parked events and dead letters; false when it is unknown or consumed at this moment. */
export async function dropGroup({ store, letters, now }: UpkeepParts, group: string): Promise<boolean> {
	const found: StoredGroup | null = await store.read(group);
	if (!found || found.state.leaseUntil > now().getTime()) return false;
	if (!(await store.remove(group, found.revision))) return false;
	await letters.remove({ group });
	return true;
}

/** See `EventLog.prune`. */
export async function pruneEvents(parts: UpkeepParts, before: Date): Promise<number> {
	const { link, letters } = parts;
	const { events } = link.layout;
	const groups = await liveGroups(parts);
	const upTo = Math.min(await positionBefore(link, before.getTime()), ...groups.map(({ position }) => position));
	const kept = new Set([...groups.flatMap(parkedPositions), ...(await letters.positions())]);
	const firstKept = Math.min(upTo + 1, ...kept);
	if (upTo < 1) return 0;
	let { purged: removed } = await link.manager.streams.purge(events, { seq: firstKept });
	if (firstKept > upTo) return removed;
	const rest: number[] = [];
	await scan(link, { stream: events, after: firstKept, headersOnly: true }, ({ position }) => {
		if (position <= upTo && !kept.has(position)) rest.push(position);
		return position < upTo;
	});
	for (const position of rest) if (await link.manager.streams.deleteMessage(events, position, false)) removed++;
	return removed;
}

/** See `EventLog.rewind`. */
export async function rewindGroup(
	{ link, store, letters }: UpkeepParts,
	group: string,
	to: number | Date,
): Promise<boolean> {
	const place = Math.max(0, typeof to === "number" ? to : await positionBefore(link, to.getTime()));
	const known = await store.change(group, (state) => {
		state.position = Math.min(state.position, place);
		// The anchor may lie beyond; it is set again with the first note.
		if (state.anchor && state.anchor.position > state.position) state.anchor = null;
		state.generation++;
		return true;
	});
	if (known) await letters.remove({ group }, place);
	return known;
}

/** See `EventLog.forget`; the groups that had something parked of the tenant are passed to `onChanged`. */
export async function forgetTenant(
	{ link, store, letters }: UpkeepParts,
	tenantId: string,
	onChanged: (group: string) => void,
): Promise<number> {
	const { layout, manager } = link;
	const filter = `${layout.eventSubjects}.${token(tenantId)}.>`;
	const { purged } = await manager.streams.purge(layout.events, { filter });
	await letters.remove({ tenantId });
	for (const { state } of await store.all()) {
		const changed = await store.change(state.group, ({ parked }) => {
			const lanes = Object.keys(parked).filter((lane) => lane.startsWith(`${tenantId} `));
			for (const lane of lanes) delete parked[lane];
			return lanes.length > 0;
		});
		if (changed) onChanged(state.group);
	}
	return purged;
}

/**
 * Rewrites events of a tenant. A stream cannot be changed in place: what is rewritten is appended anew and the old message
 * erased, in this order, so that a crash leaves both and the next run removes the old one. Groups get it a second time.
 */
export async function redactEvents(
	{ link, publisher, letters }: UpkeepParts,
	{ tenantId, after, limit, rewrite }: RedactOptions,
): Promise<{ rewritten: number; position: number | null }> {
	const { layout, manager } = link;
	const changed: { position: number; event: DomainEvent; at: number }[] = [];
	let [seen, last] = [0, after];
	const filter = `${layout.eventSubjects}.${token(tenantId)}.>`;
	await scan(link, { stream: layout.events, after, filter }, ({ position, data, message }) => {
		last = position;
		const event = rewrite(JSON.parse(Buffer.from(data).toString("utf8")));
		if (event) changed.push({ position, event, at: Number(message.headers?.get(APPENDED_AT) || 0) });
		return ++seen < limit;
	});
	for (const { position, event, at } of changed) {
		const subject = eventSubject(layout, event);
		const lane = `${event.tenantId} ${event.subject}`;
		const id = `${event.id}:${position}`;
		await publisher.publish([{ lane, subject, id, body: JSON.stringify(event), appendedAt: at }]);
		await manager.streams.deleteMessage(layout.events, position, true);
	}
	const rewrittenLetters = after === 0 ? await letters.rewrite(tenantId, rewrite) : 0;
	return { rewritten: changed.length + rewrittenLetters, position: seen < limit ? null : last };
}
