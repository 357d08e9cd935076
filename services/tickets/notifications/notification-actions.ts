import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../../contracts/caller.ts";
import type { ParamsOf } from "../../../contracts/contract.ts";
import {
	listNotifications,
	NOTIFICATION_LIST,
	type NotificationPage,
	type NotificationView,
	readAllNotifications,
	readNotification,
} from "../../../contracts/notifications.ts";
import type { ListParams } from "../../../lib/list-query.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import type { Scope } from "../../../mixins/repository.ts";
import { commandOf } from "../../../mixins/store.ts";
import type { Notification } from "../../../models/notification.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { readerOf } from "../access.ts";
import { scopeOf } from "../reach.ts";
import { referencesOf } from "../references.ts";
import { render } from "../rules/template.ts";
import type { Tickets } from "../tickets-store.ts";
import { customerName, type References } from "../views.ts";

/** Counted no further. */
const MAX_UNREAD = 1000;
/** In one transaction. */
const CHUNK = 500;

const ofCaller = ({ id, tenant }: TenantCaller): Scope => ({ tenantId: tenant.id, filter: { userId: id } });

/** What a notification says when its reader may not see the ticket (any more). */
const HIDDEN = "About a ticket that you cannot see";

function titleOf({ kind, ruleName }: Notification, ticket: Ticket): string {
	const named = `#${ticket.number} ${ticket.subject}`;
	switch (kind) {
		case "assigned":
			return `Assigned to you: ${named}`;
		case "customer_message":
			return `New message from the customer: ${named}`;
		default:
			return ruleName === null ? named : `${ruleName}: ${named}`;
	}
}

function textOf(row: Notification, ticket: Ticket, references: References, pii: boolean): string | null {
	if (row.template === null) return null;
	const customer = references.customers.get(ticket.customerId);
	return render(row.template, {
		ticket,
		customer: customer && { name: customerName(customer, { pii }), email: pii ? customer.email : null },
		company: references.companies.get(ticket.companyId ?? ""),
		assignee: references.people.get(ticket.assigneeId ?? ""),
		group: references.groups.get(ticket.groupId ?? ""),
		...(row.ruleName === null ? {} : { rule: { name: row.ruleName } }),
		sla: { metric: row.metric },
	});
}

/** Notifications as their reader may see them: with the tickets as they are now, of those within reach. */
async function viewsOf(ctx: CallContext, tickets: Tickets, rows: readonly Notification[]): Promise<NotificationView[]> {
	const caller = callerOf(ctx);
	const { pii } = readerOf(caller);
	const $in = [...new Set(rows.map(({ ticketId }) => ticketId))];
	const found = $in.length === 0 ? [] : await tickets.tickets.find(await scopeOf(ctx, tickets), { _id: { $in } });
	const byId = new Map(found.map((ticket) => [ticket._id, ticket]));
	const references = await referencesOf(ctx, tickets, caller.tenant.id, found);
	return rows.map((row) => {
		const ticket = byId.get(row.ticketId);
		const { _id, kind, ticketId, ruleId, unread, readAt, createdAt, version } = row;
		return {
			...{ id: _id, kind, ticketId, ruleId, version, read: !unread },
			title: ticket ? titleOf(row, ticket) : HIDDEN,
			text: ticket ? textOf(row, ticket, references, pii) : null,
			ticket: ticket ? { id: ticket._id, number: ticket.number, subject: ticket.subject, status: ticket.status } : null,
			readAt: readAt?.toISOString() ?? null,
			createdAt: createdAt.toISOString(),
		};
	});
}

async function list(ctx: CallContext<ListParams>, tickets: Tickets): Promise<NotificationPage> {
	const scope = ofCaller(callerOf(ctx));
	const { data, page } = await tickets.notifications.list(scope, NOTIFICATION_LIST, ctx.params);
	const unreadCount = await tickets.notifications.count(scope, { unread: true }, MAX_UNREAD);
	return { data: await viewsOf(ctx, tickets, data), page, unreadCount };
}

async function read(ctx: CallContext<ParamsOf<typeof readNotification>>, tickets: Tickets): Promise<NotificationView> {
	const scope = ofCaller(callerOf(ctx));
	const row = await tickets.store.commit(commandOf(ctx), async (tx) => {
		const before = await tickets.notifications.require(scope, ctx.params.id, tx);
		const { _id } = before.unread
			? await tickets.notifications.update(tx, before, { ...before, unread: false, readAt: tx.now })
			: before;
		return { _id };
	});
	const [view] = await viewsOf(ctx, tickets, [await tickets.notifications.require(scope, row._id)]);
	return view as NotificationView;
}

/** Marks all as read, a part at a time. */
async function readAll(ctx: CallContext, tickets: Tickets): Promise<{ read: number }> {
	const scope = ofCaller(callerOf(ctx));
	const command = { ...commandOf(ctx), id: null };
	let read = 0;
	for (;;) {
		const done = await tickets.store.commit(command, async (tx) => {
			const rows = await tickets.notifications.find(scope, { unread: true }, { limit: CHUNK, tx });
			for (const row of rows) await tickets.notifications.update(tx, row, { ...row, unread: false, readAt: tx.now });
			return rows.length;
		});
		read += done;
		if (done < CHUNK) return { read };
	}
}

/** What people do with their notifications. */
export function notificationActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		listNotifications: action(listNotifications, (ctx) => list(ctx, tickets)),
		readNotification: action(readNotification, (ctx) => read(ctx, tickets)),
		readAllNotifications: action(readAllNotifications, (ctx) => readAll(ctx, tickets)),
	};
}
