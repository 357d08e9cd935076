import type { ActionSchema } from "moleculer";
import type { Static } from "typebox";
import { type ArticleDocument, articleDocuments } from "../../contracts/search-documents.ts";
import { action } from "../../mixins/action.ts";
import { type Article, articleModel } from "../../models/article.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import type { ArticleVersion } from "../../models/article-version.ts";
import type { Category } from "../../models/category.ts";
import { type KnowledgeBase, MAX_LOCALES } from "./knowledge-base-store.ts";
import { rerendered } from "./reading.ts";

type Document = Static<typeof ArticleDocument>;

/** One language of an article for the index; without a language, an article that is in none. */
function documentOf(
	article: Article,
	category: Category | undefined,
	published: { translation: ArticleTranslation; version: ArticleVersion } | null,
): Document {
	const { translation, version } = published ?? {};
	return {
		id: article._id,
		tenantId: article.tenantId,
		version: article.version,
		updatedAt: article.publicUpdatedAt.toISOString(),
		gone: published === null,
		locale: translation?.locale ?? article.defaultLocale,
		defaultLocale: article.defaultLocale,
		visibility: article.effectiveVisibility,
		categoryId: article.categoryId,
		categoryIds: category ? [...category.path, category._id] : [],
		title: translation?.published?.title ?? "",
		summary: translation?.published?.summary ?? null,
		tags: article.tags,
		sections: version?.rendered.sections ?? [],
		views30d: article.views30d,
		wilson: article.score,
		publishedAt: (translation?.publishedAt ?? article.publishedKey).toISOString(),
	};
}

/** The texts that readers have, of articles of one tenant. */
async function documentsIn(kb: KnowledgeBase, tenantId: string, articles: readonly Article[]): Promise<Document[]> {
	const articleIds = articles.map((article) => article._id);
	const categoryIds = articles.map((article) => article.categoryId).filter((id) => id !== null);
	const [translations, categories] = await Promise.all([
		kb.translations.find({ tenantId }, { articleId: { $in: articleIds } }, { limit: articleIds.length * MAX_LOCALES }),
		kb.categories.find({ tenantId }, { _id: { $in: [...new Set(categoryIds)] } }),
	]);
	const byId = new Map(categories.map((category) => [category._id, category]));
	const byArticle = Map.groupBy(translations, (translation) => translation.articleId);
	const found: Document[] = [];
	for (const article of articles) {
		const category = byId.get(article.categoryId ?? "");
		const read = (byArticle.get(article._id) ?? []).filter((translation) => translation.published !== null);
		if (read.length === 0) found.push(documentOf(article, category, null));
		for (const translation of read) {
			const { articleId, locale, publishedVersionNo: versionNo } = translation;
			const [version] = await kb.versions.find({ tenantId }, { articleId, locale, versionNo }, { limit: 1 });
			if (version) found.push(documentOf(article, category, { translation, version: await rerendered(kb, version) }));
		}
	}
	return found;
}

export function searchActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	return {
		searchDocuments: action(articleDocuments.byIds, async ({ params: { tenantId, ids } }) =>
			documentsIn(kb, tenantId, await kb.articles.find({ tenantId }, { _id: { $in: ids } })),
		),
		searchPage: action(articleDocuments.page, async ({ params: { after, limit } }) => {
			const articles = await kb.store
				.model(articleModel)
				.find(after === null ? {} : { _id: { $gt: after } })
				.sort({ _id: 1 })
				.limit(limit)
				.lean<Article[]>();
			const byTenant = Map.groupBy(articles, (article) => article.tenantId);
			const documents: Document[] = [];
			for (const [tenantId, some] of byTenant) documents.push(...(await documentsIn(kb, tenantId, some)));
			return { documents, next: articles.length < limit ? null : (articles.at(-1)?._id ?? null) };
		}),
		searchSettled: action(articleDocuments.settled, async () => {
			await kb.store.flush();
			return null;
		}),
	};
}
