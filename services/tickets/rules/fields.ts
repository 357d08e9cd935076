import type { Condition, Conditions } from "../../../contracts/conditions.ts";
import { SLA_METRICS } from "../../../contracts/sla-events.ts";
import { MESSAGE_KINDS, TICKET_STATUSES } from "../../../contracts/tickets-events.ts";
import type { ProblemItem } from "../../../lib/problem.ts";
import { conditionProblems, type FieldRule, type FieldTable, ruleOf } from "../conditions.ts";
import { TICKET_FIELDS } from "../ticket-values.ts";

/*
 * What the conditions of rules can ask for: all that those of service level policies can, the state of a ticket, and what
 * happened to it. A change is asked for by `changed(field)`, `changedFrom(field)` and `changedTo(field)`.
 */

export const SLA_STATES = ["breached", "at_risk", "active", "paused", "met", "none"] as const;

const number: FieldRule = { type: "number" };
const id: FieldRule = { type: "id" };

/** Of a ticket as it stands. */
const OF_TICKET = {
	...TICKET_FIELDS,
	status: { type: "word", values: TICKET_STATUSES, ordered: true },
	assigneeId: id,
	customerId: id,
	subject: { type: "text" },
	subStatus: { type: "text" },
	followerIds: { type: "set" },
	reopenCount: number,
	escalationLevel: number,
	slaState: { type: "word", values: SLA_STATES },
	slaMetric: { type: "word", values: SLA_METRICS },
	csatRating: number,
	hoursSinceCreated: number,
	hoursSinceUpdated: number,
	hoursSinceAssigned: number,
	hoursSinceStatusChanged: number,
	hoursSinceLastCustomerMessage: number,
	hoursSinceLastAgentMessage: number,
	hoursSinceSolved: number,
} as const satisfies FieldTable;

/** Of what triggered the rule. */
const OF_OCCASION = {
	messageKind: { type: "word", values: MESSAGE_KINDS },
	messageAuthor: { type: "word", values: ["customer", "agent", "system"] },
	messageBody: { type: "text" },
} as const satisfies FieldTable;

export const RULE_FIELDS: FieldTable = { ...OF_TICKET, ...OF_OCCASION };

const CHANGE = /^(changed|changedFrom|changedTo)\(([\w.]{1,100})\)$/;

/** Which change a field asks for, or null for any other field. */
export function changeAsked(field: string): { what: "changed" | "changedFrom" | "changedTo"; field: string } | null {
	const [, what, inner] = CHANGE.exec(field) ?? [];
	return what === undefined || inner === undefined
		? null
		: { what: what as "changed" | "changedFrom" | "changedTo", field: inner };
}

/** Of a ticket's own values, those that others compute or that are not the ticket's. */
const UNCHANGEABLE = /^(hoursSince|customerTags|slaState|slaMetric|csatRating|companyId|customerId)/;

/** The name of a field: the hours since an instant may also be named by the whole name of that. */
export function fieldName(field: string): string {
	return field.startsWith("hoursSince") && field.endsWith("At") ? field.slice(0, -"At".length) : field;
}

/** What is known of a field that a condition asks for, or undefined where there is none. */
export function fieldRule(given: string): FieldRule | undefined {
	const field = fieldName(given);
	const asked = changeAsked(field);
	if (!asked) return ruleOf(RULE_FIELDS, field);
	const inner = UNCHANGEABLE.test(asked.field) ? undefined : ruleOf(OF_TICKET, asked.field);
	return inner && asked.what === "changed" ? { type: "boolean" } : inner;
}

/** The table with every field that conditions name and that there is. */
function tableFor({ all = [], any = [] }: Partial<Conditions>): FieldTable {
	const named = [...all, ...any].flatMap(({ field }): [string, FieldRule][] => {
		const rule = fieldRule(field);
		return rule ? [[field, rule]] : [];
	});
	return { ...RULE_FIELDS, ...Object.fromEntries(named) };
}

/** Everything wrong with the conditions of a rule; pointers are `/conditions/all/0/field` and the like. */
export function ruleConditionProblems(conditions: Partial<Conditions>): ProblemItem[] {
	return conditionProblems(conditions, tableFor(conditions));
}

/** Whether a condition asks for what happened, which a ticket by itself does not tell. */
export function asksForOccasion({ field }: Condition): boolean {
	return changeAsked(field) !== null || Object.hasOwn(OF_OCCASION, field);
}
