import type { Condition, Conditions } from "../../../contracts/conditions.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { Change } from "../../../models/ticket-audit.ts";
import type { TicketMessage } from "../../../models/ticket-message.ts";
import { conditionHolds } from "../conditions.ts";
import { ticketValues } from "../ticket-values.ts";
import { changeAsked, fieldName, fieldRule } from "./fields.ts";

/*
 * Whether a rule's conditions hold for a ticket on an occasion: pure, no clock and no store.
 */

/** What made a rule look at a ticket. */
export interface Occasion {
	now: Date;
	/** what the commit changed; empty where nothing did, such as for a time trigger */
	changes: readonly Change[];
	/** the message that was added, or with which the ticket began */
	message: Pick<TicketMessage, "kind" | "authorType" | "body"> | null;
	/** of an event about a service level */
	metric: string | null;
	/** of an answer to a survey */
	rating: number | null;
}

/** How a ticket stands with its promises. */
export interface SlaSummary {
	state: string;
	nextMetric: string | null;
}

export interface Evaluated {
	ticket: Ticket;
	customerTags: readonly string[];
	sla: SlaSummary;
	occasion: Occasion;
}

/** Stands for nobody in conditions on ids. */
const NONE = "none";

const HOUR_MS = 3600 * 1000;

const INSTANTS: Record<string, (ticket: Ticket) => Date | null | undefined> = {
	hoursSinceCreated: (ticket) => ticket.createdAt,
	hoursSinceUpdated: (ticket) => ticket.updatedAt,
	hoursSinceAssigned: (ticket) => ticket.assignedAt,
	hoursSinceStatusChanged: (ticket) => ticket.statusChangedAt ?? ticket.createdAt,
	hoursSinceLastCustomerMessage: (ticket) => ticket.lastCustomerMessageAt,
	hoursSinceLastAgentMessage: (ticket) => ticket.lastAgentMessageAt,
	hoursSinceSolved: (ticket) => ticket.solvedAt,
};

/** The values of a ticket on an occasion, by the names of conditions; undefined for what it does not have. */
export function valuesOn({ ticket, customerTags, sla, occasion }: Evaluated): (field: string) => unknown {
	const ofTicket = ticketValues(ticket, customerTags);
	const { message, changes, now } = occasion;
	return (given) => {
		const field = fieldName(given);
		const asked = changeAsked(field);
		if (asked) return changeOf(changes, asked);
		const since = INSTANTS[field];
		if (since) {
			const instant = since(ticket);
			return instant ? (now.getTime() - instant.getTime()) / HOUR_MS : undefined;
		}
		switch (field) {
			case "messageKind":
				return message?.kind;
			case "messageAuthor":
				return message?.authorType;
			case "messageBody":
				return message?.kind === "public_reply" ? message.body : undefined;
			case "slaState":
				return sla.state;
			case "slaMetric":
				return occasion.metric ?? sla.nextMetric;
			case "csatRating":
				return occasion.rating ?? ticket.csat?.rating;
			case "escalationLevel":
				return ticket.escalationLevel ?? 0;
			default:
				return ofTicket(field);
		}
	};
}

/** What became of one field; a custom field is a part of the change of all of them. */
function changeOf(changes: readonly Change[], { what, field }: NonNullable<ReturnType<typeof changeAsked>>): unknown {
	const custom = field.startsWith("customFields.") ? field.slice("customFields.".length) : null;
	const of = changes.filter((change) => change.field === (custom === null ? field : "customFields"));
	const part = (value: unknown) =>
		custom === null ? value : (value as Record<string, unknown> | null | undefined)?.[custom];
	const from = part(of[0]?.from);
	const to = part(of.at(-1)?.to);
	const differs = of.length > 0 && JSON.stringify(from ?? null) !== JSON.stringify(to ?? null);
	if (what === "changed") return differs;
	if (!differs) return undefined;
	return what === "changedFrom" ? from : to;
}

/** Whether one condition holds. A change that there was not is from nothing and to nothing. */
export function oneHolds(condition: Condition, ask: (field: string) => unknown): boolean {
	const rule = fieldRule(condition.field);
	const value = ask(condition.field);
	const asked = changeAsked(condition.field);
	if (asked?.what === "changed" && (condition.operator === "present" || condition.operator === "absent"))
		return (value === true) === (condition.operator === "present");
	// "Changed from something else than x" is said of a change, not of none.
	if (asked && asked.what !== "changed" && value === undefined && !wasChanged(asked.field, ask)) return false;
	if (rule?.type !== "id") return conditionHolds(condition, value, rule);
	const { operator, value: wanted } = condition;
	if (wanted === NONE) return conditionHolds({ ...condition, value: null }, value, rule);
	if (Array.isArray(wanted) && wanted.includes(NONE)) {
		const isNone = value === null || value === undefined;
		const isOne = !isNone && wanted.includes(value);
		return operator === "not_in" ? !isNone && !isOne : isNone || isOne;
	}
	return conditionHolds(condition, value, rule);
}

const wasChanged = (field: string, ask: (field: string) => unknown) => ask(`changed(${field})`) === true;

/** Whether all of `all` hold and, where there are any, one of `any`. No conditions hold always. */
export function ruleHolds({ all, any }: Conditions, ask: (field: string) => unknown): boolean {
	return all.every((one) => oneHolds(one, ask)) && (any.length === 0 || any.some((one) => oneHolds(one, ask)));
}

/** Each condition with what the ticket has and whether it holds. */
export function explain(
	conditions: Conditions,
	ask: (field: string) => unknown,
): (Condition & { list: "all" | "any"; actual: unknown; holds: boolean })[] {
	return (["all", "any"] as const).flatMap((list) =>
		conditions[list].map((condition) => ({
			list,
			...condition,
			actual: ask(condition.field) ?? null,
			holds: oneHolds(condition, ask),
		})),
	);
}
