import type { ActionSchema, Context, Middleware, Service, ServiceBroker } from "moleculer";
import { MEASURES } from "../contracts/service-measures.ts";
import { LatencyWindow } from "../lib/latency-window.ts";

const measured = new WeakMap<ServiceBroker, Map<string, LatencyWindow>>();

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
		return function measuredCall(this: unknown, ctx: Context) {
			const began = performance.now();
			return next.call(this, ctx).then(
				(result) => {
					window.add(performance.now() - began, false);
					return result;
				},
				(error: unknown) => {
					window.add(performance.now() - began, isFailure(error));
					throw error;
				},
			);
		};
	},
} as unknown as Middleware;
