import { type Static, type TSchema, Type } from "typebox";
import type { ListParams, Page } from "../lib/list-query.ts";
import { type ActionContract, strict } from "./contract.ts";
import { activityContracts } from "./dashboard-activity.ts";
import { getKnowledgeBaseNumbers } from "./dashboard-kb.ts";
import { getCsatNumbers, getSlaNumbers } from "./dashboard-quality.ts";
import {
	Asked,
	ByClock,
	Csat,
	DASHBOARD_FILTERS,
	Deltas,
	FILTERS_SAY,
	Kpis,
	Links,
	METRICS_SAY,
	Now,
	RANGE_SAYS,
	RangeQuery,
	RangeView,
	SlaAttainment,
	Throughput,
} from "./dashboard-views.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { defineFiltered, defineList } from "./list-contract.ts";

export const METRIC_NAMES = [
	"backlog",
	"unassigned",
	"urgent",
	"created",
	"solvedTickets",
	"solveEvents",
	"reopened",
	"closed",
	"firstResponse",
	"nextResponse",
	"resolution",
	"replies",
	"internalNotes",
	"customerMessages",
	"slaFulfilled",
	"slaBreached",
	"slaWaived",
	"slaCancelled",
	"slaFirstResponseFulfilled",
	"slaFirstResponseBreached",
	"slaFirstResponseWaived",
	"slaFirstResponseCancelled",
	"slaNextResponseFulfilled",
	"slaNextResponseBreached",
	"slaNextResponseWaived",
	"slaNextResponseCancelled",
	"slaResolutionFulfilled",
	"slaResolutionBreached",
	"slaResolutionWaived",
	"slaResolutionCancelled",
	"csatRequested",
	"csatResponses",
	"csatPositive",
	"csatRating1",
	"csatRating2",
	"csatRating3",
	"csatRating4",
	"csatRating5",
] as const;

const RATIO_NAMES = [
	"reopenRate",
	"slaAttainment",
	"slaFirstResponseAttainment",
	"slaNextResponseAttainment",
	"slaResolutionAttainment",
	"csat",
	"csatPositivePct",
	"csatResponseRate",
] as const;

const LINKS_SAY =
	"`links` names for each number the route of the very rows that it counts; with `&count=true` its total is the number.";

export const getStats = defineFiltered({
	name: "dashboard.getStats",
	access: "dashboard.read",
	rest: "GET /dashboard/stats",
	summary: "How the desk is doing: now, and over a range",
	description:
		`\`now\` are the counters of this moment, \`kpis\` those of the range, \`previous\` those of as long a time before, ` +
		`\`deltaPct\` the change in percent, null where it was 0. ${METRICS_SAY} ${RANGE_SAYS} ${FILTERS_SAY} ${LINKS_SAY}`,
	query: strict(RangeQuery),
	filters: DASHBOARD_FILTERS,
	result: Type.Object({
		...Asked,
		now: Now,
		kpis: Kpis,
		previous: Type.Object({ range: RangeView, kpis: Kpis }),
		deltaPct: Deltas,
		links: Links,
	}),
});

const SystemService = Type.Object({
	name: Type.String(),
	status: Words(["up", "down"]),
	/** 95 % of its calls (of the gateway: requests) of the last minutes ended within this, to about a fifth; null without calls */
	p95Ms: Nullable(Type.Number()),
	/** the share of those calls that failed by the service's own fault (5xx); null without calls */
	errorRate: Nullable(Type.Number()),
	/** how long its oldest event has waited to be published */
	outboxLagMs: Nullable(Type.Number()),
	/** events that its consumer group has not handled yet; null where it has none */
	consumerLag: Nullable(Type.Integer()),
});

export const getPerformance = defineFiltered({
	name: "dashboard.getMetrics",
	access: "dashboard.read",
	rest: "GET /dashboard/metrics",
	summary: "How fast and how much: response and resolution times, throughput",
	description:
		`\`perDay\` is the throughput divided by the days of the range (24 hours each). \`system\` is told to owners and admins ` +
		`only, null to others; in it, \`p95Ms\` and \`errorRate\` are those of the last five minutes (5xx only), \`outboxLagMs\` is how long ` +
		`the oldest event has waited to be published, and what cannot be asked is null. ${METRICS_SAY} ${RANGE_SAYS} ${FILTERS_SAY} ${LINKS_SAY}`,
	query: strict(RangeQuery),
	filters: DASHBOARD_FILTERS,
	result: Type.Object({
		...Asked,
		firstResponse: ByClock,
		nextResponse: ByClock,
		resolution: ByClock,
		slaAttainment: SlaAttainment,
		csat: Csat,
		throughput: Throughput,
		perDay: Type.Record(Type.String(), Type.Number()),
		system: Nullable(Type.Object({ services: Type.Array(SystemService) })),
		links: Links,
	}),
});

const Value = Type.Union([Type.Number(), ByClock, Type.Null()]);

