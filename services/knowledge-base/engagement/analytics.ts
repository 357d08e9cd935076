import type { ActionSchema } from "moleculer";
import type { ResultOf } from "../../../contracts/contract.ts";
import { kbAnalytics } from "../../../contracts/knowledge-base-engagement.ts";
import { canonicalLocale } from "../../../lib/locale.ts";
import { action, callerOf } from "../../../mixins/action.ts";
import { dueForReview, outdatedTranslations, withTitles } from "./analytics-articles.ts";
import { type ArticleSums, type Asked, articleSums, type KbSums, kbSums, querySums } from "./analytics-rows.ts";
import { daysAsked } from "./days.ts";
import type { Engagement } from "./engagement-store.ts";
import { shareOf, top } from "./top.ts";
import { wilsonLowerBound } from "./wilson.ts";

type Answer = ResultOf<typeof kbAnalytics>;

const TOP = 10;

const total = <T>(items: readonly T[], numberOf: (item: T) => number) =>
	items.reduce((sum, item) => sum + numberOf(item), 0);
const nameOf = ({ articleId }: ArticleSums) => articleId;
/** How surely it helped, and how surely it did not, by the votes of the days alone. */
const helped = (sums: ArticleSums) => wilsonLowerBound(sums.helpful, sums.notHelpful);
const failed = (sums: ArticleSums) => wilsonLowerBound(sums.notHelpful, sums.helpful);

/** What was done with articles: all null where it is too much to count. */
async function ofArticles(from: Engagement, asked: Asked) {
	const sums = await articleSums(from, asked);
	if (!sums) return { views: null, votes: null, topViewed: null, mostHelpful: null, leastHelpful: null };
	const [helpful, notHelpful] = [total(sums, (one) => one.helpful), total(sums, (one) => one.notHelpful)];
	const lists = [
		top(sums, (one) => one.views, nameOf, TOP),
		top(sums, helped, nameOf, TOP),
		top(sums, failed, nameOf, TOP),
	] as const;
	const named = await withTitles(from, asked, lists.flat().map(nameOf));
	const [viewed, best, worst] = lists;
	const voted = (one: ArticleSums) => ({
		...named(one.articleId),
		helpful: one.helpful,
		notHelpful: one.notHelpful,
		score: helped(one),
	});
	return {
		views: total(sums, (one) => one.views),
		votes: { helpful, notHelpful, helpfulShare: shareOf(helpful, helpful + notHelpful) },
		topViewed: viewed.map((one) => ({ ...named(one.articleId), views: one.views })),
		mostHelpful: best.map(voted),
		leastHelpful: worst.map(voted),
	};
}

async function ofQueries(from: Engagement, asked: Asked): Promise<Pick<Answer, "topQueries" | "zeroResultQueries">> {
	const sums = await querySums(from, asked);
	const list = (field: "count" | "zero") =>
		sums &&
		top(
			sums,
			(one) => one[field],
			(one) => one.q,
			TOP,
		).map((one) => ({ q: one.q, count: one[field] }));
	return { topQueries: list("count"), zeroResultQueries: list("zero") };
}

function ofSearches({ searches, zero, clicked }: KbSums): Answer["searches"] {
	return {
		total: searches,
		withoutResult: zero,
		withoutResultShare: shareOf(zero, searches),
		clicked,
		clickedShare: shareOf(clicked, searches),
	};
}

function ofSuggestions({ suggestions, solved, notHelpful, ticketCreated }: KbSums): Answer["deflection"] {
	const rate = shareOf(solved, solved + notHelpful + ticketCreated);
	return { suggestions, solved, notHelpful, ticketCreated, rate };
}

export function analyticsActions(from: Engagement): Record<string, ActionSchema> {
	return {
		analytics: action(kbAnalytics, async (ctx) => {
			const { tenant } = callerOf(ctx);
			const now = from.runtime.clock.now();
			const days = daysAsked(ctx.params, tenant.timeZone, now);
			const locale = ctx.params.locale === undefined ? null : (canonicalLocale(ctx.params.locale) ?? ctx.params.locale);
			const asked = { tenantId: tenant.id, ...days, locale };
			const [articles, queries, sums, outdated, due] = await Promise.all([
				ofArticles(from, asked),
				ofQueries(from, asked),
				kbSums(from, asked),
				outdatedTranslations(from, asked),
				dueForReview(from, asked, now),
			]);
			return {
				...days,
				timeZone: tenant.timeZone,
				locale,
				asOf: now.toISOString(),
				...articles,
				searches: ofSearches(sums),
				...queries,
				deflection: ofSuggestions(sums),
				outdatedTranslations: outdated,
				dueForReview: due,
			};
		}),
	};
}
