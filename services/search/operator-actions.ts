import type { ActionSchema, ServiceBroker } from "moleculer";
import { indexStatus, rebuildIndex, rebuildIndexHere } from "../../contracts/search.ts";
import { action } from "../../mixins/action.ts";
import type { SearchKind } from "./engine/index-types.ts";
import type { Built } from "./rebuild.ts";
import type { Search } from "./search-store.ts";

/** The nodes that run a copy of this service. */
export function copiesOf(broker: ServiceBroker): string[] {
	const services: { name: string; nodeID?: string }[] = broker.registry.getServiceList({ onlyAvailable: true });
	return services.filter(({ name }) => name === "search").map(({ nodeID }) => nodeID ?? broker.nodeID);
}

async function rebuildEverywhere(broker: ServiceBroker, kind: SearchKind | undefined) {
	const params = kind === undefined ? {} : { kind };
	const nodes = copiesOf(broker);
	const built = await Promise.all(
		// As long as it takes: nobody waits for it but who asked.
		nodes.map((nodeID) => broker.call<Built, object>(rebuildIndexHere.name, params, { nodeID, timeout: 0 })),
	);
	const slowest = built.reduce((a, b) => (b.ms > a.ms ? b : a));
	return { ...slowest, copies: nodes.length };
}

/** What operators ask, in the REPL: `call search.status`, `call search.rebuild`. */
export function operatorActions(search: Search): Record<string, ActionSchema> {
	return {
		rebuild: action(rebuildIndex, (ctx) => rebuildEverywhere(ctx.broker, ctx.params.kind)),
		rebuildHere: action(rebuildIndexHere, ({ params: { kind } }) => search.rebuild.run(kind)),
		status: action(indexStatus, async () => {
			const { state, entries, bytes, builtAt } = search.index.status();
			const groups = await search.runtime.events.status();
			const { lag = 0, parked = 0, dead = 0 } = groups.find(({ group }) => group === search.feed.group) ?? {};
			const { ticket, customer, article } = search.intakes;
			const waiting = { ticket: ticket.waiting, customer: customer.waiting, article: article.waiting };
			return { state, entries, bytes, builtAt, lag, waiting, parked, dead };
		}),
	};
}
