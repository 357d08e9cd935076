import type { TenantSettings } from "../../contracts/tenant-settings.ts";
import { Problem } from "../../lib/problem.ts";
import type { Ticket, TicketStatus } from "../../models/ticket.ts";
import type { Change } from "../../models/ticket-audit.ts";

/*
 * The life of a ticket as pure functions: what is, what is asked and when give what is next, the events and the changes
 * for the audit trail. No clock, no store, no framework.
 */

/** Who acts on a ticket. `assignable` is a person who can be made responsible for it. */
export interface LifecycleActor {
	kind: "agent" | "customer" | "system";
	id: string;
	assignable: boolean;
	/** the groups such a person belongs to */
	groupIds: readonly string[];
}

export interface LifecycleContext {
	now: Date;
	actor: LifecycleActor;
	settings: Pick<TenantSettings, "requireAssigneeToSolve">;
}

export type Field =
	| "subject"
	| "priority"
	| "type"
	| "subStatus"
	| "groupId"
	| "assigneeId"
	| "tags"
	| "customFields"
	| "ccEmails"
	| "locale"
	| "dueAt"
	| "links"
	| "followerIds";

/** New values of fields; what is absent stays. */
export type Patch = Partial<Pick<Ticket, Field>> & { status?: TicketStatus };

/** What can be asked of a ticket. */
export type LifecycleCommand =
	| { type: "change"; patch: Patch; strategy?: string; reason?: string }
	/** with `status`, which a customer can only make `solved` */
	| { type: "reply"; status?: TicketStatus }
	| { type: "note" }
	| { type: "noReplyNeeded" }
	/** until a time to come; null ends it */
	| { type: "snooze"; until: Date | null };

/** What happened, in order; the service adds the snapshot of the ticket. */
export type LifecycleEvent =
	| { type: "updated"; changed: Change[] }
	| { type: "statusChanged"; from: TicketStatus; to: TicketStatus; reason?: string }
	| { type: "assigned"; from: string | null; to: string; strategy?: string; reason?: string }
	| { type: "unassigned"; from: string; to: null; reason?: string }
	| { type: "solved" | "closed" }
	| { type: "reopened"; reason: string };

export interface Outcome {
	next: Ticket;
	events: LifecycleEvent[];
	changes: Change[];
	/** for a reply: whether it is the first answer to the customer, and how long the customer waited in seconds */
	isFirstResponse: boolean;
	responseSec: number | null;
}

/** Rows from, columns to: what a ticket may become. The same status again is no change. */
export const TRANSITIONS: Readonly<Record<TicketStatus, readonly TicketStatus[]>> = {
	new: ["open", "pending", "on_hold", "solved", "closed"],
	open: ["pending", "on_hold", "solved", "closed"],
	pending: ["open", "on_hold", "solved", "closed"],
	on_hold: ["open", "pending", "solved", "closed"],
	solved: ["open", "closed"],
	closed: [],
};

/** The only statuses in which a ticket can be snoozed. */
export const SNOOZABLE: readonly TicketStatus[] = ["pending", "on_hold"];

export const isDone = (ticket: Pick<Ticket, "status">) => ticket.status === "solved" || ticket.status === "closed";

/** 409 for a ticket that can no longer be changed. */
export function ticketClosed(ticket: Pick<Ticket, "_id" | "mergedIntoId">): Problem {
	const { mergedIntoId } = ticket;
	const detail = mergedIntoId === null ? "Open a follow-up instead." : "It was merged into another one: go on there.";
	return new Problem(409, "ticket_closed", `The ticket is closed. ${detail}`, {
		extra: {
			followUpUrl: `/api/tickets?followUpOfId=${ticket._id}`,
			...(mergedIntoId === null ? {} : { mergedIntoId }),
		},
	});
}

/** A ticket on its way from one state to the next. */
class Draft {
	readonly before: Ticket;
	readonly next: Ticket;
	readonly context: LifecycleContext;
	readonly events: LifecycleEvent[] = [];
	readonly changes: Change[] = [];
	isFirstResponse = false;
	responseSec: number | null = null;

