import { REDACTED } from "../../../contracts/customer-erasure.ts";
import { renderHtml } from "../../../lib/rich-text.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { TicketMessage } from "../../../models/ticket-message.ts";

/** A message of which nothing is left but that it was there. */
export function withoutText({ attachments: _files, ...message }: TicketMessage, now: Date): TicketMessage {
	return { ...message, body: REDACTED, bodyHtml: renderHtml(REDACTED, message.bodyFormat), redactedAt: now };
}

/** A ticket's counters with these files fewer. */
export function withoutFiles(
	ticket: Pick<Ticket, "attachmentCount" | "publicAttachmentCount">,
	{ kind, attachments = [] }: Pick<TicketMessage, "kind" | "attachments">,
): Partial<Ticket> {
	if (attachments.length === 0) return {};
	const { attachmentCount, publicAttachmentCount = 0 } = ticket;
	const less = (count: number) => Math.max(0, count - attachments.length);
	return {
		attachmentCount: less(attachmentCount),
		...(kind === "public_reply" ? { publicAttachmentCount: less(publicAttachmentCount) } : {}),
	};
}
