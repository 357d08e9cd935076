import { type Static, type TSchema, Type } from "typebox";
import type { Page as ListPage, ListParams, ListSpec } from "../lib/list-query.ts";
import { type ActionContract, defineAction } from "./contract.ts";
import { defineEvent } from "./event-contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { defineList, pageOf } from "./list-contract.ts";
import { TICKET_STATUSES, TicketSnapshot } from "./tickets-events.ts";

/** Why somebody is told: a rule or macro says so, a ticket was given to them, or its customer wrote. */
export const NOTIFICATION_KINDS = ["rule", "macro", "assigned", "customer_message"] as const;

export const NotificationView = Type.Object({
	id: Id,
	kind: Words(NOTIFICATION_KINDS),
	/** made when it is read, from what the reader may see then */
	title: Type.String(),
	text: Nullable(Type.String()),
	ticketId: Id,
	/** null where the reader may not see the ticket, or it was deleted */
	ticket: Nullable(
		Type.Object({ id: Id, number: Type.Integer(), subject: Type.String(), status: Words(TICKET_STATUSES) }),
	),
	ruleId: Nullable(Id),
	read: Type.Boolean(),
	readAt: Nullable(Instant),
	createdAt: Instant,
	version: Type.Integer(),
});
export type NotificationView = Static<typeof NotificationView>;

export const NOTIFICATION_LIST = {
	filters: { unread: { type: "boolean", operators: ["eq"] } },
	sorts: ["createdAt"],
	defaultSort: "-createdAt",
} satisfies ListSpec;

const ownNotifications = defineList({
	name: "tickets.listNotifications",
	access: "notifications.read",
	rest: "GET /notifications",
	summary: "The caller's own notifications",
	description: "`unreadCount` counts all that are unread, at most 1000.",
	list: NOTIFICATION_LIST,
	item: NotificationView,
});

/** A page of notifications, and how many are unread. */
export type NotificationPage = ListPage<NotificationView> & { unreadCount: number };

export const listNotifications = {
	...ownNotifications,
	result: Type.Object({ ...pageOf(NotificationView).properties, unreadCount: Type.Integer() }),
} as unknown as ActionContract<ListParams, NotificationPage> & { list: ListSpec; item: TSchema };

export const readNotification = defineAction({
	name: "tickets.readNotification",
	access: "notifications.read",
	rest: "POST /notifications/:id/read",
	summary: "Mark a notification as read",
	path: Type.Object({ id: Id }),
	result: NotificationView,
	idempotent: true,
});

export const readAllNotifications = defineAction({
	name: "tickets.readAllNotifications",
	access: "notifications.read",
	rest: "POST /notifications/read-all",
	summary: "Mark all of the caller's notifications as read",
	result: Type.Object({ read: Type.Integer() }),
	idempotent: true,
});

/** Every action on notifications that a client can call. */
export const notificationContracts = [listNotifications, readAllNotifications, readNotification];

/** Somebody is to be told. Without a text: whoever sends it asks for the ticket as somebody who may see it. */
export const notificationCreated = defineEvent({
	type: "notification.created",
	aggregate: "ticket",
	summary: "Somebody is told of something about a ticket.",
	data: Type.Object({
		ticket: TicketSnapshot,
		at: Instant,
		kind: Words(NOTIFICATION_KINDS),
		/** `app` is a notification of a person; the others are sent by whoever listens */
		target: Words(["app", "email", "webhook"]),
		notificationId: Nullable(Id),
		userId: Nullable(Id),
		email: Type.Optional(Type.String()),
		webhookId: Type.Optional(Id),
		ruleId: Nullable(Id),
		/** the rule's text with its variables as they stand */
		template: Nullable(Type.String()),
	}),
});