	constructor(ticket: Ticket, context: LifecycleContext) {
		this.before = ticket;
		this.next = { ...ticket };
		this.context = context;
	}

	/** Writes a field and notes the change; the same value is none. */
	set<K extends Field>(field: K, value: Ticket[K]): Change | null {
		const from = this.next[field];
		if (sameValue(from, value)) return null;
		this.next[field] = value;
		const change = { field, from: plain(from), to: plain(value) };
		this.changes.push(change);
		return change;
	}

	outcome(): Outcome {
		const { next, events, changes, isFirstResponse, responseSec } = this;
		return { next, events, changes, isFirstResponse, responseSec };
	}
}

/** Instants as text, for audit rows and events. */
function plain(value: unknown): unknown {
	return value instanceof Date ? value.toISOString() : value;
}

function sameValue(a: unknown, b: unknown): boolean {
	return JSON.stringify(a) === JSON.stringify(b);
}

const later = (known: Date | null, now: Date) => (known && known > now ? known : now);

/**
 * Applies a command to a ticket.
 * @throws 409 `ticket_closed` or `invalid_transition`, 422 `assignee_required`
 */
export function apply(ticket: Ticket, command: LifecycleCommand, context: LifecycleContext): Outcome {
	const draft = new Draft(ticket, context);
	switch (command.type) {
		case "change":
			change(draft, command);
			break;
		case "reply":
			if (ticket.status === "closed") throw ticketClosed(ticket);
			if (context.actor.kind === "customer") customerReply(draft, command.status);
			else agentReply(draft, command.status);
			break;
		case "noReplyNeeded":
			if (ticket.status === "closed") throw ticketClosed(ticket);
			stopWaiting(draft);
			break;
		case "snooze":
			snooze(draft, command.until);
			break;
		case "note":
			break;
	}
	return draft.outcome();
}

function stopWaiting(draft: Draft): void {
	const { waitingSince } = draft.next;
	if (waitingSince === null) return;
	draft.next.waitingSince = null;
	const change = { field: "waitingSince", from: plain(waitingSince), to: null };
	draft.changes.push(change);
	// Who counts those waiting must hear of it, as of every other version of the ticket.
	draft.events.push({ type: "updated", changed: [change] });
}

function snooze(draft: Draft, until: Date | null): void {
	const { status, snoozedUntil: from } = draft.next;
	if (status === "closed") throw ticketClosed(draft.next);
	if (until !== null && !SNOOZABLE.includes(status))
		throw new Problem(
			409,
			"conflict",
			`Only tickets that are pending or on hold can be snoozed; this one is ${status}.`,
		);
	if (sameValue(from, until)) return;
	draft.next.snoozedUntil = until;
	const change = { field: "snoozedUntil", from: plain(from), to: plain(until) };
	draft.changes.push(change);
	draft.events.push({ type: "updated", changed: [change] });
}

function change(draft: Draft, { patch, strategy, reason }: Extract<LifecycleCommand, { type: "change" }>): void {
	const { assigneeId, status, subStatus, ...fields } = patch;
	const updated: Change[] = [];
	for (const [field, value] of Object.entries(fields) as [Field, never][]) {
		const done = draft.set(field, value);
		if (done) updated.push(done);
	}
	const moves = status !== undefined && status !== draft.before.status;
	if (assigneeId !== undefined) assign(draft, assigneeId, !moves, strategy, reason);
	if (moves) moveTo(draft, status, reason ?? draft.context.actor.kind);
	if (subStatus !== undefined) {
		const done = draft.set("subStatus", subStatus);
		if (done) updated.push(done);
	}
	if (draft.before.status === "closed" && draft.changes.some(({ field }) => field !== "tags"))
		throw ticketClosed(draft.before);
	if (updated.length > 0) draft.events.unshift({ type: "updated", changed: updated });
}

