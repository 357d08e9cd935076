import type { ActionSchema, ServiceBroker } from "moleculer";
import { eraseFromSearch } from "../../contracts/customer-erasure.ts";
import { compactIndexHere } from "../../contracts/search.ts";
import { action } from "../../mixins/action.ts";
import { copiesOf } from "./operator-actions.ts";
import type { Search } from "./search-store.ts";

async function compactEverywhere(broker: ServiceBroker): Promise<void> {
	// As long as it takes: the words of what was removed lie in the file until then.
	await Promise.all(
		copiesOf(broker).map((nodeID) => broker.call(compactIndexHere.name, {}, { nodeID, timeout: 0 } as never)),
	);
}

/**
 * How the search takes part in erasing a person: the index has followed the events by then, here the person's own entry
 * goes too, and the words of what was removed are taken out of every copy's file.
 */
export function erasureActions(search: Search): Record<string, ActionSchema> {
	const unlimited: object = { timeout: 0 };
	return {
		eraseCustomer: {
			...action(eraseFromSearch, async (ctx) => {
				const { tenantId, people } = ctx.params;
				const ids = people.map(({ id }) => id);
				await search.intakes.customer.inTurn(async () => search.index.remove("customer", tenantId, ids));
				await compactEverywhere(ctx.broker);
				return { documents: ids.length };
			}),
			...unlimited,
		},
		compactHere: {
			...action(compactIndexHere, async () => {
				await search.index.compact();
				return null;
			}),
			...unlimited,
		},
	};
}
