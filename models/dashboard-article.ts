import { defineRows } from "./model.ts";

/** What the dashboard knows of an article. */
export interface ArticleFacts {
	_id: string;
	tenantId: string;
	rev: number;
	sequence: number;
	/** the last title heard of in each language */
	titles: Record<string, string>;
	defaultLocale: string;
	categoryId: string | null;
	visibility: "public" | "customers" | "agents";
	authorId: string | null;
	publishedLocales: string[];
	archived: boolean;
	deleted: boolean;
}

/**
 * What happened to an article in a quarter of an hour, UTC: every time zone's days begin at one. Votes are differences:
 * a changed or withdrawn vote takes back in its own quarter what it gave before.
 */
export interface ArticleCounts {
	/** `<article id> <from>` */
	_id: string;
	tenantId: string;
	rev: number;
	articleId: string;
	/** ms since 1970 */
	from: number;
	views: number;
	helpful: number;
	notHelpful: number;
}

/** What happened in the help centre as a whole in a quarter of an hour, UTC. */
export interface HelpCounts {
	/** `<tenant id> <from>` */
	_id: string;
	tenantId: string;
	rev: number;
	/** ms since 1970 */
	from: number;
	searches: number;
	/** searches that found nothing */
	zeroSearches: number;
}

/** What became of articles that somebody was shown while writing, as it was told last. */
export interface SuggestionFacts {
	/** the suggestion's */
	_id: string;
	tenantId: string;
	rev: number;
	sequence: number;
	/** when that was told, ms since 1970 */
	at: number;
	outcome: "solved" | "not_helpful" | "ticket_created";
	articleId: string | null;
}

const tenantId = { type: String, required: true };
const count = { type: Number, required: true };
const byRev: [Record<string, 1>, object][] = [[{ tenantId: 1, rev: 1 }, {}]];
/** by revision, and by time */
const byRevAnd = (at: string): [Record<string, 1>, object][] => [...byRev, [{ tenantId: 1, [at]: 1, _id: 1 }, {}]];

export const dashboardArticleModel = defineRows<ArticleFacts>(
	"dashboard_articles",
	{
		tenantId,
		rev: count,
		sequence: count,
		titles: { type: Object, required: true },
		defaultLocale: { type: String, required: true },
		categoryId: { type: String, default: null },
		visibility: { type: String, required: true },
		authorId: { type: String, default: null },
		publishedLocales: [String],
		archived: { type: Boolean, required: true },
		deleted: { type: Boolean, required: true },
	},
	byRev,
);

export const dashboardArticleCountsModel = defineRows<ArticleCounts>(
	"dashboard_article_counts",
	{
		tenantId,
		rev: count,
		articleId: { type: String, required: true },
		from: count,
		views: count,
		helpful: count,
		notHelpful: count,
	},
	byRevAnd("from"),
);

export const dashboardHelpCountsModel = defineRows<HelpCounts>(
	"dashboard_help_counts",
	{
		tenantId,
		rev: count,
		from: count,
		searches: count,
		zeroSearches: count,
	},
	byRevAnd("from"),
);

export const dashboardSuggestionModel = defineRows<SuggestionFacts>(
	"dashboard_suggestions",
	{
		tenantId,
		rev: count,
		sequence: count,
		at: count,
		outcome: { type: String, required: true },
		articleId: { type: String, default: null },
	},
	byRevAnd("at"),
);
