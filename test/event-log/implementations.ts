import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJetStreamLog } from "../../cluster/event-log/event-log.ts";
import { openEventLog } from "../../embedded/event-log.ts";
import type { Clock } from "../../lib/clock.ts";
import type { EventLog } from "../../lib/event-log.ts";
import { hasNatsServer, startNats, type TestNats } from "../support/nats.ts";

/** What both implementations may be opened with. */
export interface LogOptions {
	clock?: Clock;
	random?: () => number;
	retryDelays?: readonly number[];
	leaseMs?: number;
	pollMs?: number;
}

/** Where a log is kept that several processes open. */
export interface Place {
	open(options?: LogOptions): Promise<EventLog>;
	/** when every log there is closed */
	remove(): Promise<void>;
}

/** One way of keeping the promises of lib/event-log.ts. */
export interface Implementation {
	name: string;
	/** what the tests of one file share */
	start(): Promise<void>;
	stop(): Promise<void>;
	/** an empty log of its own */
	open(options?: LogOptions): Promise<EventLog>;
	/** for an empty log that is opened more than once */
	place(): Promise<Place>;
}

const embedded: Implementation = {
	name: "embedded",
	start: async () => {},
	stop: async () => {},
	open: (options) => openEventLog({ dataDir: ":memory:", ...options }),
	async place() {
		const dataDir = await mkdtemp(join(tmpdir(), "event-log-"));
		return {
			open: (options) => openEventLog({ dataDir, ...options }),
			remove: () => rm(dataDir, { recursive: true }),
		};
	},
};

let nats: TestNats | null = null;

const jetStream: Implementation = {
	name: "JetStream",
	async start() {
		nats = await startNats();
	},
	stop: async () => nats?.stop(),
	open: async (options) => (await jetStream.place()).open(options),
	async place() {
		if (!nats) throw new Error("there is no NATS server");
		const { url } = nats;
		const deployment = `test-${randomUUID()}`;
		return {
			open: (options) => openJetStreamLog({ url, deployment, ...options }),
			remove: async () => {},
		};
	},
};

/** Those that can be had here; see {@link startNats}. */
export const IMPLEMENTATIONS: readonly Implementation[] = hasNatsServer() ? [embedded, jetStream] : [embedded];
