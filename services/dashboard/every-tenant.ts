import { dashboardTenantModel } from "../../models/dashboard-tenant.ts";
import type { TenantFacts } from "./facts.ts";
import type { Tables } from "./projection/projector.ts";

const PAGE = 100;

/** The rows of all tenants, page by page. */
export async function* everyTenant(tables: Tables): AsyncGenerator<TenantFacts> {
	for (let after = ""; ; ) {
		const page = await tables(dashboardTenantModel)
			.find({ _id: { $gt: after } })
			.sort({ _id: 1 })
			.limit(PAGE)
			.lean<TenantFacts[]>();
		const last = page.at(-1);
		if (!last) return;
		yield* page;
		after = last._id;
	}
}
