import { may, type TenantCaller } from "../../contracts/caller.ts";
import { EVERYBODY, staffWords } from "../../contracts/ticket-audience.ts";
import type { Condition } from "../../lib/list-query.ts";
import { type CallContext, callerOf } from "../../mixins/action.ts";
import type { Dashboard } from "./dashboard-store.ts";
import type { AsOf } from "./freshness.ts";
import { type Range, rangeOf, zoneOf } from "./numbers/calendar.ts";
import type { Period } from "./numbers/metrics.ts";
import type { Selection } from "./numbers/selection.ts";
import { dashboardWords } from "./scope.ts";
import type { FactTable } from "./table/fact-table.ts";

/** What every question about numbers may say. */
export interface Asking {
	from?: string;
	to?: string;
	timeZone?: string;
	filter?: Record<string, Condition>;
}

/** A question, with all that is needed to answer it without waiting for anything: so from one state. */
export interface Inquiry {
	caller: TenantCaller;
	table: FactTable;
	selection: Selection;
	timeZone: string;
	period: Period;
	/** what every answer says beside its numbers */
	head: AsOf & {
		filtersApplied: Record<string, unknown>;
		timeZone: string;
		range: { from: string; to: string };
	};
}

export const isoRange = ({ from, to }: Range) => ({
	from: new Date(from).toISOString(),
	to: new Date(to).toISOString(),
});

function reachOfWords(words: readonly string[]): Selection["reach"] {
	if (words.includes(EVERYBODY)) return null;
	const after = (prefix: string) =>
		words.filter((word) => word.startsWith(prefix)).map((word) => word.slice(prefix.length));
	return { groupIds: after("g:"), personId: after("u:")[0] ?? null };
}

/** Which tickets are counted for the caller. */
export function reachOf(caller: TenantCaller): Selection["reach"] {
	return reachOfWords(dashboardWords(caller));
}

/** Which tickets the caller may read: not all that are counted for it, since viewers and integrations may see numbers only. */
export function readableOf(caller: TenantCaller): Selection["reach"] {
	return reachOfWords(may(caller, "tickets.read") ? staffWords(caller) : []);
}

/** Conditions as they are told back: a plain value where it is just that. */
export function echo(filter: Selection["filter"]): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(filter).map(([name, condition]) => {
			const operators = Object.keys(condition);
			return [name, operators.length === 1 && operators[0] === "eq" ? condition.eq : condition];
		}),
	);
}

/**
 * Reads a question and brings the tenant's table up to date. Nothing else may be awaited before it is answered.
 * @throws 400 and 422 for a range or zone that is none, 403 for customers
 */
export async function inquire(ctx: CallContext, dashboard: Dashboard, asking: Asking): Promise<Inquiry> {
	const caller = callerOf(ctx);
	const reach = reachOf(caller);
	const now = dashboard.runtime.clock.now().getTime();
	const timeZone = zoneOf(asking.timeZone, caller.tenant.timeZone);
	const range = rangeOf(asking, now, timeZone);
	const filter = asking.filter ?? {};
	const asOf = await dashboard.freshness.now();
	const table = await dashboard.tables.of(caller.tenant.id);
	return {
		caller,
		table,
		selection: { reach, filter },
		timeZone,
		period: { ...range, now },
		head: { ...asOf, filtersApplied: echo(filter), timeZone, range: isoRange(range) },
	};
}
