import { hostname } from "node:os";
import type { BrokerOptions } from "moleculer";
import { SealedNatsTransporter } from "./cluster/nats/transporter.ts";
import type { Config } from "./config.ts";
import { newId } from "./lib/ids.ts";
import type { Metrics } from "./lib/metrics.ts";
import { authorization } from "./mixins/authorization.ts";
import { ContractValidator } from "./mixins/contract-validator.ts";
import { type Ejection, ejection } from "./mixins/ejection.ts";
import { identity } from "./mixins/identity.ts";
import { loggerOptions } from "./mixins/log-lines.ts";
import { measuring } from "./mixins/measuring.ts";
import { retry } from "./mixins/retry.ts";

/** How long a call may take before its caller is answered 504, ms. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How long a process that stops is still called by those that have not heard of it yet, ms. */
const STOP_DELAY_MS = 1000;

/**
 * The order in which a call passes the middlewares, innermost first. It differs from Moleculer's own: whatever checks
 * access stands outside the cacher, which else answers a hit before anybody is asked, and the circuit breaker stands
 * outside the time-out, which else never reaches it.
 */
function middlewares(
	{ middleware: ejecting }: Ejection,
	metrics: Metrics | null,
): NonNullable<BrokerOptions["middlewares"]> {
	return [
		"ActionHook",
		"Validator",
		"Bulkhead",
		"Cacher",
		authorization,
		identity,
		"ContextTracker",
		"Timeout",
		"CircuitBreaker",
		ejecting,
		retry(metrics),
		"Fallback",
		"ErrorHandler",
		"Tracing",
		"Metrics",
		"Debounce",
		"Throttle",
		measuring,
	];
}

/** A copy that went away is taken care of otherwise; it is back before a breaker would close again. */
const WENT_AWAY = new Set(["NOT_DELIVERED", "REQUEST_REJECTED"]);

/** Whether an error says that a copy of a service does not do its work. */
function isFailure(error: Error): boolean {
	const { code, type } = error as { code?: unknown; type?: string };
	return Number(code ?? 500) >= 500 && !WENT_AWAY.has(type ?? "");
}

/** How this process reaches the others, where there are any. */
function transporterOf(
	{ natsUrl, nats, clusterSecret }: Config,
	name: string,
	metrics: Metrics | null,
	unreached: (nodeID: string) => void,
): Pick<BrokerOptions, "transporter"> {
	if (natsUrl === null || clusterSecret === null) return {};
	const transporter = new SealedNatsTransporter({
		urls: natsUrl,
		files: nats,
		secret: clusterSecret,
		name,
		refused: (reason) => metrics?.count("conductor_transport_packets_refused_total", { reason }),
		unreached,
	});
	return { transporter: transporter as unknown as NonNullable<BrokerOptions["transporter"]> };
}

/** The broker of this process: logging, resilience, and a transporter where the deployment is a cluster. */
export function brokerOptions(config: Config, metrics: Metrics | null = null): BrokerOptions {
	const ejecting = ejection(metrics);
	// Unique for each start: a peer that still remembers the last process must not take this one for it.
	const nodeID = `${hostname().replaceAll(/[^\w-]/g, "-")}-${process.pid}-${newId().slice(-8)}`;
	return {
		namespace: "conductor",
		nodeID,
		...loggerOptions(config),
		...transporterOf(config, nodeID, metrics, ejecting.missed),
		serializer: "JSON",
		validator: new ContractValidator({}),
		internalMiddlewares: false,
		middlewares: middlewares(ejecting, metrics),
		registry: { strategy: ejecting.strategy, stopDelay: config.natsUrl === null ? 100 : STOP_DELAY_MS },
		requestTimeout: REQUEST_TIMEOUT_MS,
		maxCallLevel: 20,
		heartbeatInterval: 2,
		// Copies that owe an answer are found out sooner (ejection). Whoever is dropped for missing heartbeats alone may only
		// live on a machine that stood still for some seconds, or this process itself did.
		heartbeatTimeout: 20,
		tracking: { enabled: true, shutdownTimeout: 10_000 },
		circuitBreaker: {
			enabled: true,
			threshold: 0.3,
			minRequestCount: 20,
			windowTime: 2,
			halfOpenTime: 2000,
			check: isFailure,
		},
		skipProcessEventRegistration: true,
		// Else any environment variable named like an option would silently change the broker.
		...({ overwriteFromEnv: false } as object),
	};
}
