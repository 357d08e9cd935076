import type { ActionSchema, ServiceBroker } from "moleculer";
import type { ActionContract } from "../../contracts/contract.ts";
import {
	countIndexHere,
	countPartitionOf,
	purgeIndexHere,
	purgePartitionOf,
} from "../../contracts/tenant-partition.ts";
import { action } from "../../mixins/action.ts";
import type { SearchIndex } from "./engine/index-types.ts";
import { copiesOf } from "./operator-actions.ts";
import type { Search } from "./search-store.ts";

type Numbers = Record<string, number>;

function added(all: readonly Numbers[]): Numbers {
	const sum: Numbers = {};
	for (const numbers of all)
		for (const [name, number] of Object.entries(numbers)) sum[name] = (sum[name] ?? 0) + number;
	return sum;
}

/** Asks every copy of the service that is there. One that is away hears of the tenant's end by an event. */
function askAll<R>(
	broker: ServiceBroker,
	contract: ActionContract<{ tenantId: string }, R>,
	tenantId: string,
): Promise<R[]> {
	return Promise.all(copiesOf(broker).map((nodeID) => broker.call<R, object>(contract.name, { tenantId }, { nodeID })));
}

/** Removes everything of a tenant from an index, with breaths for those who search. */
export async function removeTenant(index: SearchIndex, tenantId: string): Promise<void> {
	while (Object.values(index.removeSomeOf(tenantId)).some((count) => count > 0))
		await new Promise((resolve) => setImmediate(resolve));
}

/** How the search service takes part in the end of a tenant: every copy forgets it. */
export function tenantActions(search: Search): Record<string, ActionSchema> {
	return {
		purgeIndexHere: action(purgeIndexHere, async ({ params: { tenantId } }) => {
			const removed = search.index.removeSomeOf(tenantId);
			return { removed, more: Object.values(removed).some((count) => count > 0) };
		}),
		countIndexHere: action(countIndexHere, async ({ params: { tenantId } }) => ({
			counts: search.index.countOf(tenantId),
		})),
		purgePartition: action(purgePartitionOf("search"), async (ctx) => {
			const copies = await askAll(ctx.broker, purgeIndexHere, ctx.params.tenantId);
			return { removed: added(copies.map(({ removed }) => removed)), more: copies.some(({ more }) => more) };
		}),
		countPartition: action(countPartitionOf("search"), async (ctx) => {
			const copies = await askAll(ctx.broker, countIndexHere, ctx.params.tenantId);
			return { counts: added(copies.map(({ counts }) => counts)) };
		}),
	};
}
