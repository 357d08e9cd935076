import type { Transaction } from "../../../mixins/store.ts";
import { type ArticleDay, articleDayModel } from "../../../models/article-day.ts";
import { KB_COUNTERS, type KbDay, kbDayModel } from "../../../models/kb-search-log.ts";
import { leavesAt } from "./days.ts";
import type { Engagement } from "./engagement-store.ts";

type ArticleDayKey = Pick<ArticleDay, "tenantId" | "articleId" | "locale" | "day">;
type ArticleDayCounters = Partial<Pick<ArticleDay, "views" | "helpful" | "notHelpful">>;

/** What `$setOnInsert` has to set of counters that `$inc` does not move: one field cannot be in both. */
function zeros(names: readonly string[], moved: object): Record<string, number> {
	return Object.fromEntries(names.filter((name) => !(name in moved)).map((name) => [name, 0]));
}

/** Moves the counters of an article, language and day. */
export async function countArticleDay(
	{ store }: Engagement,
	tx: Transaction,
	key: ArticleDayKey,
	by: ArticleDayCounters,
): Promise<void> {
	const { tenantId, articleId, locale, day } = key;
	await store.model(articleDayModel).updateOne(
		{ _id: `${tenantId} ${articleId} ${locale} ${day}` },
		{
			$inc: by,
			// Its views are in the article's `views30d` from the first to the day they leave.
			...(by.views ? { $set: { leavesAt: leavesAt(day) } } : {}),
			$setOnInsert: { tenantId, articleId, locale, day, ...zeros(["views", "helpful", "notHelpful"], by) },
		},
		{ upsert: true, session: tx.session },
	);
}

/** Moves the counters of a language and day of a tenant. */
export async function countKbDay(
	{ store }: Engagement,
	tx: Transaction,
	key: Pick<KbDay, "tenantId" | "locale" | "day">,
	by: Partial<Record<(typeof KB_COUNTERS)[number], number>>,
): Promise<void> {
	const { tenantId, locale, day } = key;
	await store
		.model(kbDayModel)
		.updateOne(
			{ _id: `${tenantId} ${locale} ${day}` },
			{ $inc: by, $setOnInsert: { tenantId, locale, day, ...zeros(KB_COUNTERS, by) } },
			{ upsert: true, session: tx.session },
		);
}
