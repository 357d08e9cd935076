import type { ActionSchema } from "moleculer";
import type { Dashboard } from "./dashboard-store.ts";
import { agentsActions } from "./read-agents.ts";
import { countedActions } from "./read-counted.ts";
import { knowledgeBaseActions } from "./read-kb.ts";
import { metricsActions } from "./read-metrics.ts";
import { qualityActions } from "./read-quality.ts";
import { statsActions } from "./read-stats.ts";
import { timeseriesActions } from "./read-timeseries.ts";

/** The numbers of the dashboard, and the rows behind them. */
export function numbersActions(dashboard: Dashboard): Record<string, ActionSchema> {
	return {
		...statsActions(dashboard),
		...metricsActions(dashboard),
		...timeseriesActions(dashboard),
		...agentsActions(dashboard),
		...qualityActions(dashboard),
		...knowledgeBaseActions(dashboard),
		...countedActions(dashboard),
	};
}
