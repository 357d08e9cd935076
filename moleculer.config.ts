import { hostname } from "node:os";
import type { BrokerOptions } from "moleculer";
import { SealedNatsTransporter } from "./cluster/nats/transporter.ts";
import type { Config } from "./config.ts";
import { newId } from "./lib/ids.ts";
import { authorization } from "./mixins/authorization.ts";
import { ContractValidator } from "./mixins/contract-validator.ts";
import { identity } from "./mixins/identity.ts";
import { loggerOptions } from "./mixins/log-lines.ts";
import { measuring } from "./mixins/measuring.ts";
import { replCommands } from "./scripts/repl-commands.ts";

/** How long a call may take before its caller is answered 504, ms. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * The order in which a call passes the middlewares, innermost first. It differs from Moleculer's own twice: whatever
 * checks access stands outside the cacher, which else answers a hit before anybody is asked, and the circuit breaker
 * stands outside the time-out, which else never reaches it.
 */
const MIDDLEWARES: NonNullable<BrokerOptions["middlewares"]> = [
	"ActionHook",
	"Validator",
	"Bulkhead",
	"Cacher",
	authorization,
	identity,
	"ContextTracker",
	"Timeout",
	"CircuitBreaker",
	"Retry",
	"Fallback",
	"ErrorHandler",
	"Tracing",
	"Metrics",
	"Debounce",
	"Throttle",
	measuring,
];

/** How this process reaches the others, where there are any. */
function transporterOf({ natsUrl, nats, clusterSecret }: Config, name: string): Pick<BrokerOptions, "transporter"> {
	if (natsUrl === null || clusterSecret === null) return {};
	const transporter = new SealedNatsTransporter({ urls: natsUrl, files: nats, secret: clusterSecret, name });
	return { transporter: transporter as unknown as NonNullable<BrokerOptions["transporter"]> };
}

/** The broker of this process: logging, resilience, and a transporter where the deployment is a cluster. */
export function brokerOptions(config: Config): BrokerOptions {
	// Unique for each start: a peer that still remembers the last process must not take this one for it.
	const nodeID = `${hostname().replaceAll(/[^\w-]/g, "-")}-${process.pid}-${newId().slice(-8)}`;
	return {
		namespace: "conductor",
		nodeID,
		...loggerOptions(config),
		...transporterOf(config, nodeID),
		serializer: "JSON",
		validator: new ContractValidator({}),
		internalMiddlewares: false,
		middlewares: MIDDLEWARES,
		requestTimeout: REQUEST_TIMEOUT_MS,
		maxCallLevel: 20,
		heartbeatInterval: 2,
		heartbeatTimeout: 6,
		tracking: { enabled: true, shutdownTimeout: 10_000 },
		circuitBreaker: {
			enabled: true,
			threshold: 0.3,
			minRequestCount: 20,
			windowTime: 2,
			halfOpenTime: 2000,
			check: (error: Error) => Number((error as { code?: unknown }).code ?? 500) >= 500,
		},
		// The library types the arguments as strings; they are an object.
		replOptions: { customCommands: replCommands as never },
		// A call that timed out may have taken effect: only what is marked idempotent is tried again.
		retryPolicy: { enabled: false },
		skipProcessEventRegistration: true,
		// Else any environment variable named like an option would silently change the broker.
		...({ overwriteFromEnv: false } as object),
	};
}
