import type { InTransaction } from "../../../mixins/repository.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { Tickets } from "../tickets-store.ts";
import { elapsed } from "./business-time.ts";
import { instanceOf } from "./promise-states.ts";
import { groupHours } from "./terms.ts";

/**
 * The business seconds between two instants by the hours that a ticket goes by: those of its policy, else those of its
 * group, else the tenant's. Nothing pauses them.
 */
export async function businessSecondsOf(
	tickets: Tickets,
	tx: InTransaction,
	{ tenantId, groupId, sla }: Pick<Ticket, "tenantId" | "groupId" | "sla">,
	from: Date,
	to: Date,
): Promise<number> {
	const terms = await tickets.terms.byId(tenantId, sla?.termsId ?? null, tx);
	const time = terms?.time ?? tickets.terms.timeOf(await groupHours(tickets, tenantId, groupId, tx));
	return elapsed(time, from, to);
}

/** The same for an answer: a first one counts from when the ticket's clock of the first response began. */
export async function businessResponseOf(
	tickets: Tickets,
	tx: InTransaction,
	ticket: Ticket,
	{ isFirstResponse, responseSec }: { isFirstResponse: boolean; responseSec: number | null },
	at: Date,
): Promise<{ businessSec?: number }> {
	const clock = ticket.sla && isFirstResponse ? instanceOf(ticket.sla, "first_response") : undefined;
	const since = clock?.startedAt ?? (responseSec === null ? null : new Date(at.getTime() - responseSec * 1000));
	return since ? { businessSec: await businessSecondsOf(tickets, tx, ticket, since, at) } : {};
}
