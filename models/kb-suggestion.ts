import { defineModel, type Entity } from "./model.ts";

export type SuggestionOutcome = "solved" | "not_helpful" | "ticket_created";

/** Articles that somebody was shown while writing, and what became of it. */
export interface KbSuggestion extends Entity {
	articleIds: string[];
	locale: string;
	/** `u:<user>` or `c:<customer>`; null where nobody signed in, or a program asked */
	madeFor: string | null;
	/** the tenant's calendar day on which it is counted, `YYYY-MM-DD` */
	day: string;
	outcome: SuggestionOutcome | null;
	outcomeAt: Date | null;
	articleId: string | null;
	ticketDraftId: string | null;
	expiresAt: Date;
}

const text = { type: String, default: null };

export const kbSuggestionModel = defineModel<KbSuggestion>(
	"kb_suggestions",
	{
		articleIds: { type: [String], required: true },
		locale: { type: String, required: true },
		madeFor: text,
		day: { type: String, required: true },
		outcome: text,
		outcomeAt: { type: Date, default: null },
		articleId: text,
		ticketDraftId: text,
		expiresAt: { type: Date, required: true },
	},
	[
		[{ expiresAt: 1 }, {}],
		[{ tenantId: 1, madeFor: 1, _id: 1 }, {}],
	],
);
