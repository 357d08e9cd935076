import type { Article } from "../../../models/article.ts";
import { articleModel } from "../../../models/article.ts";
import { type ArticleTranslation, articleTranslationModel } from "../../../models/article-translation.ts";
import type { Asked } from "./analytics-rows.ts";
import type { Engagement } from "./engagement-store.ts";

interface Ref {
	id: string;
	title: string | null;
	locale: string | null;
}

const SHOWN = 20;
/** Further than this nobody counts. */
const COUNTED = 10_000;

type Place = Pick<Asked, "tenantId" | "locale">;

/**
 * Names articles by id: in the language asked for where they have it, else in their own. One that was removed has no
 * title any more.
 */
export async function withTitles(
	{ store }: Engagement,
	{ tenantId, locale }: Place,
	ids: readonly string[],
): Promise<(id: string) => Ref> {
	const articleIds = [...new Set(ids)];
	if (articleIds.length === 0) return (id) => ({ id, title: null, locale: null });
	const translations = await store
		.model(articleTranslationModel)
		.find({ tenantId, articleId: { $in: articleIds } })
		.lean<ArticleTranslation[]>();
	const articles = await store
		.model(articleModel)
		.find({ _id: { $in: articleIds }, tenantId })
		.lean<Article[]>();
	return (id) => {
		const own = articles.find((article) => article._id === id)?.defaultLocale;
		const have = translations.filter((one) => one.articleId === id);
		const shown = have.find((one) => one.locale === locale) ?? have.find((one) => one.locale === own);
		return { id, title: shown ? (shown.published ?? shown.draft).title : null, locale: shown?.locale ?? null };
	};
}

/** Published translations of which the original was published again later, and how many there are. */
export async function outdatedTranslations({ store }: Engagement, { tenantId, locale }: Place) {
	const filter = { tenantId, outdated: true, status: "published", ...(locale === null ? {} : { locale }) };
	const translations = store.model(articleTranslationModel);
	const rows = await translations.find(filter).sort({ _id: 1 }).limit(SHOWN).lean<ArticleTranslation[]>();
	const data = rows.map((row) => ({
		id: row.articleId,
		title: (row.published ?? row.draft).title,
		locale: row.locale,
	}));
	return { total: await translations.countDocuments(filter, { limit: COUNTED }), data };
}

/** Articles whose review is due, longest due first, and how many there are. */
export async function dueForReview(from: Engagement, { tenantId, locale }: Place, now: Date) {
	const published = locale === null ? {} : { locales: locale };
	const filter = { tenantId, reviewDueAt: { $lte: now }, ...published };
	const articles = from.store.model(articleModel);
	const rows = await articles.find(filter).sort({ reviewDueAt: 1, _id: 1 }).limit(SHOWN).lean<Article[]>();
	const named = await withTitles(
		from,
		{ tenantId, locale },
		rows.map((row) => row._id),
	);
	return {
		total: await articles.countDocuments(filter, { limit: COUNTED }),
		data: rows.map(({ _id, reviewDueAt }) => ({ ...named(_id), reviewDueAt: (reviewDueAt ?? now).toISOString() })),
	};
}
