import type { Assignment } from "../../../models/group.ts";
import type { Skill } from "../../../models/user.ts";
import { hasSkills } from "./required-skills.ts";

/*
 * Who a ticket is given to, as pure functions of the people of its group.
 */

/** Somebody of a group, as far as the choice asks. */
export interface Agent {
	id: string;
	role: string;
	active: boolean;
	/** undefined: not known, which is as good as offline */
	availability: "online" | "away" | "offline" | undefined;
	skills: readonly Skill[];
	/** in any spelling; null where it is not known */
	email: string | null;
	/** null: what the group says */
	maxOpenTickets: number | null;
	/** tickets of theirs in the statuses that the group counts */
	openCount: number;
	/** null: never yet */
	lastAutoAssignedAt: Date | null;
}

/** What a ticket asks of whoever it is given to. */
export interface Wanted {
	requesterId: string;
	requesterEmail: string | null;
	skills: readonly Skill[];
}

/** The strategies that choose somebody. */
export type Choosing = Exclude<Assignment["strategy"], "manual">;

const ROLES = new Set(["agent", "supervisor"]);

/** How many open tickets somebody of the group takes at most without being asked. */
export function capacityOf(agent: Pick<Agent, "maxOpenTickets">, group: Pick<Assignment, "maxOpenPerAgent">): number {
	return agent.maxOpenTickets ?? group.maxOpenPerAgent;
}

/** Whether somebody could be given tickets of the group at all, whatever they have already. */
export function isEligible(agent: Agent, wanted: Wanted): boolean {
	const isRequester =
		agent.id === wanted.requesterId ||
		(agent.email !== null && agent.email.toLowerCase() === wanted.requesterEmail?.toLowerCase());
	return agent.active && ROLES.has(agent.role) && !isRequester && hasSkills(agent.skills, wanted.skills);
}

/** Whether somebody is there, as the group wants it. */
export function isThere(
	{ availability }: Pick<Agent, "availability">,
	group: Pick<Assignment, "considerAway">,
): boolean {
	return availability === "online" || (availability === "away" && group.considerAway);
}

/**
 * Those to choose from: eligible, there, and below their capacity. Where there is nobody and the group falls back to
 * people who are away, those.
 */
export function candidatesOf(agents: readonly Agent[], group: Assignment, wanted: Wanted): Agent[] {
	const able = agents.filter((agent) => isEligible(agent, wanted) && agent.openCount < capacityOf(agent, group));
	const there = able.filter((agent) => isThere(agent, group));
	if (there.length > 0 || group.fallback !== "away") return there;
	return able.filter(({ availability }) => availability === "away");
}

const turnOf = ({ lastAutoAssignedAt }: Agent) => lastAutoAssignedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
const smaller = <T>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0);

/** Who has waited longest for a ticket goes first, those who never got one before all; ties by id. */
const byTurn = (a: Agent, b: Agent) => smaller(turnOf(a), turnOf(b)) || smaller(a.id, b.id);

/** Who has least to do for what they can take goes first. */
const byLoad = (group: Assignment) => (a: Agent, b: Agent) =>
	// a/b < c/d as a*d < c*b: exact, also where a third is compared with two sixths
	a.openCount * capacityOf(b, group) - b.openCount * capacityOf(a, group) || byTurn(a, b);

/** Who a ticket is given to by a strategy, or null where there is nobody for it. */
export function choose(strategy: Choosing, agents: readonly Agent[], group: Assignment, wanted: Wanted): Agent | null {
	const order = strategy === "round_robin" ? byTurn : byLoad(group);
	return candidatesOf(agents, group, wanted).sort(order)[0] ?? null;
}

/**
 * When the next one is said to have been given a ticket: now, but later than any of the others, so that several within
 * one instant have an order too.
 */
export function nextTurn(agents: readonly Agent[], now: Date): Date {
	return new Date(Math.max(now.getTime(), ...agents.map((agent) => turnOf(agent) + 1)));
}
