import { csatRequested } from "../../../contracts/tickets-events.ts";
import { newId } from "../../../lib/ids.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { CsatResponse } from "../../../models/csat-response.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { CustomerCopy } from "../../../models/ticket-copies.ts";
import { BLOCKED_TAG } from "../blocked-tag.ts";
import { isDone } from "../lifecycle.ts";
import { settingsOf } from "../settings.ts";
import { snapshotOf } from "../snapshot.ts";
import type { Stepped, Stepping } from "../steps.ts";
import type { Tickets } from "../tickets-store.ts";

/** Marks a ticket that nobody meant to write; whoever sent it is not asked how it went. */
const SPAM_TAG = "spam";

/** Whether a customer is to be asked about a ticket at all. */
export function isAskedAbout(
	ticket: Pick<Ticket, "tags" | "mergedIntoId" | "deletedAt">,
	customer?: CustomerCopy,
): boolean {
	if (ticket.deletedAt !== null || ticket.mergedIntoId !== null) return false;
	if (ticket.tags.includes(BLOCKED_TAG) || ticket.tags.includes(SPAM_TAG)) return false;
	return (
		!customer || !(customer.deleted || customer.erasedBy || ["blocked", "erasing", "erased"].includes(customer.status))
	);
}

/** The newest request about a ticket. */
export async function newestSurvey(
	{ surveys }: Tickets,
	{ tenantId, _id }: Pick<Ticket, "tenantId" | "_id">,
	tx?: Transaction,
): Promise<CsatResponse | null> {
	const sort = { requestedAt: -1, _id: -1 } as const;
	const [newest] = await surveys.find({ tenantId }, { ticketId: _id }, { sort, limit: 1, ...(tx ? { tx } : {}) });
	return newest ?? null;
}

/** No answer is taken any more to what was asked about a ticket. */
async function endSurvey(tickets: Tickets, tx: Transaction, ticket: Ticket): Promise<void> {
	const survey = await newestSurvey(tickets, ticket, tx);
	if (survey && survey.endedAt === null) await tickets.surveys.update(tx, survey, { ...survey, endedAt: tx.now });
}

async function ask(tickets: Tickets, tx: Transaction, ticket: Ticket, at: Date): Promise<void> {
	const { tenantId, customerId, assigneeId: agentId, groupId } = ticket;
	const { csatEnabled, csatWindowSec } = await settingsOf(tickets, tenantId, tx);
	const expiresAt = new Date(at.getTime() + csatWindowSec * 1000);
	// What an import says was solved long ago is not asked about today.
	if (!csatEnabled || expiresAt <= tx.now) return;
	if (!isAskedAbout(ticket, await tickets.copies.customers.byId(tenantId, customerId, tx))) return;
	await tickets.surveys.create(tx, {
		_id: newId(),
		tenantId,
		ticketId: ticket._id,
		agentId,
		groupId,
		requestedAt: at,
		expiresAt,
		endedAt: null,
		rating: null,
		comment: null,
		answeredAt: null,
		via: null,
	});
	await tx.emit(csatRequested, ticket, { ticket: snapshotOf(ticket), at: at.toISOString(), agentId, groupId });
}

/** A ticket that is solved has its customer asked how it went; one that is opened again or merged ends what was asked. */
export function surveyStep({ tickets, tx, before, next, happened, at }: Stepping): Stepped {
	const [was, is] = [before !== null && isDone(before), isDone(next)];
	const merged = happened.type === "merged" || (next.mergedIntoId !== null && before?.mergedIntoId === null);
	if (was && (!is || merged)) return { after: (saved) => endSurvey(tickets, tx, saved) };
	if (!was && is && !merged) return { after: (saved) => ask(tickets, tx, saved, at) };
	return {};
}
