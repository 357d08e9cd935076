import { UnsupportedByEmbeddedStore } from "./errors.ts";
import type { SqliteSession } from "./session.ts";
import { isDoc } from "./values.ts";

/** The options of any operation, as the MongoDB driver takes them. */
export interface OperationOptions {
	session?: SqliteSession | null;
	sort?: unknown;
	limit?: number;
	skip?: number;
	projection?: unknown;
	hint?: unknown;
	upsert?: boolean;
	arrayFilters?: unknown;
	ordered?: boolean;
	returnDocument?: "before" | "after";
	includeResultMetadata?: boolean;
	/** `j: false` acknowledges a write before it is on the disk; the next journaled commit of the file takes it along */
	writeConcern?: { j?: boolean };
}

/** Options that would change an answer and that this store does not know. All others are about performance or wire. */
const REFUSED = ["let", "max", "min", "returnKey", "showRecordId", "tailable", "awaitData", "explain", "sample", "out"];

/** @throws UnsupportedByEmbeddedStore naming the option. */
export function assertSupported(options: object): void {
	for (const name of REFUSED) {
		const value = (options as Record<string, unknown>)[name];
		if (value !== undefined && value !== null && value !== false)
			throw new UnsupportedByEmbeddedStore(`the option ${name}`);
	}
	const { collation } = options as { collation?: unknown };
	if (collation !== undefined && collation !== null && !(isDoc(collation) && collation.locale === "simple")) {
		throw new UnsupportedByEmbeddedStore("the option collation", "strings compare by their bytes");
	}
}
