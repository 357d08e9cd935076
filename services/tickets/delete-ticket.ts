import type { ActionSchema } from "moleculer";
import { deleteTicket, restoreTicket } from "../../contracts/tickets.ts";
import { ticketDeleted, ticketRestored } from "../../contracts/tickets-events.ts";
import { notFound } from "../../lib/problem.ts";
import { action, callerOf } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Ticket } from "../../models/ticket.ts";
import { readerOf } from "./access.ts";
import { scopeOf, ticketFor } from "./reach.ts";
import { referencesOf } from "./references.ts";
import { saveRevision } from "./save.ts";
import { snapshotOf } from "./snapshot.ts";
import type { Tickets } from "./tickets-store.ts";
import { ticketView } from "./views.ts";

/** Takes a ticket out of everybody's sight, or brings it back; nothing of it is lost. */
async function setDeleted(tickets: Tickets, tx: Transaction, before: Ticket, deletedAt: Date | null): Promise<Ticket> {
	const ticket = await saveRevision(tickets, tx, {
		before,
		next: { ...before, deletedAt },
		action: deletedAt ? "ticket.deleted" : "ticket.restored",
		changes: [
			{
				field: "deletedAt",
				from: before.deletedAt?.toISOString() ?? null,
				to: deletedAt?.toISOString() ?? null,
			},
		],
	});
	await tx.emit(deletedAt ? ticketDeleted : ticketRestored, ticket, { ticket: snapshotOf(ticket) });
	return ticket;
}

export function deleteActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		delete: action(deleteTicket, async (ctx) => {
			const { id, ifVersion } = ctx.params;
			const scope = await scopeOf(ctx, tickets);
			return tickets.store.commit(commandOf(ctx), async (tx) => {
				const ticket = await ticketFor(tickets, scope, readerOf(callerOf(ctx)), id, { ifVersion, tx });
				await setDeleted(tickets, tx, ticket, tx.now);
				return null;
			});
		}),
		restore: action(restoreTicket, (ctx) => {
			const caller = callerOf(ctx);
			const { id: tenantId } = caller.tenant;
			return tickets.store.commit(commandOf(ctx), async (tx) => {
				const before = await tickets.tickets.require({ tenantId }, ctx.params.id, tx);
				if (before.deletedAt === null) throw notFound("deleted ticket");
				const ticket = await setDeleted(tickets, tx, before, null);
				const references = await referencesOf(ctx, tickets, tenantId, [ticket], [], tx);
				return ticketView(ticket, references, readerOf(caller));
			});
		}),
	};
}
