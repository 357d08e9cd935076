import { defineRows } from "./model.ts";

/**
 * A viewer whose view of an article was counted, so that it is not counted again for a while. `_id` is tenant, article
 * and viewer.
 */
export interface ArticleView {
	_id: string;
	tenantId: string;
	articleId: string;
	viewerKey: string;
	/** when it was counted: the half hour begins here */
	bucket: Date;
	expiresAt: Date;
}

export const articleViewModel = defineRows<ArticleView>(
	"article_views",
	{
		tenantId: { type: String, required: true },
		articleId: { type: String, required: true },
		viewerKey: { type: String, required: true },
		bucket: { type: Date, required: true },
		expiresAt: { type: Date, required: true },
	},
	[
		[{ expiresAt: 1 }, {}],
		[{ tenantId: 1, articleId: 1, _id: 1 }, {}],
		[{ tenantId: 1, viewerKey: 1, _id: 1 }, {}],
	],
);

/**
 * The views of an article in one language that were counted in one minute and are not announced yet. `_id` is tenant,
 * article, language and minute.
 */
export interface ViewMinute {
	_id: string;
	tenantId: string;
	articleId: string;
	locale: string;
	minute: Date;
	count: number;
}

export const viewMinuteModel = defineRows<ViewMinute>(
	"article_view_minutes",
	{
		tenantId: { type: String, required: true },
		articleId: { type: String, required: true },
		locale: { type: String, required: true },
		minute: { type: Date, required: true },
		count: { type: Number, required: true },
	},
	[
		[{ minute: 1 }, {}],
		[{ tenantId: 1, articleId: 1 }, {}],
	],
);
