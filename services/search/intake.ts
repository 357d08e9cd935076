import { setTimeout as pause } from "node:timers/promises";
import type { ActionContract } from "../../contracts/contract.ts";
import { articleDocuments, customerDocuments, ticketDocuments } from "../../contracts/search-documents.ts";
import { InTurn } from "../../lib/in-turn.ts";
import type { SearchDocuments, SearchIndex, SearchKind } from "./engine/index-types.ts";
import type { Owners } from "./owners.ts";

interface Owned<K extends SearchKind> {
	byIds: ActionContract<{ tenantId: string; ids: string[] }, SearchDocuments[K][]>;
	page: ActionContract<
		{ after: string | null; limit: number },
		{ documents: SearchDocuments[K][]; next: string | null }
	>;
}

/** The actions by which each owner hands out its documents. */
export const DOCUMENTS: { [K in SearchKind]: Owned<K> } = {
	ticket: ticketDocuments,
	customer: customerDocuments,
	article: articleDocuments,
};

/** How many documents are asked for and written at once. */
export const BATCH = 100;

/** How long ids are gathered before their documents are asked for, ms. */
const GATHER_MS = 3;

interface Waiter {
	resolve(): void;
	reject(error: unknown): void;
}

/** Ids of one tenant whose documents changed, with those who wait for them to be in the index. */
type Changed = Map<string, Waiter[]>;

/**
 * Takes one kind of document into the index: gathers the ids that changed, asks the owner what they are now, and writes
 * them in one transaction. One batch at a time, so that no older document comes after a newer one.
 */
export class Intake<K extends SearchKind> {
	readonly kind: K;
	private readonly index: SearchIndex;
	private readonly owners: Owners;
	private readonly changed = new Map<string, Changed>();
	private readonly turns = new InTurn();
	private running = false;
	private count = 0;

	constructor(kind: K, index: SearchIndex, owners: Owners) {
		this.kind = kind;
		this.index = index;
		this.owners = owners;
	}

	/** How many ids wait to be taken in. */
	get waiting(): number {
		return this.count;
	}

	/**
	 * Resolves when the index holds the thing as it is now, or as it was later. Rejects where that cannot be. Where only
	 * one version of it is meant, an index that has seen that or a later one holds it already, and its owner is not asked.
	 */
	async take(tenantId: string, id: string, version?: number): Promise<void> {
		if (version !== undefined && (this.index.versionOf(this.kind, tenantId, id) ?? -1) >= version) return;
		return new Promise((resolve, reject) => {
			const ofTenant = this.changed.get(tenantId) ?? new Map<string, Waiter[]>();
			this.changed.set(tenantId, ofTenant);
			const waiters = ofTenant.get(id);
			if (waiters) waiters.push({ resolve, reject });
			else {
				ofTenant.set(id, [{ resolve, reject }]);
				this.count++;
			}
			this.start();
		});
	}

	/** Does something else to the index of this kind, between two batches. */
	inTurn<T>(work: () => Promise<T>): Promise<T> {
		return this.turns.run(this.kind, work);
	}

	private start(): void {
		if (this.running) return;
		this.running = true;
		void this.work();
	}

	private async work(): Promise<void> {
		await pause(GATHER_MS);
		while (this.changed.size > 0) await this.inTurn(() => this.batch());
		this.running = false;
	}

	/** The ids to be asked for next, of one tenant; whoever asks for them from now on waits for another batch. */
	private next(): { tenantId: string; batch: Changed } | null {
		for (const [tenantId, ofTenant] of this.changed) {
			const batch: Changed = new Map([...ofTenant].slice(0, BATCH));
			for (const id of batch.keys()) ofTenant.delete(id);
			// To the end of the line, so that a large tenant does not keep the others waiting.
			this.changed.delete(tenantId);
			if (ofTenant.size > 0) this.changed.set(tenantId, ofTenant);
			this.count -= batch.size;
			return { tenantId, batch };
		}
		return null;
	}

	private async batch(): Promise<void> {
		const next = this.next();
		if (!next) return;
		const { tenantId, batch } = next;
		try {
			const documents = await this.ask(tenantId, [...batch.keys()]);
			for (const [id, error] of this.write(tenantId, [...batch.keys()], documents))
				for (const waiter of batch.get(id) ?? []) waiter.reject(error);
			for (const waiters of batch.values()) for (const { resolve } of waiters) resolve();
		} catch (error) {
			for (const waiters of batch.values()) for (const { reject } of waiters) reject(error);
		}
	}

	private ask(tenantId: string, ids: string[]): Promise<SearchDocuments[K][]> {
		return this.owners.ask(DOCUMENTS[this.kind].byIds, { tenantId, ids });
	}

	/** Writes what there is and removes what is no more. Returns the ids for which it went wrong, with the reasons. */
	private write(tenantId: string, ids: readonly string[], documents: SearchDocuments[K][]): Map<string, unknown> {
		const byId = Map.groupBy(documents, ({ id }) => id);
		const missing = ids.filter((id) => !byId.has(id));
		if (missing.length > 0) this.index.remove(this.kind, tenantId, missing);
		const failed = new Map<string, unknown>();
		try {
			if (documents.length > 0) this.index.put(this.kind, documents);
		} catch (error) {
			const [only] = byId.keys();
			if (byId.size === 1 && only !== undefined) return new Map([[only, error]]);
			// One that cannot be written must not keep the others out.
			for (const [id, versions] of byId)
				for (const [, reason] of this.write(tenantId, [id], versions)) failed.set(id, reason);
		}
		return failed;
	}
}
