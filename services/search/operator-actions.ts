import type { ActionSchema } from "moleculer";
import { indexStatus, rebuildIndex } from "../../contracts/search.ts";
import { action } from "../../mixins/action.ts";
import { GROUP } from "./feed.ts";
import type { Search } from "./search-store.ts";

/** What operators ask, in the REPL: `call search.status`, `call search.rebuild`. */
export function operatorActions(search: Search): Record<string, ActionSchema> {
	return {
		rebuild: action(rebuildIndex, ({ params: { kind } }) => search.rebuild.run(kind)),
		status: action(indexStatus, async () => {
			const { state, entries, bytes, builtAt } = search.index.status();
			const groups = await search.runtime.events.status();
			const { lag = 0, parked = 0, dead = 0 } = groups.find(({ group }) => group === GROUP) ?? {};
			const { ticket, customer, article } = search.intakes;
			const waiting = { ticket: ticket.waiting, customer: customer.waiting, article: article.waiting };
			return { state, entries, bytes, builtAt, lag, waiting, parked, dead };
		}),
	};
}
