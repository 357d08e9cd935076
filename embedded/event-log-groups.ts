import type { DatabaseSync, StatementSync } from "node:sqlite";
import { EVENT_COLUMNS, type EventRow } from "./event-log-reader.ts";

/** A parked event that may be delivered. */
export interface DueRow extends EventRow {
	attempts: number;
	firstFailedAt: number | null;
}

/** What is known of a failed delivery; times in ms since the epoch. */
export interface Failure {
	error: string;
	attempts: number;
	firstFailedAt: number;
	lastFailedAt: number;
}

/** Where a consumer group stands. */
export interface GroupPlace {
	position: number;
	/** Until when it is consumed, ms since the epoch; 0: by nobody. */
	leaseUntil: number;
	/** Grows each time the group is taken back. */
	generation: number;
}

const SQL = {
	add: `INSERT INTO consumer_groups (name, types, position, expire_after, expires_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE
		SET types = excluded.types, expire_after = excluded.expire_after, expires_at = excluded.expires_at`,
	state: "SELECT position, lease_until AS leaseUntil, generation FROM consumer_groups WHERE name = ?",
	owns: "SELECT 1 FROM consumer_groups WHERE name = ? AND owner = ?",
	acquire:
		"UPDATE consumer_groups SET owner = ?, lease_until = ? WHERE name = ? AND (owner IS NULL OR lease_until <= ?)",
	advance: `UPDATE consumer_groups SET position = ?1, lease_until = ?2, expires_at = ?2 + expire_after
		WHERE name = ?3 AND owner = ?4 AND generation = ?5`,
	release: `UPDATE consumer_groups SET owner = NULL, lease_until = 0, expires_at = ? + expire_after
		WHERE name = ? AND owner = ?`,
	rewind: "UPDATE consumer_groups SET position = MIN(position, ?), generation = generation + 1 WHERE name = ?",
	unbury: "DELETE FROM dead_letters WHERE group_name = ? AND position > ?",
	hasExpired: "SELECT 1 FROM consumer_groups WHERE expires_at <= ?1 AND lease_until <= ?1 LIMIT 1",
	forgetExpired: "DELETE FROM consumer_groups WHERE expires_at <= ?1 AND lease_until <= ?1",
	due: `SELECT ${EVENT_COLUMNS}, p.attempts, p.first_failed_at AS firstFailedAt
		FROM parked p JOIN events e ON e.position = p.position
		WHERE p.group_name = ? AND p.head = 1 AND p.due_at <= ? ORDER BY p.due_at LIMIT ?`,
	hasDue: "SELECT 1 FROM parked WHERE group_name = ? AND head = 1 AND due_at <= ? LIMIT 1",
	isBlocked: "SELECT 1 FROM parked WHERE group_name = ? AND lane = ? LIMIT 1",
	// Not what was removed from the log while its handler ran.
	park: `INSERT INTO parked (group_name, lane, position) SELECT ?, ?, position FROM events WHERE position = ?
		ON CONFLICT DO NOTHING`,
	delay: `UPDATE parked SET attempts = ?, due_at = ?, error = ?, first_failed_at = ?
		WHERE group_name = ? AND lane = ? AND position = ?`,
	unpark: "DELETE FROM parked WHERE group_name = ? AND lane = ? AND position = ?",
	demote: "UPDATE parked SET head = 0 WHERE group_name = ? AND lane = ? AND head = 1",
	promote: `UPDATE parked SET head = 1 WHERE group_name = ?1 AND lane = ?2
		AND position = (SELECT MIN(position) FROM parked WHERE group_name = ?1 AND lane = ?2)`,
	bury: `INSERT INTO dead_letters (group_name, position, error, attempts, first_failed_at, last_failed_at)
		SELECT ?, position, ?, ?, ?, ? FROM events WHERE position = ?
		ON CONFLICT (group_name, position) DO UPDATE
		SET error = excluded.error, attempts = excluded.attempts, last_failed_at = excluded.last_failed_at`,
} as const;

type Statements = Record<keyof typeof SQL, StatementSync>;

