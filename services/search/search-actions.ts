import type { ActionSchema } from "moleculer";
import {
	CUSTOMER_SEARCH,
	searchArticles,
	searchCustomers,
	searchTickets,
	TICKET_SEARCH,
} from "../../contracts/search.ts";
import { customersByIds, ticketsByIds } from "../../contracts/search-documents.ts";
import { forbidden } from "../../lib/problem.ts";
import { action, call, callerOf } from "../../mixins/action.ts";
import { findArticles } from "./articles.ts";
import { find, inOrder } from "./find.ts";
import { customerScope, ticketScope } from "./scopes.ts";
import type { Search } from "./search-store.ts";

/** What customers may ask tickets by: nothing that would tell them of tags or the people behind. */
const TICKET_FILTERS_OF_CUSTOMERS = [
	...["status", "priority", "type", "channel", "customerId", "companyId", "number", "createdAt"],
];

/** Tags are the desk's business. */
const CUSTOMER_FILTERS_OF_CUSTOMERS = ["status", "companyId", "createdAt", "updatedAt"];

/** The searches that clients ask. */
export function searchActions(search: Search): Record<string, ActionSchema> {
	return {
		tickets: action(searchTickets, async (ctx) => {
			const caller = callerOf(ctx);
			return find(ctx, search, {
				kind: "ticket",
				spec: TICKET_SEARCH,
				scope: await ticketScope(ctx),
				locale: [caller.tenant.locale],
				...(caller.kind === "customer" ? { offered: TICKET_FILTERS_OF_CUSTOMERS } : {}),
				hydrate: async (hits) =>
					hits.length === 0 ? [] : inOrder(hits, await call(ctx, ticketsByIds, { ids: hits.map(({ id }) => id) })),
			});
		}),
		customers: action(searchCustomers, async (ctx) => {
			const caller = callerOf(ctx);
			const asked = Object.keys(ctx.params.filter ?? {});
			const refused = asked.find((name) => !CUSTOMER_FILTERS_OF_CUSTOMERS.includes(name));
			if (caller.kind === "customer" && refused !== undefined) throw forbidden(`You cannot filter by ${refused}.`);
			return find(ctx, search, {
				kind: "customer",
				spec: CUSTOMER_SEARCH,
				scope: customerScope(caller),
				locale: [caller.tenant.locale],
				hydrate: async (hits) =>
					hits.length === 0 ? [] : inOrder(hits, await call(ctx, customersByIds, { ids: hits.map(({ id }) => id) })),
			});
		}),
		articles: action(searchArticles, (ctx) => findArticles(ctx, search)),
	};
}
