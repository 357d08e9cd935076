/** What kind of number a metric is, what it says, and what it is told apart by. */
export interface MetricDefinition {
	type: "counter" | "gauge" | "histogram";
	help: string;
	labels: readonly string[];
}

/**
 * Every metric that a process of the product tells Prometheus of, beside those of the Node process itself. No label ever
 * names a tenant or a person: the number of series is bounded by the code, not by who uses it.
 */
export const METRICS = {
	conductor_http_request_duration_seconds: {
		type: "histogram",
		help: "How long requests took, by route and status class",
		labels: ["method", "route", "status"],
	},
	conductor_action_duration_seconds: {
		type: "histogram",
		help: "How long calls of an action took in this process",
		labels: ["service", "action"],
	},
	conductor_action_errors_total: {
		type: "counter",
		help: "Calls of an action that failed: by what the caller asked for (4xx) or through the service's own fault (5xx)",
		labels: ["service", "action", "status"],
	},
	conductor_event_handling_duration_seconds: {
		type: "histogram",
		help: "How long a consumer group took for an event in this process",
		labels: ["group"],
	},
	conductor_event_failures_total: {
		type: "counter",
		help: "Times that a consumer group failed to handle an event in this process; it is tried again",
		labels: ["group", "type"],
	},
	conductor_event_lag: {
		type: "gauge",
		help: "Events of a consumer group that it has not handled yet",
		labels: ["group"],
	},
	conductor_event_oldest_seconds: {
		type: "gauge",
		help: "Age of the oldest event that a consumer group has still to handle; 0 where there is none",
		labels: ["group"],
	},
	conductor_event_parked: {
		type: "gauge",
		help: "Events of a consumer group that wait for a retry, or behind one",
		labels: ["group"],
	},
	conductor_event_dead_letters: {
		type: "gauge",
		help: "Events that a consumer group gave up",
		labels: ["group"],
	},
	conductor_event_group_active: {
		type: "gauge",
		help: "1 where a live process consumes the group, else 0",
		labels: ["group"],
	},
	conductor_event_gap_requests_total: {
		type: "counter",
		help: "Times that a consumer missed a version of a subject and asked its owner to publish it again",
		labels: ["service"],
	},
	conductor_outbox_age_seconds: {
		type: "gauge",
		help: "How long the oldest committed event has waited to get into the event log; 0 where none waits",
		labels: ["service"],
	},
	conductor_outbox_failures_total: {
		type: "counter",
		help: "Times that committed events could not be published; they are tried again",
		labels: ["service"],
	},
	conductor_work_due: {
		type: "gauge",
		help: "Pieces of timed work that are due and not done yet",
		labels: ["service", "kind"],
	},
	conductor_work_late_seconds: {
		type: "gauge",
		help: "How late the latest piece of timed work is; 0 where none is due",
		labels: ["service", "kind"],
	},
	sla_drift_total: {
		type: "counter",
		help: "Times that the stored clocks of a ticket were not what its history says; has to stay 0",
		labels: [],
	},
	conductor_sagas: {
		type: "gauge",
		help: "Sagas that have not ended, by where they stand",
		labels: ["type", "status"],
	},
	conductor_circuit_breaker_changes_total: {
		type: "counter",
		help: "Times that a circuit breaker of this process came into a state",
		labels: ["service", "state"],
	},
	conductor_ejections_total: {
		type: "counter",
		help: "Times that this process stopped calling a copy of a service that did not answer",
		labels: ["service"],
	},
	conductor_calls_repeated_total: {
		type: "counter",
		help: "Times that a call was sent to another copy of a service because the first one went away",
		labels: ["service"],
	},
	conductor_transport_packets_refused_total: {
		type: "counter",
		help: "Packets of other processes that were dropped because their signature was not good",
		labels: ["reason"],
	},
	conductor_shared_memory_failures_total: {
		type: "counter",
		help: "Times that Redis was asked and gave no answer in time; the process went on without it",
		labels: [],
	},
	conductor_nodes: {
		type: "gauge",
		help: "Processes of the cluster that this one can call, itself included, by service",
		labels: ["service"],
	},
	conductor_spans_exported_total: {
		type: "counter",
		help: "Spans that the collector took",
		labels: [],
	},
	conductor_spans_dropped_total: {
		type: "counter",
		help: "Spans that were given up because the collector did not take them in time",
		labels: [],
	},
	conductor_scrape_failures_total: {
		type: "counter",
		help: "Times that a number could not be read for Prometheus and was left out",
		labels: ["metric"],
	},
} as const satisfies Record<string, MetricDefinition>;

type Named<T extends MetricDefinition["type"]> = {
	[Name in keyof typeof METRICS]: (typeof METRICS)[Name]["type"] extends T ? Name : never;
}[keyof typeof METRICS];

export type CounterName = Named<"counter">;
export type GaugeName = Named<"gauge">;
export type HistogramName = Named<"histogram">;

/** The labels that a metric has, each with its value. */
export type LabelsOf<Name extends keyof typeof METRICS> = Record<(typeof METRICS)[Name]["labels"][number], string>;
