import type { Connection } from "mongoose";
import type { Config } from "../config.ts";
import type { Clock } from "../lib/clock.ts";
import type { EventLog } from "../lib/event-log.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { SharedMemory } from "../lib/shared-memory.ts";
import type { Tracer } from "../lib/tracer.ts";

/**
 * What a deployment gives its services: settings, time, documents and the event log. Made once at start, handed to each
 * service's factory; a service never asks which deployment it runs in.
 */
export interface Runtime {
	config: Config;
	clock: Clock;
	events: EventLog;
	/** what the processes share for speed; null where there is nothing but each one's own memory */
	memory: SharedMemory | null;
	/** the numbers that this process tells Prometheus */
	metrics: Metrics;
	tracer: Tracer;
	/** the folder for contents that are too large for documents; null where they are kept among these all the same */
	blobFolder: string | null;
	/** whether the database keeps what a killed process has open in a transaction until that times out */
	transactionsOutliveProcess: boolean;
	/** A connection of one service's own; closing it touches no other. */
	openConnection(database: string): Promise<Connection>;
	/** The process is about to end: what the runtime itself opened is closed. */
	close(): Promise<void>;
}
