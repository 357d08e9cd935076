import type { InTransaction } from "../../../mixins/repository.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { TimerHandler } from "../../../mixins/timers.ts";
import type { Rule } from "../../../models/rule.ts";
import { ruleRunModel } from "../../../models/rule-run.ts";
import { STATUS_ORDER, type Ticket } from "../../../models/ticket.ts";
import { isLeaving, LEAVING_MS, settingsOf } from "../settings.ts";
import { due } from "../sla/business-time.ts";
import type { Tickets } from "../tickets-store.ts";
import { ruleHolds, valuesOn } from "./evaluate.ts";
import { evaluatedOn, type Trigger } from "./occasion.ts";
import { findActiveRules } from "./rule-store.ts";
import { runRule } from "./run.ts";
import { businessTimeFor } from "./schedule.ts";
import { baseOf, isTimeRule, isWithinReach, metricOf, type Step, stepsOf, type TimeRule, timerKey } from "./time.ts";

/*
 * Time triggers as timers of tickets: set when the instant that a rule counts from comes or changes, and for all tickets
 * there are when a rule is made or changed. What is due is worked out again when it fires: a timer is only a reminder.
 */

/** A rule on a ticket at an instant. */
export const RULE_TIMER = "rule";
/** Setting the timers of a rule for the tickets there are. */
export const PLAN_TIMER = "rule_plan";

/** Tickets in one transaction of the planning. */
const CHUNK = 50;

/** The first of the states in which rules leave tickets alone. */
const CLOSED_RANK = STATUS_ORDER.indexOf("closed");

/** When a step of a rule is due on a ticket; null where what it counts from is not there, or its calendar never opens. */
export async function dueAt(
	tickets: Tickets,
	tx: InTransaction,
	ticket: Ticket,
	{ trigger }: TimeRule,
	{ after }: Pick<Step, "after">,
): Promise<Date | null> {
	const base = baseOf(ticket, trigger.since);
	if (base === null || !isWithinReach(ticket)) return null;
	if (trigger.clock !== "business") return new Date(base.getTime() + after * 1000);
	return due(await businessTimeFor(tickets, ticket, tx), base, after);
}

/** Sets the timers of a rule for a ticket, and takes back those of steps that are not due any more. */
export async function planTicket(tickets: Tickets, tx: Transaction, ticket: Ticket, rule: TimeRule): Promise<void> {
	for (const step of stepsOf(rule)) {
		const key = keyOf(ticket, rule, step);
		const at = await dueAt(tickets, tx, ticket, rule, step);
		if (at === null) await tickets.timers.cancel(tx, key);
		else await tickets.timers.set(tx, key, at, { ruleId: rule._id, level: step.level });
	}
}

const triggerOf = ({ trigger }: TimeRule): Trigger => ({
	...{ type: "time", version: null, messageId: null, metric: metricOf(trigger.since), rating: null },
});

/** What happens when a rule's time on a ticket has come. */
export function ruleTimer(tickets: Tickets): TimerHandler {
	return {
		async fire(tx, { tenantId, subjectId, data }) {
			const { ruleId, level } = data as { ruleId: string; level: number };
			const rule = await tickets.rules.get({ tenantId }, ruleId, tx);
			const ticket = await tickets.tickets.get({ tenantId }, subjectId, tx);
			if (!rule?.active || !isTimeRule(rule) || !ticket) return;
			const step = stepsOf(rule).find((one) => one.level === level);
			const base = baseOf(ticket, rule.trigger.since);
			const at = step && (await dueAt(tickets, tx, ticket, rule, step));
			if (!step || !base || !at) return;
			if (at > tx.now) return planTicket(tickets, tx, ticket, rule);
			if (await isLeaving(tickets, tenantId, tx)) return putOff(tickets, tx, ticket, rule, step);
			const request = {
				...{ rule, trigger: triggerOf(rule), occasion: `${rule.trigger.since} ${base.toISOString()} ${level}` },
				...{ level, raisesTo: step.raisesTo, actions: step.actions, depth: 1, reason: reasonOf(rule, step) },
			};
			await runRule(tickets, tx, ticket, request, await settingsOf(tickets, tenantId, tx));
		},
	};
}

function putOff({ timers }: Tickets, tx: Transaction, ticket: Ticket, rule: TimeRule, step: Step): Promise<void> {
	const later = new Date(tx.now.getTime() + LEAVING_MS);
	return timers.set(tx, keyOf(ticket, rule, step), later, { ruleId: rule._id, level: step.level });
}

const keyOf = ({ tenantId, _id: subjectId }: Ticket, { _id }: TimeRule, step: Step) => ({
	...{ tenantId, kind: RULE_TIMER, subjectId, key: timerKey(_id, step) },
});

