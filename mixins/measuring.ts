import type { ActionSchema, Context, Middleware, Service, ServiceBroker } from "moleculer";
import { MEASURES } from "../contracts/service-measures.ts";
import type { Histogram } from "../lib/histogram.ts";
import { LatencyWindow } from "../lib/latency-window.ts";
import type { Metrics } from "../lib/metrics.ts";

const measured = new WeakMap<ServiceBroker, Map<string, LatencyWindow>>();
const told = new WeakMap<ServiceBroker, Metrics>();

/** Has the measures of a broker's calls told to Prometheus too. To be called before its services are created. */
export function measureInto(broker: ServiceBroker, metrics: Metrics): void {
	told.set(broker, metrics);
}

/** How long the calls of a service took lately in this process; counted since it was first asked for. */
export function latenciesOf(broker: ServiceBroker, service: string): LatencyWindow {
	let windows = measured.get(broker);
	if (!windows) {
		windows = new Map();
		measured.set(broker, windows);
	}
	let window = windows.get(service);
	if (!window) {
		window = new LatencyWindow();
		windows.set(service, window);
	}
	return window;
}

/** Whether an error is the service's own failure, not something that the caller did wrong. */
const isFailure = (error: unknown) => Number((error as { code?: unknown } | null)?.code ?? 500) >= 500;

/** What Prometheus is told of an action: from its first call on, so that what nobody calls makes no series. */
function actionMeasures(metrics: Metrics | undefined, service: string, action: string) {
	let durations: Histogram | undefined;
	const noteMs = (ms: number) => {
		durations ??= metrics?.histogram("conductor_action_duration_seconds", { service, action });
		durations?.observe(ms / 1000);
	};
	const noteError = (failure: boolean) =>
		metrics?.count("conductor_action_errors_total", { service, action, status: failure ? "5xx" : "4xx" });
	return { noteMs, noteError };
}

/**
 * Measures every call of a service's actions in this process: how long it took, and whether it failed. What asks for the
 * measures is not counted. It must wrap whatever else a call passes.
 */
export const measuring: Middleware = {
	name: "Measuring",
	localAction(
		this: ServiceBroker,
		next: (ctx: Context) => Promise<unknown>,
		action: ActionSchema & { service?: Service },
	) {
		const { name = "", service } = action;
		if (!service || name.startsWith("$") || name.endsWith(`.${MEASURES}`)) return next;
		const window = latenciesOf(this, service.name);
		const { noteMs, noteError } = actionMeasures(told.get(this), service.name, name);
		return function measuredCall(this: unknown, ctx: Context) {
			const began = performance.now();
			return next.call(this, ctx).then(
				(result) => {
					const ms = performance.now() - began;
					window.add(ms, false);
					noteMs(ms);
					return result;
				},
				(error: unknown) => {
					const ms = performance.now() - began;
					const failure = isFailure(error);
					window.add(ms, failure);
					noteMs(ms);
					noteError(failure);
					throw error;
				},
			);
		};
	},
} as unknown as Middleware;
