import type { Transaction } from "../../mixins/store.ts";
import type { Ticket } from "../../models/ticket.ts";
import { SYSTEM_ACTOR } from "./authorship.ts";
import { apply, type LifecycleCommand } from "./lifecycle.ts";
import { type Revision, saveRevision } from "./save.ts";
import { settingsOf } from "./settings.ts";
import type { Happened } from "./steps.ts";
import type { Tickets } from "./tickets-store.ts";

export { settingsOf } from "./settings.ts";

/** Something that nobody asks for: a time that has come, a rule, a job. */
export interface SystemChange {
	/** for the audit trail, such as `ticket.closed` */
	action: string;
	/** why, for the audit trail */
	cause: NonNullable<Revision["cause"]>;
	/** what is asked of the ticket as it is in the transaction; null leaves it alone */
	command: LifecycleCommand | ((ticket: Ticket) => LifecycleCommand | null);
	happened?: Happened;
}

/**
 * Changes a ticket of the command's tenant as the system, with audit row and events. Null where there is no such ticket,
 * it is deleted or is left alone.
 * @throws 409 `ticket_closed` or `invalid_transition`, 422 `assignee_required` like any other change
 */
export async function changeBySystem(
	tickets: Tickets,
	tx: Transaction,
	ticketId: string,
	{ action, cause, command, happened }: SystemChange,
): Promise<Ticket | null> {
	const { tenantId } = tx.command;
	const before = await tickets.tickets.get({ tenantId }, ticketId, tx);
	if (!before || before.deletedAt !== null) return null;
	const asked = typeof command === "function" ? command(before) : command;
	if (asked === null) return null;
	const settings = await settingsOf(tickets, tenantId, tx);
	const { next, changes, events } = apply(before, asked, { now: tx.now, actor: SYSTEM_ACTOR, settings });
	const revision = { before, next, action, changes, events, cause, ...(happened ? { happened } : {}) };
	return saveRevision(tickets, tx, revision);
}
