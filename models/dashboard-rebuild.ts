import { BY_TENANT, defineRows } from "./model.ts";

/** A rebuild of the read models that is under way. There is at most one; its `_id` is always the same. */
export interface DashboardRebuild {
	_id: string;
	/** null: of all tenants */
	tenantId: string | null;
	/**
	 * `replaying` the log into documents beside those that serve, or `replacing` these by them. Only the latter goes on
	 * where it was after a crash; the former begins anew.
	 */
	phase: "replaying" | "replacing";
	/** while replacing: the place in the log up to which the new documents know everything */
	to: number;
	/** while replacing: ids of events that could not be understood and are not in the new documents */
	without: string[];
}

export const dashboardRebuildModel = defineRows<DashboardRebuild>(
	"dashboard_rebuilds",
	{
		tenantId: { type: String, default: null },
		phase: { type: String, required: true },
		to: { type: Number, required: true },
		without: [String],
	},
	[BY_TENANT],
);

/** Whether batches of events may be folded now. One row; each batch writes it, so that closing it waits for none. */
export interface DashboardFence {
	_id: string;
	isClosed: boolean;
	batches: number;
}

export const dashboardFenceModel = defineRows<DashboardFence>("dashboard_fences", {
	isClosed: { type: Boolean, required: true },
	batches: { type: Number, required: true },
});