/** Makes somebody responsible, or nobody. It opens a new ticket, unless the request names another status itself. */
function assign(draft: Draft, to: string | null, opens: boolean, strategy?: string, reason?: string): void {
	const from = draft.next.assigneeId;
	if (!draft.set("assigneeId", to)) return;
	draft.next.assignedAt = to === null ? null : draft.context.now;
	const why = { ...(strategy ? { strategy } : {}), ...(reason ? { reason } : {}) };
	if (to !== null) draft.events.push({ type: "assigned", from, to, ...why });
	else if (from !== null) draft.events.push({ type: "unassigned", from, to: null, ...why });
	if (to !== null && opens && draft.next.status === "new") moveTo(draft, "open", "assigned");
}

function agentReply(draft: Draft, status: TicketStatus | undefined): void {
	const { next } = draft;
	const { now, actor } = draft.context;
	draft.isFirstResponse = next.firstRespondedAt === null;
	draft.responseSec =
		next.waitingSince === null ? null : Math.max(0, Math.round((now.getTime() - next.waitingSince.getTime()) / 1000));
	next.lastAgentMessageAt = later(next.lastAgentMessageAt, now);
	next.firstRespondedAt ??= now;
	next.waitingSince = null;
	if (next.status === "new" && status !== "new") {
		const fits = next.groupId === null || actor.groupIds.includes(next.groupId);
		if (next.assigneeId === null && actor.assignable && fits) assign(draft, actor.id, false, "self");
		moveTo(draft, status ?? "open", "agent_reply");
	} else if (status !== undefined) moveTo(draft, status, "agent_reply");
}

function customerReply(draft: Draft, status: TicketStatus | undefined): void {
	const { next } = draft;
	const { now } = draft.context;
	next.lastCustomerMessageAt = later(next.lastCustomerMessageAt, now);
	if (status === "solved") moveTo(draft, "solved", "customer_reply");
	else {
		next.waitingSince ??= now;
		if (next.status !== "new" && next.status !== "open") moveTo(draft, "open", "customer_reply");
	}
}

function moveTo(draft: Draft, to: TicketStatus, reason: string): void {
	const from = draft.next.status;
	if (from === to) return;
	if (from === "closed") throw ticketClosed(draft.next);
	if (!TRANSITIONS[from].includes(to))
		throw new Problem(409, "invalid_transition", `A ticket that is ${from} cannot become ${to}.`, {
			extra: { from, to, allowed: TRANSITIONS[from] },
		});
	if (to === "closed" && from !== "solved") moveTo(draft, "solved", reason);
	step(draft, to, reason);
	if (from === "solved" && to === "open") reopen(draft, reason);
	if (to === "solved") solve(draft);
	if (to === "closed") close(draft);
}

function step(draft: Draft, to: TicketStatus, reason: string): void {
	const from = draft.next.status;
	draft.next.status = to;
	draft.set("subStatus", null);
	draft.changes.push({ field: "status", from, to });
	draft.events.push({ type: "statusChanged", from, to, reason });
}

function reopen(draft: Draft, reason: string): void {
	draft.next.reopenCount += 1;
	draft.next.solvedAt = null;
	draft.events.push({ type: "reopened", reason: reason === "agent_reply" ? "agent" : reason });
}

function solve(draft: Draft): void {
	const { next } = draft;
	const { now, actor, settings } = draft.context;
	// A customer who says that all is well needs nobody to take the credit.
	if (next.assigneeId === null && settings.requireAssigneeToSolve && actor.kind !== "customer") {
		if (!actor.assignable)
			throw new Problem(422, "assignee_required", "A ticket needs an assignee to be solved.", {
				errors: [{ pointer: "/assigneeId", code: "assignee_required", message: "Say who solved it." }],
			});
		assign(draft, actor.id, false, "self");
	}
	next.solvedAt = now;
	next.firstSolvedAt ??= now;
	next.waitingSince = null;
	next.snoozedUntil = null;
	draft.events.push({ type: "solved" });
}

function close(draft: Draft): void {
	draft.next.closedAt = draft.context.now;
	draft.events.push({ type: "closed" });
}
