import { randomUUID } from "node:crypto";
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

/** One way of keeping the promises of lib/event-log.ts. */
export interface Implementation {
	name: string;
	/** what the tests of one file share */
	start(): Promise<void>;
	stop(): Promise<void>;
	/** an empty log of its own */
	open(options?: LogOptions): Promise<EventLog>;
}

const embedded: Implementation = {
	name: "embedded",
	start: async () => {},
	stop: async () => {},
	open: (options) => openEventLog({ dataDir: ":memory:", ...options }),
};

let nats: TestNats | null = null;

const jetStream: Implementation = {
	name: "JetStream",
	async start() {
		nats = await startNats();
	},
	stop: async () => nats?.stop(),
	async open(options) {
		if (!nats) throw new Error("there is no NATS server");
		return openJetStreamLog({ url: nats.url, deployment: `test-${randomUUID()}`, ...options });
	},
};

/** Those that can be had here; see {@link startNats}. */
export const IMPLEMENTATIONS: readonly Implementation[] = hasNatsServer() ? [embedded, jetStream] : [embedded];
