import type { Service, ServiceSchema } from "moleculer";
import DbService from "moleculer-db";
import { REPUBLISH, republishEvents } from "../contracts/republish.ts";
import { MEASURES, serviceMeasures, TIMED_WORK, timedWorkOf } from "../contracts/service-measures.ts";
import { action } from "./action.ts";
import { latenciesOf } from "./measuring.ts";
import type { Store } from "./store.ts";
import { readTimedWork } from "./timed-work.ts";
import { traceActions } from "./traces.ts";

const NO_STOCK_ACTIONS = Object.fromEntries(
	["find", "count", "list", "create", "insert", "get", "update", "remove"].map((name) => [name, false]),
);

/** Tells how this node of a service is doing; a store that cannot be asked only leaves its own number unknown. */
function measuresAction(store: Store) {
	return action(serviceMeasures(store.service), async (ctx) => ({
		...latenciesOf(ctx.broker, store.service).latencies(),
		outboxLagMs: await store.outboxLagMs().catch(() => null),
	}));
}

/** Tells what waits for its time in this service. */
function timedWorkAction(store: Store) {
	return action(timedWorkOf(store.service), async () => ({ work: await readTimedWork(store) }));
}

/** Publishes kept events of a subject again, for a consumer that missed one. */
function republishAction(store: Store) {
	return action(republishEvents(store.service), async (ctx) => {
		const { tenantId, subject, afterSequence, beforeSequence = Number.MAX_SAFE_INTEGER } = ctx.params;
		return { published: await store.republish(tenantId, subject, afterSequence, beforeSequence) };
	});
}

/**
 * Gives a service its store: connected before the service is there for others, stopped and closed with it. All of
 * moleculer-db's own actions are off, because they take a client's query as it is and know no tenant. Adds what tells
 * how the service is doing.
 */
export function collectionMixin(store: Store): Partial<ServiceSchema> {
	return {
		mixins: [DbService as unknown as Partial<ServiceSchema>],
		adapter: store.adapter,
		actions: {
			...NO_STOCK_ACTIONS,
			[REPUBLISH]: republishAction(store),
			[MEASURES]: measuresAction(store),
			[TIMED_WORK]: timedWorkAction(store),
			...traceActions(store),
		},
		methods: {
			/** Asks the store for an answer, for whoever wants to know whether the process is well. */
			pingStore: () => store.ping(),
			/** How long the oldest event that was committed here has waited to be published, ms; 0 where none waits. */
			outboxLagMs: () => store.outboxLagMs(),
			/** Resolves when what is in the log now has taken effect here, see {@link Store.settle}. */
			settleEvents: () => store.settle(),
			/** What waits for its time here. */
			timedWork: () => readTimedWork(store),
		},
		async afterConnected(this: Service) {
			await store.start().catch((error: unknown) => {
				this.logger.error({ err: error }, "The service's store cannot be started");
				throw error;
			});
		},
	} as unknown as Partial<ServiceSchema>;
}
