import type { Server } from "node:http";
import { type Context, type Service, ServiceBroker, type ServiceSchema } from "moleculer";
import type { Config, ServiceName } from "./config.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import { Health } from "./mixins/health.ts";
import { observeBroker } from "./mixins/observability.ts";
import { type OperationsServer, startOperationsServer } from "./mixins/operations-server.ts";
import type { Runtime } from "./mixins/runtime.ts";
import { brokerOptions } from "./moleculer.config.ts";
import { openRuntime, type RuntimeOptions } from "./runtime.ts";
import customersService from "./services/customers/customers.service.ts";
import dashboardService from "./services/dashboard/dashboard.service.ts";
import gatewayService from "./services/gateway/gateway.service.ts";
import identityService from "./services/identity/identity.service.ts";
import knowledgeBaseService from "./services/knowledge-base/knowledge-base.service.ts";
import searchService from "./services/search/search.service.ts";
import ticketsService from "./services/tickets/tickets.service.ts";

const SERVICES: Record<ServiceName, (runtime: Runtime) => ServiceSchema> = {
	customers: customersService,
	dashboard: dashboardService,
	gateway: gatewayService,
	identity: identityService,
	"knowledge-base": knowledgeBaseService,
	search: searchService,
	tickets: ticketsService,
};

/** Credentials that the very first start made up; null where there were some already. */
export interface FirstStart {
	demoToken: string | null;
	platformToken: string | null;
}

/** A running deployment, or the part of it that this process is. */
export interface App {
	broker: ServiceBroker;
	runtime: Runtime;
	/** where the gateway listens, such as `http://127.0.0.1:3000`; null in a process without one */
	origin: string | null;
	/** where a process without a gateway answers `/health` and `/metrics`; null where it does not */
	operationsOrigin: string | null;
	firstStart: FirstStart;
	/** Stops the services gracefully, then closes what they stood on. */
	stop(): Promise<void>;
}

/** Resolves with what identity tells once, when all services of the process are up. */
function firstStartOf(broker: ServiceBroker): Promise<FirstStart> {
	return new Promise((resolve) => {
		broker.createService({
			name: "start",
			events: {
				"identity.firstStart.done"(ctx: Context<FirstStart>) {
					resolve(ctx.params);
				},
			},
		});
	});
}

function originOf(broker: ServiceBroker, config: Config): string | null {
	const gateway = broker.getLocalService("gateway") as (Service & { server?: Server }) | undefined;
	const address = gateway?.server?.address();
	if (!address || typeof address === "string") return null;
	return `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${address.port}`;
}

/** What a process without a gateway answers operators by: there before its services, so that it can tell of their start. */
function openOperations(broker: ServiceBroker, runtime: Runtime): Promise<OperationsServer> | null {
	const { config, metrics } = runtime;
	if (config.operationsPort === null || config.services.includes("gateway")) return null;
	const health = new Health(broker, runtime, () => false);
	return startOperationsServer(health, metrics, { host: config.host, port: config.operationsPort });
}

/** Starts the configured services and resolves when they are ready to serve. */
export async function startApp(config: Config, options: RuntimeOptions & { clock?: Clock } = {}): Promise<App> {
	const runtime = await openRuntime(config, options.clock ?? systemClock, options);
	const broker = new ServiceBroker(brokerOptions(config, runtime.metrics));
	observeBroker(broker, runtime);
	const operations = await openOperations(broker, runtime);
	const firstStart = config.services.includes("identity")
		? firstStartOf(broker)
		: Promise.resolve({ demoToken: null, platformToken: null });
	for (const name of config.services) broker.createService(SERVICES[name](runtime));
	const stop = async () => {
		await broker.stop();
		await runtime.close();
		await operations?.close();
	};
	try {
		await broker.start();
		return {
			broker,
			runtime,
			origin: originOf(broker, config),
			operationsOrigin: operations?.origin ?? null,
			firstStart: await firstStart,
			stop,
		};
	} catch (error) {
		await stop();
		throw error;
	}
}