const reasonOf = ({ name, trigger }: TimeRule, { after }: Step) => `${name}: ${after} s since ${trigger.since}`;

/** Where the planning of a rule has come to. */
interface Planning {
	statusRank: number;
	/** the last ticket that was planned */
	after: { createdAt: string; id: string } | null;
}

/** Begins to set a rule's timers for the tickets there are, soon and in pieces. */
export async function planRule(tickets: Tickets, tx: Transaction, rule: Rule): Promise<void> {
	if (!rule.active || !isTimeRule(rule)) return;
	await nextChunk(tickets, tx, rule, { statusRank: 0, after: null });
}

/** The same for every rule of a tenant that counts business time, after a calendar has changed. */
export async function replanRules(tickets: Tickets, tx: Transaction, tenantId: string): Promise<void> {
	for (const rule of await findActiveRules(tickets.rules, tenantId, tx))
		if (isTimeRule(rule) && rule.trigger.clock === "business") await planRule(tickets, tx, rule);
}

function nextChunk({ timers }: Tickets, tx: Transaction, rule: Rule, planning: Planning): Promise<void> {
	const key = { tenantId: rule.tenantId, kind: PLAN_TIMER, subjectId: rule._id };
	return timers.set(tx, key, tx.now, { ...planning, version: rule.version });
}

/** Sets a rule's timers for some tickets, and says where to go on. */
export function planTimer(tickets: Tickets): TimerHandler {
	return {
		async fire(tx, { tenantId, subjectId, data }) {
			const rule = await tickets.rules.get({ tenantId }, subjectId, tx);
			const { version, statusRank, after } = data as unknown as Planning & { version: number };
			if (!rule) return forget(tickets, tx, subjectId);
			if (!rule.active || !isTimeRule(rule)) return;
			// Changed since: what is set so far is worked out again when it is due, and the change began anew.
			if (rule.version !== version) return;
			const found = await ticketsAfter(tickets, tx, tenantId, statusRank, after);
			for (const ticket of found)
				if (await isWorthPlanning(tickets, tx, ticket, rule)) await planTicket(tickets, tx, ticket, rule);
			const last = found.at(-1);
			if (found.length === CHUNK && last) {
				const next = { createdAt: last.createdAt.toISOString(), id: last._id };
				await nextChunk(tickets, tx, rule, { statusRank, after: next });
			} else if (statusRank + 1 < CLOSED_RANK)
				await nextChunk(tickets, tx, rule, { statusRank: statusRank + 1, after: null });
		},
	};
}

/** Runs of a rule that is gone, in one transaction. */
const FORGOTTEN_AT_ONCE = 500;

/** A rule was removed: what is kept of it goes too, soon and in pieces. */
export function forgetRule({ timers }: Tickets, tx: Transaction, { _id, tenantId }: Rule): Promise<void> {
	return timers.set(tx, { tenantId, kind: PLAN_TIMER, subjectId: _id }, tx.now);
}

async function forget({ store, timers, ruleRuns }: Tickets, tx: Transaction, ruleId: string): Promise<void> {
	const { tenantId } = tx.command;
	const runs = await ruleRuns.find({ tenantId }, { ruleId }, { limit: FORGOTTEN_AT_ONCE, tx });
	const $in = runs.map(({ _id }) => _id);
	await store.model(ruleRunModel).deleteMany({ tenantId, _id: { $in } } as never, { session: tx.session });
	if (runs.length === FORGOTTEN_AT_ONCE)
		await timers.set(tx, { tenantId, kind: PLAN_TIMER, subjectId: ruleId }, tx.now);
}

/** The next tickets of a status, by age. One that changes its status meanwhile is planned for by what tells of that. */
function ticketsAfter(
	{ tickets }: Tickets,
	tx: InTransaction,
	tenantId: string,
	statusRank: number,
	after: Planning["after"],
): Promise<Ticket[]> {
	const createdAt = after && new Date(after.createdAt);
	const behind = after && { $or: [{ createdAt: { $gt: createdAt } }, { createdAt, _id: { $gt: after.id } }] };
	return tickets.find({ tenantId }, { statusRank, ...behind }, { sort: { createdAt: 1, _id: 1 }, limit: CHUNK, tx });
}

/** What is still to come, and what is due already and holds: the rest would be looked at for nothing. */
async function isWorthPlanning(tickets: Tickets, tx: Transaction, ticket: Ticket, rule: TimeRule): Promise<boolean> {
	const steps = stepsOf(rule);
	const dues = await Promise.all(steps.map((step) => dueAt(tickets, tx, ticket, rule, step)));
	if (dues.some((at) => at !== null && at > tx.now)) return true;
	if (dues.every((at) => at === null)) return false;
	return ruleHolds(rule.conditions, valuesOn(await evaluatedOn(tickets, tx, ticket, triggerOf(rule))));
}
