import { defineModel, type Entity } from "./model.ts";

/**
 * Something that one person is told about a ticket. No text is kept, only what it is made of: what it says is made when
 * it is read, from what its reader may see of the ticket then, so that nothing here has to be erased with a customer.
 */
export interface Notification extends Entity {
	userId: string;
	kind: "rule" | "macro" | "assigned" | "customer_message";
	ticketId: string;
	ruleId: string | null;
	ruleName: string | null;
	/** the rule's text with its variables */
	template: string | null;
	/** of a rule about service levels */
	metric: string | null;
	unread: boolean;
	readAt: Date | null;
}

export const notificationModel = defineModel<Notification>(
	"notifications",
	{
		userId: { type: String, required: true },
		kind: { type: String, required: true, enum: ["rule", "macro", "assigned", "customer_message"] },
		ticketId: { type: String, required: true },
		ruleId: { type: String, default: null },
		ruleName: { type: String, default: null },
		template: { type: String, default: null },
		metric: { type: String, default: null },
		unread: { type: Boolean, required: true },
		readAt: { type: Date, default: null },
	},
	[
		[{ tenantId: 1, userId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, userId: 1, unread: 1, createdAt: 1, _id: 1 }, {}],
	],
);
