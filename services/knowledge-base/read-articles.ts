import type { ActionSchema } from "moleculer";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { getArticle, getArticleBySlug, listArticles } from "../../contracts/knowledge-base.ts";
import { articlesByIds } from "../../contracts/knowledge-base-internal.ts";
import { canonicalLocale } from "../../lib/locale.ts";
import { notFound, Problem } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import type { Article } from "../../models/article.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import { readerOf, scopeFor } from "./access.ts";
import { type KnowledgeBase, MAX_LOCALES } from "./knowledge-base-store.ts";
import { narrowing, specFor } from "./list-spec.ts";
import { acceptable, wishesOf } from "./locales.ts";
import { layerFor, readableArticle, referencesOf, showArticle, shownIn } from "./reading.ts";
import { holderOfSlug } from "./slugs.ts";
import { type ArticleItem, type ArticleView, articleItem, type Layer } from "./views.ts";

/** The languages of several articles, by article. */
async function translationsByArticle(
	kb: KnowledgeBase,
	tenantId: string,
	articles: readonly Article[],
): Promise<ReadonlyMap<string, ArticleTranslation[]>> {
	const ids = articles.map((article) => article._id);
	const limit = ids.length * MAX_LOCALES;
	const found =
		ids.length === 0 ? [] : await kb.translations.find({ tenantId }, { articleId: { $in: ids } }, { limit });
	return Map.groupBy(found, (translation) => translation.articleId);
}

async function list(
	ctx: CallContext<ParamsOf<typeof listArticles>>,
	kb: KnowledgeBase,
): Promise<ResultOf<typeof listArticles>> {
	const caller = callerOf(ctx);
	const reader = readerOf(caller);
	const { tenantId, ...scope } = scopeFor(caller.tenant.id, reader);
	const { params, filters, statuses, locale } = narrowing(reader, ctx.params);
	const page = await kb.articles.list({ tenantId, ...scope }, specFor(reader), params, filters);
	const [translations, references] = await Promise.all([
		translationsByArticle(kb, tenantId, page.data),
		referencesOf(kb, tenantId, page.data),
	]);
	const wishes = wishesOf(caller, ctx.meta.acceptLanguage, locale);
	const languages = locale === undefined ? null : acceptable(locale);
	const layer = layerFor(caller);
	const data = page.data.flatMap((article) => {
		// What the list was narrowed to is also what is shown of each.
		const narrowed = (translations.get(article._id) ?? []).filter(
			(one) => statuses.includes(one.status) && (languages === null || languages.includes(one.locale)),
		);
		const shown = shownIn(article, narrowed, wishes, layer);
		return shown ? [articleItem(article, shown, references)] : [];
	});
	return { ...page, data };
}

async function show(
	ctx: CallContext<{ id: string; locale?: string; view?: Layer }>,
	kb: KnowledgeBase,
): Promise<ArticleView> {
	const { id, locale, view } = ctx.params;
	const { acceptLanguage } = ctx.meta;
	return showArticle(kb, await readableArticle(kb, callerOf(ctx), id, { locale, acceptLanguage, view }));
}

async function showBySlug(
	ctx: CallContext<ParamsOf<typeof getArticleBySlug>>,
	kb: KnowledgeBase,
): Promise<ArticleView> {
	const caller = callerOf(ctx);
	const { slug: given, view } = ctx.params;
	const locale = canonicalLocale(ctx.params.locale);
	const slug = given.normalize("NFC").toLowerCase();
	const id = locale === null ? null : await holderOfSlug(kb, caller.tenant.id, locale, slug);
	if (id === null || locale === null) throw notFound("article");
	const found = await readableArticle(kb, caller, id, { locale, view });
	if (found.translation.locale !== locale) throw notFound("article");
	if (found.translation.slug === slug) return showArticle(kb, found);
	const base = caller.kind === "anonymous" ? `/api/help/${caller.tenant.slug}` : "/api/knowledge-base";
	const Location = `${base}/articles/by-slug/${locale}/${encodeURIComponent(found.translation.slug)}`;
	throw new Problem(301, "moved", "The article was renamed.", { headers: { Location } });
}

/** Published articles as the caller may read them, each in the language that is named with it. */
async function byIds(ctx: CallContext<ParamsOf<typeof articlesByIds>>, kb: KnowledgeBase): Promise<ArticleItem[]> {
	const caller = callerOf(ctx);
	const { items } = ctx.params;
	if (items.length === 0) return [];
	const tenantId = caller.tenant.id;
	const reader = readerOf(caller);
	const reach = { reach: { $in: [...reader.sees] } };
	const ids = [...new Set(items.map((item) => item.id))];
	const articles = await kb.articles.find({ tenantId, filter: reach }, { _id: { $in: ids } });
	const byId = new Map(articles.map((article) => [article._id, article]));
	const [translations, references] = await Promise.all([
		translationsByArticle(kb, tenantId, articles),
		referencesOf(kb, tenantId, articles),
	]);
	const wishes = wishesOf(caller, ctx.meta.acceptLanguage);
	return items.flatMap(({ id, locale }) => {
		const article = byId.get(id);
		if (!article) return [];
		const asked = locale === undefined ? undefined : (canonicalLocale(locale) ?? "");
		const shown = shownIn(article, translations.get(id) ?? [], { ...wishes, asked }, "published", reader.writes);
		if (!shown || (asked !== undefined && shown.translation.locale !== asked)) return [];
		return [articleItem(article, shown, references)];
	});
}

/** Everything that only reads articles. */
export function readActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	return {
		listArticles: action(listArticles, (ctx) => list(ctx, kb)),
		getArticle: action(getArticle, (ctx) => show(ctx, kb)),
		getArticleBySlug: action(getArticleBySlug, (ctx) => showBySlug(ctx, kb)),
		articlesByIds: action(articlesByIds, (ctx) => byIds(ctx, kb)),
	};
}
