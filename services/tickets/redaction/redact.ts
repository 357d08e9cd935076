import type { ActionSchema } from "moleculer";
import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import { REDACTED } from "../../../contracts/customer-erasure.ts";
import { redactMessage } from "../../../contracts/ticket-merge.ts";
import { ticketRedacted } from "../../../contracts/tickets-events.ts";
import { invalidField } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import { forgetAnswersNaming } from "../../../mixins/traces.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { type TicketAudit, ticketAuditModel } from "../../../models/ticket-audit.ts";
import type { TicketMessage } from "../../../models/ticket-message.ts";
import { type Reader, readerOf } from "../access.ts";
import { doomFiles, rootOf, shownEverywhere } from "../attachments/files.ts";
import { threadScope } from "../messages.ts";
import { scopeOf, ticketFor } from "../reach.ts";
import { referencesOf } from "../references.ts";
import { saveRevision } from "../save.ts";
import { snapshotOf } from "../snapshot.ts";
import type { Tickets } from "../tickets-store.ts";
import { messageView, NOTE_EDITED } from "../views.ts";
import { withoutFiles, withoutText } from "./redacted.ts";

/** The audit row of a redaction: who and why, never what. */
export const MESSAGE_REDACTED = "message.redacted";

/** Takes the old texts of a note that was corrected out of the history. */
async function forgetOldTexts(
	{ store }: Tickets,
	tx: Transaction,
	{ tenantId, ticketId, _id }: TicketMessage,
): Promise<void> {
	const audit = store.model(ticketAuditModel);
	const rows = await audit
		.find({ tenantId, ticketId, action: NOTE_EDITED } as never)
		.session(tx.session)
		.lean<TicketAudit[]>();
	for (const row of rows) {
		if (!row.changes.some(({ field, to }) => field === "message" && to === _id)) continue;
		const changes = row.changes.map((change) =>
			change.field === "body" ? { field: "body", from: REDACTED, to: REDACTED } : change,
		);
		await audit.updateOne(
			{ _id: row._id, tenantId } as never,
			{ $set: { changes, updatedAt: tx.now }, $inc: { version: 1 } } as never,
			{ session: tx.session },
		);
	}
}

/** Redacts one message where it stands, with the ticket's history and event. */
async function redactOne(tickets: Tickets, tx: Transaction, message: TicketMessage, reason: string) {
	const { tenantId, ticketId, kind } = message;
	const saved = await tickets.messages.update(tx, message, withoutText(message, tx.now));
	const before = await tickets.tickets.require({ tenantId }, ticketId, tx);
	// For whoever sees the message, the ticket is another one now.
	const seen = kind === "public_reply" ? { publicVersion: before.publicVersion + 1, publicUpdatedAt: tx.now } : {};
	const ticket = await saveRevision(tickets, tx, {
		before,
		next: { ...before, ...withoutFiles(before, message), ...seen },
		action: MESSAGE_REDACTED,
		changes: [
			{ field: "message", from: message._id, to: message._id },
			{ field: "reason", from: null, to: reason },
		],
	});
	const at = tx.now.toISOString();
	await tx.emit(ticketRedacted, ticket, { ticket: snapshotOf(ticket), messageIds: [message._id], at });
	return saved;
}

/** Answers with the text that are kept for repeats of commands; before the text goes, so that a failure leaves none. */
async function forgetAnswers(tickets: Tickets, ticket: Ticket, messageId: string, reader: Reader): Promise<void> {
	const { tenantId } = ticket;
	const message = await tickets.messages.require(threadScope(tenantId, ticket._id, reader), messageId);
	const everywhere = await shownEverywhere(tickets, undefined, tenantId, rootOf(message));
	await forgetAnswersNaming(tickets.store, {
		tenantId,
		ids: everywhere.map(({ _id }) => _id),
		// Imports may say that it was written long before.
		since: message.updatedAt < message.createdAt ? message.updatedAt : message.createdAt,
		but: redactMessage.name,
	});
}

async function redact(
	ctx: CallContext<ParamsOf<typeof redactMessage>>,
	tickets: Tickets,
): Promise<ResultOf<typeof redactMessage>> {
	const { id, messageId } = ctx.params;
	const caller = callerOf(ctx);
	const reader = readerOf(caller);
	const scope = await scopeOf(ctx, tickets);
	const reason = ctx.params.reason.trim();
	if (reason === "") throw invalidField("/reason", "Say why.", "required");
	await forgetAnswers(tickets, await ticketFor(tickets, scope, reader, id), messageId, reader);
	return tickets.turns.run(id, () =>
		tickets.store.commit(commandOf(ctx), async (tx) => {
			const { tenantId } = await ticketFor(tickets, scope, reader, id, { tx });
			let message = await tickets.messages.require(threadScope(tenantId, id, reader), messageId, tx);
			const everywhere = await shownEverywhere(tickets, tx, tenantId, rootOf(message));
			for (const one of everywhere) {
				if (one.redactedAt) continue;
				const saved = await redactOne(tickets, tx, one, reason);
				if (saved._id === messageId) message = saved;
				if (one.kind === "internal_note") await forgetOldTexts(tickets, tx, one);
			}
			const files = everywhere.flatMap(({ attachments = [] }) => attachments.map((file) => file.id));
			await doomFiles(tickets, tx, tenantId, [...new Set(files)]);
			const references = await referencesOf(ctx, tickets, tenantId, [], [message], tx);
			return messageView(message, references, reader);
		}),
	);
}

/** Taking texts and files out for good. */
export function redactionActions(tickets: Tickets): Record<string, ActionSchema> {
	return { redactMessage: action(redactMessage, (ctx) => redact(ctx, tickets)) };
}
