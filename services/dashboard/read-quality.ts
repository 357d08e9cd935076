import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { getCsatNumbers, getSlaNumbers } from "../../contracts/dashboard-quality.ts";
import { TICKET_PRIORITIES } from "../../contracts/tickets-events.ts";
import { action, type CallContext } from "../../mixins/action.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { inquire, isoRange } from "./inquiry.ts";
import { groupNames, personNames } from "./names.ts";
import { previousOf } from "./numbers/calendar.ts";
import { ALL_METRICS, linksOf, partQuery } from "./numbers/links.ts";
import { csatBy, csatOf, slaBy, slaOf } from "./numbers/quality.ts";
import type { Dimension } from "./numbers/selection.ts";
import { deltasIn, mostFirst } from "./numbers/stats.ts";

const SLA_METRICS = ALL_METRICS.filter((metric) => metric.startsWith("sla"));
const CSAT_METRICS = ALL_METRICS.filter((metric) => metric.startsWith("csat"));

/** The numbers of one part, and what it is a part by: an id, or null for those without. */
interface Part<T> {
	key: string | null;
	one: T & { drillDown: string };
}

/** The parts, the largest first, each with what picks its rows. */
function partsOf<T extends object>(
	numbers: ReadonlyMap<string | null, T>,
	dimension: Dimension,
	size: (one: T) => number,
): Part<T>[] {
	const parts = [...numbers].map(([key, one]) => ({ key, count: size(one), one }));
	return mostFirst(parts).map(({ key, one }) => ({ key, one: { ...one, drillDown: partQuery(dimension, key) } }));
}

/** The parts by group and by agent, with the names that the caller may see. */
async function byTeam<T>(dashboard: Dashboard, caller: TenantCaller, groups: Part<T>[], agents: Part<T>[]) {
	const keys = (parts: Part<T>[]) => parts.map(({ key }) => key);
	const groupName = await groupNames(dashboard, caller, keys(groups));
	const personName = await personNames(dashboard, caller, keys(agents));
	return {
		byGroup: groups.map(({ key, one }) => ({ groupId: key, name: groupName(key), ...one })),
		byAgent: agents.map(({ key, one }) => ({ agentId: key, name: personName(key), ...one })),
	};
}

async function sla(
	ctx: CallContext<ParamsOf<typeof getSlaNumbers>>,
	dashboard: Dashboard,
): Promise<ResultOf<typeof getSlaNumbers>> {
	const { table, selection, period, caller, head } = await inquire(ctx, dashboard, ctx.params);
	const before = { ...previousOf(period), now: period.now };
	const slaAttainment = slaOf(table, period, selection);
	const previous = slaOf(table, before, selection);
	const by = (dimension: Dimension) =>
		partsOf(slaBy(table, period, selection, dimension), dimension, ({ all }) => all.fulfilled + all.breached);
	const rank = (key: string | null) => TICKET_PRIORITIES.indexOf(key as "low");
	const priorities = by("priority").sort((a, b) => rank(b.key) - rank(a.key));
	return {
		...head,
		slaAttainment,
		...(await byTeam(dashboard, caller, by("group"), by("assignee"))),
		byPriority: priorities.map(({ key, one }) => ({ priority: key ?? "", ...one })),
		previous: { range: isoRange(before), slaAttainment: previous },
		deltaPct: deltasIn(slaAttainment, previous) as ResultOf<typeof getSlaNumbers>["deltaPct"],
		links: {
			...linksOf(SLA_METRICS, period, selection.filter),
			...linksOf(SLA_METRICS, before, selection.filter, "previous."),
		},
	};
}

async function csat(
	ctx: CallContext<ParamsOf<typeof getCsatNumbers>>,
	dashboard: Dashboard,
): Promise<ResultOf<typeof getCsatNumbers>> {
	const { table, selection, period, caller, head } = await inquire(ctx, dashboard, ctx.params);
	const before = { ...previousOf(period), now: period.now };
	const numbers = csatOf(table, period, selection);
	const previous = csatOf(table, before, selection);
	const by = (dimension: Dimension) =>
		partsOf(csatBy(table, period, selection, dimension), dimension, ({ responses }) => responses);
	// The numbers stand at the top here.
	const named = (links: Record<string, string>) =>
		Object.fromEntries(Object.entries(links).map(([path, link]) => [path.slice("csat.".length), link]));
	return {
		...head,
		...numbers,
		...(await byTeam(dashboard, caller, by("group"), by("assignee"))),
		previous: { range: isoRange(before), csat: previous },
		deltaPct: deltasIn(numbers, previous) as ResultOf<typeof getCsatNumbers>["deltaPct"],
		links: {
			...named(linksOf(CSAT_METRICS, period, selection.filter)),
			...linksOf(CSAT_METRICS, before, selection.filter, "previous."),
		},
	};
}

/** How promises were kept, and what customers say. */
export function qualityActions(dashboard: Dashboard): Record<string, ActionSchema> {
	return {
		getSla: action(getSlaNumbers, (ctx) => sla(ctx, dashboard)),
		getCsat: action(getCsatNumbers, (ctx) => csat(ctx, dashboard)),
	};
}
