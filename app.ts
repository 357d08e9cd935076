import { ServiceBroker, type ServiceSchema } from "moleculer";
import type { Config, ServiceName } from "./config.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import type { Runtime } from "./mixins/runtime.ts";
import { brokerOptions } from "./moleculer.config.ts";
import { openRuntime, type RuntimeOptions } from "./runtime.ts";
import customersService from "./services/customers/customers.service.ts";
import gatewayService from "./services/gateway/gateway.service.ts";
import identityService from "./services/identity/identity.service.ts";
import ticketsService from "./services/tickets/tickets.service.ts";

const SERVICES: Record<ServiceName, (runtime: Runtime) => ServiceSchema> = {
	customers: customersService,
	gateway: gatewayService,
	identity: identityService,
	tickets: ticketsService,
};

/** A running deployment, or the part of it that this process is. */
export interface App {
	broker: ServiceBroker;
	runtime: Runtime;
	/** Stops the services gracefully, then closes what they stood on. */
	stop(): Promise<void>;
}

/** Starts the configured services and resolves when they are ready to serve. */
export async function startApp(config: Config, options: RuntimeOptions & { clock?: Clock } = {}): Promise<App> {
	const runtime = await openRuntime(config, options.clock ?? systemClock, options);
	const broker = new ServiceBroker(brokerOptions(config));
	for (const name of config.services) broker.createService(SERVICES[name](runtime));
	const stop = async () => {
		await broker.stop();
		await runtime.close();
	};
	try {
		await broker.start();
	} catch (error) {
		await stop();
		throw error;
	}
	return { broker, runtime, stop };
}
