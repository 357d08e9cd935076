import type { ResultOf } from "../../contracts/contract.ts";
import type { getArticle, listArticles } from "../../contracts/knowledge-base.ts";
import type {
	getTranslation,
	getVersion,
	listTranslations,
	listVersions,
} from "../../contracts/knowledge-base-translations.ts";
import { negotiateLocale } from "../../lib/locale-negotiation.ts";
import type { Article } from "../../models/article.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import type { ArticleVersion } from "../../models/article-version.ts";
import type { Category } from "../../models/category.ts";

export type ArticleView = ResultOf<typeof getArticle>;
export type ArticleItem = ResultOf<typeof listArticles>["data"][number];
export type TranslationView = ResultOf<typeof getTranslation>;
type TranslationItem = ResultOf<typeof listTranslations>["data"][number];
type VersionItem = ResultOf<typeof listVersions>["data"][number];

/** What articles name: categories and people. */
export interface References {
	categories: ReadonlyMap<string, Category>;
	names: ReadonlyMap<string, string>;
}

/** Which text of an article is shown: the newest, or the one that readers have. */
export type Layer = "draft" | "published";

/** The language that an article is shown in. */
export interface Shown {
	translation: ArticleTranslation;
	isFallback: boolean;
	layer: Layer;
	/** to somebody who writes, who gets versions to change it by and everything else that is not for readers */
	writes: boolean;
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** The text of a category in the language that suits one that is asked for best. */
export function categoryText({ translations, defaultLocale }: Category, locale: string) {
	const available = Object.keys(translations);
	const found = negotiateLocale({ asked: locale, article: defaultLocale, available });
	return {
		...found,
		availableLocales: available.sort(),
		...(translations[found.locale] ?? { name: "", description: null }),
	};
}

function translationFields(translation: ArticleTranslation, { layer, writes }: Pick<Shown, "layer" | "writes">) {
	const { slug, status, publishedAt, publishedVersionNo, draftVersionNo, outdated } = translation;
	const head = layer === "draft" ? translation.draft : (translation.published ?? translation.draft);
	const { title, summary } = head;
	const read = { title, slug, summary, status, publishedAt: iso(publishedAt), outdated };
	if (!writes) return read;
	return {
		...read,
		publishAt: iso(translation.publishAt),
		archivedAt: iso(translation.archivedAt),
		...{ publishedVersionNo, draftVersionNo },
		hasUnpublishedChanges: status === "published" && draftVersionNo !== publishedVersionNo,
	};
}

/** Who wrote an article: for readers by name only, for those who write with all that the desk needs. */
function peopleOf({ authorId, ownerId, reviewDueAt }: Article, names: References["names"], writes: boolean) {
	const author = { name: names.get(authorId) ?? "" };
	if (!writes) return { author };
	return {
		...{ author: { id: authorId, ...author }, authorId },
		...{ ownerId, owner: { id: ownerId, name: names.get(ownerId) ?? "" } },
		reviewDueAt: iso(reviewDueAt),
	};
}

function contentOf({ bodyMarkdown, rendered }: ArticleVersion) {
	const { bodyHtml, headings, plainText } = rendered;
	return { body: bodyMarkdown, bodyHtml, headings, plainText };
}

/** An article as lists show it. What readers are not to know of it is left out. */
export function articleItem(article: Article, shown: Shown, { categories, names }: References): ArticleItem {
	const { translation, isFallback, layer, writes } = shown;
	const { _id: id, categoryId, order, visibility, effectiveVisibility, defaultLocale, tags } = article;
	const { publishedLocales, viewCount, helpfulCount, notHelpfulCount, score } = article;
	const category = categoryId === null ? undefined : categories.get(categoryId);
	return {
		id,
		version: writes ? article.version : article.publicVersion,
		createdAt: article.createdAt.toISOString(),
		updatedAt: (writes ? article.updatedAt : article.publicUpdatedAt).toISOString(),
		locale: translation.locale,
		isFallback,
		availableLocales: layer === "draft" ? article.locales : publishedLocales,
		...translationFields(translation, shown),
		categoryId,
		category: category
			? { id: category._id, name: categoryText(category, translation.locale).name, slug: category.slug }
			: null,
		...peopleOf(article, names, writes),
		...{ order, visibility, effectiveVisibility, defaultLocale, publishedLocales, tags },
		...{ viewCount, helpfulCount, notHelpfulCount, score },
	};
}

/** An article with its text. */
export function articleView(
	article: Article,
	shown: Shown,
	version: ArticleVersion,
	references: References,
): ArticleView {
	return { ...articleItem(article, shown, references), ...contentOf(version) };
}

export function translationItem(article: Article, translation: ArticleTranslation, layer: Layer): TranslationItem {
	return {
		articleId: article._id,
		locale: translation.locale,
		version: layer === "draft" ? article.version : article.publicVersion,
		updatedAt: (layer === "draft"
			? translation.updatedAt
			: (translation.publishedAt ?? article.publicUpdatedAt)
		).toISOString(),
		...translationFields(translation, { layer, writes: layer === "draft" }),
	};
}

export function translationView(
	article: Article,
	translation: ArticleTranslation,
	version: ArticleVersion,
	layer: Layer,
): TranslationView {
	return { ...translationItem(article, translation, layer), ...contentOf(version), bodyMarkdown: version.bodyMarkdown };
}

export function versionItem(version: ArticleVersion, names: ReadonlyMap<string, string>): VersionItem {
	const { _id: id, articleId, locale, versionNo, title, summary, editorId, changeNote } = version;
	return {
		...{ id, articleId, locale, versionNo, title, summary, editorId, changeNote },
		editor: { id: editorId, name: names.get(editorId) ?? "" },
		createdAt: version.createdAt.toISOString(),
		publishedAt: iso(version.publishedAt),
	};
}

export function versionView(version: ArticleVersion, names: ReadonlyMap<string, string>): ResultOf<typeof getVersion> {
	return { ...versionItem(version, names), ...contentOf(version), bodyMarkdown: version.bodyMarkdown };
}
