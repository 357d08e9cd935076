import type { ActionSchema } from "moleculer";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { recordSuggestion, similarArticles } from "../../contracts/knowledge-base-engagement.ts";
import { articlesByIds } from "../../contracts/knowledge-base-internal.ts";
import { suggestArticles } from "../../contracts/search.ts";
import { newId } from "../../lib/ids.ts";
import { wishedLocales } from "../../lib/locale-negotiation.ts";
import { isProblem } from "../../lib/problem.ts";
import { action, type CallContext, call, callerOf } from "../../mixins/action.ts";
import { hydrateArticles, wishesOf } from "./articles.ts";
import { asFound } from "./find.ts";
import { articleScope } from "./scopes.ts";
import type { Search } from "./search-store.ts";

const DEFAULT_LIMIT = 3;

/** How long the answer waits for the knowledge base to keep what was suggested, ms. */
const RECORD_MS = 100;

type Suggestion = ResultOf<typeof suggestArticles>;

/** The answer where the knowledge base does not answer. */
const DEGRADED: Suggestion = { suggestionId: null, data: [], degraded: true };

/** Kept before the client hears of it, so that what became of it can be told at once; not waited for long. */
async function keep(ctx: CallContext, search: Search, suggestionId: string, articleIds: string[], locale: string) {
	await ctx
		.call(recordSuggestion.name, { suggestionId, articleIds, locale }, { timeout: RECORD_MS })
		.catch((error: unknown) => search.warn(error, "a suggestion was not kept"));
}

async function suggest(ctx: CallContext<ParamsOf<typeof suggestArticles>>, search: Search): Promise<Suggestion> {
	const { subject = "", body = "", limit = DEFAULT_LIMIT } = ctx.params;
	const caller = callerOf(ctx);
	if (!search.owners.isThere(articlesByIds.name)) return DEGRADED;
	const wishes = wishesOf(ctx);
	const locale = wishedLocales(wishes);
	const scope = articleScope(caller);
	const question = { tenantId: caller.tenant.id, subject, body, locale, scope, limit };
	const hits = search.asking(() => search.index.suggest(question));
	const articles = await hydrateArticles(ctx, hits, wishes).catch((error: unknown) => {
		if (isProblem(error) && error.code < 500) throw error;
		search.warn(error, "the knowledge base does not answer");
		return null;
	});
	if (articles === null) return DEGRADED;
	const data = hits.flatMap((hit, at) => {
		const article = articles[at];
		return article ? [{ ...article, ...asFound(hit) }] : [];
	});
	const suggestionId = newId();
	const ids = data.map(({ id }) => id);
	await keep(ctx, search, suggestionId, ids, locale[0] ?? caller.tenant.locale);
	return { suggestionId, data };
}

/** Articles that may be what somebody needs, without a query. */
export function suggestActions(search: Search): Record<string, ActionSchema> {
	return {
		suggest: action(suggestArticles, (ctx) => suggest(ctx, search)),
		relatedArticles: action(similarArticles, async (ctx) => {
			const { articleId, locale, limit } = ctx.params;
			const caller = callerOf(ctx);
			const scope = articleScope(caller);
			const hits = search.index.related({ tenantId: caller.tenant.id, articleId, locale, scope, limit });
			if (hits.length === 0) return { ids: [] };
			const items = hits.map((hit) => ({ id: hit.id, ...(hit.locale === undefined ? {} : { locale: hit.locale }) }));
			const articles = await call(ctx, articlesByIds, { items });
			return { ids: articles.map(({ id }) => id) };
		}),
	};
}
