import type { ActionSchema } from "moleculer";
import { groupWorkload } from "../../../contracts/assignment.ts";
import { callerReach } from "../../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import { groupsByIds } from "../../../contracts/identity-internal.ts";
import { notFound } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import { type Ticket, ticketModel } from "../../../models/ticket.ts";
import { demand } from "../access.ts";
import { askNeighbour, groupCopy, keepLearned, nothingLearned } from "../neighbours.ts";
import type { Tickets } from "../tickets-store.ts";
import { candidatesOf, capacityOf } from "./candidates.ts";
import { Roster, type Rostered } from "./roster.ts";
import { inOrder, type Queued } from "./waiting.ts";

type Workload = ResultOf<typeof groupWorkload>;

/** How many waiting tickets are shown, and of how many they are the first at most. */
const SHOWN = 25;
const QUEUE_MAX = 5000;

const NOBODY = { requesterId: "", requesterEmail: null, skills: [] };

function agentView(agent: Rostered, { assignment }: Roster, hidden: boolean): Workload["agents"][number] {
	const { id: userId, name, role, availability, openCount, lastAutoAssignedAt } = agent;
	return {
		userId,
		name: hidden ? null : name,
		role,
		availability: availability ?? null,
		openCount,
		capacity: capacityOf(agent, assignment),
		canTake: candidatesOf([agent], assignment, NOBODY).length > 0,
		lastAutoAssignedAt: lastAutoAssignedAt?.toISOString() ?? null,
	};
}

const ROLES = ["agent", "supervisor"];

async function waitingOf({ store }: Tickets, tx: Transaction, tenantId: string, groupId: string): Promise<Ticket[]> {
	const rows = await store
		.model(ticketModel)
		.find({ tenantId, groupId, assignmentState: "waiting" })
		.sort({ priorityRank: -1, nextBreachKey: 1, createdAt: 1, _id: 1 })
		.limit(QUEUE_MAX)
		.session(tx.session)
		.lean<Ticket[]>();
	return rows.sort((a: Queued, b: Queued) => inOrder(a, b));
}

async function workload(ctx: CallContext<ParamsOf<typeof groupWorkload>>, tickets: Tickets): Promise<Workload> {
	const { id: groupId } = ctx.params;
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	const learned = nothingLearned();
	const answer = await askNeighbour(ctx, groupsByIds, { tenantId, ids: [groupId] });
	if (answer?.length === 0) throw notFound("group");
	learned.groups.push(...(answer ?? []).map((group) => groupCopy(tenantId, group)));
	demand(
		callerReach(caller, "tickets.read") !== "groups" || caller.role === "viewer" || caller.groupIds.includes(groupId),
		"Agents see what their own groups have to do.",
	);
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		await keepLearned(tickets, tx, learned);
		const roster = await Roster.open(tickets, tx, { tenantId, groupId }, { everybody: true });
		if (!roster) throw notFound("group");
		const agents = roster.agents
			.filter(({ active, role }) => active && ROLES.includes(role))
			.map((agent) => agentView(agent, roster, caller.role === "viewer"));
		const waiting = await waitingOf(tickets, tx, tenantId, groupId);
		const { strategy, countStatuses } = roster.assignment;
		return {
			groupId,
			strategy,
			countStatuses,
			agents,
			openCount: agents.reduce((sum, { openCount }) => sum + openCount, 0),
			capacity: agents.reduce((sum, { capacity }) => sum + capacity, 0),
			waitingCount: waiting.length,
			waiting: waiting.slice(0, SHOWN).map(({ _id, number, priority, createdAt }) => ({
				id: _id,
				number,
				priority,
				createdAt: createdAt.toISOString(),
			})),
		};
	});
}

/** What a group has to do. */
export function assignmentActions(tickets: Tickets): Record<string, ActionSchema> {
	return { groupWorkload: action(groupWorkload, (ctx) => workload(ctx, tickets)) };
}
