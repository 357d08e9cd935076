import type { ActionOf } from "../../../contracts/rule-actions.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { TimerHandler } from "../../../mixins/timers.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { isLeaving, LEAVING_MS } from "../settings.ts";
import type { Tickets } from "../tickets-store.ts";
import { notify } from "./notify.ts";
import { recipientsOf } from "./recipients.ts";

/*
 * What rules tell about service levels may wait until a calendar opens, so that nobody is woken.
 */

export const NOTICE_TIMER = "notify";

interface Later {
	key: string;
	at: Date;
	action: ActionOf<"notify">;
	rule: { id: string; name: string };
	metric: string | null;
}

/** Puts off telling people of a ticket. Who they are is found out then. */
export function scheduleNotice(tickets: Tickets, tx: Transaction, ticket: Ticket, later: Later): Promise<void> {
	const { key, at, action, rule, metric } = later;
	const timer = { tenantId: ticket.tenantId, kind: NOTICE_TIMER, subjectId: ticket._id, key };
	return tickets.timers.set(tx, timer, at, { action, rule, metric });
}

/** Tells those who were to be told later, where the ticket is still there. */
export function noticeTimer(tickets: Tickets): TimerHandler {
	return {
		async fire(tx, { tenantId, subjectId, key, data }) {
			const ticket = await tickets.tickets.get({ tenantId }, subjectId, tx);
			if (!ticket || ticket.deletedAt !== null) return;
			const { action, rule, metric } = data as unknown as Later;
			if (await isLeaving(tickets, tenantId, tx)) {
				const at = new Date(tx.now.getTime() + LEAVING_MS);
				return scheduleNotice(tickets, tx, ticket, { key, at, action, rule, metric });
			}
			const userIds = await recipientsOf(tickets, tx, ticket, action);
			const { template, email, webhookId } = action;
			await notify(tickets, tx, ticket, { kind: "rule", userIds, email, webhookId, template, rule, metric });
		},
	};
}
