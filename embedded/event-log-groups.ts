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

const SQL = {
	add: `INSERT INTO consumer_groups (name, types, position) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET types = excluded.types`,
	state: "SELECT position, lease_until AS leaseUntil FROM consumer_groups WHERE name = ?",
	acquire:
		"UPDATE consumer_groups SET owner = ?, lease_until = ? WHERE name = ? AND (owner IS NULL OR lease_until <= ?)",
	advance: "UPDATE consumer_groups SET position = ?, lease_until = ? WHERE name = ? AND owner = ?",
	release: "UPDATE consumer_groups SET owner = NULL, lease_until = 0 WHERE name = ? AND owner = ?",
	due: `SELECT ${EVENT_COLUMNS}, p.attempts, p.first_failed_at AS firstFailedAt
		FROM parked p JOIN events e ON e.position = p.position
		WHERE p.group_name = ? AND p.head = 1 AND p.due_at <= ? ORDER BY p.due_at LIMIT ?`,
	hasDue: "SELECT 1 FROM parked WHERE group_name = ? AND head = 1 AND due_at <= ? LIMIT 1",
	isBlocked: "SELECT 1 FROM parked WHERE group_name = ? AND lane = ? LIMIT 1",
	park: "INSERT INTO parked (group_name, lane, position) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
	delay: `UPDATE parked SET attempts = ?, due_at = ?, error = ?, first_failed_at = ?
		WHERE group_name = ? AND lane = ? AND position = ?`,
	unpark: "DELETE FROM parked WHERE group_name = ? AND lane = ? AND position = ?",
	demote: "UPDATE parked SET head = 0 WHERE group_name = ? AND lane = ? AND head = 1",
	promote: `UPDATE parked SET head = 1 WHERE group_name = ?1 AND lane = ?2
		AND position = (SELECT MIN(position) FROM parked WHERE group_name = ?1 AND lane = ?2)`,
	bury: `INSERT INTO dead_letters (group_name, position, error, attempts, first_failed_at, last_failed_at)
		VALUES (?, ?, ?, ?, ?, ?)
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

	/** Makes a group that begins after a position, or notes the types of one that is known. */
	register(group: string, types: readonly string[], position: number): void {
		this.#sql.add.run(group, JSON.stringify(types), position);
	}

	/** Where a group is and until when it is consumed (0: by nobody), or null when it is not known. */
	state(group: string): { position: number; leaseUntil: number } | null {
		return (this.#sql.state.get(group) as { position: number; leaseUntil: number } | undefined) ?? null;
	}

	/** Takes a free or expired lease; true when `owner` now consumes the group. */
	acquire(group: string, owner: string, now: number, until: number): boolean {
		return this.#sql.acquire.run(owner, until, group, now).changes === 1;
	}

	/** Notes progress and renews the lease; false when `owner` has lost it. */
	advance(group: string, owner: string, position: number, until: number): boolean {
		return this.#sql.advance.run(position, until, group, owner).changes === 1;
	}

	release(group: string, owner: string): void {
		this.#sql.release.run(group, owner);
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
		this.#sql.bury.run(group, position, error, attempts, firstFailedAt, lastFailedAt);
		this.unpark(group, lane, position);
	}

	#reorder(group: string, lane: string): void {
		this.#sql.demote.run(group, lane);
		this.#sql.promote.run(group, lane);
	}
}
