import type { Transaction } from "../../../mixins/store.ts";
import type { Timer } from "../../../mixins/timers.ts";
import { CLOSED_RANK, type Ticket } from "../../../models/ticket.ts";
import { saveRevision } from "../save.ts";
import { isLeaving, LEAVING_MS } from "../settings.ts";
import type { Tickets } from "../tickets-store.ts";
import { RECALCULATION, recalculate } from "./recalculate.ts";

/*
 * A policy or a calendar changed: the tickets that go by it are calculated anew, some in each transaction. Where it got
 * to is kept in the timer that goes on with it, so it may be interrupted at any time; an edit meanwhile begins it anew.
 */

/** How many tickets are looked at in one transaction. */
const CHUNK = 25;

interface Progress {
	field: "policyId" | "calendarId" | "customerId";
	reason: string;
	after: string;
}

const PATHS = { policyId: "sla.policyId", calendarId: "sla.calendarId", customerId: "customerId" };

async function goOn(tickets: Tickets, tx: Transaction, { tenantId, subjectId, data }: Timer): Promise<void> {
	const { field, reason, after } = data as unknown as Progress;
	if (await isLeaving(tickets, tenantId, tx)) {
		const later = new Date(tx.now.getTime() + LEAVING_MS);
		return tickets.timers.set(tx, { tenantId, kind: RECALCULATION, subjectId, key: field }, later, data);
	}
	const found = await tickets.tickets.find(
		{ tenantId },
		{ [PATHS[field]]: subjectId, statusRank: { $lt: CLOSED_RANK }, _id: { $gt: after } },
		{ sort: { _id: 1 }, limit: CHUNK, tx },
	);
	for (const before of found) await matchAnew(tickets, tx, before, reason);
	const last = found.at(-1);
	if (last && found.length === CHUNK) await recalculate(tickets, tx, { [field]: subjectId }, reason, last._id);
}

async function matchAnew(tickets: Tickets, tx: Transaction, before: Ticket, reason: string): Promise<void> {
	await saveRevision(tickets, tx, {
		before,
		next: { ...before },
		action: "sla.recalculated",
		changes: [],
		cause: { type: "sla", id: before.sla?.policyId ?? null },
		happened: { type: "sla_rematch", reason },
	});
}

/** Has the timers looked after that go on with what was begun. */
export function goOnRecalculating(tickets: Tickets): void {
	tickets.timers.handle(RECALCULATION, { fire: (tx, timer) => goOn(tickets, tx, timer) });
}
