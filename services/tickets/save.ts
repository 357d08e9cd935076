import { isDeepStrictEqual } from "node:util";
import { audienceOf, customerAudienceOf } from "../../contracts/ticket-audience.ts";
import {
	messageAdded,
	ticketAssigned,
	ticketClosed,
	ticketReopened,
	ticketSolved,
	ticketStatusChanged,
	ticketUnassigned,
	ticketUpdated,
} from "../../contracts/tickets-events.ts";
import { newId } from "../../lib/ids.ts";
import type { Transaction } from "../../mixins/store.ts";
import { NEVER, PRIORITY_ORDER, STATUS_ORDER, type Ticket } from "../../models/ticket.ts";
import type { Change } from "../../models/ticket-audit.ts";
import type { TicketMessage } from "../../models/ticket-message.ts";
import { settleAssignee } from "./assignment/settle.ts";
import type { LifecycleEvent } from "./lifecycle.ts";
import { businessSecondsOf } from "./sla/business-seconds.ts";
import { nextDue } from "./sla/promise-states.ts";
import { snapshotOf } from "./snapshot.ts";
import { type Happened, takeSteps } from "./steps.ts";
import type { Tickets } from "./tickets-store.ts";

/** Everything of a ticket that a customer is shown; only a change of these counts as one for customers. */
const PUBLIC_FIELDS = [
	...["number", "subject", "status", "subStatus", "priority", "type", "channel", "customerId", "companyId"],
	...["ccEmails", "groupId", "assigneeId", "locale", "mergedIntoId", "followUpOfId", "splitFromId"],
	...["firstRespondedAt", "lastCustomerMessageAt", "lastAgentMessageAt", "waitingSince", "solvedAt"],
	...["csat", "firstSolvedAt", "closedAt", "reopenCount", "publicMessageCount", "publicAttachmentCount", "deletedAt"],
] as (keyof Ticket)[];

/** What indexes need of a ticket. */
export type Derived = "statusRank" | "priorityRank" | "nextBreachKey" | "audience" | "customerAudience";

/** What indexes need of a ticket, derived from the rest. */
export function derived(ticket: Omit<Ticket, Derived>): Pick<Ticket, Derived> {
	return {
		statusRank: STATUS_ORDER.indexOf(ticket.status),
		priorityRank: PRIORITY_ORDER.indexOf(ticket.priority),
		nextBreachKey: nextDue(ticket.sla ?? null)?.at ?? NEVER,
		audience: audienceOf(ticket),
		customerAudience: customerAudienceOf(ticket),
	};
}

/** What became of a ticket, to be written as a whole. */
export interface Revision {
	before: Ticket;
	next: Ticket;
	/** such as `ticket.updated` */
	action: string;
	changes: Change[];
	events?: LifecycleEvent[];
	/** when it happened, in UTC; the transaction's time unless imported */
	at?: Date;
	/** in the audit trail instead of the command's actor's kind */
	cause?: { type: "user" | "rule" | "sla" | "saga" | "system"; id: string | null };
	/** `changed` where it is not named */
	happened?: Happened;
}

/**
 * Writes a changed ticket with its audit row and its events. Where nothing changed, nothing is written and the ticket
 * comes back as it was.
 */
export async function saveRevision(tickets: Tickets, tx: Transaction, revision: Revision): Promise<Ticket> {
	const { before, action, events = [], at = tx.now, happened = { type: "changed" } } = revision;
	const asked = revision.changes.length > 0 || !isDeepStrictEqual(before, revision.next);
	if (!asked && happened.type !== "sla_rematch") return before;
	const course = await settleAssignee(tickets, tx, { before, next: revision.next, changes: revision.changes, events });
	const steps = await takeSteps({ tickets, tx, before, next: course.next, happened, at });
	const changes = [...course.changes, ...steps.changes];
	if (!asked && changes.length === 0) return before;
	const next = { ...steps.next, auditCount: before.auditCount + 1 };
	Object.assign(next, derived(next));
	if (PUBLIC_FIELDS.some((field) => !isDeepStrictEqual(before[field], next[field]))) {
		next.publicVersion = before.publicVersion + 1;
		next.publicUpdatedAt = tx.now;
	}
	const saved = await tickets.tickets.update(tx, before, next);
	await writeAudit(tickets, tx, saved, { action, changes, at, ...(revision.cause ? { cause: revision.cause } : {}) });
	for (const event of course.events) await emit(tickets, tx, saved, event, at);
	await steps.after(saved);
	return saved;
}

