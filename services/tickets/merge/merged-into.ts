import type { InTransaction } from "../../../mixins/repository.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { Tickets } from "../tickets-store.ts";

/** How often a ticket may have been merged on. */
export const MAX_HOPS = 10;

/**
 * Where a ticket went in the end, going from merge to merge; the ticket itself where it was not merged. Null where that
 * leads in a circle, too far, or to a ticket that was deleted.
 */
export async function mergedInto(
	{ tickets }: Tickets,
	tenantId: string,
	id: string,
	tx?: InTransaction,
): Promise<Ticket | null> {
	const seen = new Set<string>();
	let ticket = await tickets.get({ tenantId }, id, tx);
	while (ticket?.mergedIntoId) {
		if (seen.size === MAX_HOPS || seen.has(ticket._id)) return null;
		seen.add(ticket._id);
		ticket = await tickets.get({ tenantId }, ticket.mergedIntoId, tx);
	}
	return ticket && ticket.deletedAt === null ? ticket : null;
}
