import { hostname } from "node:os";
import type { Service, ServiceBroker } from "moleculer";
import type { Config } from "../config.ts";
import type { TimedWorkShape } from "../contracts/service-measures.ts";
import type { Metrics } from "../lib/metrics.ts";
import { OtlpExporter } from "../lib/otlp-exporter.ts";
import { Tracer } from "../lib/tracer.ts";
import { measureInto } from "./measuring.ts";
import type { Runtime } from "./runtime.ts";
import { continueCalls, tracing } from "./tracing.ts";

/** Makes the spans of this process, where a collector is set. */
export function openTracer({ otlpEndpoint, traceRate }: Config, metrics: Metrics): Tracer {
	if (otlpEndpoint === null) return new Tracer(null, 0);
	const exporter = new OtlpExporter({
		endpoint: otlpEndpoint,
		instance: `${hostname()}-${process.pid}`,
		exported: (count) => metrics.count("conductor_spans_exported_total", {}, count),
		dropped: (count) => metrics.count("conductor_spans_dropped_total", {}, count),
		failed: (error) =>
			console.warn(`conductor: spans are lost, the collector does not take them: ${(error as Error).message}`),
	});
	return new Tracer(exporter, traceRate);
}

const BREAKER_EVENTS = {
	"$circuit-breaker.opened": "open",
	"$circuit-breaker.half-opened": "half_open",
	"$circuit-breaker.closed": "closed",
} as const;

/**
 * Connects a broker with what observes this process. To be called before its services are created: what wraps their
 * actions has to be there by then.
 */
export function observeBroker(broker: ServiceBroker, { tracer, metrics }: Pick<Runtime, "tracer" | "metrics">): void {
	broker.middlewares.add(tracing(tracer));
	continueCalls(broker);
	measureInto(broker, metrics);
	for (const [event, state] of Object.entries(BREAKER_EVENTS))
		broker.localBus.on(event, ({ service = "unknown" }: { service?: string }) =>
			metrics.count("conductor_circuit_breaker_changes_total", { service, state }),
		);
	metrics.gauge("conductor_nodes", () => nodesByService(broker));
	metrics.gauge("conductor_outbox_age_seconds", () =>
		ofEachService(broker, async (service) => {
			if (!service.outboxLagMs) return [];
			return [{ labels: { service: service.name }, value: (await service.outboxLagMs()) / 1000 }];
		}),
	);
	const timedWork = (value: (work: TimedWorkShape) => number) => () =>
		ofEachService(broker, async (service) =>
			((await service.timedWork?.()) ?? []).map((work) => ({
				labels: { service: service.name, kind: work.kind },
				value: value(work),
			})),
		);
	metrics.gauge(
		"conductor_work_due",
		timedWork(({ due }) => due),
	);
	metrics.gauge(
		"conductor_work_late_seconds",
		timedWork(({ lateMs }) => lateMs / 1000),
	);
}

/** A service of this process as the collection mixin makes it. */
interface WithStore extends Service {
	outboxLagMs?: () => Promise<number>;
	timedWork?: () => Promise<TimedWorkShape[]>;
}

async function ofEachService<R>(broker: ServiceBroker, read: (service: WithStore) => Promise<R[]>): Promise<R[]> {
	return (await Promise.all((broker.services as WithStore[]).map(read))).flat();
}

function nodesByService(broker: ServiceBroker) {
	const nodes = new Map<string, Set<string>>();
	const services = broker.registry.getServiceList({ onlyAvailable: true, skipInternal: true });
	for (const { name, nodeID = "" } of services) nodes.set(name, (nodes.get(name) ?? new Set()).add(nodeID));
	return [...nodes].map(([service, ids]) => ({ labels: { service }, value: ids.size }));
}
