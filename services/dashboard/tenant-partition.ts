import type { ActionSchema } from "moleculer";
import { closePartitionOf, openPartitionOf } from "../../contracts/tenant-partition.ts";
import { action } from "../../mixins/action.ts";
import { partitionActions } from "../../mixins/tenant-partition.ts";
import { dashboardTenantModel } from "../../models/dashboard-tenant.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { unknownTenant } from "./projection/people-facts.ts";

/** How the dashboard takes part in the beginning and the end of a tenant: its numbers are asked for at once. */
export function tenantActions({ store, runtime }: Dashboard): Record<string, ActionSchema> {
	const tenants = () => store.model(dashboardTenantModel);
	return {
		openPartition: action(openPartitionOf("dashboard"), async ({ params: { tenantId, tenant } }) => {
			const { slug, name, locale, timeZone } = tenant;
			const { _id, ...fields } = { ...unknownTenant(tenantId), slug, name, locale, timeZone };
			const { upsertedCount } = await tenants().updateOne({ _id }, { $setOnInsert: fields }, { upsert: true });
			return { made: upsertedCount };
		}),
		closePartition: action(closePartitionOf("dashboard"), async ({ params: { tenantId } }) => {
			// One that any event was heard of is a tenant that there is.
			const { deletedCount } = await tenants().deleteOne({ _id: tenantId, sequence: 0 });
			return { removed: deletedCount, more: false };
		}),
		...partitionActions("dashboard", store, runtime.clock),
	};
}
