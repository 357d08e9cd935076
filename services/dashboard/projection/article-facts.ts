import type { DataOf } from "../../../contracts/event-contract.ts";
import type {
	articleUpdated,
	articleViewed,
	articleVoted,
	kbDeflected,
	kbSearched,
} from "../../../contracts/knowledge-base-events.ts";
import type { DomainEvent } from "../../../lib/event-log.ts";
import type { ArticleCounts, ArticleFacts, HelpCounts, SuggestionFacts } from "../facts.ts";

/* Articles and what is counted in the help centre. `rev` is left alone. */

const QUARTER_MS = 15 * 60 * 1000;

const idOf = (event: DomainEvent) => event.subject.slice(event.subject.indexOf("/") + 1);

type Article = DataOf<typeof articleUpdated>;

/** The article after one of its events; the same object where a newer one was heard of already. */
export function applyArticleEvent(before: ArticleFacts | null, event: DomainEvent): ArticleFacts | null {
	if (before && before.sequence > event.sequence) return before;
	const { locale, title, categoryId, visibility, authorId, defaultLocale, publishedLocales } = event.data as Article;
	const titles = before?.titles ?? {};
	return {
		_id: idOf(event),
		tenantId: event.tenantId,
		rev: before?.rev ?? 0,
		sequence: event.sequence,
		titles: title === null ? titles : { ...titles, [locale ?? defaultLocale]: title },
		defaultLocale,
		categoryId,
		visibility,
		authorId,
		publishedLocales,
		archived: isArchived(before, event, publishedLocales),
		deleted: event.type === "article.deleted",
	};
}

/** Put away until it is published again. */
function isArchived(before: ArticleFacts | null, event: DomainEvent, publishedLocales: string[]): boolean {
	if (event.type === "article.archived") return true;
	return publishedLocales.length === 0 && (before?.archived ?? false);
}

function instantOf(event: DomainEvent): number {
	const { at } = event.data as { at?: string };
	const instant = Date.parse(at ?? event.time);
	if (Number.isNaN(instant)) throw new TypeError(`${event.type} at no instant`);
	return instant;
}

/** The beginning of the quarter of an hour that an event is counted in, ms. */
export function quarterOf(event: DomainEvent): number {
	const instant = instantOf(event);
	return instant - (instant % QUARTER_MS);
}

export const articleCountsId = (event: DomainEvent) => `${idOf(event)} ${quarterOf(event)}`;
export const helpCountsId = (event: DomainEvent) => `${event.tenantId} ${quarterOf(event)}`;

const checked = (count: number) => {
	if (!Number.isInteger(count)) throw new TypeError("a count that is no whole number");
	return count;
};

/** An article's counts of a quarter after `article.viewed` or `article.voted`. */
export function countForArticle(before: ArticleCounts | null, event: DomainEvent): ArticleCounts {
	const counts = before ?? {
		_id: articleCountsId(event),
		tenantId: event.tenantId,
		rev: 0,
		articleId: idOf(event),
		from: quarterOf(event),
		views: 0,
		helpful: 0,
		notHelpful: 0,
	};
	if (event.type === "article.viewed") {
		const { count } = event.data as DataOf<typeof articleViewed>;
		return { ...counts, views: counts.views + checked(count) };
	}
	const { value, previous } = event.data as DataOf<typeof articleVoted>;
	const difference = (vote: string) => (value === vote ? 1 : 0) - (previous === vote ? 1 : 0);
	return {
		...counts,
		helpful: counts.helpful + difference("helpful"),
		notHelpful: counts.notHelpful + difference("not_helpful"),
	};
}

/** The help centre's counts of a quarter after `kb.searched`. */
export function countForHelp(before: HelpCounts | null, event: DomainEvent): HelpCounts {
	const counts = before ?? {
		_id: helpCountsId(event),
		tenantId: event.tenantId,
		rev: 0,
		from: quarterOf(event),
		searches: 0,
		zeroSearches: 0,
	};
	const { zero } = event.data as DataOf<typeof kbSearched>;
	return { ...counts, searches: counts.searches + 1, zeroSearches: counts.zeroSearches + (zero ? 1 : 0) };
}

/** A suggestion after `kb.deflected`; the same object where a later outcome was heard of already. */
export function applySuggestionEvent(before: SuggestionFacts | null, event: DomainEvent): SuggestionFacts | null {
	if (before && before.sequence > event.sequence) return before;
	const { tenantId, sequence } = event;
	const { outcome, articleId } = event.data as DataOf<typeof kbDeflected>;
	return { _id: idOf(event), tenantId, rev: before?.rev ?? 0, sequence, at: instantOf(event), outcome, articleId };
}