export const getTimeseries = defineFiltered({
	name: "dashboard.getTimeseries",
	access: "dashboard.read",
	rest: "GET /dashboard/timeseries",
	summary: "A metric by hours, days, weeks or months of the calendar",
	description:
		`Buckets are those of the local calendar: days of 23 and 25 hours, weeks from Monday (ISO 8601); the first and the last ` +
		`are cut off at the range's ends (\`start\` says when the whole one begins). Empty ones are there with 0, those of ` +
		`durations with null. What is counted adds up to the metric of the whole range (\`total\`); solvedTickets and resolution ` +
		`are in the bucket of the solve that stands at the end of the range. backlog, unassigned and urgent are those at the end ` +
		`of each bucket, null for buckets in the future. slaAttainment, also of one metric, is the share that was kept, csat ` +
		`the average rating. With \`groupBy\` there is one series for each value that has any, ` +
		`\`key\` null is nobody or nothing; for every bucket they add up to \`value\`. A row is listed by \`links.metric\`, ` +
		`\`drillDown\` of the series and \`drillDown\` of the bucket, joined by \`&\`. ${METRICS_SAY} ${RANGE_SAYS} ${FILTERS_SAY}`,
	query: strict({
		...RangeQuery,
		metric: Type.Optional(Words([...METRIC_NAMES, ...RATIO_NAMES])),
		granularity: Type.Optional(Words(["hour", "day", "week", "month"])),
		groupBy: Type.Optional(Words(["none", "group", "assignee", "priority", "status", "channel", "type"])),
	}),
	filters: DASHBOARD_FILTERS,
	result: Type.Object({
		...Asked,
		metric: Type.String(),
		granularity: Type.String(),
		groupBy: Type.String(),
		total: Value,
		buckets: Type.Array(
			Type.Object({ start: Type.String(), from: Instant, to: Instant, value: Value, drillDown: Type.String() }),
		),
		series: Type.Array(
			Type.Object({
				key: Nullable(Type.String()),
				name: Nullable(Type.String()),
				total: Value,
				values: Type.Array(Value),
				drillDown: Type.String(),
			}),
		),
		links: Links,
	}),
});

const Workload = Type.Object({
	backlog: Type.Integer(),
	urgent: Type.Integer(),
	byStatus: Now.properties.byStatus,
});
const AgentNumbers = {
	workload: Workload,
	period: Type.Object({
		...Throughput.properties,
		firstResponse: ByClock,
		nextResponse: ByClock,
		resolution: ByClock,
		slaAttainment: SlaAttainment,
		csat: Csat,
	}),
};

export const getAgents = defineFiltered({
	name: "dashboard.getAgents",
	access: "dashboard.read",
	rest: "GET /dashboard/agents",
	summary: "Who has what on the desk, and who did what",
	description:
		`\`workload\` is now, \`period\` is the range. The rows and \`unassigned\` (nobody, and integrations) add up to \`totals\`. ` +
		`Everybody active is there, and whoever has any number. The rows behind a number of a person are those of the total's ` +
		`link with the person's \`drillDown\` behind an \`&\`. ${METRICS_SAY} ${RANGE_SAYS} ${FILTERS_SAY}`,
	query: strict(RangeQuery),
	filters: DASHBOARD_FILTERS,
	result: Type.Object({
		...Asked,
		agents: Type.Array(
			Type.Object({
				agentId: Id,
				name: Nullable(Type.String()),
				role: Nullable(Type.String()),
				availability: Nullable(Type.String()),
				...AgentNumbers,
				drillDown: Type.String(),
			}),
		),
		unassigned: Type.Object({ ...AgentNumbers, drillDown: Type.String() }),
		totals: Type.Object(AgentNumbers),
		links: Links,
	}),
});

const CountedRow = Type.Object({
	ticketId: Nullable(Id),
	number: Nullable(Type.Integer()),
	/** null for those who see no names */
	subject: Nullable(Type.String()),
	at: Instant,
	value: Nullable(Type.Number()),
	agentId: Nullable(Type.String()),
	agentName: Nullable(Type.String()),
	groupId: Nullable(Type.String()),
	status: Type.String(),
	priority: Type.String(),
});

const AskedView = Type.Object(Asked);

const counted = defineList({
	name: "dashboard.listTickets",
	access: "dashboard.read",
	rest: "GET /dashboard/tickets",
	summary: "The very rows that a number counted",
	description:
		`One row for each thing that \`metric\` counts in the range, newest first: a ticket is there as often as it was counted. ` +
		`\`at\` is when it happened (of backlog, unassigned and urgent, when the ticket was created), \`value\` how long it took in ` +
		`seconds by \`clock\` (calendar unless told; rows without a known value are left out by business), of promises how many ` +
		`business seconds had been used, of customers' answers the rating. \`agentId\`, \`groupId\`, ` +
		`\`status\` and \`priority\` are those that the filters look at. \`at[gte]\` and \`at[lt]\` pick a bucket of a time series ` +
		`without moving the range. Of tickets that count for the caller but that it may not read (of viewers and ` +
		`integrations) \`ticketId\`, \`number\` and \`subject\` are null. ${METRICS_SAY} ${RANGE_SAYS} ${FILTERS_SAY}`,
	list: {
		filters: { ...DASHBOARD_FILTERS, at: { type: "instant", operators: ["gte", "lt"] } },
		sorts: ["at"],
		defaultSort: "-at",
	},
	item: CountedRow,
});

const countedQuery = strict({
	...RangeQuery,
	metric: Type.Optional(Words(METRIC_NAMES)),
	clock: Type.Optional(Words(["calendar", "business"])),
});

export type CountedShape = Static<typeof CountedRow>;
export type CountedPage = Page<CountedShape> & Static<typeof AskedView>;

/** A list, with plain parameters beside its filters and how fresh it is. */
export const listCounted = {
	...counted,
	query: countedQuery,
	params: strict({
		...(counted.params.properties as Record<string, TSchema>),
		...(countedQuery.properties as Record<string, TSchema>),
	}),
	result: Type.Object({ ...(counted.result as ReturnType<typeof Type.Object>).properties, ...Asked }),
} as unknown as ActionContract<ListParams & Static<typeof countedQuery>, CountedPage>;

/** Every action of the dashboard service that a client can call. */
export const dashboardContracts = [
	getStats,
	...activityContracts,
	getPerformance,
	getTimeseries,
	getAgents,
	getSlaNumbers,
	getCsatNumbers,
	getKnowledgeBaseNumbers,
	listCounted,
];
