import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SearchKind } from "./index-types.ts";

/** The numbers that stand for one kind of one tenant: every word and every row of the index belongs to one of them. */
export class Spaces {
	readonly #find: StatementSync;
	readonly #insert: StatementSync;

	constructor(database: DatabaseSync) {
		this.#find = database.prepare("SELECT id FROM spaces WHERE kind = ? AND tenantId = ?");
		this.#insert = database.prepare("INSERT INTO spaces (kind, tenantId) VALUES (?, ?)");
	}

	/** Null for a tenant that has had nothing of this kind yet. */
	find(kind: SearchKind, tenantId: string): number | null {
		const row = this.#find.get(kind, tenantId) as { id: number } | undefined;
		return row?.id ?? null;
	}

	make(kind: SearchKind, tenantId: string): number {
		return this.find(kind, tenantId) ?? Number(this.#insert.run(kind, tenantId).lastInsertRowid);
	}
}
