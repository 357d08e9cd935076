import { Schema } from "mongoose";
import { defineModel, type Entity } from "./model.ts";

export type TicketStatus = "new" | "open" | "pending" | "on_hold" | "solved" | "closed";
export type TicketPriority = "low" | "normal" | "high" | "urgent";
export type LinkType = "duplicate_of" | "parent" | "child" | "related" | "caused_by";

/** Sorting by these words means sorting by their place here. */
export const STATUS_ORDER: readonly TicketStatus[] = ["new", "open", "pending", "on_hold", "solved", "closed"];
export const PRIORITY_ORDER: readonly TicketPriority[] = ["low", "normal", "high", "urgent"];

/** The rank of the first status in which a ticket is done. */
export const DONE_RANK = STATUS_ORDER.indexOf("solved");
export const URGENT_RANK = PRIORITY_ORDER.indexOf("urgent");

/** Stands for "never" in sort keys, which are never null. */
export const NEVER = new Date("9999-12-31T00:00:00.000Z");

export interface TicketLink {
	type: LinkType;
	ticketId: string;
}

export interface Ticket extends Entity {
	number: number;
	subject: string;
	status: TicketStatus;
	subStatus: string | null;
	priority: TicketPriority;
	type: "question" | "incident" | "problem" | "task";
	channel: "web" | "email" | "api" | "chat" | "phone" | "portal";
	/** the requester */
	customerId: string;
	/** the requester's company when the ticket was opened */
	companyId: string | null;
	ccEmails: string[];
	groupId: string | null;
	assigneeId: string | null;
	tags: string[];
	customFields: Record<string, unknown>;
	locale: string | null;
	followerIds: string[];
	links: TicketLink[];
	kbArticleIds: string[];
	mergedIntoId: string | null;
	followUpOfId: string | null;
	splitFromId: string | null;
	firstRespondedAt: Date | null;
	lastCustomerMessageAt: Date | null;
	lastAgentMessageAt: Date | null;
	/** the oldest customer message that nobody answered */
	waitingSince: Date | null;
	solvedAt: Date | null;
	firstSolvedAt: Date | null;
	closedAt: Date | null;
	reopenCount: number;
	assignedAt: Date | null;
	dueAt: Date | null;
	snoozedUntil: Date | null;
	/** all messages, internal notes too; the last one's `seq` */
	messageCount: number;
	/** messages that the customer may see; the last one's `publicSeq` */
	publicMessageCount: number;
	attachmentCount: number;
	lastMessageId: string | null;
	lastPublicMessageId: string | null;
	/** `seq` of the newest audit row */
	auditCount: number;
	/** counts the changes that a customer can see, which internal notes are not */
	publicVersion: number;
	publicUpdatedAt: Date;
	deletedAt: Date | null;
	// Derived from the fields above, for indexes.
	statusRank: number;
	priorityRank: number;
	nextBreachKey: Date;
	/** who may find it: see `audienceOf`; empty once deleted */
	audience: string[];
}

const id = { type: String, default: null };
const instant = { type: Date, default: null };
const required = (type: unknown) => ({ type, required: true }) as { type: StringConstructor; required: true };
const word = (words: readonly string[]) => ({ type: String, required: true, enum: [...words] });

/** Every list walks one `audience` in one of these orders. */
const ORDERS: Record<string, 1 | -1>[] = [
	{ createdAt: 1 },
	{ updatedAt: 1 },
	{ publicUpdatedAt: 1 },
	{ number: 1 },
	{ priorityRank: 1, createdAt: 1 },
	{ priorityRank: 1, createdAt: -1 },
	{ priorityRank: 1, updatedAt: 1 },
	{ priorityRank: 1, updatedAt: -1 },
	{ statusRank: 1, createdAt: 1 },
	{ statusRank: 1, updatedAt: 1 },
];

const inOrder = (order: Record<string, 1 | -1>) => ({ ...order, _id: Object.values(order).at(-1) ?? 1 });
const URGENT = { partialFilterExpression: { priorityRank: URGENT_RANK, statusRank: { $lt: DONE_RANK } } };

export const ticketModel = defineModel<Ticket>(
	"tickets",
	{
		number: required(Number),
		subject: { type: String, required: true, minlength: 1, maxlength: 255 },
		status: word(STATUS_ORDER),
		subStatus: { type: String, default: null, maxlength: 64 },
		priority: word(PRIORITY_ORDER),
		type: word(["question", "incident", "problem", "task"]),
		channel: word(["web", "email", "api", "chat", "phone", "portal"]),
		customerId: required(String),
		companyId: id,
		ccEmails: [String],
		groupId: id,
		assigneeId: id,
		tags: [String],
		customFields: { type: Schema.Types.Mixed, default: {} },
		locale: { type: String, default: null },
		followerIds: [String],
		links: [{ _id: false, type: { type: String, required: true }, ticketId: { type: String, required: true } }],
		kbArticleIds: [String],
		mergedIntoId: id,
		followUpOfId: id,
		splitFromId: id,
		firstRespondedAt: instant,
		lastCustomerMessageAt: instant,
		lastAgentMessageAt: instant,
		waitingSince: instant,
		solvedAt: instant,
		firstSolvedAt: instant,
		closedAt: instant,
		reopenCount: required(Number),
		assignedAt: instant,
		dueAt: instant,
		snoozedUntil: instant,
		messageCount: required(Number),
		publicMessageCount: required(Number),
		attachmentCount: required(Number),
		lastMessageId: id,
		lastPublicMessageId: id,
		auditCount: required(Number),
		publicVersion: required(Number),
		publicUpdatedAt: required(Date),
		deletedAt: instant,
		statusRank: required(Number),
		priorityRank: required(Number),
		nextBreachKey: required(Date),
		audience: [String],
	},
	[
		[{ tenantId: 1, number: 1 }, { unique: true }],
		[{ tenantId: 1, tags: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, tags: 1, updatedAt: 1, _id: 1 }, {}],
		...ORDERS.map((order) => [{ tenantId: 1, audience: 1, ...inOrder(order) }, {}] as [Record<string, 1 | -1>, object]),
		[{ tenantId: 1, audience: 1, priorityRank: 1, nextBreachKey: 1, createdAt: 1, _id: 1 }, URGENT],
		[{ tenantId: 1, audience: 1, priorityRank: 1, nextBreachKey: 1, createdAt: -1, _id: -1 }, URGENT],
	],
);
