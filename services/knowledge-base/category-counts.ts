import { articleModel } from "../../models/article.ts";
import type { Category } from "../../models/category.ts";
import type { Reader } from "./access.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { acceptable } from "./locales.ts";

/**
 * How many articles the reader may see in each of these categories. `locale` counts only those that are there in that
 * language.
 */
export async function countArticles(
	{ store }: KnowledgeBase,
	reader: Reader,
	categories: readonly Category[],
	locale: string | null = null,
): Promise<Map<string, number>> {
	const articles = store.model(articleModel);
	const field = reader.writes ? "locales" : "publishedLocales";
	const inLanguage = locale === null ? {} : { [field]: { $in: acceptable(locale) } };
	const seen = reader.writes ? {} : { reach: { $in: [...reader.sees] } };
	const counted = categories.map(async ({ _id, tenantId }) => {
		const count = await articles.countDocuments({ tenantId, categoryId: _id, ...seen, ...inLanguage });
		return [_id, count] as const;
	});
	return new Map(await Promise.all(counted));
}
