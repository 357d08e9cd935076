import type { Runtime } from "../../mixins/runtime.ts";
import { Store } from "../../mixins/store.ts";
import { dashboardActivityModel } from "../../models/dashboard-activity.ts";
import {
	dashboardArticleCountsModel,
	dashboardArticleModel,
	dashboardHelpCountsModel,
	dashboardSuggestionModel,
} from "../../models/dashboard-article.ts";
import { dashboardCustomerModel, dashboardGroupModel, dashboardPersonModel } from "../../models/dashboard-person.ts";
import { dashboardFenceModel, dashboardRebuildModel } from "../../models/dashboard-rebuild.ts";
import { dashboardTenantModel } from "../../models/dashboard-tenant.ts";
import { dashboardTicketModel } from "../../models/dashboard-ticket.ts";
import { Freshness } from "./freshness.ts";
import { FactTables } from "./table/fact-tables.ts";

/** The collections that hold what the dashboard knows. */
export const FACT_MODELS = [
	dashboardTenantModel,
	dashboardTicketModel,
	dashboardPersonModel,
	dashboardGroupModel,
	dashboardCustomerModel,
	dashboardArticleModel,
	dashboardArticleCountsModel,
	dashboardHelpCountsModel,
	dashboardSuggestionModel,
	dashboardActivityModel,
] as const;

/** What the files of this service share. */
export interface Dashboard {
	runtime: Runtime;
	store: Store;
	freshness: Freshness;
	/** what the numbers are computed from, in memory */
	tables: FactTables;
}

export function openDashboard(runtime: Runtime, onError: (error: unknown) => void): Dashboard {
	const store = new Store(
		runtime,
		"dashboard",
		[...FACT_MODELS, dashboardRebuildModel, dashboardFenceModel] as never,
		onError,
	);
	return { runtime, store, freshness: new Freshness(runtime), tables: new FactTables(store) };
}
