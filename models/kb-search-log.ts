import { defineRows } from "./model.ts";

/** One search of the knowledge base. Kept for a while; the days below stay. */
export interface SearchLog {
	_id: string;
	tenantId: string;
	q: string;
	locale: string;
	resultCount: number;
	clickedArticleId: string | null;
	at: Date;
	/** the tenant's calendar day, `YYYY-MM-DD` */
	day: string;
	viewerKeyHash: string | null;
	expiresAt: Date;
}

export const searchLogModel = defineRows<SearchLog>(
	"kb_search_log",
	{
		tenantId: { type: String, required: true },
		q: { type: String, required: true },
		locale: { type: String, required: true },
		resultCount: { type: Number, required: true },
		clickedArticleId: { type: String, default: null },
		at: { type: Date, required: true },
		day: { type: String, required: true },
		viewerKeyHash: { type: String, default: null },
		expiresAt: { type: Date, required: true },
	},
	[
		[{ expiresAt: 1 }, {}],
		[{ tenantId: 1, at: 1, _id: 1 }, {}],
	],
);

/** How often something was searched for in one language on one day. `_id` is tenant, language, day and a digest of it. */
export interface QueryDay {
	_id: string;
	tenantId: string;
	locale: string;
	day: string;
	/** as it is counted: in lower case, blanks made one */
	q: string;
	count: number;
	/** how often of those nothing was found */
	zero: number;
	expiresAt: Date;
}

export const queryDayModel = defineRows<QueryDay>(
	"kb_query_days",
	{
		tenantId: { type: String, required: true },
		locale: { type: String, required: true },
		day: { type: String, required: true },
		q: { type: String, required: true },
		count: { type: Number, required: true },
		zero: { type: Number, required: true },
		expiresAt: { type: Date, required: true },
	},
	[
		[{ tenantId: 1, day: 1, _id: 1 }, {}],
		[{ tenantId: 1, locale: 1, day: 1, _id: 1 }, {}],
		[{ expiresAt: 1 }, {}],
	],
);

/** What one language of a tenant's knowledge base was used for on one day. `_id` is tenant, language and day. */
export interface KbDay {
	_id: string;
	tenantId: string;
	locale: string;
	day: string;
	searches: number;
	/** searches that found nothing */
	zero: number;
	/** searches of which a result was opened */
	clicked: number;
	suggestions: number;
	/** what became of that day's suggestions */
	solved: number;
	notHelpful: number;
	ticketCreated: number;
}

export const KB_COUNTERS = [
	"searches",
	"zero",
	"clicked",
	"suggestions",
	"solved",
	"notHelpful",
	"ticketCreated",
] as const;

export const kbDayModel = defineRows<KbDay>(
	"kb_days",
	{
		tenantId: { type: String, required: true },
		locale: { type: String, required: true },
		day: { type: String, required: true },
		...Object.fromEntries(KB_COUNTERS.map((name) => [name, { type: Number, required: true }])),
	},
	[
		[{ tenantId: 1, day: 1, _id: 1 }, {}],
		[{ tenantId: 1, locale: 1, day: 1, _id: 1 }, {}],
	],
);
