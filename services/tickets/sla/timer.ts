import type { Transaction } from "../../../mixins/store.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { Tickets } from "../tickets-store.ts";
import { nextMoment } from "./promise-states.ts";

/** The timer of a ticket's clocks: it has one, for whatever comes next. */
export const SLA_TIMER = "sla";

/** Names the timer of a ticket's clocks. */
export const slaTimerOf = ({ tenantId, _id: subjectId }: Ticket) => ({ tenantId, subjectId, kind: SLA_TIMER });

/** An import tells of what happened long ago message by message; nothing is judged before the rest of it is there, ms. */
const IMPORT_GRACE_MS = 2000;

/**
 * Keeps the timer in step with the clocks of a ticket as saved.
 * @param was when it is set to go off, null where it is not
 * @param at when what was written happened
 */
export async function keepSlaTimer(
	{ timers }: Tickets,
	tx: Transaction,
	ticket: Ticket,
	was: Date | null,
	at: Date,
): Promise<void> {
	const moment = ticket.sla ? nextMoment(ticket.sla) : null;
	if (moment?.getTime() === was?.getTime()) return;
	const key = slaTimerOf(ticket);
	if (!moment) return timers.cancel(tx, key);
	const earliest = at < tx.now ? tx.now.getTime() + IMPORT_GRACE_MS : 0;
	await timers.set(tx, key, new Date(Math.max(moment.getTime(), earliest)));
}