/**
 * The state of consumer groups: position, lease and parked events. Plain statements; those that write belong into a job
 * of the `Writer`.
 */
export class GroupStore {
	readonly #sql: Statements;

	constructor(db: DatabaseSync) {
		this.#sql = Object.fromEntries(Object.entries(SQL).map(([name, text]) => [name, db.prepare(text)])) as Statements;
	}

	/**
	 * Makes a group that begins after a position, or notes the types of one that is known. It is forgotten when nobody has
	 * consumed it for `expireAfter` ms, if that is a number.
	 */
	register(group: string, types: readonly string[], position: number, now: number, expireAfter: number | null): void {
		const expiresAt = expireAfter === null ? null : now + expireAfter;
		this.#sql.add.run(group, JSON.stringify(types), position, expireAfter, expiresAt);
	}

	/** Where a group is, or null when it is not known. */
	state(group: string): GroupPlace | null {
		return (this.#sql.state.get(group) as GroupPlace | undefined) ?? null;
	}

	owns(group: string, owner: string): boolean {
		return this.#sql.owns.get(group, owner) !== undefined;
	}

	/** Takes a group back to a position, with the dead letters behind it; false when it is not known. */
	rewind(group: string, position: number): boolean {
		if (this.#sql.rewind.run(position, group).changes === 0) return false;
		this.#sql.unbury.run(group, position);
		return true;
	}

	/** Whether there are groups that nobody has consumed for longer than they are kept. */
	hasExpired(now: number): boolean {
		return this.#sql.hasExpired.get(now) !== undefined;
	}

	forgetExpired(now: number): void {
		this.#sql.forgetExpired.run(now);
	}

	/** Takes a free or expired lease; true when `owner` now consumes the group. */
	acquire(group: string, owner: string, now: number, until: number): boolean {
		return this.#sql.acquire.run(owner, until, group, now).changes === 1;
	}

	/** Notes progress and renews the lease; false when `owner` has lost it, or the group was taken back meanwhile. */
	advance(group: string, owner: string, generation: number, position: number, until: number): boolean {
		return this.#sql.advance.run(position, until, group, owner, generation).changes === 1;
	}

	release(group: string, owner: string, now: number): void {
		this.#sql.release.run(now, group, owner);
	}

	/** Parked events at the head of their lane whose retry is due, the longest overdue first. */
	due(group: string, now: number, limit: number): DueRow[] {
		return this.#sql.due.all(group, now, limit) as unknown as DueRow[];
	}

	hasDue(group: string, now: number): boolean {
		return this.#sql.hasDue.get(group, now) !== undefined;
	}

	/** Whether a lane has parked events, so that later ones must wait. */
	isBlocked(group: string, lane: string): boolean {
		return this.#sql.isBlocked.get(group, lane) !== undefined;
	}

	/** Parks an event: to be delivered at once when it is the first of its lane, else after those before it. */
	park(group: string, lane: string, position: number): void {
		this.#sql.park.run(group, lane, position);
		this.#reorder(group, lane);
	}

	/** Parks an event that failed, or notes its next failure, until `dueAt`. */
	delay(group: string, lane: string, position: number, failure: Failure, dueAt: number): void {
		this.park(group, lane, position);
		const { attempts, error, firstFailedAt } = failure;
		this.#sql.delay.run(attempts, dueAt, error, firstFailedAt, group, lane, position);
	}

	/** Takes an event out of its lane, which lets the next one through. */
	unpark(group: string, lane: string, position: number): void {
		this.#sql.unpark.run(group, lane, position);
		this.#reorder(group, lane);
	}

	/** Makes an event a dead letter: one, also when it was redelivered after a crash and failed again. */
	bury(group: string, lane: string, position: number, failure: Failure): void {
		const { error, attempts, firstFailedAt, lastFailedAt } = failure;
		this.#sql.bury.run(group, error, attempts, firstFailedAt, lastFailedAt, position);
		this.unpark(group, lane, position);
	}

	#reorder(group: string, lane: string): void {
		this.#sql.demote.run(group, lane);
		this.#sql.promote.run(group, lane);
	}
}
