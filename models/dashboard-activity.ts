import { defineRows } from "./model.ts";

/**
 * One thing that happened, for the activity feed. Names and subjects are not kept here: they are looked up when the feed
 * is read, so that there is one place to change or remove them.
 */
export interface ActivityRow {
	/** the event's */
	_id: string;
	tenantId: string;
	rev: number;
	type: string;
	/** `ticket/<id>` and so on */
	subject: string;
	actorType: "user" | "customer" | "system" | "service" | "apiToken";
	actorId: string;
	/** what an integration or the system is called; null for people, whose name is looked up */
	actorName: string | null;
	at: Date;
	/** by which words it is found: those of the ticket as it is now, see `contracts/ticket-audience.ts` */
	audience: string[];
	/** what the event says beside: ids and words, nothing personal */
	details: Record<string, unknown>;
}

export const dashboardActivityModel = defineRows<ActivityRow>(
	"fact_event_feed",
	{
		tenantId: { type: String, required: true },
		rev: { type: Number, required: true },
		type: { type: String, required: true },
		subject: { type: String, required: true },
		actorType: { type: String, required: true },
		actorId: { type: String, required: true },
		actorName: { type: String, default: null },
		at: { type: Date, required: true },
		audience: [String],
		details: { type: Object, required: true },
	},
	[
		[{ tenantId: 1, rev: 1 }, {}],
		[{ tenantId: 1, at: 1, _id: 1 }, {}],
		[{ tenantId: 1, audience: 1, at: 1, _id: 1 }, {}],
		[{ tenantId: 1, type: 1, at: 1, _id: 1 }, {}],
		[{ tenantId: 1, actorId: 1, at: 1, _id: 1 }, {}],
		[{ tenantId: 1, subject: 1, at: 1, _id: 1 }, {}],
	],
);
