import type { SlaView } from "../../contracts/sla-views.ts";
import type { AuditEntryShape, MessageViewShape, TicketViewShape } from "../../contracts/tickets-views.ts";
import { maskEmail, maskNameMadeOf } from "../../lib/masking.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { TicketAudit } from "../../models/ticket-audit.ts";
import type { CompanyCopy, CustomerCopy, GroupCopy, PersonCopy } from "../../models/ticket-copies.ts";
import type { TicketMessage } from "../../models/ticket-message.ts";
import type { Reader } from "./access.ts";

/*
 * What is stored, as its reader may see it. A customer is never told anything that an internal note changes: neither
 * its text nor its place in the count, the numbering, the version or the time of the last change.
 */

/** The names behind the ids of tickets and messages, from the copies. */
export interface References {
	customers: ReadonlyMap<string, CustomerCopy>;
	companies: ReadonlyMap<string, CompanyCopy>;
	people: ReadonlyMap<string, PersonCopy>;
	groups: ReadonlyMap<string, GroupCopy>;
	/** the customers service does not answer, so its copies may be old */
	stale: boolean;
	/** how a ticket stands with its promises now */
	slaOf(ticket: Ticket): SlaView | null;
	/** an address that leads to a file's content for a while */
	urlOf(attachmentId: string): string;
}

const iso = (instant: Date | null) => instant?.toISOString() ?? null;

function named(id: string | null, copies: ReadonlyMap<string, { name: string }>): { id: string; name: string } | null {
	return id === null ? null : { id, name: copies.get(id)?.name ?? "" };
}

const email = (address: string, reader: Reader) => (reader.pii ? address : maskEmail(address));

/** A customer's name; empty where the customer is not known. */
export function customerName(
	copy: Pick<CustomerCopy, "name" | "email"> | undefined,
	reader: Pick<Reader, "pii">,
): string {
	if (!copy) return "";
	return reader.pii || copy.email === null ? copy.name : maskNameMadeOf(copy.email, copy.name);
}

function requester(ticket: Ticket, references: References, reader: Reader): TicketViewShape["requester"] {
	const copy = references.customers.get(ticket.customerId);
	return {
		id: ticket.customerId,
		name: customerName(copy, reader),
		email: copy?.email ? email(copy.email, reader) : null,
		...(references.stale ? { stale: true } : {}),
	};
}

/** A ticket for a reader. */
export function ticketView(ticket: Ticket, references: References, reader: Reader): TicketViewShape {
	return {
		id: ticket._id,
		number: ticket.number,
		version: reader.customer ? ticket.publicVersion : ticket.version,
		subject: ticket.subject,
		status: ticket.status,
		subStatus: ticket.subStatus,
		priority: ticket.priority,
		type: ticket.type,
		channel: ticket.channel,
		customerId: ticket.customerId,
		requester: requester(ticket, references, reader),
		companyId: ticket.companyId,
		company: named(ticket.companyId, references.companies),
		ccEmails: ticket.ccEmails.map((address) => email(address, reader)),
		groupId: ticket.groupId,
		group: named(ticket.groupId, references.groups),
		assigneeId: ticket.assigneeId,
		assignee: named(ticket.assigneeId, references.people),
		locale: ticket.locale,
		mergedIntoId: ticket.mergedIntoId,
		followUpOfId: ticket.followUpOfId,
		splitFromId: ticket.splitFromId,
		firstRespondedAt: iso(ticket.firstRespondedAt),
		lastCustomerMessageAt: iso(ticket.lastCustomerMessageAt),
		lastAgentMessageAt: iso(ticket.lastAgentMessageAt),
		waitingSince: iso(ticket.waitingSince),
		solvedAt: iso(ticket.solvedAt),
		firstSolvedAt: iso(ticket.firstSolvedAt),
		closedAt: iso(ticket.closedAt),
		reopenCount: ticket.reopenCount,
		messageCount: reader.notes ? ticket.messageCount : ticket.publicMessageCount,
		attachmentCount: reader.notes ? ticket.attachmentCount : (ticket.publicAttachmentCount ?? 0),
		csat: ticket.csat ? { ...ticket.csat, at: ticket.csat.at.toISOString() } : null,
		createdAt: ticket.createdAt.toISOString(),
		updatedAt: (reader.customer ? ticket.publicUpdatedAt : ticket.updatedAt).toISOString(),
		...(reader.customer ? {} : staffFields(ticket, references)),
	};
}

function staffFields(ticket: Ticket, references: References): Partial<TicketViewShape> {
	return {
		tags: ticket.tags,
		customFields: ticket.customFields,
		followerIds: ticket.followerIds,
		links: ticket.links,
		kbArticleIds: ticket.kbArticleIds,
		assignedAt: iso(ticket.assignedAt),
		dueAt: iso(ticket.dueAt),
		snoozedUntil: iso(ticket.snoozedUntil),
		statusChangedAt: (ticket.statusChangedAt ?? ticket.createdAt).toISOString(),
		escalationLevel: ticket.escalationLevel ?? 0,
		escalatedAt: iso(ticket.escalatedAt ?? null),
		assignmentState: ticket.assignmentState ?? null,
		sla: references.slaOf(ticket),
	};
}

/** A message for a reader who may see it. */
export function messageView(message: TicketMessage, references: References, reader: Reader): MessageViewShape {
	const { authorId } = message;
	const name =
		message.authorType === "customer"
			? customerName(references.customers.get(authorId ?? ""), reader)
			: (references.people.get(authorId ?? "")?.name ?? message.authorName);
	return {
		id: message._id,
		version: message.version,
		ticketId: message.ticketId,
		seq: reader.notes ? message.seq : message.publicSeq,
		kind: message.kind,
		authorType: message.authorType,
		authorId,
		author: authorId === null ? null : { id: authorId, name: name ?? "" },
		channel: message.channel as MessageViewShape["channel"],
		bodyFormat: message.bodyFormat,
		body: message.body,
		bodyHtml: message.bodyHtml,
		attachments: (message.attachments ?? []).map((file) => ({ ...file, url: references.urlOf(file.id) })),
		originTicketId: message.originTicketId ?? null,
		createdAt: message.createdAt.toISOString(),
		editedAt: iso(message.editedAt),
		redactedAt: iso(message.redactedAt ?? null),
		...(reader.customer ? {} : mailIdsOf(message)),
	};
}

const mailIdsOf = ({ messageId, inReplyTo }: TicketMessage) => ({
	...(messageId === undefined ? {} : { messageId }),
	...(inReplyTo === undefined ? {} : { inReplyTo }),
});

/** The action of an audit row that keeps the old text of an internal note. */
export const NOTE_EDITED = "note.edited";

/** An audit row for a reader; the text of notes only for those who may read notes. */
export function auditView(row: TicketAudit, reader: Reader, customers: References["customers"]): AuditEntryShape {
	const { actor } = row;
	const isCustomer = actor.type === "customer";
	return {
		id: row._id,
		ticketId: row.ticketId,
		seq: row.seq,
		at: row.at.toISOString(),
		actor: isCustomer ? { ...actor, name: customerName(customers.get(actor.id), reader) } : actor,
		action: row.action,
		changes: row.action === NOTE_EDITED && !reader.notes ? [] : row.changes,
		cause: row.cause,
		correlationId: row.correlationId,
	};
}
