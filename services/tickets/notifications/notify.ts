import type { DataOf } from "../../../contracts/event-contract.ts";
import { notificationCreated } from "../../../contracts/notifications.ts";
import { newId } from "../../../lib/ids.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { Notification } from "../../../models/notification.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { BLOCKED_TAG } from "../blocked-tag.ts";
import { snapshotOf } from "../snapshot.ts";
import type { Tickets } from "../tickets-store.ts";

/** What somebody is told of a ticket, and whom else. */
export interface Notice {
	kind: Notification["kind"];
	userIds: readonly string[];
	email?: string | undefined;
	webhookId?: string | undefined;
	template?: string | undefined;
	rule?: { id: string; name: string } | undefined;
	metric?: string | null | undefined;
}

/** Nobody is bothered with the tickets of blocked customers, nor with deleted ones. */
export function isQuiet(ticket: Pick<Ticket, "tags" | "deletedAt">): boolean {
	return ticket.deletedAt !== null || ticket.tags.includes(BLOCKED_TAG);
}

/** Writes a notification for each person, and tells others of each. Returns how many people there were. */
export async function notify(tickets: Tickets, tx: Transaction, ticket: Ticket, notice: Notice): Promise<number> {
	if (isQuiet(ticket)) return 0;
	const { kind, userIds, rule, template, metric } = notice;
	const ruleId = rule?.id ?? null;
	const told: Omit<DataOf<typeof notificationCreated>, "target" | "notificationId" | "userId"> = {
		ticket: snapshotOf(ticket),
		at: tx.now.toISOString(),
		...{ kind, ruleId, template: template ?? null },
	};
	for (const userId of userIds) {
		const row = await tickets.notifications.create(tx, {
			...{ _id: newId(), tenantId: ticket.tenantId, userId, kind, ticketId: ticket._id, ruleId },
			...{ ruleName: rule?.name ?? null, template: template ?? null, metric: metric ?? null },
			...{ unread: true, readAt: null },
		});
		await tx.emit(notificationCreated, ticket, { ...told, target: "app", notificationId: row._id, userId });
	}
	const outside = { ...told, notificationId: null, userId: null };
	const { email, webhookId } = notice;
	if (email !== undefined) await tx.emit(notificationCreated, ticket, { ...outside, target: "email", email });
	if (webhookId !== undefined) await tx.emit(notificationCreated, ticket, { ...outside, target: "webhook", webhookId });
	return userIds.length;
}
