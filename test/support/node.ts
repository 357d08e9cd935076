import { ServiceBroker, type ServiceSchema } from "moleculer";
import { loadConfig } from "../../config.ts";
import type { Metrics } from "../../lib/metrics.ts";
import { brokerOptions } from "../../moleculer.config.ts";

export const CLUSTER_SECRET = "the-secret-of-the-test-cluster";

/** A broker of the product that talks to others over NATS; `env` are settings of the product. Not started yet. */
export function clusterNode(
	natsUrl: string,
	services: ServiceSchema[],
	env: Record<string, string> = {},
	metrics: Metrics | null = null,
): ServiceBroker {
	const config = loadConfig({ NATS_URL: natsUrl, CLUSTER_SECRET, LOG_LEVEL: process.env.TEST_LOG ?? "silent", ...env });
	const broker = new ServiceBroker(brokerOptions(config, metrics));
	for (const service of services) broker.createService(service);
	return broker;
}
