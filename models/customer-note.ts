import { defineModel, type Entity } from "./model.ts";

/** A remark of staff on a customer. Never for customers. */
export interface CustomerNote extends Entity {
	customerId: string;
	/** markdown */
	body: string;
	authorId: string;
	/** the author's name when it was written */
	authorName: string;
}

export const customerNoteModel = defineModel<CustomerNote>(
	"customer_notes",
	{
		customerId: { type: String, required: true },
		body: { type: String, required: true },
		authorId: { type: String, required: true },
		authorName: { type: String, required: true },
	},
	[
		[{ tenantId: 1, customerId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, customerId: 1, authorId: 1, createdAt: 1, _id: 1 }, {}],
	],
);
