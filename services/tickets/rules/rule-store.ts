import type { RuleAction } from "../../../contracts/rule-actions.ts";
import type { InTransaction, Repository } from "../../../mixins/repository.ts";
import type { Rule } from "../../../models/rule.ts";
import type { Tickets } from "../tickets-store.ts";

/** How many rules a tenant has at most, macros likewise. */
export const MAX_RULES = 500;

/** The rules of a tenant that run, in the order in which they do. */
export function findActiveRules(rules: Repository<Rule>, tenantId: string, tx?: InTransaction): Promise<Rule[]> {
	return rules.find(
		{ tenantId },
		{ active: true },
		{ sort: { position: 1, _id: 1 }, limit: MAX_RULES, ...(tx ? { tx } : {}) },
	);
}

function allRules({ rules }: Tickets, tenantId: string, tx?: InTransaction): Promise<Rule[]> {
	return rules.find({ tenantId }, {}, { sort: { position: 1, _id: 1 }, limit: MAX_RULES, ...(tx ? { tx } : {}) });
}

/** Everything that a rule does, whichever step of it. */
export function allActions({ actions, trigger }: Pick<Rule, "actions" | "trigger">): RuleAction[] {
	const levels = typeof trigger === "string" ? [] : (trigger.levels ?? []);
	return [...actions, ...levels.flatMap((level) => level.actions)];
}

interface User {
	kind: "rule";
	id: string;
	name: string;
}

const userOf = ({ _id, name }: Rule): User => ({ kind: "rule", id: _id, name });

/** The rules that wait for a calendar to open. */
export async function rulesWithCalendar(
	tickets: Tickets,
	tenantId: string,
	calendarId: string,
	tx?: InTransaction,
): Promise<User[]> {
	const found = await allRules(tickets, tenantId, tx);
	return found.filter((rule) => rule.scheduleCalendarId === calendarId).map(userOf);
}

/** The rules that apply a macro. */
export async function rulesWithMacro(
	tickets: Tickets,
	tenantId: string,
	macroId: string,
	tx?: InTransaction,
): Promise<User[]> {
	const applies = (action: RuleAction) => action.type === "apply_macro" && action.macroId === macroId;
	return (await allRules(tickets, tenantId, tx)).filter((rule) => allActions(rule).some(applies)).map(userOf);
}
