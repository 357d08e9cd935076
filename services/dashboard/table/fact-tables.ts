import { setImmediate } from "node:timers/promises";
import type { Store } from "../../../mixins/store.ts";
import { dashboardTenantModel } from "../../../models/dashboard-tenant.ts";
import { dashboardTicketModel } from "../../../models/dashboard-ticket.ts";
import { FactTable } from "./fact-table.ts";

/** Documents read at a time; between two pages others get their turn. */
const PAGE = 200;

/** How many rows the tables of all tenants may have together, about 40 bytes each; then the one longest unused goes. */
const MAX_ROWS = 6_000_000;

interface Held {
	/** as of which facts; a table of another generation is of no use */
	generation: number;
	/** every document up to this one is in it */
	rev: number;
	table: FactTable;
}

/** The tables of this process, one for each tenant that was asked about lately. */
export class FactTables {
	private readonly store: Store;
	private readonly maxRows: number;
	/** the one used last is last */
	private readonly held = new Map<string, Held>();
	private readonly running = new Map<string, Promise<FactTable>>();
	private readonly waiting = new Map<string, Promise<FactTable>>();

	constructor(store: Store, maxRows = MAX_ROWS) {
		this.store = store;
		this.maxRows = maxRows;
	}

	/**
	 * The tenant's table with all facts that were committed when this was called. What is computed from it before anything
	 * else is awaited is computed from one state.
	 */
	of(tenantId: string): Promise<FactTable> {
		const running = this.running.get(tenantId);
		if (!running) return this.start(tenantId);
		// What runs already may have read before the caller's change: all who come now share the next one.
		const shared = this.waiting.get(tenantId);
		if (shared) return shared;
		const next = running
			.catch(() => undefined)
			.then(() => {
				this.waiting.delete(tenantId);
				return this.start(tenantId);
			});
		this.waiting.set(tenantId, next);
		return next;
	}

	private start(tenantId: string): Promise<FactTable> {
		const started = this.refresh(tenantId).finally(() => {
			if (this.running.get(tenantId) === started) this.running.delete(tenantId);
		});
		this.running.set(tenantId, started);
		return started;
	}

	private async refresh(tenantId: string): Promise<FactTable> {
		const head = await this.store.model(dashboardTenantModel).findOne({ _id: tenantId, tenantId }).lean();
		if (!head) return new FactTable();
		const known = this.held.get(tenantId);
		const held =
			known && known.generation === head.generation && known.rev <= head.rev
				? known
				: { generation: head.generation, rev: 0, table: new FactTable() };
		try {
			if (held.rev < head.rev) while (await this.readPage(tenantId, held));
			held.rev = Math.max(held.rev, head.rev);
		} catch (error) {
			// What was read so far is right and stays; the next one who asks goes on from there.
			if (held === known) this.hold(tenantId, held);
			throw error;
		}
		this.hold(tenantId, held);
		return held.table;
	}

	/**
	 * Reads the next documents, whether there may be more. There is no upper end: a document that changes while a table is
	 * loaded moves to the end and must be met there.
	 */
	private async readPage(tenantId: string, held: Held): Promise<boolean> {
		const page = await this.store
			.model(dashboardTicketModel)
			.find({ tenantId, rev: { $gt: held.rev } })
			.sort({ rev: 1 })
			.limit(PAGE)
			.lean();
		for (const facts of page) held.table.put(facts);
		held.table.sort();
		held.rev = page.at(-1)?.rev ?? held.rev;
		if (page.length < PAGE) return false;
		await setImmediate();
		return true;
	}

	private hold(tenantId: string, held: Held): void {
		this.held.delete(tenantId);
		this.held.set(tenantId, held);
		let rows = 0;
		for (const { table } of this.held.values()) rows += table.size;
		for (const [id, { table }] of this.held) {
			if (rows <= this.maxRows || id === tenantId) break;
			this.held.delete(id);
			rows -= table.size;
		}
	}
}
