import { defineRows } from "./model.ts";

/**
 * What readers did with an article in one language on one day of the tenant's calendar. `_id` is tenant, article,
 * language and day.
 */
export interface ArticleDay {
	_id: string;
	tenantId: string;
	articleId: string;
	locale: string;
	/** `YYYY-MM-DD` */
	day: string;
	views: number;
	helpful: number;
	notHelpful: number;
	/** when its views leave the article's `views30d`; absent once they have */
	leavesAt?: Date;
}

export const articleDayModel = defineRows<ArticleDay>(
	"article_days",
	{
		tenantId: { type: String, required: true },
		articleId: { type: String, required: true },
		locale: { type: String, required: true },
		day: { type: String, required: true },
		views: { type: Number, required: true },
		helpful: { type: Number, required: true },
		notHelpful: { type: Number, required: true },
		leavesAt: { type: Date },
	},
	[
		[{ tenantId: 1, day: 1, _id: 1 }, {}],
		[{ tenantId: 1, locale: 1, day: 1, _id: 1 }, {}],
		[{ tenantId: 1, articleId: 1, day: 1 }, {}],
		[{ leavesAt: 1 }, {}],
	],
);
