import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { assertEvent, type DomainEvent } from "../lib/event-log.ts";

/** A row of `events` as consumers need it; the body is parsed when it is delivered. */
export interface EventRow {
	position: number;
	id: string;
	type: string;
	tenantId: string;
	subject: string;
	body: string;
}

/** An event's columns in SQL, named as in {@link EventRow}. */
export const EVENT_COLUMNS = "e.position, e.id, e.type, e.tenant_id AS tenantId, e.subject, e.body";

/** Positions are looked at in steps of so many, so that a search for rare types never holds the event loop for long. */
const SCAN_STEP = 2_000;

/** The lane of an event: what keeps its order. Tenants never share one, so they cannot hold each other up. */
export function laneOf(row: { tenantId: string; subject: string }): string {
	return `${row.tenantId} ${row.subject}`;
}

/**
 * The event of a row, fit for a handler.
 * @throws {TypeError} when it is not JSON, lacks a required field or names another tenant than its row
 */
export function decodeEvent(row: EventRow): DomainEvent {
	const event = parseEvent(row);
	if (!event) throw new TypeError(`event at position ${row.position} refused: it is not JSON`);
	assertEvent(event);
	if (event.tenantId !== row.tenantId)
		throw new TypeError(`event "${event.type}" refused: it is filed under another tenant`);
	return event;
}

/** The event of a row for inspection: when its body is no JSON, the columns that are known, without data. */
export function showEvent(row: EventRow): DomainEvent {
	const { id, type, tenantId, subject } = row;
	return parseEvent(row) ?? ({ id, type, tenantId, subject, data: null } as DomainEvent);
}

function parseEvent(row: EventRow): DomainEvent | null {
	try {
		return JSON.parse(row.body);
	} catch {
		return null;
	}
}

/** Which events a reader wants, in SQL over the columns of `events e`. */
export interface EventFilter {
	sql: string;
	values: SQLInputValue[];
}

/** The filter for a list of types, see `assertTypes`, and a tenant. */
export function eventFilter(types: readonly string[], tenantId?: string): EventFilter {
	if (types.includes("*")) return withTenant({ sql: "1", values: [] }, tenantId);
	const exact = types.filter((type) => !type.endsWith("*"));
	const families = types.filter((type) => type.endsWith("*"));
	const parts = [`e.type IN (${exact.map(() => "?").join(", ")})`, ...families.map(() => "e.type GLOB ?")];
	return withTenant({ sql: `(${parts.join(" OR ")})`, values: [...exact, ...families] }, tenantId);
}

function withTenant(filter: EventFilter, tenantId: string | undefined): EventFilter {
	if (tenantId === undefined) return filter;
	return { sql: `${filter.sql} AND e.tenant_id = ?`, values: [...filter.values, tenantId] };
}

/** Reads the log in position order. */
export class EventReader {
	readonly #db: DatabaseSync;
	readonly #head: StatementSync;

	constructor(db: DatabaseSync) {
		this.#db = db;
		this.#head = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'");
	}

	/** The position of the newest event ever appended, 0 in an empty log. */
	head(): number {
		return Number(this.#head.get()?.seq ?? 0);
	}

	/** A scan of the events that pass a filter; prepared once, run as often as needed. */
	scan(filter: EventFilter): EventScan {
		// NOT INDEXED keeps SQLite on the log's own order instead of sorting what the index on the type finds.
		const statement = this.#db.prepare(`
			SELECT ${EVENT_COLUMNS} FROM events e NOT INDEXED
			WHERE e.position > ? AND e.position <= ? AND ${filter.sql} ORDER BY e.position LIMIT ?`);
		return (after, limit) => {
			const upTo = Math.min(this.head(), after + SCAN_STEP);
			if (upTo <= after) return { rows: [], scannedTo: after };
			const rows = statement.all(after, upTo, ...filter.values, limit) as unknown as EventRow[];
			return { rows, scannedTo: rows.length < limit ? upTo : rows.at(-1)!.position };
		};
	}

	/** The position before the first event that was appended at an instant or later; the head where there is none. */
	before(instant: number): number {
		const sql = "SELECT MIN(position) AS position FROM events WHERE appended_at >= ?";
		const position = this.#db.prepare(sql).get(instant)?.position;
		return typeof position === "number" ? position - 1 : this.head();
	}

	/** When the first event after a position was appended that passes a filter, ms; null where there is none. */
	firstAppendedAfter(filter: EventFilter, after: number): number | null {
		const sql = `
			SELECT e.appended_at AS at FROM events e NOT INDEXED
			WHERE e.position > ? AND ${filter.sql} ORDER BY e.position LIMIT 1`;
		const at = this.#db.prepare(sql).get(after, ...filter.values)?.at;
		return typeof at === "number" ? at : null;
	}

	/** How many events after a position pass a filter. */
	count(filter: EventFilter, after: number): number {
		const sql = `SELECT COUNT(*) AS count FROM events e WHERE ${filter.sql} AND e.position > ?`;
		return Number(this.#db.prepare(sql).get(...filter.values, after)?.count);
	}
}

/** Looks at one step of positions; `scannedTo` is where the next call goes on, `after` itself at the head. */
export type EventScan = (after: number, limit: number) => { rows: EventRow[]; scannedTo: number };
