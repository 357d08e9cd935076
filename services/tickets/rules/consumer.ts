import type { Service, ServiceSchema } from "moleculer";
import type { DataOf } from "../../../contracts/event-contract.ts";
import type { RuleEvent } from "../../../contracts/rules.ts";
import { slaAtRisk, slaBreached } from "../../../contracts/sla-events.ts";
import {
	csatSubmitted,
	messageAdded,
	ticketAssigned,
	ticketCreated,
	ticketStatusChanged,
	ticketUnassigned,
	ticketUpdated,
} from "../../../contracts/tickets-events.ts";
import type { DomainEvent } from "../../../lib/event-log.ts";
import { watchingGaps } from "../../../mixins/gap-watch.ts";
import type { Runtime } from "../../../mixins/runtime.ts";
import { commandOfEvent } from "../../../mixins/store.ts";
import type { Rule } from "../../../models/rule.ts";
import { tellOfEvent } from "../notifications/basics.ts";
import { settingsOf } from "../settings.ts";
import type { Tickets } from "../tickets-store.ts";
import type { Trigger } from "./occasion.ts";
import { planTicket } from "./plan.ts";
import { type RunOutcome, runRule } from "./run.ts";
import { isTimeRule, metricOf, type TimeRule } from "./time.ts";

/*
 * Rules follow the log of the service's own events, after the commits that they react to. An event takes effect rule by
 * rule, each in a transaction that also writes its run: after a crash in between, those that ran are not run again.
 */

/** The consumer group. */
const GROUP = "tickets.rules";

/** What is understood as one change of a ticket: a commit may tell of several of these, with one sequence. */
const CHANGES: readonly string[] = [ticketUpdated, ticketStatusChanged, ticketAssigned, ticketUnassigned].map(
	({ type }) => type,
);
const TYPES = [
	...CHANGES,
	...[ticketCreated, messageAdded, slaAtRisk, slaBreached, csatSubmitted].map(({ type }) => type),
];

/** The kind of trigger that an event is. */
export function triggerOf({ type }: Pick<DomainEvent, "type">): RuleEvent {
	return CHANGES.includes(type) ? "ticket.updated" : (type as RuleEvent);
}

type Message = DataOf<typeof messageAdded>;
type Clock = DataOf<typeof slaBreached>;

function occasionOf(event: DomainEvent): Trigger {
	const type = triggerOf(event);
	const none = { messageId: null, metric: null, rating: null };
	switch (type) {
		case "ticket.created":
			return { ...none, type, version: null, messageId: "first" };
		case "message.added":
			return { ...none, type, version: event.sequence, messageId: (event.data as Message).messageId };
		case "sla.at_risk":
		case "sla.breached":
			return { ...none, type, version: event.sequence, metric: (event.data as Clock).metric };
		case "csat.submitted":
			return { ...none, type, version: null, rating: (event.data as DataOf<typeof csatSubmitted>).rating };
		default:
			return { ...none, type, version: event.sequence };
	}
}

const ticketIdOf = ({ subject }: DomainEvent) => subject.slice(subject.indexOf("/") + 1);

/** Names what rules run once for: the event, or the commit where several of its events are one change. */
function onceFor(event: DomainEvent): string {
	return triggerOf(event) === "ticket.updated" ? `${ticketIdOf(event)}-${event.sequence}` : event.id;
}

/** Whether an event tells of what an import says happened long ago: that triggers no rules and bothers nobody. */
export function isImported({ type, time, data }: DomainEvent): boolean {
	const { at, ticket } = data as { at?: string; ticket?: { createdAt: string } };
	const happened = type === ticketCreated.type ? ticket?.createdAt : type === messageAdded.type ? at : undefined;
	return happened !== undefined && Date.parse(happened) < Date.parse(time);
}

/** Whether an event brings a new instant that a time trigger counts from. */
export function movesBase({ type, data }: DomainEvent, { trigger: { since } }: TimeRule): boolean {
	const metric = metricOf(since);
	if (metric !== null) return type === slaBreached.type && (data as Clock).metric === metric;
	const { kind, authorType } = data as Partial<Message>;
	const isBy = (author: string) => type === messageAdded.type && kind === "public_reply" && authorType === author;
	switch (since) {
		case "createdAt":
			return type === ticketCreated.type;
		case "assignedAt":
			return type === ticketAssigned.type || type === ticketUnassigned.type;
		case "lastCustomerMessageAt":
			return isBy("customer");
		case "lastAgentMessageAt":
			return isBy("agent");
		default:
			return type === ticketCreated.type || type === ticketStatusChanged.type;
	}
}

