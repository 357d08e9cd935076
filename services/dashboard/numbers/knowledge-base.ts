import type { ArticleCounts, HelpCounts, SuggestionFacts } from "../facts.ts";

/** What happened to an article, or to several. */
export interface ArticleNumbers {
	views: number;
	helpful: number;
	notHelpful: number;
	/** suggestions of it that made a ticket unnecessary */
	deflected: number;
}

export const noArticleNumbers = (): ArticleNumbers => ({ views: 0, helpful: 0, notHelpful: 0, deflected: 0 });

/** A share, null where there is nothing to share. */
export function share(part: number, whole: number): number | null {
	return whole > 0 ? part / whole : null;
}

/** The numbers with the share of votes that were good. */
export function withRate(numbers: ArticleNumbers) {
	return { ...numbers, helpfulRate: share(numbers.helpful, numbers.helpful + numbers.notHelpful) };
}

export function sumOf(all: Iterable<ArticleNumbers>): ArticleNumbers {
	const sum = noArticleNumbers();
	for (const one of all) for (const name of Object.keys(sum) as (keyof ArticleNumbers)[]) sum[name] += one[name];
	return sum;
}

/** Adds up what happened, by article, the most viewed first, then by id. */
export function byArticle(
	counts: readonly ArticleCounts[],
	suggestions: readonly SuggestionFacts[],
): [string, ArticleNumbers][] {
	const articles = new Map<string, ArticleNumbers>();
	const of = (id: string) => {
		const known = articles.get(id) ?? noArticleNumbers();
		articles.set(id, known);
		return known;
	};
	for (const { articleId, views, helpful, notHelpful } of counts) {
		const sum = of(articleId);
		sum.views += views;
		sum.helpful += helpful;
		sum.notHelpful += notHelpful;
	}
	for (const { articleId, outcome } of suggestions)
		if (outcome === "solved" && articleId !== null) of(articleId).deflected++;
	return [...articles].sort(([a, x], [b, y]) => y.views - x.views || (a < b ? -1 : 1));
}

/** What was searched, and how often in vain. */
export function searchesOf(counts: readonly HelpCounts[]) {
	const searches = counts.reduce((sum, row) => sum + row.searches, 0);
	const zeroSearches = counts.reduce((sum, row) => sum + row.zeroSearches, 0);
	return { searches, zeroSearches, zeroSearchRate: share(zeroSearches, searches) };
}

/** What became of suggestions. */
export function deflectionOf(suggestions: readonly SuggestionFacts[]) {
	const of = (outcome: SuggestionFacts["outcome"]) => suggestions.filter((row) => row.outcome === outcome).length;
	const solved = of("solved");
	return {
		solved,
		notHelpful: of("not_helpful"),
		ticketCreated: of("ticket_created"),
		rate: share(solved, suggestions.length),
	};
}
