import type { EventLog } from "../../lib/event-log.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import type { Store } from "../../mixins/store.ts";

/** A store that works without a service around it. */
export interface StartedStore {
	store: Store;
	/** what would have ended the process */
	fatal: string[];
	stop(): Promise<void>;
}

/** Connects and starts a store, as the service around it would. Rejects where it cannot be used. */
export async function startStore(store: Store): Promise<StartedStore> {
	const fatal: string[] = [];
	const logger = { info: () => undefined, error: () => undefined, warn: () => undefined };
	store.adapter.init({ fatal: (message: string) => fatal.push(message) } as never, { logger } as never);
	const started = { store, fatal, stop: () => store.adapter.disconnect() };
	try {
		await store.adapter.connect();
	} catch (error) {
		throw Object.assign(error as Error, { fatal });
	}
	await store.start();
	return started;
}

/** The runtime with another event log, such as one that is slow or loses something. */
export function withLog(runtime: Runtime, events: EventLog): Runtime {
	return { ...runtime, events };
}

/** A log that does all that another does but what is said otherwise. */
export function logLike(log: EventLog, other: Partial<EventLog>): EventLog {
	return new Proxy(log, {
		get(target, name) {
			if (name in other) return other[name as keyof EventLog];
			const value = Reflect.get(target, name);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}
