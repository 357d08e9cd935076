import { isDeepStrictEqual } from "node:util";
import { REDACTED } from "../../../contracts/customer-erasure.ts";
import { type Identifiers, scrubber, scrubDeep } from "../../../lib/identifiers.ts";
import { renderHtml } from "../../../lib/rich-text.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { TicketAudit } from "../../../models/ticket-audit.ts";
import type { TicketMessage } from "../../../models/ticket-message.ts";

/** Who is erased, and how others may call them. */
export interface Redaction {
	/** ids of the customers that are the person */
	readonly ids: ReadonlySet<string>;
	/** puts `[redacted]` in the place of whatever names the person */
	scrub(text: string): string;
	/** keys of the custom fields of tickets that hold personal data */
	readonly personalFields: readonly string[];
}

export function redactionOf(
	customerIds: readonly string[],
	identifiers: Identifiers,
	personalFields: readonly string[] = [],
): Redaction {
	return { ids: new Set(customerIds), scrub: scrubber(identifiers, REDACTED), personalFields };
}

const wroteIt = ({ ids }: Redaction, { authorType, authorId }: TicketMessage) =>
	authorType === "customer" && authorId !== null && ids.has(authorId);

/** Whether a message is the person's own and still says what they wrote. */
export function isToRedact(redaction: Redaction, message: TicketMessage): boolean {
	return wroteIt(redaction, message) && !message.redactedAt;
}

/**
 * What of a message changes: of the person's own nothing is left but that it was there, and the texts of others lose the
 * person's names and addresses. Null where it may stay. `digest` gives what a mail is known by from then on, so that it
 * cannot come in again and says nothing.
 */
export function redactedMessage(
	redaction: Redaction,
	message: TicketMessage,
	now: Date,
	digest: (messageId: string) => string,
): Partial<TicketMessage> | null {
	const { body, bodyFormat, messageId, inReplyTo, attachments } = message;
	const textOf = (text: string) => ({ body: text, bodyHtml: renderHtml(text, bodyFormat) });
	if (!wroteIt(redaction, message)) {
		const scrubbed = redaction.scrub(body);
		const answered = inReplyTo && { inReplyTo: digest(inReplyTo) };
		const named = attachments?.map((file) => ({ ...file, fileName: redaction.scrub(file.fileName) }));
		const renamed = !isDeepStrictEqual(named, attachments) && { attachments: named };
		if (scrubbed === body && !answered && !renamed) return null;
		return { ...(scrubbed === body ? {} : textOf(scrubbed)), ...answered, ...renamed };
	}
	if (message.redactedAt) return null;
	return {
		...textOf(REDACTED),
		redactedAt: now,
		...(attachments ? { attachments: [] } : {}),
		...(messageId ? { messageId: digest(messageId) } : {}),
		...(inReplyTo ? { inReplyTo: digest(inReplyTo) } : {}),
	};
}

/** Fields of a ticket's history whose values are what somebody wrote, or where they can be reached. */
const TEXTS = new Set(["subject", "ccEmails", "customFields", "subStatus"]);

/** What of a row of a ticket's history changes; null where it may stay. */
export function redactedAudit(
	redaction: Redaction,
	row: TicketAudit,
	isTheirs: boolean,
): Pick<TicketAudit, "actor" | "changes"> | null {
	const actor = redaction.ids.has(row.actor.id) ? { ...row.actor, name: "" } : row.actor;
	const blank = (value: unknown) => (value === null || value === undefined ? value : REDACTED);
	const changes = row.changes.map((change) =>
		isTheirs && TEXTS.has(change.field)
			? { ...change, from: blank(change.from), to: blank(change.to) }
			: scrubDeep(change, redaction.scrub),
	);
	return isDeepStrictEqual([actor, changes], [row.actor, row.changes]) ? null : { actor, changes };
}

/** A ticket of the person without its texts; all that counts stays. */
export function redactedTicket(redaction: Redaction, ticket: Ticket, now: Date): Ticket {
	const kept = Object.entries(ticket.customFields).filter(([key]) => !redaction.personalFields.includes(key));
	return {
		...ticket,
		subject: REDACTED,
		subStatus: ticket.subStatus === null ? null : redaction.scrub(ticket.subStatus),
		ccEmails: [],
		customFields: scrubDeep(Object.fromEntries(kept), redaction.scrub),
		...(ticket.csat ? { csat: { ...ticket.csat, comment: null } } : {}),
		erasedAt: now,
	};
}
