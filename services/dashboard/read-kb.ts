import { may } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { getKnowledgeBaseNumbers } from "../../contracts/dashboard-kb.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import {
	dashboardArticleCountsModel,
	dashboardArticleModel,
	dashboardHelpCountsModel,
	dashboardSuggestionModel,
} from "../../models/dashboard-article.ts";
import type { Model } from "../../models/model.ts";
import type { Dashboard } from "./dashboard-store.ts";
import type { ArticleFacts } from "./facts.ts";
import { isoRange } from "./inquiry.ts";
import { type Range, rangeOf, zoneOf } from "./numbers/calendar.ts";
import { byArticle, deflectionOf, searchesOf, sumOf, withRate } from "./numbers/knowledge-base.ts";

type Numbers = ResultOf<typeof getKnowledgeBaseNumbers>;

const DEFAULT_LIMIT = 25;
const PAGE = 1000;

interface Row {
	_id: string;
	tenantId: string;
}

/** The rows of a time, page by page over the index (tenantId, instant, _id). */
async function within<T extends Row>(
	{ store }: Dashboard,
	model: Model<T>,
	at: string,
	tenantId: string,
	range: Range,
) {
	const rows: T[] = [];
	for (let last: T | undefined; ; ) {
		const from: unknown = last ? (last as unknown as Record<string, unknown>)[at] : range.from;
		const where = last
			? {
					tenantId,
					[at]: { $gte: from, $lt: range.to },
					$or: [{ [at]: { $gt: from } }, { [at]: from, _id: { $gt: last._id } }],
				}
			: { tenantId, [at]: { $gte: from, $lt: range.to } };
		const page = await store
			.model(model)
			.find(where as never)
			.sort({ [at]: 1, _id: 1 })
			.limit(PAGE)
			.lean<T[]>();
		rows.push(...page);
		last = page.at(-1);
		if (page.length < PAGE) return rows;
	}
}

async function articlesOf({ store }: Dashboard, tenantId: string): Promise<Map<string, ArticleFacts>> {
	const found = await store
		.model(dashboardArticleModel)
		.find({ tenantId, rev: { $gt: 0 } })
		.sort({ rev: 1 })
		.lean<ArticleFacts[]>();
	return new Map(found.map((article) => [article._id, article]));
}

const titleOf = (article: ArticleFacts | undefined) =>
	(article && (article.titles[article.defaultLocale] ?? Object.values(article.titles)[0])) ?? null;

async function numbers(
	ctx: CallContext<ParamsOf<typeof getKnowledgeBaseNumbers>>,
	dashboard: Dashboard,
): Promise<Numbers> {
	const { limit = DEFAULT_LIMIT, ...asked } = ctx.params;
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	const timeZone = zoneOf(asked.timeZone, caller.tenant.timeZone);
	const range = rangeOf(asked, dashboard.runtime.clock.now().getTime(), timeZone);
	const asOf = await dashboard.freshness.now();
	const counts = await within(dashboard, dashboardArticleCountsModel, "from", tenantId, range);
	const help = await within(dashboard, dashboardHelpCountsModel, "from", tenantId, range);
	const suggestions = await within(dashboard, dashboardSuggestionModel, "at", tenantId, range);
	const articles = await articlesOf(dashboard, tenantId);
	const rows = byArticle(counts, suggestions);
	const { deflected: _deflected, ...votes } = withRate(sumOf(rows.map(([, row]) => row)));
	const rest = rows.slice(limit).map(([, row]) => row);
	const titled = may(caller, "kb.read");
	const published = [...articles.values()].filter(
		({ deleted, archived, publishedLocales }) => !deleted && !archived && publishedLocales.length > 0,
	);
	return {
		...asOf,
		filtersApplied: {},
		timeZone,
		range: isoRange(range),
		...votes,
		...searchesOf(help),
		deflection: deflectionOf(suggestions),
		articles: rows.slice(0, limit).map(([articleId, row]) => ({
			articleId,
			title: titled ? titleOf(articles.get(articleId)) : null,
			...withRate(row),
		})),
		others: { articles: rest.length, ...withRate(sumOf(rest)) },
		publishedArticles: published.length,
	};
}

export function knowledgeBaseActions(dashboard: Dashboard) {
	return { getKnowledgeBase: action(getKnowledgeBaseNumbers, (ctx) => numbers(ctx, dashboard)) };
}
