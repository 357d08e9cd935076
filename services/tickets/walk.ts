import type { Filter } from "../../mixins/keyset.ts";
import type { Transaction } from "../../mixins/store.ts";
import { STATUS_ORDER, type Ticket, type TicketStatus } from "../../models/ticket.ts";
import type { Tickets } from "./tickets-store.ts";

/** How far a walk through the tickets of some statuses has come; as JSON in a timer. */
export interface WalkPlace {
	status: TicketStatus;
	after: { createdAt: string; id: string } | null;
}

/** How many tickets are looked at in one transaction. */
const CHUNK = 100;

/**
 * Some of a tenant's tickets in these statuses, status by status from the oldest, and where to go on; null at the end.
 * Work on all of them goes through them in several transactions, each of which sets the timer for the next.
 */
export async function walkOn(
	tickets: Tickets,
	tx: Transaction,
	statuses: readonly TicketStatus[],
	filter: Filter,
	from: Partial<WalkPlace>,
): Promise<{ found: Ticket[]; next: WalkPlace | null }> {
	const status = from.status ?? statuses[0];
	if (!status) return { found: [], next: null };
	const last = from.after ?? null;
	const createdAt = last && new Date(last.createdAt);
	const beyond = last ? { $or: [{ createdAt: { $gt: createdAt } }, { createdAt, _id: { $gt: last.id } }] } : {};
	const { tenantId } = tx.command;
	const found = await tickets.tickets.find(
		{ tenantId },
		{ ...filter, statusRank: STATUS_ORDER.indexOf(status), ...beyond },
		{ sort: { createdAt: 1, _id: 1 }, limit: CHUNK, tx },
	);
	const end = found.length === CHUNK ? found.at(-1) : undefined;
	if (end) return { found, next: { status, after: { createdAt: end.createdAt.toISOString(), id: end._id } } };
	const following = statuses[statuses.indexOf(status) + 1];
	return { found, next: following ? { status: following, after: null } : null };
}
