import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { loadConfig } from "../../config.ts";
import type { Caller } from "../../contracts/caller.ts";
import type { ActionContract } from "../../contracts/contract.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { newId } from "../../lib/ids.ts";
import type { Meta } from "../../mixins/action.ts";
import { observeBroker } from "../../mixins/observability.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { brokerOptions } from "../../moleculer.config.ts";
import { openRuntime } from "../../runtime.ts";
import { startMongo } from "./mongo.ts";

/** Services on a real broker with stores of their own, and a way to call them as somebody. */
export interface TestBroker {
	broker: ServiceBroker;
	runtime: Runtime;
	call<P, R>(contract: ActionContract<P, R>, params: P, caller?: Caller, meta?: Partial<Meta>): Promise<R>;
	stop(): Promise<void>;
}

/**
 * Where a test's documents live: embedded, or with `TEST_STORE=mongo` in databases of its own on a MongoDB. A test may
 * choose itself; without a MongoDB the environment has no `MONGO_URL`.
 */
export async function testEnvironment(
	store = process.env.TEST_STORE,
): Promise<{ env: Record<string, string>; cleanup(): Promise<void> }> {
	const dataDir = await mkdtemp(path.join(tmpdir(), "conductor-test-"));
	const env: Record<string, string> = { DATA_DIR: dataDir, LOG_LEVEL: process.env.TEST_LOG ?? "silent", PORT: "0" };
	const mongo = store === "mongo" ? await startMongo() : null;
	if (mongo) {
		const [base, query] = mongo.url.split("?");
		env.MONGO_URL = `${(base ?? "").replace(/\/[^/]*$/, "")}/t${newId().slice(-12)}${query ? `?${query}` : ""}`;
	}
	const cleanup = async () => {
		await mongo?.stop();
		await rm(dataDir, { recursive: true, force: true });
	};
	return { env, cleanup };
}

/** Starts services on a broker of their own, with strict queries: one that scans fails the test. */
export async function startBroker(
	factories: ((runtime: Runtime) => ServiceSchema)[],
	options: { clock?: Clock; env?: Record<string, string> } = {},
): Promise<TestBroker> {
	const { env, cleanup } = await testEnvironment();
	const runtime = await openRuntime(loadConfig({ ...env, ...options.env }), options.clock ?? systemClock, {
		strictQueries: true,
	});
	const broker = new ServiceBroker(brokerOptions(runtime.config));
	observeBroker(broker, runtime);
	for (const factory of factories) broker.createService(factory(runtime));
	await broker.start();
	return {
		broker,
		runtime,
		call: (contract, params, caller, meta = {}) =>
			broker.call(contract.name, params as object, { meta: { ...meta, ...(caller ? { caller } : {}) } }) as never,
		async stop() {
			await broker.stop();
			await runtime.close();
			await cleanup();
		},
	};
}
