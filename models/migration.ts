import { defineRows } from "./model.ts";

/**
 * A migration of a service's documents: `_id` is its list and version, such as `tickets/1`. It is done when it has
 * `finishedAt`; one that was killed half way has none and runs again.
 */
export interface MigrationRow {
	_id: string;
	name: string;
	/** processes that do not know this migration must not work on the documents any more */
	breaking: boolean;
	startedAt: Date;
	finishedAt: Date | null;
	durationMs: number | null;
	/** how often it was begun */
	attempts: number;
}

export const migrationModel = defineRows<MigrationRow>("migrations", {
	name: { type: String, required: true },
	breaking: { type: Boolean, required: true },
	startedAt: { type: Date, required: true },
	finishedAt: { type: Date, default: null },
	durationMs: { type: Number, default: null },
	attempts: { type: Number, required: true },
});
