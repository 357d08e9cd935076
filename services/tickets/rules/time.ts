import type { RuleAction } from "../../../contracts/rule-actions.ts";
import type { TimeBase, TimeTrigger } from "../../../contracts/rules.ts";
import type { Rule } from "../../../models/rule.ts";
import type { Ticket } from "../../../models/ticket.ts";

/*
 * When time triggers are due: pure.
 */

/** One step of a time trigger. */
export interface Step {
	/** its place, from 1; of a trigger without levels the one it names, or 0 */
	level: number;
	/** the level of escalation that it raises a ticket to; 0 for none */
	raisesTo: number;
	/** seconds */
	after: number;
	actions: readonly RuleAction[];
}

export type TimeRule = Rule & { trigger: TimeTrigger };

export const isTimeRule = (rule: Rule): rule is TimeRule => typeof rule.trigger !== "string";

/** The steps of a time trigger, the first first. What the rule itself names is done at each. */
export function stepsOf({ trigger, actions }: TimeRule): Step[] {
	const { levels, level = 0, after = 0, escalate = true } = trigger;
	if (!levels) return [{ level, raisesTo: level, after, actions }];
	return levels.map((step, index) => ({
		...{ level: index + 1, raisesTo: escalate ? index + 1 : 0, after: step.after },
		actions: [...actions, ...step.actions],
	}));
}

const BREACHED = "breachedAt:";

/** The metric that a trigger waits for the breach of, or null. */
export function metricOf(since: TimeBase): string | null {
	return since.startsWith(BREACHED) ? since.slice(BREACHED.length) : null;
}

/** The instant from which a trigger counts; null where the ticket has none. */
export function baseOf(ticket: Ticket, since: TimeBase): Date | null {
	const metric = metricOf(since);
	if (metric !== null) {
		const instances = ticket.sla?.instances ?? [];
		return instances.filter((one) => one.metric === metric).at(-1)?.breachedAt ?? null;
	}
	switch (since) {
		case "createdAt":
			return ticket.createdAt;
		case "assignedAt":
			return ticket.assignedAt;
		case "lastCustomerMessageAt":
			return ticket.lastCustomerMessageAt;
		case "lastAgentMessageAt":
			return ticket.lastAgentMessageAt;
		case "statusChangedAt":
			return ticket.statusChangedAt ?? ticket.createdAt;
		default:
			return null;
	}
}

/** Whether rules still act on a ticket: closed, merged and deleted ones are left alone. */
export function isWithinReach(ticket: Pick<Ticket, "status" | "deletedAt">): boolean {
	return ticket.status !== "closed" && ticket.deletedAt === null;
}

/** Names a step of a rule among a ticket's timers. */
export const timerKey = (ruleId: string, { level }: Pick<Step, "level">) => `${ruleId}-${level}`;
