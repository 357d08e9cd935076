import { NEVER, type Ticket } from "../../models/ticket.ts";

/** A stored ticket with the given fields, new and unassigned unless told. */
export function ticketWith(fields: Partial<Ticket> = {}): Ticket {
	const at = new Date("2026-01-05T08:00:00.000Z");
	return {
		...{ _id: "t1", tenantId: "acme", version: 3, createdAt: at, updatedAt: at },
		...{ number: 7, subject: "Help", status: "new", subStatus: null, priority: "normal", type: "question" },
		...{ channel: "web", customerId: "cora", companyId: null, ccEmails: [], groupId: null, assigneeId: null },
		...{ tags: [], customFields: {}, locale: null, followerIds: [], links: [], kbArticleIds: [], mergedIntoId: null },
		...{ followUpOfId: null, splitFromId: null, firstRespondedAt: null, lastCustomerMessageAt: null },
		...{ lastAgentMessageAt: null, waitingSince: null, solvedAt: null, firstSolvedAt: null, closedAt: null },
		...{ reopenCount: 0, assignedAt: null, dueAt: null, snoozedUntil: null, messageCount: 1 },
		...{ publicMessageCount: 1, attachmentCount: 0, lastMessageId: "m1", lastPublicMessageId: "m1", auditCount: 1 },
		...{ publicVersion: 1, publicUpdatedAt: at, deletedAt: null, statusRank: 0, priorityRank: 1 },
		...{ nextBreachKey: NEVER, audience: [], customerAudience: [] },
		...fields,
	};
}
