import { TICKET_LIST } from "../../contracts/tickets.ts";
import type { Condition, ListParams, ListSpec } from "../../lib/list-query.ts";
import { PRIORITY_ORDER, STATUS_ORDER } from "../../models/ticket.ts";
import { SLA_STATES } from "../../models/ticket-sla.ts";

/*
 * How the lists that the contracts offer are asked of the store: words that have an order are stored and compared by
 * their rank, so that one index serves filter and sort.
 */

const { status: _status, priority: _priority, slaState: _slaState, ...sameFilters } = TICKET_LIST.filters;

/** Every filter and sort, for staff. Of one rank, tickets come by age. */
export const STAFF_SPEC: ListSpec = {
	...TICKET_LIST,
	filters: {
		...sameFilters,
		status: { type: "number", path: "statusRank" },
		priority: { type: "number", path: "priorityRank" },
		slaState: { type: "number", path: "slaRank" },
	},
	sorts: [...TICKET_LIST.sorts.filter((sort) => sort !== "status" && sort !== "priority"), "status,createdAt"],
	sortPaths: { status: "statusRank", priority: "priorityRank", nextBreachAt: "nextBreachKey" },
};

const { type, channel, customerId, companyId, number, createdAt, solvedAt, closedAt } =
	sameFilters as ListSpec["filters"];

/** What customers may ask by: nothing that would tell them of tags, internal notes or the people behind. */
export const CUSTOMER_SPEC: ListSpec = {
	filters: {
		...({ type, channel, customerId, companyId, number, createdAt, solvedAt, closedAt } as ListSpec["filters"]),
		status: { type: "number", path: "statusRank" },
		priority: { type: "number", path: "priorityRank" },
		updatedAt: { type: "instant", path: "publicUpdatedAt" },
	},
	sorts: ["createdAt", "updatedAt", "number", "priority,createdAt"],
	sortPaths: { ...STAFF_SPEC.sortPaths, updatedAt: "publicUpdatedAt" },
	defaultSort: TICKET_LIST.defaultSort,
};

export const URGENT_SPEC: ListSpec = {
	filters: {},
	sorts: ["nextBreachAt,createdAt"],
	sortPaths: { nextBreachAt: "nextBreachKey" },
	defaultSort: "nextBreachAt,createdAt",
};

const RANKS: Record<string, readonly string[]> = {
	status: STATUS_ORDER,
	priority: PRIORITY_ORDER,
	slaState: SLA_STATES,
};

function ranked(order: readonly string[], condition: Condition): Condition {
	const rank = (value: unknown): unknown =>
		Array.isArray(value) ? value.map(rank) : typeof value === "string" ? order.indexOf(value) : value;
	return Object.fromEntries(Object.entries(condition).map(([operator, value]) => [operator, rank(value)]));
}

/** Tickets of early versions have no rank of their promises, which is the same as the first. */
function withUnranked({ eq, in: among }: Condition): Condition {
	const ranks = Array.isArray(among) ? among : [eq];
	return ranks.includes(0) ? { in: [...ranks, null] } : { in: ranks };
}

/** A list's parameters with ranks instead of words, and the age to tell equals apart. */
export function storedParams(params: ListParams): ListParams {
	const filter = Object.fromEntries(
		Object.entries(params.filter ?? {}).map(([name, condition]) => {
			const order = RANKS[name];
			const stored = order ? ranked(order, condition) : condition;
			return [name, name === "slaState" ? withUnranked(stored) : stored];
		}),
	);
	const alone = /^(-?)(status|priority)$/.exec(params.sort ?? "");
	const sort = alone ? `${params.sort},${alone[1]}createdAt` : params.sort;
	return { ...params, filter, ...(sort === undefined ? {} : { sort }) };
}
