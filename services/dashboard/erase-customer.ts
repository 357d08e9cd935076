import type { ActionSchema } from "moleculer";
import { eraseFromDashboard, tombstoneName } from "../../contracts/customer-erasure.ts";
import { action } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import { dashboardActivityModel } from "../../models/dashboard-activity.ts";
import { dashboardCustomerModel } from "../../models/dashboard-person.ts";
import { dashboardTenantModel } from "../../models/dashboard-tenant.ts";
import type { Dashboard } from "./dashboard-store.ts";

/** The next number of the tenant's facts: whoever keeps a copy is sent what has it. */
async function nextRev({ store }: Dashboard, tx: Transaction): Promise<number> {
	const tenant = await store
		.model(dashboardTenantModel)
		.findOneAndUpdate({ _id: tx.command.tenantId }, { $inc: { rev: 1 } }, { new: true, session: tx.session })
		.lean<{ rev: number }>();
	return tenant?.rev ?? 0;
}

/**
 * How the dashboard takes part in erasing a person: the name goes from the one place that has it. What happened and how
 * often is kept; the tickets' subjects have gone with their own events by then.
 */
export function erasureActions(dashboard: Dashboard): Record<string, ActionSchema> {
	const { store } = dashboard;
	return {
		eraseCustomer: action(eraseFromDashboard, async (ctx) => {
			const { tenantId, people } = ctx.params;
			const done = await store.commit(commandOf(ctx, tenantId), async (tx) => {
				const { session } = tx;
				let customers = 0;
				for (const { id, version } of people) {
					const rows = store.model(dashboardCustomerModel);
					const known = await rows.findOne({ _id: id, tenantId }).session(session).lean<{ sequence: number }>();
					if (!known) continue;
					const sequence = Math.max(known.sequence, version);
					const named = { name: tombstoneName(id), status: "erasing", sequence, rev: await nextRev(dashboard, tx) };
					await rows.updateOne({ _id: id, tenantId }, { $set: named }, { session });
					customers++;
				}
				const ids = people.map(({ id }) => id);
				const activities = await store
					.model(dashboardActivityModel)
					.updateMany(
						{ tenantId, actorId: { $in: ids }, actorName: { $ne: null } } as never,
						{ $set: { actorName: null } },
						{ session },
					);
				return { customers, activities: activities.modifiedCount };
			});
			await store.tidy();
			return done;
		}),
	};
}