/** The chain that an event belongs to: the rule whose run made it, and how many there were until then. */
async function chainOf({ ruleRuns }: Tickets, event: DomainEvent): Promise<{ ruleId: string | null; depth: number }> {
	const { actor, causationId, tenantId } = event;
	const run = actor.type === "system" && causationId ? await ruleRuns.get({ tenantId }, causationId) : null;
	return run ? { ruleId: run.ruleId, depth: run.depth } : { ruleId: null, depth: 0 };
}

/** Lets an event take effect on the timers of the rules that count from what it tells. */
async function plan(tickets: Tickets, event: DomainEvent, rules: readonly Rule[]): Promise<void> {
	const moved = rules.filter(isTimeRule).filter((rule) => movesBase(event, rule));
	if (moved.length === 0) return;
	await tickets.store.handleOnce(`${GROUP}.plan`, event, async (tx) => {
		const ticket = await tickets.tickets.get({ tenantId: event.tenantId }, ticketIdOf(event), tx);
		if (ticket) for (const rule of moved) await planTicket(tickets, tx, ticket, rule);
	});
}

/** By how much the clocks of processes may differ, ms. */
const CLOCKS_DIFFER_MS = 5000;

/** Whether an event happened since a rule runs; a log that is replayed triggers nothing anew. */
export function isSince({ time }: DomainEvent, { activeSince, createdAt }: Rule): boolean {
	return Date.parse(time) >= (activeSince ?? createdAt).getTime() - CLOCKS_DIFFER_MS;
}

/** Runs the rules that an event triggers, in their order. */
async function trigger(tickets: Tickets, event: DomainEvent, rules: readonly Rule[]): Promise<void> {
	const type = triggerOf(event);
	const triggered = rules.filter((rule) => rule.trigger === type && isSince(event, rule));
	if (triggered.length === 0 || isImported(event)) return;
	const occasion = onceFor(event);
	if (await tickets.store.wasHandled(GROUP, occasion)) return;
	const chain = await chainOf(tickets, event);
	for (const rule of triggered) {
		if (rule._id === chain.ruleId) continue;
		const outcome = await runFor(tickets, event, rule, occasion, chain.depth + 1);
		if (outcome === "cut" || (outcome === "ran" && rule.stopProcessing)) break;
	}
	await tickets.store.handleOnce(GROUP, { ...event, id: occasion }, async () => undefined);
}

/** Runs one rule in a transaction of its own. */
async function runFor(
	tickets: Tickets,
	event: DomainEvent,
	{ _id, tenantId }: Rule,
	occasion: string,
	depth: number,
): Promise<RunOutcome> {
	const command = commandOfEvent(event, "tickets");
	const ticketId = ticketIdOf(event);
	return tickets.turns.run(ticketId, () =>
		tickets.store.commit(command, async (tx): Promise<RunOutcome> => {
			// As it is by now: it may have been changed or removed since the event.
			const rule = await tickets.rules.get({ tenantId }, _id, tx);
			const ticket = await tickets.tickets.get({ tenantId }, ticketId, tx);
			if (!rule?.active || !ticket || ticket.deletedAt !== null) return "not_matched";
			const settings = await settingsOf(tickets, tenantId, tx);
			const asked = {
				...{ rule, trigger: occasionOf(event), occasion, level: 0, raisesTo: 0 },
				...{ actions: rule.actions, depth, reason: rule.name },
			};
			return runRule(tickets, tx, ticket, asked, settings);
		}),
	);
}

/** Whether an event is part of how a ticket began, and so no change of it. */
const isOpening = ({ type, sequence }: DomainEvent) => sequence === 1 && CHANGES.includes(type);

/** What happened so long ago is followed no more, ms: less than what took effect is remembered. */
const FORGOTTEN_MS = 7 * 24 * 3600 * 1000;

/** What an event means for those who are told, for the timers of rules, and for rules. */
export async function follow(tickets: Tickets, event: DomainEvent): Promise<void> {
	if (Date.parse(event.time) < tickets.runtime.clock.now().getTime() - FORGOTTEN_MS) return;
	if (!isImported(event)) await tellOfEvent(tickets, event);
	const rules = await tickets.activeRules.of(event.tenantId);
	if (rules.length === 0) return;
	await plan(tickets, event, rules);
	if (!isOpening(event)) await trigger(tickets, event, rules);
}

/** Subscribes the tickets service to its own events, as a consumer group of its own. */
export function ruleMixin(runtime: Runtime, tickets: Tickets): Partial<ServiceSchema> {
	const { store } = tickets;
	return {
		async started(this: Service) {
			const subscription = await runtime.events.subscribe(
				watchingGaps(runtime, this, {
					group: GROUP,
					types: TYPES,
					// What happened before there were rules is none of theirs.
					from: "now",
					handler: (event) => follow(tickets, event),
				}),
			);
			store.onStop(() => subscription.stop());
			store.onSettle(() => subscription.idle());
		},
	} as unknown as Partial<ServiceSchema>;
}
