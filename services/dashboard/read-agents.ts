import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { getAgents } from "../../contracts/dashboard.ts";
import { action, type CallContext } from "../../mixins/action.ts";
import type { Dashboard } from "./dashboard-store.ts";
import type { PersonFacts } from "./facts.ts";
import { type Inquiry, inquire } from "./inquiry.ts";
import { peopleOf } from "./names.ts";
import { type AgentNumbers, agentsOf, noNumbers, totalsOf } from "./numbers/agents.ts";
import { ALL_METRICS, linkOf, linksOf, partQuery } from "./numbers/links.ts";
import { metricOf } from "./numbers/metrics.ts";
import { namesHidden } from "./scope.ts";

type Agents = ResultOf<typeof getAgents>;

const PERIOD_METRICS = ALL_METRICS.filter((metric) => !metricOf(metric).state);

/** Whether somebody is shown who has no numbers: colleagues who could have some, as far as the caller reaches. */
function belongs({ selection: { reach, filter } }: Inquiry, person: PersonFacts): boolean {
	if (filter.assigneeId || person.status !== "active" || person.role === "viewer") return false;
	if (reach === null) return true;
	return person._id === reach.personId || person.groupIds.some((id) => reach.groupIds.includes(id));
}

/** Everybody with numbers and everybody who belongs there, the fullest desk first, then by id. */
function rowsOf(inquiry: Inquiry, numbers: Map<string | null, AgentNumbers>, people: readonly PersonFacts[]) {
	const ids = new Set([...numbers.keys()].filter((id) => id !== null));
	for (const person of people) if (belongs(inquiry, person)) ids.add(person._id);
	return [...ids]
		.map((agentId) => ({ agentId, ...(numbers.get(agentId) ?? noNumbers()) }))
		.sort((a, b) => b.workload.backlog - a.workload.backlog || (a.agentId < b.agentId ? -1 : 1));
}

function linksFor({ period, selection: { filter } }: Inquiry): Record<string, string> {
	return {
		"workload.backlog": linkOf("backlog", null, filter),
		"workload.urgent": linkOf("urgent", null, filter),
		...linksOf(PERIOD_METRICS, period, filter, "period."),
	};
}

async function agents(ctx: CallContext<ParamsOf<typeof getAgents>>, dashboard: Dashboard): Promise<Agents> {
	const inquiry = await inquire(ctx, dashboard, ctx.params);
	const { table, selection, period, caller, head } = inquiry;
	const numbers = agentsOf(table, period, selection);
	const totals = totalsOf(table, period, selection);
	const people = await peopleOf(dashboard, caller.tenant.id);
	const known = new Map(people.map((person) => [person._id, person]));
	const hidden = namesHidden(caller);
	return {
		...head,
		agents: rowsOf(inquiry, numbers, people).map((row) => {
			const person = known.get(row.agentId);
			return {
				...row,
				name: (!hidden && person?.name) || null,
				role: person?.role ?? null,
				availability: person?.availability ?? null,
				drillDown: partQuery("assignee", row.agentId),
			};
		}),
		unassigned: { ...(numbers.get(null) ?? noNumbers()), drillDown: partQuery("assignee", null) },
		totals,
		links: linksFor(inquiry),
	} as Agents;
}

export function agentsActions(dashboard: Dashboard) {
	return { getAgents: action(getAgents, (ctx) => agents(ctx, dashboard)) };
}
