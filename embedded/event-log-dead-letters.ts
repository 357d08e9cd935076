import type { DatabaseSync } from "node:sqlite";
import type { DeadLetter, DeadLetters } from "../lib/event-log.ts";
import type { GroupStore } from "./event-log-groups.ts";
import { EVENT_COLUMNS, type EventRow, laneOf, showEvent } from "./event-log-reader.ts";
import { type Writer, whenFree } from "./event-log-writer.ts";

interface DeadLetterRow extends EventRow {
	letterId: number;
	groupName: string;
	error: string;
	attempts: number;
	firstFailedAt: number;
	lastFailedAt: number;
}

const SELECT = `
	SELECT d.id AS letterId, d.group_name AS groupName, d.error, d.attempts, d.first_failed_at AS firstFailedAt,
		d.last_failed_at AS lastFailedAt, ${EVENT_COLUMNS}
	FROM dead_letters d JOIN events e ON e.position = d.position`;

function toDeadLetter(row: DeadLetterRow): DeadLetter {
	return {
		id: row.letterId,
		group: row.groupName,
		position: row.position,
		event: showEvent(row),
		error: row.error,
		attempts: row.attempts,
		firstFailedAt: new Date(row.firstFailedAt).toISOString(),
		lastFailedAt: new Date(row.lastFailedAt).toISOString(),
	};
}

/**
 * The dead letters of every group. `onReplay` is called with the group after an event was handed back to it.
 */
export function deadLetters(
	db: DatabaseSync,
	writer: Writer,
	groups: GroupStore,
	onReplay: (group: string) => void,
): DeadLetters {
	const page = db.prepare(`${SELECT}
		WHERE d.id > ?1 AND (?2 IS NULL OR d.group_name = ?2) AND (?3 IS NULL OR e.tenant_id = ?3)
		ORDER BY d.id LIMIT ?4`);
	const find = db.prepare(`${SELECT} WHERE d.id = ?`);
	const remove = db.prepare("DELETE FROM dead_letters WHERE id = ?");
	const get = (id: number) => find.get(id) as unknown as DeadLetterRow | undefined;

	return {
		list({ group, tenantId, after = 0, limit }) {
			return whenFree(() => {
				const rows = page.all(after, group ?? null, tenantId ?? null, limit) as unknown as DeadLetterRow[];
				return rows.map(toDeadLetter);
			});
		},

		async get(id) {
			const row = await whenFree(() => get(id));
			return row ? toDeadLetter(row) : null;
		},

		async replay(id) {
			const group = await writer.run(true, () => {
				const row = get(id);
				if (!row) return null;
				remove.run(id);
				groups.park(row.groupName, laneOf(row), row.position);
				return row.groupName;
			});
			if (group !== null) onReplay(group);
			return group !== null;
		},

		discard(id) {
			return writer.run(true, () => remove.run(id).changes === 1);
		},
	};
}
