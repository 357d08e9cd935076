import { BY_TENANT, defineModel, defineRows, type Entity } from "./model.ts";

export type VoteValue = "helpful" | "not_helpful";

/** What one reader thinks of one article. `updatedAt` is when it was given or last changed. */
export interface ArticleVote extends Entity {
	articleId: string;
	/** the language that was read */
	locale: string;
	/** `u:<user>`, `c:<customer>` or `a:<visitor>` */
	voterKey: string;
	value: VoteValue;
	comment: string | null;
	/** whether there is a comment: what the list is filtered by */
	commented: boolean;
	/** the version of the text that was read */
	versionNo: number | null;
	/** whether it is among the article's counters */
	counted: boolean;
	/** the tenant's calendar day on which it is counted, `YYYY-MM-DD` */
	day: string;
}

const text = { type: String, required: true };

export const articleVoteModel = defineModel<ArticleVote>(
	"article_votes",
	{
		articleId: text,
		locale: text,
		voterKey: text,
		value: text,
		comment: { type: String, default: null },
		commented: { type: Boolean, required: true },
		versionNo: { type: Number, default: null },
		counted: { type: Boolean, required: true },
		day: text,
	},
	[
		[{ tenantId: 1, articleId: 1, voterKey: 1 }, { unique: true }],
		[{ tenantId: 1, articleId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, articleId: 1, commented: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, articleId: 1, value: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, voterKey: 1, _id: 1 }, {}],
	],
);

/** When a reader last voted, on any article: what the limit is measured by. `_id` is tenant and voter key. */
export interface RecentVotes {
	_id: string;
	tenantId: string;
	times: Date[];
	expiresAt: Date;
}

export const recentVotesModel = defineRows<RecentVotes>(
	"recent_votes",
	{
		tenantId: text,
		times: { type: [Date], required: true },
		expiresAt: { type: Date, required: true },
	},
	[[{ expiresAt: 1 }, {}], BY_TENANT],
);
