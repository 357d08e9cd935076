import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { getPerformance } from "../../contracts/dashboard.ts";
import { type ServiceMeasuresShape, serviceMeasures } from "../../contracts/service-measures.ts";
import type { GroupStatus } from "../../lib/event-log.ts";
import { type Latencies, quantileOf, sumOf } from "../../lib/latency-window.ts";
import { within } from "../../lib/within.ts";
import { action, type CallContext } from "../../mixins/action.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { LOG_PATIENCE_MS } from "./freshness.ts";
import { inquire } from "./inquiry.ts";
import { ALL_METRICS, linksOf } from "./numbers/links.ts";
import { metricOf } from "./numbers/metrics.ts";
import { csatOf, slaOf } from "./numbers/quality.ts";
import { DURATIONS, measure, THROUGHPUT } from "./numbers/stats.ts";

type Performance = ResultOf<typeof getPerformance>;

const DAY_MS = 24 * 3600 * 1000;
const PERIOD_METRICS = ALL_METRICS.filter((metric) => !metricOf(metric).state);
/** How long a service may take to tell how it is doing, ms. */
const PATIENCE_MS = 1000;
/** What a whole desk consists of: one that nobody offers now is down. */
const SERVICES = ["customers", "dashboard", "gateway", "identity", "knowledge-base", "search", "tickets"];

async function statuses({ runtime }: Dashboard): Promise<GroupStatus[]> {
	try {
		return await within(LOG_PATIENCE_MS, runtime.events.status());
	} catch {
		// The log cannot be asked: how far its consumers are is not known then.
		return [];
	}
}

/** What the nodes of a service tell together. */
interface Told {
	latencies: Latencies;
	outboxLagMs: number | null;
}

/** What a service's nodes that can be asked tell of themselves; null where none can. */
async function toldBy(ctx: CallContext, name: string, nodes: readonly string[]): Promise<Told | null> {
	const { name: asked } = serviceMeasures(name);
	const answers = await Promise.all(
		nodes.map((nodeID) =>
			ctx.call<ServiceMeasuresShape, object>(asked, {}, { nodeID, timeout: PATIENCE_MS }).catch(() => null),
		),
	);
	const told = answers.filter((answer) => answer !== null);
	if (told.length === 0) return null;
	const lags = told.map(({ outboxLagMs }) => outboxLagMs).filter((lag) => lag !== null);
	return { latencies: sumOf(told), outboxLagMs: lags.length === 0 ? null : Math.max(...lags) };
}

const rounded = (ms: number | null) => (ms === null ? null : Math.round(ms * 100) / 100);

/** How the services are doing: which can be reached, how fast they answer, and what waits in front of and behind them. */
async function systemOf(ctx: CallContext, dashboard: Dashboard): Promise<Performance["system"]> {
	const groups = new Map((await statuses(dashboard)).map(({ group, lag }) => [group, lag]));
	const nodes = new Map<string, string[]>();
	for (const { name, nodeID } of ctx.broker.registry.getServiceList({ onlyAvailable: true, skipInternal: true }))
		nodes.set(name, [...(nodes.get(name) ?? []), nodeID ?? ctx.broker.nodeID]);
	const services = await Promise.all(
		SERVICES.map(async (name) => {
			const told = await toldBy(ctx, name, nodes.get(name) ?? []);
			return {
				name,
				status: nodes.has(name) ? ("up" as const) : ("down" as const),
				p95Ms: told && rounded(quantileOf(told.latencies, 0.95)),
				errorRate: told && told.latencies.calls > 0 ? told.latencies.failed / told.latencies.calls : null,
				outboxLagMs: told?.outboxLagMs ?? null,
				consumerLag: groups.get(name) ?? null,
			};
		}),
	);
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
		slaAttainment: slaOf(table, period, selection),
		csat: csatOf(table, period, selection),
		throughput,
		perDay: perDay(throughput, (period.to - period.from) / DAY_MS),
		system: operates ? await systemOf(ctx, dashboard) : null,
		links: linksOf(PERIOD_METRICS, period, selection.filter),
	} as Performance;
}

export function metricsActions(dashboard: Dashboard) {
	return { getMetrics: action(getPerformance, (ctx) => metrics(ctx, dashboard)) };
}
