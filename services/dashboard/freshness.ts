import { within } from "../../lib/within.ts";
import type { Runtime } from "../../mixins/runtime.ts";

/** The consumer group of the read models. */
export const GROUP = "dashboard";

/** How long the event log may take to answer before it counts as out of reach, ms. */
export const LOG_PATIENCE_MS = 1000;

/** How far an answer can be trusted, as every answer of the dashboard says it. */
export interface AsOf {
	/** everything that had happened by then is counted, ISO 8601 */
	asOf: string;
	/** how old that is; null where it cannot be told */
	lagMs: number | null;
	/** the event log cannot be asked: this is what was known last */
	stale?: true;
}

/** Tells how far the read models follow the events. To be asked before they are read. */
export class Freshness {
	private readonly runtime: Runtime;
	private last: string | null = null;

	constructor(runtime: Runtime) {
		this.runtime = runtime;
	}

	/** Never rejects: without the event log, what is known is served as stale. */
	async now(): Promise<AsOf> {
		const { clock, events } = this.runtime;
		const now = clock.now().getTime();
		try {
			const oldest = await within(LOG_PATIENCE_MS, events.oldestUnhandled(GROUP));
			const lagMs = oldest ? Math.max(0, now - oldest.getTime()) : 0;
			this.last = new Date(now - lagMs).toISOString();
			return { asOf: this.last, lagMs };
		} catch {
			return { asOf: this.last ?? new Date(now).toISOString(), lagMs: null, stale: true };
		}
	}
}
