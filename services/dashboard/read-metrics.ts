import type { ServiceBroker } from "moleculer";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { getPerformance } from "../../contracts/dashboard.ts";
import type { GroupStatus } from "../../lib/event-log.ts";
import { action, type CallContext } from "../../mixins/action.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { inquire } from "./inquiry.ts";
import { ALL_METRICS, linksOf } from "./numbers/links.ts";
import { metricOf } from "./numbers/metrics.ts";
import { DURATIONS, measure, THROUGHPUT } from "./numbers/stats.ts";

type Performance = ResultOf<typeof getPerformance>;

const DAY_MS = 24 * 3600 * 1000;
const PERIOD_METRICS = ALL_METRICS.filter((metric) => !metricOf(metric).state);
/** What a whole desk consists of: one that nobody offers now is down. */
const SERVICES = ["customers", "dashboard", "gateway", "identity", "knowledge-base", "search", "tickets"];

async function statuses({ runtime }: Dashboard): Promise<GroupStatus[]> {
	try {
		return await runtime.events.status();
	} catch {
		// The log cannot be asked: how far its consumers are is not known then.
		return [];
	}
}

/** How the services are doing: which can be reached, and how many events wait for each. */
async function systemOf(broker: ServiceBroker, dashboard: Dashboard): Promise<Performance["system"]> {
	const groups = new Map((await statuses(dashboard)).map(({ group, lag }) => [group, lag]));
	const reachable = new Set(
		broker.registry.getServiceList({ onlyAvailable: true, skipInternal: true }).map(({ name }) => name),
	);
	const services = SERVICES.map((name) => ({
		name,
		status: reachable.has(name) ? ("up" as const) : ("down" as const),
		p95Ms: null,
		errorRate: null,
		outboxLagMs: null,
		consumerLag: groups.get(name) ?? null,
	}));
	return { services };
}

function perDay(throughput: Record<string, unknown>, days: number): Record<string, number> {
	const counts = Object.entries(throughput).filter((entry): entry is [string, number] => entry[0] !== "reopenRate");
	return Object.fromEntries(counts.map(([name, count]) => [name, count / days]));
}

async function metrics(ctx: CallContext<ParamsOf<typeof getPerformance>>, dashboard: Dashboard): Promise<Performance> {
	const { table, selection, period, caller, head } = await inquire(ctx, dashboard, ctx.params);
	const throughput = measure(table, THROUGHPUT, period, selection);
	const durations = measure(table, DURATIONS, period, selection);
	const operates = caller.kind === "user" && (caller.role === "owner" || caller.role === "admin");
	return {
		...head,
		...durations,
		slaAttainment: null,
		csat: null,
		throughput,
		perDay: perDay(throughput, (period.to - period.from) / DAY_MS),
		system: operates ? await systemOf(ctx.broker, dashboard) : null,
		links: linksOf(PERIOD_METRICS, period, selection.filter),
	} as Performance;
}

export function metricsActions(dashboard: Dashboard) {
	return { getMetrics: action(getPerformance, (ctx) => metrics(ctx, dashboard)) };
}