/** Appends a row to a ticket's history; its place is the ticket's `auditCount`. */
export async function writeAudit(
	tickets: Tickets,
	tx: Transaction,
	ticket: Ticket,
	row: { action: string; changes: Change[]; at: Date; cause?: Revision["cause"] },
): Promise<void> {
	const { actor, correlationId } = tx.command;
	await tickets.audit.create(tx, {
		_id: newId(),
		tenantId: ticket.tenantId,
		ticketId: ticket._id,
		seq: ticket.auditCount,
		at: row.at,
		actor,
		action: row.action,
		changes: row.changes,
		cause: row.cause ?? { type: actor.type === "system" ? "system" : "user", id: actor.id },
		correlationId,
		ticketVersion: ticket.version,
	});
}

async function emit(tickets: Tickets, tx: Transaction, ticket: Ticket, event: LifecycleEvent, at: Date): Promise<void> {
	const told = { ticket: snapshotOf(ticket), at: at.toISOString() };
	switch (event.type) {
		case "updated":
			return tx.emit(ticketUpdated, ticket, { ...told, changed: event.changed });
		case "statusChanged": {
			const { type: _type, ...status } = event;
			return tx.emit(ticketStatusChanged, ticket, { ...told, ...status });
		}
		case "assigned":
		case "unassigned": {
			const { type, ...assignment } = event;
			const contract = type === "assigned" ? ticketAssigned : ticketUnassigned;
			return tx.emit(contract, ticket, { ...told, ...assignment });
		}
		default:
			return emitMilestone(tickets, tx, ticket, event, at);
	}
}

const MILESTONES = { solved: ticketSolved, closed: ticketClosed, reopened: ticketReopened };

async function emitMilestone(
	tickets: Tickets,
	tx: Transaction,
	ticket: Ticket,
	event: Extract<LifecycleEvent, { type: keyof typeof MILESTONES }>,
	at: Date,
): Promise<void> {
	const seconds = Math.max(0, Math.round((at.getTime() - ticket.createdAt.getTime()) / 1000));
	return tx.emit(MILESTONES[event.type], ticket, {
		ticket: snapshotOf(ticket),
		at: at.toISOString(),
		by: tx.command.actor.id,
		...(event.type === "reopened" ? { reason: event.reason } : { calendarSec: seconds }),
		...(event.type === "solved"
			? { businessSec: await businessSecondsOf(tickets, tx, ticket, ticket.createdAt, at) }
			: {}),
		reopenCount: ticket.reopenCount,
	});
}

/** Tells others of a message, never with its text. */
export function emitMessage(
	tx: Transaction,
	ticket: Ticket,
	message: TicketMessage,
	response: { isFirstResponse: boolean; responseSec: number | null; businessSec?: number },
): Promise<void> {
	return tx.emit(messageAdded, ticket, {
		ticket: snapshotOf(ticket),
		messageId: message._id,
		seq: message.seq,
		kind: message.kind,
		authorType: message.authorType,
		authorId: message.authorId,
		channel: message.channel as Ticket["channel"],
		isFirstResponse: response.isFirstResponse,
		responseSec: response.responseSec,
		...(response.businessSec === undefined ? {} : { businessSec: response.businessSec }),
		at: message.createdAt.toISOString(),
	});
}
