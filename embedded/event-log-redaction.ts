import type { DatabaseSync } from "node:sqlite";
import type { RedactOptions } from "../lib/event-log.ts";
import { decodeEvent, EVENT_COLUMNS, type EventRow } from "./event-log-reader.ts";
import { type Writer, whenFree } from "./event-log-writer.ts";

/** Rows that one transaction rewrites. */
const STEP = 200;

function parsed(row: EventRow) {
	try {
		return decodeEvent(row);
	} catch {
		// What cannot be understood is left for an operator, who sees it among the dead letters.
		return null;
	}
}

/** Rewrites events of a tenant in place; what is parked or buried has no other body than that. */
export async function redactEvents(
	db: DatabaseSync,
	writer: Writer,
	{ tenantId, after, limit, rewrite }: RedactOptions,
): Promise<{ rewritten: number; position: number | null }> {
	const select = `SELECT ${EVENT_COLUMNS} FROM events e NOT INDEXED
		WHERE e.position > ? AND e.tenant_id = ? ORDER BY e.position LIMIT ?`;
	const rows = await whenFree(() => db.prepare(select).all(after, tenantId, limit) as unknown as EventRow[]);
	const changed: [string, number][] = [];
	for (const row of rows) {
		const event = parsed(row);
		const redacted = event && rewrite(event);
		if (redacted) changed.push([JSON.stringify(redacted), row.position]);
	}
	for (let at = 0; at < changed.length; at += STEP)
		await writer.run(true, () => {
			const update = db.prepare("UPDATE events SET body = ? WHERE position = ?");
			for (const [body, position] of changed.slice(at, at + STEP)) update.run(body, position);
		});
	const last = rows.at(-1);
	if (last && rows.length === limit) return { rewritten: changed.length, position: last.position };
	// What was there before is in the write-ahead log until that begins anew.
	await whenFree(() => db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
	return { rewritten: changed.length, position: null };
}
