import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../../contracts/caller.ts";
import { listRelated, similarArticles } from "../../../contracts/knowledge-base-engagement.ts";
import { articlesByIds } from "../../../contracts/knowledge-base-internal.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import type { Article } from "../../../models/article.ts";
import type { Engagement } from "./engagement-store.ts";
import { joined, mostRelated } from "./related-rules.ts";

const DEFAULT_LIMIT = 5;
/** How many are looked at before those are taken that the reader may have, and how long the search may take, ms. */
const CANDIDATES = 200;
const PATIENCE_MS = 500;

/** What the search finds to be like the article; nothing where it cannot be asked. */
async function similar(ctx: CallContext, articleId: string, locale: string, limit: number): Promise<string[]> {
	try {
		const asked = ctx.call<{ ids: string[] }, object>(
			similarArticles.name,
			{ articleId, locale, limit },
			{ timeout: PATIENCE_MS },
		);
		return (await asked).ids;
	} catch {
		return [];
	}
}

/** What shares tags or the category with the article. */
async function kin(from: Engagement, caller: TenantCaller, article: Article, limit: number): Promise<string[]> {
	const { articles } = from;
	const scope = from.published(caller);
	const { tags, categoryId } = article;
	const [tagged, neighbours] = await Promise.all([
		tags.length > 0 ? articles.find(scope, { tags: { $in: tags } }, { limit: CANDIDATES }) : [],
		categoryId !== null ? articles.find(scope, { categoryId }, { limit: CANDIDATES }) : [],
	]);
	const candidates = new Map([...tagged, ...neighbours].map((other) => [other._id, other]));
	return mostRelated(article, [...candidates.values()], limit);
}

export function relatedActions(from: Engagement): Record<string, ActionSchema> {
	return {
		related: action(listRelated, async (ctx) => {
			const caller = callerOf(ctx);
			const { id, locale: asked, limit = DEFAULT_LIMIT } = ctx.params;
			const { acceptLanguage } = ctx.meta;
			const { article, locale } = await from.read(caller, id, { locale: asked, acceptLanguage });
			// More than asked for: of some there may be nothing that the reader can have.
			const [found, near] = await Promise.all([similar(ctx, id, locale, limit), kin(from, caller, article, limit * 2)]);
			const ids = joined(found, near, limit * 3).filter((other) => other !== id);
			const data = await ctx.call<never[], object>(
				articlesByIds.name,
				{ items: ids.map((other) => ({ id: other })) },
				// The language of the article, as far as the others have it.
				{ meta: { acceptLanguage: locale } },
			);
			return { data: data.slice(0, limit) };
		}),
	};
}
