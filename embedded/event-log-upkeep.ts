import type { DatabaseSync } from "node:sqlite";
import type { GroupStatus } from "../lib/event-log.ts";
import { type EventReader, eventFilter } from "./event-log-reader.ts";
import type { Writer } from "./event-log-writer.ts";

/** Positions one pruning transaction looks at. */
const PRUNE_STEP = 1_000;

interface GroupRow {
	name: string;
	types: string;
	position: number;
	leaseUntil: number;
	parked: number;
	dead: number;
}

/** Where every group stands, by name. */
export function groupStatus(db: DatabaseSync, reader: EventReader, now: Date): GroupStatus[] {
	const head = reader.head();
	const rows = db
		.prepare(`
			SELECT name, types, position, lease_until AS leaseUntil,
				(SELECT COUNT(*) FROM parked WHERE group_name = name) AS parked,
				(SELECT COUNT(*) FROM dead_letters WHERE group_name = name) AS dead
			FROM consumer_groups ORDER BY name`)
		.all() as unknown as GroupRow[];
	return rows.map(({ name, types, position, leaseUntil, parked, dead }) => ({
		group: name,
		position,
		head,
		lag: reader.count(eventFilter(JSON.parse(types)), position),
		parked,
		dead,
		active: leaseUntil > now.getTime(),
	}));
}

/** When the oldest event was appended that a group has not handled, parked or not; null where there is none. */
export function oldestUnhandled(db: DatabaseSync, reader: EventReader, group: string): Date | null {
	const row = db.prepare("SELECT types, position FROM consumer_groups WHERE name = ?").get(group);
	if (!row) return null;
	const waiting = reader.firstAppendedAfter(eventFilter(JSON.parse(String(row.types))), Number(row.position));
	const parked = db
		.prepare("SELECT MIN(e.appended_at) AS at FROM parked p JOIN events e USING (position) WHERE p.group_name = ?")
		.get(group)?.at;
	const instants = [waiting, parked].filter((at): at is number => typeof at === "number");
	return instants.length === 0 ? null : new Date(Math.min(...instants));
}

/** Forgets a group with its parked events and dead letters; false when it is unknown or consumed at this moment. */
export async function dropGroup(db: DatabaseSync, writer: Writer, group: string, now: Date): Promise<boolean> {
	const sql = "DELETE FROM consumer_groups WHERE name = ? AND lease_until <= ?";
	return writer.run(true, () => db.prepare(sql).run(group, now.getTime()).changes === 1);
}

/** Events of one transaction in which a tenant is forgotten. */
const FORGET_STEP = 500;

/** Removes every event of a tenant with what groups have parked or buried of it, in short transactions. */
export async function forgetTenant(db: DatabaseSync, writer: Writer, tenantId: string): Promise<number> {
	const find = db.prepare("SELECT position FROM events WHERE tenant_id = ? AND position > ? ORDER BY position LIMIT ?");
	const removals = ["parked", "dead_letters", "events"].map((table) =>
		db.prepare(`DELETE FROM ${table} WHERE position = ?`),
	);
	for (let [removed, last] = [0, 0]; ; ) {
		const rows = await writer.run(true, () => {
			const found = find.all(tenantId, last, FORGET_STEP) as { position: number }[];
			for (const { position } of found) for (const removal of removals) removal.run(position);
			return found;
		});
		removed += rows.length;
		last = rows.at(-1)?.position ?? last;
		if (rows.length < FORGET_STEP) return removed;
	}
}

/**
 * Removes events appended before an instant that every group has passed and none has parked or buried, in short
 * transactions. A group that begins meanwhile keeps what it has not seen. Returns how many were removed.
 */
export async function pruneEvents(db: DatabaseSync, writer: Writer, before: Date): Promise<number> {
	const oldest = db.prepare(`
		SELECT position FROM events WHERE position > ?
		AND position <= (SELECT IFNULL(MIN(position), (SELECT MAX(position) FROM events)) FROM consumer_groups)
		ORDER BY position LIMIT 1`);
	const remove = db.prepare(`
		DELETE FROM events AS e WHERE position BETWEEN ?1 AND ?2 AND appended_at < ?3
		AND position <= (SELECT IFNULL(MIN(position), ?2) FROM consumer_groups)
		AND NOT EXISTS (SELECT 1 FROM parked p WHERE p.position = e.position)
		AND NOT EXISTS (SELECT 1 FROM dead_letters d WHERE d.position = e.position)`);
	const newer = db.prepare("SELECT 1 FROM events WHERE position BETWEEN ? AND ? AND appended_at >= ? LIMIT 1");
	let removed = 0;
	for (let done = 0; ; ) {
		const step = await writer.run(false, () => {
			const first = oldest.get(done)?.position;
			if (typeof first !== "number") return null;
			const last = first + PRUNE_STEP - 1;
			const count = Number(remove.run(first, last, before.getTime()).changes);
			return { count, last, more: newer.get(first, last, before.getTime()) === undefined };
		});
		if (!step) return removed;
		removed += step.count;
		done = step.last;
		if (!step.more) return removed;
	}
}
