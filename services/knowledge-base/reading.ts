import type { TenantCaller } from "../../contracts/caller.ts";
import { negotiateLocale } from "../../lib/locale-negotiation.ts";
import { notFound } from "../../lib/problem.ts";
import type { InTransaction } from "../../mixins/repository.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Article } from "../../models/article.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import { type ArticleVersion, articleVersionModel } from "../../models/article-version.ts";
import { articleScope, readerOf } from "./access.ts";
import { translationsOf } from "./dossier.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { type Wishes, wishesOf } from "./locales.ts";
import { namesOf } from "./people.ts";
import { type ArticleView, articleView, type Layer, type References, type Shown } from "./views.ts";
import { upToDate, versionOf } from "./write-text.ts";

/** Which text somebody gets: those who write the newest, unless they ask for what readers have. */
export function layerFor(caller: TenantCaller, asked?: Layer): Layer {
	return readerOf(caller).writes ? (asked ?? "draft") : "published";
}

/** The languages of an article that there are on a layer. */
export function onLayer(translations: readonly ArticleTranslation[], layer: Layer): ArticleTranslation[] {
	return translations.filter((one) => layer === "draft" || one.published !== null);
}

/** The language in which an article is shown, or null where there is none on this layer. */
export function shownIn(
	article: Article,
	translations: readonly ArticleTranslation[],
	wishes: Wishes,
	layer: Layer,
	writes = layer === "draft",
): Shown | null {
	const found = onLayer(translations, layer);
	if (found.length === 0) return null;
	// The first is what is taken where nothing that anybody wishes for is there: the article's own language.
	const rank = ({ locale }: ArticleTranslation) => (locale === article.defaultLocale ? "" : locale);
	const available = found.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).map((one) => one.locale);
	const { locale, isFallback } = negotiateLocale({ ...wishes, article: article.defaultLocale, available });
	const translation = found.find((one) => one.locale === locale);
	return translation ? { translation, isFallback, layer, writes } : null;
}

/** An article that the caller may read, and the language in which it is served. Throws 404 for any other. */
export async function readableArticle(
	kb: KnowledgeBase,
	caller: TenantCaller,
	id: string,
	wishes: { locale?: string | undefined; acceptLanguage?: string | undefined; view?: Layer | undefined } = {},
	tx?: Transaction,
): Promise<Shown & { article: Article; translations: ArticleTranslation[] }> {
	const article = await kb.articles.require(articleScope(caller), id, tx);
	const translations = await translationsOf(kb, article, tx);
	const layer = layerFor(caller, wishes.view);
	const wanted = wishesOf(caller, wishes.acceptLanguage, wishes.locale);
	const shown = shownIn(article, translations, wanted, layer, readerOf(caller).writes);
	if (!shown) throw notFound("article");
	return { ...shown, article, translations };
}

/** What articles name, from the service's own copies. */
export async function referencesOf(
	kb: KnowledgeBase,
	tenantId: string,
	articles: readonly Article[],
	tx?: InTransaction,
): Promise<References> {
	const ids = [...new Set(articles.map((article) => article.categoryId).filter((id) => id !== null))];
	const categories =
		ids.length === 0 ? [] : await kb.categories.find({ tenantId }, { _id: { $in: ids } }, tx ? { tx } : {});
	const people = articles.flatMap((article) => [article.authorId, article.ownerId]);
	return {
		categories: new Map(categories.map((category) => [category._id, category])),
		names: await namesOf(kb, tenantId, people, tx),
	};
}

/** The text of a translation on a layer, rendered by the present renderer, which is kept for the next reader. */
export async function textOf(
	kb: KnowledgeBase,
	{ translation, layer }: Pick<Shown, "translation" | "layer">,
	tx?: Transaction,
): Promise<ArticleVersion> {
	const versionNo = layer === "draft" ? translation.draftVersionNo : translation.publishedVersionNo;
	return rerendered(kb, await versionOf(kb, translation, versionNo ?? translation.draftVersionNo, tx), tx);
}

/** A version as the present renderer shows it; one that an older renderer made is kept anew. */
export async function rerendered(
	kb: KnowledgeBase,
	version: ArticleVersion,
	tx?: Transaction,
): Promise<ArticleVersion> {
	const current = upToDate(version);
	if (current === version || tx) return current;
	const { _id, tenantId } = version;
	const { rendered, rendererVersion } = current;
	// Only where the text is still the one that was rendered.
	await kb.store
		.model(articleVersionModel)
		.updateOne({ _id, tenantId, version: version.version }, { $set: { rendered, rendererVersion } });
	return current;
}

/** An article with its text, as it is answered. */
export async function showArticle(
	kb: KnowledgeBase,
	shown: Shown & { article: Article },
	tx?: Transaction,
): Promise<ArticleView> {
	const { article } = shown;
	const references = await referencesOf(kb, article.tenantId, [article], tx);
	return articleView(article, shown, await textOf(kb, shown, tx), references);
}
