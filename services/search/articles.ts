import { createHmac } from "node:crypto";
import type { TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { recordSearch } from "../../contracts/knowledge-base-engagement.ts";
import { articlesByIds } from "../../contracts/knowledge-base-internal.ts";
import { ARTICLE_SEARCH, type searchArticles } from "../../contracts/search.ts";
import { newId } from "../../lib/ids.ts";
import { type LocaleWishes, negotiateLocale, wishedLocales } from "../../lib/locale-negotiation.ts";
import { type CallContext, call, callerOf } from "../../mixins/action.ts";
import type { SearchHit } from "./engine/index-types.ts";
import { find } from "./find.ts";
import { articleScope } from "./scopes.ts";
import type { Search } from "./search-store.ts";

type Wishes = Omit<LocaleWishes, "article" | "available">;

/** Which languages the caller wishes: the one asked for, those of Accept-Language, the tenant's. */
export function wishesOf(ctx: CallContext<{ locale?: string }>): Wishes {
	return { asked: ctx.params.locale, acceptLanguage: ctx.meta.acceptLanguage, tenant: callerOf(ctx).tenant.locale };
}

/** What an article's hit says beside how well it fits. */
export function articleFields({ anchor, locale = "" }: SearchHit, wishes: Wishes) {
	const { isFallback } = negotiateLocale({ ...wishes, article: locale, available: [locale] });
	return { anchor: anchor ?? null, isFallback, fallbackLocale: isFallback ? locale : null };
}

/** Articles that were found, in the language in which they were, as the caller may see them. */
export async function hydrateArticles(ctx: CallContext, hits: readonly SearchHit[], wishes: Wishes) {
	if (hits.length === 0) return [];
	const items = hits.map(({ id, locale }) => ({ id, ...(locale === undefined ? {} : { locale }) }));
	const articles = await call(ctx, articlesByIds, { items });
	const byId = new Map(articles.map((article) => [article.id, article]));
	return hits.map((hit) => {
		const article = byId.get(hit.id);
		return article && { ...article, ...articleFields(hit, wishes) };
	});
}

/** Tells one who searches from another, without saying who it is; null for a visitor nothing is known of. */
function hashOf(caller: TenantCaller, secret: string): string | null {
	const visitor = caller.visitorKey ? `a:${caller.visitorKey}` : null;
	const key = caller.kind === "anonymous" ? visitor : `${caller.kind === "customer" ? "c" : "u"}:${caller.id}`;
	return key && createHmac("sha256", secret).update(`${caller.tenant.id} ${key}`).digest("base64url");
}

/** Keeps that somebody searched, without letting anybody wait for it. */
function record(
	ctx: CallContext,
	search: Search,
	told: { q: string; locale: string; resultCount: number; searchId: string },
) {
	const viewerKeyHash = hashOf(callerOf(ctx), search.store.secret);
	call(ctx, recordSearch, { ...told, viewerKeyHash }).catch((error: unknown) =>
		search.warn(error, "a search of the knowledge base was not kept"),
	);
}

/** Finds articles in the languages the caller wishes. First pages are kept for the knowledge base to learn from. */
export async function findArticles(
	ctx: CallContext<ParamsOf<typeof searchArticles>>,
	search: Search,
): Promise<ResultOf<typeof searchArticles>> {
	const wishes = wishesOf(ctx);
	const isFirst = ctx.params.cursor === undefined;
	const found = await find(ctx, search, {
		kind: "article",
		spec: ARTICLE_SEARCH,
		scope: articleScope(callerOf(ctx)),
		locale: wishedLocales(wishes),
		counted: isFirst,
		hydrate: (hits) => hydrateArticles(ctx, hits, wishes),
	});
	if (!isFirst) return found;
	const searchId = newId();
	const [locale = callerOf(ctx).tenant.locale] = wishedLocales(wishes);
	const resultCount = found.total ?? found.data.length;
	record(ctx, search, { q: ctx.params.q ?? "", locale, resultCount, searchId });
	const { total: _total, ...answer } = found;
	return { ...answer, searchId };
}
