import { createRequire } from "node:module";
import type { Gauge, Histogram, Registry } from "prom-client";
import type { EventLog } from "../../lib/event-log.ts";
import { lazy } from "../../lib/lazy.ts";

/** Upper bounds of the latency histogram, seconds. */
const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const prometheus = lazy(() => createRequire(import.meta.url)("prom-client") as typeof import("prom-client"));

interface Instruments {
	registry: Registry;
	requests: Histogram<"method" | "route" | "status">;
}

function eventGauges(registry: Registry, events: EventLog): void {
	const { Gauge: GaugeOf } = prometheus();
	const gauge = (name: string, help: string): Gauge<"group"> =>
		new GaugeOf({ name, help, labelNames: ["group"], registers: [registry] });
	const lag = gauge("conductor_event_lag", "Events of a consumer group that it has not handled yet");
	const parked = gauge("conductor_event_parked", "Events of a consumer group that wait for a retry");
	const dead = gauge("conductor_event_dead_letters", "Events that a consumer group gave up");
	(lag as { collect?: () => Promise<void> }).collect = async () => {
		for (const status of await events.status()) {
			lag.set({ group: status.group }, status.lag);
			parked.set({ group: status.group }, status.parked);
			dead.set({ group: status.group }, status.dead);
		}
	};
}

function openInstruments(events: EventLog): Instruments {
	const { collectDefaultMetrics, Histogram: HistogramOf, Registry: RegistryOf } = prometheus();
	const registry = new RegistryOf();
	collectDefaultMetrics({ register: registry });
	const requests = new HistogramOf({
		name: "conductor_http_request_duration_seconds",
		help: "How long requests took, by route and status class",
		labelNames: ["method", "route", "status"] as const,
		buckets: BUCKETS,
		registers: [registry],
	});
	eventGauges(registry, events);
	return { registry, requests };
}

/**
 * What Prometheus is told of this process: rate, errors and latency of requests by route template and status class, the
 * process itself, and how far the consumers of domain events are behind. Nothing names a tenant or a person. The
 * instruments are made at the first request, so that no start waits for them.
 */
export class RequestMetrics {
	private readonly instruments: () => Instruments;

	constructor(events: EventLog) {
		this.instruments = lazy(() => openInstruments(events));
	}

	/** Notes one request. `route` is a template, so that the number of series is bounded. */
	observe(method: string, route: string, status: number, seconds: number): void {
		this.instruments().requests.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, seconds);
	}

	get contentType(): string {
		return this.instruments().registry.contentType;
	}

	/** All of it in Prometheus' text format. */
	text(): Promise<string> {
		return this.instruments().registry.metrics();
	}
}
