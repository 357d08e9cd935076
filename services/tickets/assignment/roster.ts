import { VersionConflict } from "../../../mixins/repository.ts";
import type { Transaction } from "../../../mixins/store.ts";
import { type AgentTurn, agentTurnModel } from "../../../models/agent-turn.ts";
import type { Assignment } from "../../../models/group.ts";
import { OPEN_OF_ASSIGNEE, STATUS_ORDER, type Ticket, ticketModel } from "../../../models/ticket.ts";
import { type GroupCopy, type PersonCopy, personCopyModel } from "../../../models/ticket-copies.ts";
import { learnSoon } from "../learn-soon.ts";
import type { Tickets } from "../tickets-store.ts";
import { type Agent, type Choosing, candidatesOf, capacityOf, choose, nextTurn } from "./candidates.ts";
import { requiredSkills } from "./required-skills.ts";

/** More people than this are not chosen from. */
export const PEOPLE_MAX = 1000;

/** What is asked of a ticket to choose somebody for it. */
export type Assignable = Pick<Ticket, "tenantId" | "groupId" | "customerId" | "tags" | "customFields">;

/** Somebody with their name, for whoever shows the roster. */
export interface Rostered extends Agent {
	name: string;
}

async function peopleOf({ store }: Tickets, tx: Transaction, group: GroupCopy): Promise<PersonCopy[]> {
	const filter = { tenantId: group.tenantId, groupIds: group._id };
	return store
		.model(personCopyModel)
		.find(filter)
		.sort({ _id: 1 })
		.limit(PEOPLE_MAX)
		.session(tx.session)
		.lean<PersonCopy[]>();
}

/**
 * How many tickets these people have in the statuses that count, by person: counted in the index, without reading them,
 * and no further than to `most` where that is told.
 */
async function openCounts(
	{ store }: Tickets,
	{ session }: Transaction,
	people: readonly PersonCopy[],
	{ countStatuses }: Pick<Assignment, "countStatuses">,
	most?: (person: PersonCopy) => number,
): Promise<Map<string, number>> {
	const counts = new Map<string, number>();
	const statusRank = { $in: countStatuses.map((status) => STATUS_ORDER.indexOf(status)) };
	for (const person of people) {
		const { _id: assigneeId, tenantId } = person;
		const limit = most?.(person);
		if (limit === 0) continue;
		const theirs = { tenantId, assigneeId, statusRank, deletedAt: null };
		const options = { hint: OPEN_OF_ASSIGNEE, ...(limit === undefined ? {} : { limit }) };
		counts.set(assigneeId, await store.model(ticketModel).countDocuments(theirs, options).session(session));
	}
	return counts;
}

/** Whether somebody may be given tickets as soon as they have room. */
const isAround = ({ active, availability }: PersonCopy) =>
	active && (availability === "online" || availability === "away");

/**
 * The people of a group as they are in a transaction, to give tickets to. Who is chosen counts as having the ticket from
 * then on. What {@link Roster.keep} writes makes two transactions that choose the same person meet: one of them is done
 * anew, and sees the other's ticket, so that nobody is given more than they can take.
 */
export class Roster {
	readonly assignment: Assignment;
	readonly agents: Rostered[];
	private readonly tickets: Tickets;
	private readonly tx: Transaction;
	private readonly tenantId: string;
	private readonly chosen = new Set<Agent>();

	private constructor(tickets: Tickets, tx: Transaction, group: GroupCopy, assignment: Assignment, agents: Rostered[]) {
		this.tickets = tickets;
		this.tx = tx;
		this.tenantId = group.tenantId;
		this.assignment = assignment;
		this.agents = agents;
	}

	/**
	 * The roster of a group; null for one that is gone, or whose way of assigning is not known yet. What people have is
	 * counted for those who are around, as far as to their capacity, or with `everybody` for all and to the end.
	 */
	static async open(
		tickets: Tickets,
		tx: Transaction,
		{ tenantId, groupId }: { tenantId: string; groupId: string },
		{ everybody = false } = {},
	): Promise<Roster | null> {
		const group = await tickets.copies.groups.byId(tenantId, groupId, tx);
		if (!group || group.deleted) return null;
		if (!group.assignment) {
			await learnSoon(tickets, tx, tenantId);
			return null;
		}
		const people = await peopleOf(tickets, tx, group);
		if (people.some((person) => person.active && person.availability === undefined))
			await learnSoon(tickets, tx, tenantId);
		const ids = people.map((person) => person._id);
		const { assignment } = group;
		const capacity = ({ maxOpenTickets = null }: PersonCopy) => capacityOf({ maxOpenTickets }, assignment);
		const counts = everybody
			? await openCounts(tickets, tx, people, assignment)
			: await openCounts(tickets, tx, people.filter(isAround), assignment, capacity);
		const turns = await tickets.store
			.model(agentTurnModel)
			.find({ tenantId, _id: { $in: ids } })
			.session(tx.session)
			.lean<AgentTurn[]>();
		const turnOf = new Map(turns.map((row) => [row._id, row.lastAutoAssignedAt]));
		const agents = people.map(
			(person): Rostered => ({
				id: person._id,
				name: person.name,
				role: person.role,
				active: person.active,
				availability: person.availability,
				skills: person.skills ?? [],
				email: person.email ?? null,
				maxOpenTickets: person.maxOpenTickets ?? null,
				openCount: counts.get(person._id) ?? 0,
				lastAutoAssignedAt: turnOf.get(person._id) ?? null,
			}),
		);
		return new Roster(tickets, tx, group, assignment, agents);
	}

	/** How many open tickets somebody takes at most. */
	capacityOf(agent: Agent): number {
		return capacityOf(agent, this.assignment);
	}

	/** Whether there is anybody who can take another ticket, if it asks for nothing special. */
	hasRoom(): boolean {
		return candidatesOf(this.agents, this.assignment, { requesterId: "", requesterEmail: null, skills: [] }).length > 0;
	}

	/** Gives a ticket to somebody, or null where there is nobody for it. */
	choose(strategy: Choosing, ticket: Assignable, requesterEmail: string | null): Agent | null {
		const wanted = { requesterId: ticket.customerId, requesterEmail, skills: requiredSkills(ticket) };
		const agent = choose(strategy, this.agents, this.assignment, wanted);
		if (!agent) return null;
		agent.lastAutoAssignedAt = nextTurn(this.agents, this.tx.now);
		agent.openCount += 1;
		this.chosen.add(agent);
		return agent;
	}

	/** Writes who has been given a ticket when. To be called once, after the last one was given. */
	async keep(): Promise<void> {
		const { tenantId, tx } = this;
		const rows = this.tickets.store.model(agentTurnModel);
		for (const { id, lastAutoAssignedAt } of this.chosen) {
			try {
				await rows.updateOne(
					{ _id: id },
					{ $set: { tenantId, lastAutoAssignedAt: lastAutoAssignedAt as Date } },
					{ upsert: true, session: tx.session },
				);
			} catch (error) {
				if ((error as { code?: unknown }).code !== 11000) throw error;
				throw new VersionConflict(`somebody else gave ${id} their first ticket meanwhile`);
			}
		}
	}
}
