import type { TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf } from "../../contracts/contract.ts";
import { type CountedPage, type CountedShape, listCounted } from "../../contracts/dashboard.ts";
import { type CursorPosition, encodeCursor } from "../../lib/cursor.ts";
import type { Condition } from "../../lib/list-query.ts";
import { action, type CallContext } from "../../mixins/action.ts";
import { cursorBinding, offsetOf, positionOf, sortKeys } from "../../mixins/keyset.ts";
import { dashboardTicketModel } from "../../models/dashboard-ticket.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { type Inquiry, inquire, readableOf } from "./inquiry.ts";
import { personNames } from "./names.ts";
import type { Range } from "./numbers/calendar.ts";
import { type CountedRow, countRows, type Drill, type Place, rowsBeyond } from "./numbers/drill-down.ts";
import { reachTest } from "./numbers/selection.ts";
import { namesHidden } from "./scope.ts";

type Params = ParamsOf<typeof listCounted>;

const DEFAULT_LIMIT = 25;
/** A total is told exactly up to here, as in every list. */
const COUNT_LIMIT = 10_000;
/** How many values a cursor holds: instant, ticket and place. */
const WIDTH = 3;

/** The bounds that `at[gte]` and `at[lt]` set. */
function boundsOf(at: Condition | undefined): Range {
	const instant = (text: unknown, otherwise: number) => (typeof text === "string" ? Date.parse(text) : otherwise);
	return {
		from: instant(at?.gte, Number.NEGATIVE_INFINITY),
		to: instant(at?.lt, Number.POSITIVE_INFINITY),
	};
}

function drillOf(params: Params, { period, selection }: Inquiry): Drill {
	const { metric = "backlog", clock = "calendar" } = params;
	return { metric, clock, period, selection, only: boundsOf(params.filter?.at) };
}

/** What a cursor is good for: the same question of somebody who reaches the same. */
function bindingOf({ caller, selection }: Inquiry, params: Params): string {
	const { metric, clock, from, to, timeZone, filter, sort } = params;
	return cursorBinding([
		"dashboard.listTickets",
		caller.tenant.id,
		selection.reach,
		[metric, clock, from, to, timeZone, filter, sort],
	]);
}

const placeOf = (position: CursorPosition | null): Place | null => {
	if (!position) return null;
	const [at, ticketId, place] = position.values as [number, string, number];
	return { at, ticketId, place };
};

interface Walk {
	rows: CountedRow[];
	/** the ids of those of their tickets that the caller may read */
	readable: Set<string>;
	page: CountedPage["page"];
}

function walk(inquiry: Inquiry, params: Params, drill: Drill, sealingKey: string): Walk {
	const limit = params.limit ?? DEFAULT_LIMIT;
	const binding = bindingOf(inquiry, params);
	const descending = sortKeys(LIST, params.sort)[0]?.direction === -1;
	const position = positionOf(params, binding, sealingKey, WIDTH);
	const backwards = position?.direction === "prev";
	const skip = position ? 0 : offsetOf(params, limit);
	const found = rowsBeyond(inquiry.table, drill, placeOf(position), descending !== backwards, skip + limit + 1);
	const more = found.length > skip + limit;
	const rows = found.slice(skip, skip + limit);
	if (backwards) rows.reverse();
	const cursor = (row: CountedRow | undefined, direction: CursorPosition["direction"]) =>
		row ? encodeCursor({ direction, values: [row.at, row.ticketId, row.place] }, binding, sealingKey) : null;
	const hasNext = backwards || more;
	const hasPrevious = backwards ? more : position !== null || skip > 0;
	const mayRead = reachTest(inquiry.table, readableOf(inquiry.caller));
	const total = params.count ? countRows(inquiry.table, drill) : 0;
	return {
		rows,
		readable: new Set(rows.filter(({ ticket }) => mayRead(ticket)).map(({ ticketId }) => ticketId)),
		page: {
			nextCursor: hasNext ? cursor(rows.at(-1), "next") : null,
			prevCursor: hasPrevious ? cursor(rows[0], "prev") : null,
			hasMore: hasNext && rows.length > 0,
			limit,
			...(params.count ? { total: total > COUNT_LIMIT ? { value: COUNT_LIMIT, relation: "gte" } : total } : {}),
		},
	};
}

const LIST = { filters: {}, sorts: ["at"], defaultSort: "-at" };

async function subjectsOf({ store }: Dashboard, caller: TenantCaller, readable: Set<string>) {
	if (namesHidden(caller) || readable.size === 0) return new Map<string, string>();
	const ids = [...readable];
	const found = await store
		.model(dashboardTicketModel)
		.find({ tenantId: caller.tenant.id, _id: { $in: ids } } as never)
		.select("subject")
		.lean<{ _id: string; subject: string }[]>();
	return new Map(found.map(({ _id, subject }) => [_id, subject]));
}

async function list(ctx: CallContext<Params>, dashboard: Dashboard): Promise<CountedPage> {
	const { params } = ctx;
	const { at: _at, ...filter } = params.filter ?? {};
	const inquiry = await inquire(ctx, dashboard, { ...params, filter });
	const { rows, readable, page } = walk(inquiry, params, drillOf(params, inquiry), dashboard.store.secret);
	const { caller } = inquiry;
	const subjects = await subjectsOf(dashboard, caller, readable);
	const ids = rows.map(({ agentId }) => agentId);
	const nameOf = await personNames(dashboard, caller, ids);
	const data = rows.map((row): CountedShape => {
		const { ticketId, number, value, agentId, groupId, status, priority } = row;
		const known = readable.has(ticketId);
		const ticket = { ticketId: known ? ticketId : null, number: known ? number : null };
		const subject = subjects.get(ticketId) ?? null;
		const at = new Date(row.at).toISOString();
		return { ...ticket, subject, at, value, agentId, agentName: nameOf(agentId), groupId, status, priority };
	});
	return { data, page, ...inquiry.head };
}

export function countedActions(dashboard: Dashboard) {
	return { listTickets: action(listCounted, (ctx) => list(ctx, dashboard)) };
}
