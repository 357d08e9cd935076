import { defineModel, type Entity } from "./model.ts";

/** One request to a customer to say how a ticket went, with the one answer there may be. */
export interface CsatResponse extends Entity {
	ticketId: string;
	/** who was responsible when the ticket was solved */
	agentId: string | null;
	groupId: string | null;
	requestedAt: Date;
	/** no answer is taken from then on */
	expiresAt: Date;
	/** when it ended before its time: the ticket was opened again, merged, or its customer erased */
	endedAt: Date | null;
	rating: number | null;
	comment: string | null;
	/** when it was answered last */
	answeredAt: Date | null;
	/** how the last answer came */
	via: "link" | "customer" | "service" | null;
}

const instant = { type: Date, default: null };
const text = { type: String, default: null };

export const csatResponseModel = defineModel<CsatResponse>(
	"csat_responses",
	{
		ticketId: { type: String, required: true },
		agentId: text,
		groupId: text,
		requestedAt: { type: Date, required: true },
		expiresAt: { type: Date, required: true },
		endedAt: instant,
		rating: { type: Number, default: null, min: 1, max: 5 },
		comment: text,
		answeredAt: instant,
		via: text,
	},
	[[{ tenantId: 1, ticketId: 1, requestedAt: 1, _id: 1 }, {}]],
);
