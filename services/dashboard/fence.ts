import { setTimeout as pause } from "node:timers/promises";
import type { ClientSession } from "mongoose";
import type { Store } from "../../mixins/store.ts";
import { type DashboardFence, dashboardFenceModel } from "../../models/dashboard-rebuild.ts";

const ROW = "batches";
/** How often a batch that waits looks again, ms. */
const LOOK_MS = 100;

/**
 * Keeps the batches of every process of the service out while documents are being replaced. Each batch writes the row in
 * its own transaction, so that one which began before the fence was closed is either committed by then or never will be.
 */
export class Fence {
	private readonly store: Store;
	private stopped = false;

	constructor(store: Store) {
		this.store = store;
		store.onStop(async () => {
			this.stopped = true;
		});
	}

	private get rows() {
		return this.store.model(dashboardFenceModel);
	}

	/** To be called once, before anything else. */
	async start(): Promise<void> {
		await this.rows.updateOne({ _id: ROW }, { $setOnInsert: { isClosed: false, batches: 0 } }, { upsert: true });
	}

	/** Resolves when the fence is open, or the service stops. */
	async opened(): Promise<void> {
		while (!this.stopped && (await this.isClosed())) await pause(LOOK_MS);
	}

	async isClosed(): Promise<boolean> {
		return (await this.rows.findById(ROW).lean<DashboardFence>())?.isClosed ?? false;
	}

	/** Takes a batch through, in its transaction. @throws where the fence was closed meanwhile */
	async pass(session: ClientSession): Promise<void> {
		const open = { _id: ROW, isClosed: false };
		const { matchedCount } = await this.rows.updateOne(open, { $inc: { batches: 1 } }, { session });
		if (matchedCount === 0) throw new Error("the read models are being replaced; the batch is taken again afterwards");
	}

	/** Resolves when no batch is under way and none will be until {@link open}, whatever becomes of this process. */
	async close(): Promise<void> {
		await this.rows.updateOne({ _id: ROW }, { $set: { isClosed: true } });
	}

	async open(): Promise<void> {
		await this.rows.updateOne({ _id: ROW }, { $set: { isClosed: false } });
	}
}
