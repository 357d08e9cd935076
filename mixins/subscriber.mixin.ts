import type { Service, ServiceSchema } from "moleculer";
import type { EventContract } from "../contracts/event-contract.ts";
import type { DomainEvent } from "../lib/event-log.ts";
import { watchingGaps } from "./gap-watch.ts";
import type { Runtime } from "./runtime.ts";
import type { Store, Transaction } from "./store.ts";

/** One kind of event a service listens to, and its effect inside the service's own transaction. */
export interface EventHandler {
	contract: EventContract;
	handle(event: DomainEvent, tx: Transaction): Promise<void>;
}

/** Joins an event's contract to its effect, so that the effect sees the data's type. */
export function on<D>(
	contract: EventContract<D>,
	handle: (event: DomainEvent<D>, tx: Transaction) => Promise<void>,
): EventHandler {
	return { contract: contract as EventContract, handle: handle as EventHandler["handle"] };
}

/**
 * Subscribes a service to domain events as the durable consumer group of its name: at least once from the log, and
 * because effect and inbox row are written together, exactly once in effect.
 */
export function subscriberMixin(
	runtime: Runtime,
	store: Store,
	group: string,
	handlers: readonly EventHandler[],
): Partial<ServiceSchema> {
	const byType = new Map(handlers.map((handler) => [handler.contract.type, handler]));
	return {
		async started(this: Service) {
			const subscription = await runtime.events.subscribe(
				watchingGaps(runtime, this, {
					group,
					types: [...byType.keys()],
					handler: async (event) => {
						const handler = byType.get(event.type);
						if (handler) await store.handleOnce(group, event, (tx) => handler.handle(event, tx));
					},
				}),
			);
			store.onStop(() => subscription.stop());
			store.onSettle(() => subscription.idle());
		},
	} as unknown as Partial<ServiceSchema>;
}
