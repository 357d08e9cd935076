import { Schema } from "mongoose";
import { defineModel, type Entity } from "./model.ts";
import { type TicketSla, ticketSlaSchema } from "./ticket-sla.ts";

export type TicketStatus = "new" | "open" | "pending" | "on_hold" | "solved" | "closed";
export type TicketPriority = "low" | "normal" | "high" | "urgent";
export type LinkType = "duplicate_of" | "parent" | "child" | "related" | "caused_by";

/** Sorting by these words means sorting by their place here. */
export const STATUS_ORDER: readonly TicketStatus[] = ["new", "open", "pending", "on_hold", "solved", "closed"];
export const PRIORITY_ORDER: readonly TicketPriority[] = ["low", "normal", "high", "urgent"];

/** The rank of the first status in which a ticket is done. */
export const DONE_RANK = STATUS_ORDER.indexOf("solved");
/** Closed tickets are done for good. */
export const CLOSED_RANK = STATUS_ORDER.indexOf("closed");
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
	/** when its customer was last reminded that it is pending */
	pendingRemindedAt?: Date | null;
	/** since when it is in its status; absent in tickets of early versions */
	statusChangedAt?: Date | null;
	/** how far rules have raised it, 0 to 5 */
	escalationLevel?: number;
	escalatedAt?: Date | null;
	/** `waiting` where somebody of its group is to be found for it */
	assignmentState?: "waiting" | null;
	/** what its customer said of it last */
	csat?: { rating: number; comment: string | null; at: Date } | null;
	/** its clocks; absent in tickets that nothing happened to since there are any */
	sla?: TicketSla | null;
	/** the place of its state among SLA_STATES; absent stands for the first */
	slaRank?: number;
	/** all messages, internal notes too; the last one's `seq` */
	messageCount: number;
	/** messages that the customer may see; the last one's `publicSeq` */
	publicMessageCount: number;
	/** files of all messages, internal notes too */
	attachmentCount: number;
	/** those that the customer may see; absent where there were none yet */
	publicAttachmentCount?: number;
	lastMessageId: string | null;
	lastPublicMessageId: string | null;
	/** `seq` of the newest audit row */
	auditCount: number;
	/** counts the changes that a customer can see, which internal notes are not */
	publicVersion: number;
	publicUpdatedAt: Date;
	deletedAt: Date | null;
	/** when its requester was erased, and with that its texts */
	erasedAt?: Date | null;
	// Derived from the fields above, for indexes.
	statusRank: number;
	priorityRank: number;
	nextBreachKey: Date;
	/** the words by which staff finds it: see `audienceOf`; empty once deleted */
	audience: string[];
	/** the words by which its customer and company find it; empty once deleted */
	customerAudience: string[];
}

const id = { type: String, default: null };
const instant = { type: Date, default: null };
const required = (type: unknown) => ({ type, required: true }) as { type: StringConstructor; required: true };
const word = (words: readonly string[]) => ({ type: String, required: true, enum: [...words] });

type Keys = Record<string, 1 | -1>;
type Index = [Keys, object];

const BY_AGE = { createdAt: 1 } as const;
const BY_CHANGE = { updatedAt: 1 } as const;
const BY_PUBLIC_CHANGE = { publicUpdatedAt: 1 } as const;
const BY_NUMBER = { number: 1 } as const;

/** Priority first, then an instant, in the same and in the opposite direction. */
const byPriority = (instant: string): Keys[] => [
	{ priorityRank: 1, [instant]: 1 },
	{ priorityRank: 1, [instant]: -1 },
];

/** An index in this order; the id, in the direction of the last key, makes the order total. */
const inOrder = (first: Keys, order: Keys, options: object = {}): Index => {
	const last = Object.values(order).at(-1) ?? 1;
	return [{ tenantId: 1, ...first, ...order, _id: last }, options];
};

/** Tickets that are not done are few of all there are: what queues ask for is cheap to keep for these. */
const UNDONE = { partialFilterExpression: { statusRank: { $lt: DONE_RANK } } };
/** Solved ones too, because they may be opened again. */
const UNCLOSED = { partialFilterExpression: { statusRank: { $lt: CLOSED_RANK } } };
const WAITING = { partialFilterExpression: { assignmentState: "waiting" } };
const URGENT = { partialFilterExpression: { priorityRank: URGENT_RANK, statusRank: { $lt: DONE_RANK } } };

