import { BY_TENANT, defineRows } from "./model.ts";

/**
 * A publication to come, as early versions planned it: what is found becomes a timer. `_id` is the translation's, which
 * has one at most.
 */
export interface ArticleSchedule {
	_id: string;
	tenantId: string;
	articleId: string;
	locale: string;
	publishAt: Date;
}

export const articleScheduleModel = defineRows<ArticleSchedule>(
	"article_schedules",
	{
		tenantId: { type: String, required: true },
		articleId: { type: String, required: true },
		locale: { type: String, required: true },
		publishAt: { type: Date, required: true },
	},
	// The service's own timer looks for what is due in all tenants.
	[[{ publishAt: 1, _id: 1 }, {}], BY_TENANT],
);
