import { type ActivityRow, dashboardActivityModel } from "../../models/dashboard-activity.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { everyTenant } from "./every-tenant.ts";
import { feedHorizon } from "./projection/projector.ts";

/** Rows removed at a time; between two such steps others get their turn. */
const STEP = 500;

/** Removes rows of the feed that are older than their tenant keeps them, and tells how many. */
export async function sweepFeed({ runtime, store }: Dashboard): Promise<number> {
	const rows = store.model(dashboardActivityModel);
	let removed = 0;
	for await (const tenant of everyTenant((model) => store.model(model))) {
		const before = new Date(feedHorizon(tenant, runtime.clock.now()));
		for (;;) {
			const found = await rows
				.find({ tenantId: tenant._id, at: { $lt: before } })
				.sort({ at: 1, _id: 1 })
				.select("_id")
				.limit(STEP)
				.lean<ActivityRow[]>();
			if (found.length === 0) break;
			await rows.deleteMany({ _id: { $in: found.map((row) => row._id) } });
			removed += found.length;
		}
	}
	return removed;
}
