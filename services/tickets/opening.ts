import { ticketAssigned, ticketCreated } from "../../contracts/tickets-events.ts";
import { newId } from "../../lib/ids.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { TicketMessage } from "../../models/ticket-message.ts";
import { assignAutomatically } from "./assignment/choose.ts";
import type { Author } from "./authorship.ts";
import { BLOCKED_TAG } from "./blocked-tag.ts";
import { type Derived, derived, emitMessage, writeAudit } from "./save.ts";
import { snapshotOf } from "./snapshot.ts";
import { takeSteps } from "./steps.ts";
import type { Tickets } from "./tickets-store.ts";
import { counted, type MessageDraft, writeMessage } from "./write-message.ts";

/** The tags that a follow-up takes over: whether its customer is blocked is found out anew. */
export function carriedTags({ tags }: Pick<Ticket, "tags">): string[] {
	return tags.filter((tag) => tag !== BLOCKED_TAG);
}

/** What is chosen when a ticket is opened. */
export interface Opening
	extends Pick<Ticket, "tenantId" | "number" | "subject" | "priority" | "type" | "channel" | "customerId">,
		Pick<Ticket, "companyId" | "groupId" | "assigneeId" | "tags" | "customFields" | "ccEmails" | "locale">,
		Pick<Ticket, "dueAt" | "followUpOfId" | "followerIds"> {
	/** the requester is blocked: the ticket stays new, whatever else */
	blocked: boolean;
}

type NewTicket = Omit<Ticket, "version" | "createdAt" | "updatedAt">;

/**
 * A ticket at its beginning. With an assignee it is open. The customer waits from the first message on, if that is the
 * customer's own; what staff wrote to begin with is no answer to anything.
 */
export function openedTicket(opening: Opening, first: Author["type"] | null, at: Date): NewTicket {
	const { blocked, tags, ...fields } = opening;
	const state: Omit<NewTicket, Derived> = {
		_id: newId(),
		...fields,
		tags: blocked && !tags.includes(BLOCKED_TAG) ? [...tags, BLOCKED_TAG] : tags,
		status: opening.assigneeId !== null && !blocked ? "open" : "new",
		subStatus: null,
		links: [],
		kbArticleIds: [],
		mergedIntoId: null,
		splitFromId: null,
		firstRespondedAt: null,
		lastCustomerMessageAt: first === "customer" ? at : null,
		lastAgentMessageAt: first === "agent" ? at : null,
		waitingSince: first === "customer" ? at : null,
		solvedAt: null,
		firstSolvedAt: null,
		closedAt: null,
		reopenCount: 0,
		assignedAt: opening.assigneeId === null ? null : at,
		snoozedUntil: null,
		messageCount: 0,
		publicMessageCount: 0,
		attachmentCount: 0,
		lastMessageId: null,
		lastPublicMessageId: null,
		auditCount: 1,
		publicVersion: 1,
		publicUpdatedAt: at,
		deletedAt: null,
	};
	return { ...state, ...derived({ ...state, version: 1, createdAt: at, updatedAt: at }) };
}

/** What a ticket that does not begin with a message has of messages that were written before: see a split. */
export interface Inherited {
	fields: Partial<Ticket>;
	/** who wrote the first of them */
	first: Author["type"] | null;
}

/**
 * Writes a new ticket with its first message, its audit row and its events. Where nobody was chosen for it, somebody of
 * its group is found, if tickets are given automatically there.
 */
export async function writeOpening(
	tickets: Tickets,
	tx: Transaction,
	chosen: Opening,
	draft: MessageDraft | null,
	importedAt: Date | null,
	inherited: Inherited | null = null,
): Promise<{ ticket: Ticket; messages: TicketMessage[] }> {
	const at = importedAt ?? tx.now;
	const isFree = chosen.assigneeId === null && !chosen.blocked;
	const found = isFree ? await assignAutomatically(tickets, tx, chosen) : null;
	const opening = found ? { ...chosen, assigneeId: found.assigneeId } : chosen;
	const opened = { ...openedTicket(opening, draft?.author.type ?? null, at), ...inherited?.fields };
	const first = { ...opened, ...(draft ? counted(opened, draft) : {}), version: 1, createdAt: at, updatedAt: at };
	const happened = { type: "opened", first: draft?.author.type ?? inherited?.first ?? null } as const;
	const steps = await takeSteps({ tickets, tx, before: null, next: first, happened, at });
	const fields = { ...steps.next, ...derived(steps.next) };
	const ticket = await tickets.tickets.create({ session: tx.session, now: at }, fields);
	const messages = draft ? [await writeMessage(tickets, tx, ticket, draft, at)] : [];
	const changes = [...firstChanges(ticket), ...steps.changes];
	await writeAudit(tickets, tx, ticket, { action: "ticket.created", changes, at });
	await tx.emit(ticketCreated, ticket, { ticket: snapshotOf(ticket), slaPolicyId: ticket.sla?.policyId ?? null });
	for (const message of messages) await emitMessage(tx, ticket, message, { isFirstResponse: false, responseSec: null });
	if (ticket.assigneeId !== null)
		await tx.emit(ticketAssigned, ticket, {
			ticket: snapshotOf(ticket),
			from: null,
			to: ticket.assigneeId,
			at: at.toISOString(),
			strategy: found?.strategy ?? "manual",
		});
	await steps.after(ticket);
	return { ticket, messages };
}

function firstChanges(ticket: Ticket) {
	const { status, priority, type, channel, customerId, groupId, assigneeId, tags } = ticket;
	const first = { status, priority, type, channel, customerId, groupId, assigneeId, tags };
	return Object.entries(first)
		.filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
		.map(([field, to]) => ({ field, from: null, to }));
}
