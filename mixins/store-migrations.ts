import type { OutboxRow } from "../models/outbox.ts";
import type { Migration } from "./migrations.ts";
import { eventOf } from "./outbox-rows.ts";

/** What a row of the outbox lacks of tenant, subject and sequence, read from its event; null where it lacks nothing. */
export function missingPlace(
	row: Pick<OutboxRow, "event"> & Partial<OutboxRow>,
): Pick<OutboxRow, "tenantId" | "subject" | "sequence"> | null {
	if (row.subject !== undefined) return null;
	const { tenantId, subject, sequence } = eventOf(row);
	return { tenantId, subject, sequence };
}

/** What has changed in the collections that every service has. */
export const STORE_MIGRATIONS: readonly Migration[] = [
	{
		version: 1,
		name: "rows of the outbox know tenant, subject and sequence of their event",
		up: (run) =>
			run.each("outbox", (row) => {
				const place = missingPlace(row as never);
				return place && { updateOne: { filter: { _id: row._id }, update: { $set: place } } };
			}),
	},
];
