import { Type } from "typebox";
import { strict } from "./contract.ts";
import {
	Asked,
	Csat,
	CsatChanges,
	csatFields,
	DASHBOARD_FILTERS,
	FILTERS_SAY,
	Links,
	METRICS_SAY,
	RANGE_SAYS,
	RangeQuery,
	RangeView,
	SlaAttainment,
	SlaChanges,
} from "./dashboard-views.ts";
import { Nullable } from "./fields.ts";
import { defineFiltered } from "./list-contract.ts";

const PARTS_SAY =
	"`previous` is as long a time before, `deltaPct` the change in percent, null where it was 0. The rows behind a number " +
	"are those of its `links`; of a part, with the part's `drillDown` behind an `&`.";

const group = { groupId: Nullable(Type.String()), name: Nullable(Type.String()) };
const agent = { agentId: Nullable(Type.String()), name: Nullable(Type.String()) };
const sla = { ...SlaAttainment.properties, drillDown: Type.String() };
const csat = { ...csatFields, drillDown: Type.String() };

export const getSlaNumbers = defineFiltered({
	name: "dashboard.getSla",
	access: "dashboard.read",
	rest: "GET /dashboard/sla",
	summary: "Which promises to customers were kept",
	description: `As in \`slaAttainment\` of \`GET /dashboard/stats\`, and by group, person and priority. ${PARTS_SAY} ${METRICS_SAY} ${RANGE_SAYS} ${FILTERS_SAY}`,
	query: strict(RangeQuery),
	filters: DASHBOARD_FILTERS,
	result: Type.Object({
		...Asked,
		slaAttainment: SlaAttainment,
		byGroup: Type.Array(Type.Object({ ...group, ...sla })),
		byAgent: Type.Array(Type.Object({ ...agent, ...sla })),
		byPriority: Type.Array(Type.Object({ priority: Type.String(), ...sla })),
		previous: Type.Object({ range: RangeView, slaAttainment: SlaAttainment }),
		deltaPct: SlaChanges,
		links: Links,
	}),
});

export const getCsatNumbers = defineFiltered({
	name: "dashboard.getCsat",
	access: "dashboard.read",
	rest: "GET /dashboard/csat",
	summary: "What customers say of the help they got",
	description: `As in \`csat\` of \`GET /dashboard/stats\`, and by group and person. ${PARTS_SAY} ${METRICS_SAY} ${RANGE_SAYS} ${FILTERS_SAY}`,
	query: strict(RangeQuery),
	filters: DASHBOARD_FILTERS,
	result: Type.Object({
		...Asked,
		...csatFields,
		byGroup: Type.Array(Type.Object({ ...group, ...csat })),
		byAgent: Type.Array(Type.Object({ ...agent, ...csat })),
		previous: Type.Object({ range: RangeView, csat: Csat }),
		deltaPct: CsatChanges,
		links: Links,
	}),
});
