import { SERVICE_NAMES } from "../config.ts";
import type { DomainEvent, EventHandler, EventLog } from "../lib/event-log.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { Tracer } from "../lib/tracer.ts";
import { inEvent } from "./log-context.ts";

interface Observers {
	tracer: Tracer;
	metrics: Metrics;
}

/** The service that a consumer group is of: groups are named after their service, and after a copy of it if need be. */
export function serviceOfGroup(group: string): string {
	return SERVICE_NAMES.find((name) => group === name || group.startsWith(`${name}-`)) ?? group;
}

function observedHandler(group: string, handler: EventHandler, { tracer, metrics }: Observers): EventHandler {
	const service = serviceOfGroup(group);
	const durations = metrics.histogram("conductor_event_handling_duration_seconds", { group });
	return async (event, delivery) => {
		const began = performance.now();
		const span = tracer.open(event.traceparent, {
			service,
			name: `${event.type} process`,
			kind: "consumer",
			attributes: {
				"messaging.operation.type": "process",
				"messaging.destination.name": event.type,
				"messaging.consumer.group.name": group,
				"messaging.message.id": event.id,
				"conductor.tenant_id": event.tenantId,
				"conductor.attempt": delivery.attempt,
			},
		});
		// What the handler does and records goes on below its own span.
		const seen: DomainEvent = span ? { ...event, traceparent: span.traceparent } : event;
		try {
			await inEvent(seen, () => handler(seen, delivery));
			span?.end({ failed: false });
		} catch (error) {
			span?.end({ failed: true });
			metrics.count("conductor_event_failures_total", { group, type: event.type });
			throw error;
		} finally {
			durations.observe((performance.now() - began) / 1000);
		}
	};
}

/**
 * Has every handler that subscribes from now on measured and traced, and its log lines say which event it handles.
 * Gives Prometheus the state of the consumer groups.
 */
export function observeEvents<L extends EventLog>(log: L, observers: Observers, now: () => Date): L {
	const subscribe = log.subscribe.bind(log);
	log.subscribe = (options) =>
		subscribe({ ...options, handler: observedHandler(options.group, options.handler, observers) });
	groupGauges(log, observers.metrics, now);
	return log;
}

function groupGauges(log: EventLog, metrics: Metrics, now: () => Date): void {
	const perGroup = (value: (status: Awaited<ReturnType<EventLog["status"]>>[number]) => number) => async () =>
		(await log.status()).map((status) => ({ labels: { group: status.group }, value: value(status) }));
	metrics.gauge(
		"conductor_event_lag",
		perGroup(({ lag }) => lag),
	);
	metrics.gauge(
		"conductor_event_parked",
		perGroup(({ parked }) => parked),
	);
	metrics.gauge(
		"conductor_event_dead_letters",
		perGroup(({ dead }) => dead),
	);
	metrics.gauge(
		"conductor_event_group_active",
		perGroup(({ active }) => (active ? 1 : 0)),
	);
	metrics.gauge("conductor_event_oldest_seconds", async () => {
		const ages = (await log.status()).map(async ({ group }) => {
			const since = await log.oldestUnhandled(group);
			return { labels: { group }, value: since ? Math.max(0, (now().getTime() - since.getTime()) / 1000) : 0 };
		});
		return Promise.all(ages);
	});
}
