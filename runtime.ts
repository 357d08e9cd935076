import { mkdirSync } from "node:fs";
import path from "node:path";
import mongoose from "mongoose";
import type { Config } from "./config.ts";
import { sqliteDriver } from "./embedded/driver.ts";
import { openEventLog } from "./embedded/event-log.ts";
import type { Clock } from "./lib/clock.ts";
import type { EventLog } from "./lib/event-log.ts";
import { Metrics } from "./lib/metrics.ts";
import { openTracer } from "./mixins/observability.ts";
import { observeEvents } from "./mixins/observed-events.ts";
import type { Runtime } from "./mixins/runtime.ts";

export interface RuntimeOptions {
	/** refuse queries that scan, for tests */
	strictQueries?: boolean;
	/** pauses before the retries of a failed event, ms, for tests that cannot wait for the last one */
	eventRetryDelays?: readonly number[];
}

/** The database of one service inside a MongoDB deployment: the URL's own path, if any, is the prefix of its name. */
function mongoDatabase(url: string, service: string): string {
	const prefix = /^[a-z+]+:\/\/[^/]+\/([^?]*)/.exec(url)?.[1];
	return `${prefix || "conductor"}_${service}`;
}

/** Where documents live: a MongoDB database for each service, or a SQLite file for each. */
function connections(config: Config, options: RuntimeOptions): Runtime["openConnection"] {
	const { mongoUrl } = config;
	if (mongoUrl !== null) {
		const driver = new mongoose.Mongoose();
		// The driver itself waits for a server that is away. Mongoose would wait, too, with an error of its own, and also for
		// a connection that is well when the clock has jumped, as after a machine slept: for ten seconds, in vain.
		const waiting = { serverSelectionTimeoutMS: 5000, bufferCommands: false };
		return (database) =>
			driver.createConnection(mongoUrl, { dbName: mongoDatabase(mongoUrl, database), ...waiting }).asPromise();
	}
	const embedded = new mongoose.Mongoose();
	embedded.setDriver(sqliteDriver({ dataDir: config.dataDir, strict: options.strictQueries ?? false }));
	return (database) => embedded.createConnection(`sqlite:///${database}`).asPromise();
}

/** Where events live: a stream in JetStream, or a SQLite file. */
async function eventLog(config: Config, clock: Clock, retries: { retryDelays?: readonly number[] }): Promise<EventLog> {
	const { natsUrl, nats: files, dataDir } = config;
	if (natsUrl === null) return openEventLog({ dataDir, clock, ...retries });
	const { openJetStreamLog } = await import("./cluster/event-log/event-log.ts");
	return openJetStreamLog({ url: natsUrl, files, clock, ...retries });
}

async function sharedMemory({ redisUrl }: Config, metrics: Metrics): Promise<Runtime["memory"]> {
	if (redisUrl === null) return null;
	const { openRedisMemory } = await import("./cluster/redis/redis-memory.ts");
	return openRedisMemory({
		url: redisUrl,
		logger: { warn: (message) => console.warn(`conductor: ${message}`) },
		failed: () => metrics.count("conductor_shared_memory_failures_total", {}),
	});
}

/** Opens what this deployment gives its services. The one place that chooses between embedded and cluster. */
export async function openRuntime(config: Config, clock: Clock, options: RuntimeOptions = {}): Promise<Runtime> {
	mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
	const metrics = new Metrics();
	const tracer = openTracer(config, metrics);
	const retries = options.eventRetryDelays ? { retryDelays: options.eventRetryDelays } : {};
	const log = await eventLog(config, clock, retries);
	const events = observeEvents(log, { tracer, metrics }, () => clock.now());
	const memory = await sharedMemory(config, metrics);
	return {
		config,
		clock,
		events,
		memory,
		metrics,
		tracer,
		blobFolder: config.blobDir ?? (config.mongoUrl === null ? path.join(config.dataDir, "blobs") : null),
		transactionsOutliveProcess: config.mongoUrl !== null,
		openConnection: connections(config, options),
		close: async () => {
			await events.close();
			await memory?.close();
			await tracer.stop();
		},
	};
}