/** For counting what somebody has to do. Who counts names it: MongoDB would try all that begin with the tenant. */
export const OPEN_OF_ASSIGNEE = { tenantId: 1, assigneeId: 1, statusRank: 1, deletedAt: 1 } as const;

const INDEXES: Index[] = [
	[{ tenantId: 1, number: 1 }, { unique: true }],
	// What belongs to one person and goes along with them, deleted or not.
	[{ tenantId: 1, customerId: 1, _id: 1 }, {}],
	[{ tenantId: 1, ccEmails: 1, _id: 1 }, {}],
	// Of one customer or company.
	...[BY_AGE, BY_CHANGE, BY_PUBLIC_CHANGE, BY_NUMBER, ...byPriority("createdAt")].map((order) =>
		inOrder({ customerAudience: 1 }, order),
	),
	...[BY_AGE, BY_CHANGE].map((order) => inOrder({ tags: 1 }, order)),
	// What a change of a policy or a calendar is about.
	[{ tenantId: 1, "sla.policyId": 1, _id: 1 }, UNCLOSED],
	[{ tenantId: 1, "sla.calendarId": 1, _id: 1 }, UNCLOSED],
	// What somebody has to do, and what waits for somebody.
	[OPEN_OF_ASSIGNEE, UNDONE],
	inOrder({ groupId: 1, priorityRank: -1 }, { nextBreachKey: 1, createdAt: 1 }, WAITING),
	// The queues of staff.
	...[BY_AGE, BY_CHANGE].map((order) => inOrder({ audience: 1, slaRank: 1 }, order)),
	inOrder({ audience: 1 }, { nextBreachKey: 1 }),
	...[BY_AGE, BY_CHANGE].map((order) => inOrder({ audience: 1, statusRank: 1 }, order, UNDONE)),
	...[...byPriority("createdAt"), ...byPriority("updatedAt")].map((order) => inOrder({ audience: 1 }, order, UNDONE)),
	...([{ audience: 1 }, { customerAudience: 1 }] as Keys[]).flatMap((words) => [
		inOrder({ ...words, priorityRank: 1, nextBreachKey: 1 }, { createdAt: 1 }, URGENT),
		inOrder({ ...words, priorityRank: 1, nextBreachKey: 1 }, { createdAt: -1 }, URGENT),
	]),
	// Everything of staff, done or not. The status at the end tells the indexes by priority from those above.
	...[BY_AGE, BY_CHANGE, BY_NUMBER].map((order) => inOrder({ audience: 1 }, order)),
	...byPriority("createdAt").map((order): Index => {
		const [keys] = inOrder({ audience: 1 }, order);
		return [{ ...keys, statusRank: 1 }, {}];
	}),
	// Rarely asked of all there are: for a smaller reach, these walk over the tickets of others too.
	...[BY_AGE, BY_CHANGE].map((order) => inOrder({ statusRank: 1 }, order)),
	...byPriority("updatedAt").map((order) => inOrder({}, order)),
];

export const ticketModel = defineModel<Ticket>(
	"tickets",
	{
		number: required(Number),
		// 255 characters, of two UTF-16 units at most
		subject: { type: String, required: true, minlength: 1, maxlength: 510 },
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
		pendingRemindedAt: instant,
		statusChangedAt: instant,
		escalationLevel: { type: Number, default: 0 },
		escalatedAt: instant,
		assignmentState: id,
		csat: {
			type: new Schema(
				{ rating: required(Number), comment: { type: String, default: null }, at: required(Date) },
				{ _id: false },
			),
			default: null,
		},
		sla: { type: ticketSlaSchema, default: null },
		slaRank: { type: Number, default: 0 },
		messageCount: required(Number),
		publicMessageCount: required(Number),
		attachmentCount: required(Number),
		publicAttachmentCount: { type: Number },
		lastMessageId: id,
		lastPublicMessageId: id,
		auditCount: required(Number),
		publicVersion: required(Number),
		publicUpdatedAt: required(Date),
		deletedAt: instant,
		erasedAt: { type: Date },
		statusRank: required(Number),
		priorityRank: required(Number),
		nextBreachKey: required(Date),
		audience: [String],
		customerAudience: [String],
	},
	INDEXES,
);
