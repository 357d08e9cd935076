import { Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Locale, Nullable, Words } from "./fields.ts";
import { VOTE_VALUES } from "./knowledge-base-events.ts";
import { ArticleItem } from "./knowledge-base-views.ts";
import { defineList } from "./list-contract.ts";

const ById = strict({ id: Id });
const Counter = Type.Integer({ minimum: 0 });
const Value = Words(VOTE_VALUES);
/** measured in characters after trimming, by the service */
const Comment = Type.Optional(Nullable(Type.String({ maxLength: 8000 })));

/** The caller's own vote on an article. */
export const OwnVote = Type.Object({
	value: Value,
	comment: Nullable(Type.String()),
	/** the language in which the article was read */
	locale: Type.String(),
	/** whether it is among the article's counters: votes of staff are not, unless the tenant wants them to */
	counted: Type.Boolean(),
	at: Instant,
});

/** An article's counters with the caller's own vote. */
export const Rating = Type.Object({
	/** the article's */
	id: Id,
	viewCount: Counter,
	helpfulCount: Counter,
	notHelpfulCount: Counter,
	/** lower bound of the share of helpful votes at 95 % confidence (Wilson), 0 to 1 */
	score: Type.Number(),
	vote: Nullable(OwnVote),
});

const ratingQuery = strict({ locale: Type.Optional(Locale) });

export const rateArticle = defineAction({
	name: "knowledge-base.rate",
	access: "kb.rate",
	rest: "POST /knowledge-base/articles/:id/rate",
	help: "POST /articles/:id/rate",
	summary: "Say whether an article helped",
	description:
		"One vote a reader and article: another one replaces it. `{helpful: true|false}` is taken for `value`, too. " +
		"`locale` names the language that was read, as for the article itself. At most 10 a minute from one reader, then " +
		"429 with `Retry-After`. Votes of staff are kept but not counted, unless the tenant's `staffVotesCount` is on.",
	path: ById,
	query: ratingQuery,
	body: strict({
		value: Type.Optional(Value),
		helpful: Type.Optional(Type.Boolean()),
		comment: Comment,
	}),
	result: Rating,
});

export const withdrawRating = defineAction({
	name: "knowledge-base.withdrawRating",
	access: "kb.rate",
	rest: "DELETE /knowledge-base/articles/:id/rate",
	help: "DELETE /articles/:id/rate",
	summary: "Take the own vote on an article back",
	description: "Without a vote nothing changes, and the answer is the same.",
	path: ById,
	result: Rating,
});

const VOTER_KINDS = ["user", "customer", "visitor"] as const;

/** A vote as the desk reads it. */
export const VoteView = Type.Object({
	id: Id,
	articleId: Id,
	locale: Type.String(),
	/** the version of the text that was read */
	versionNo: Nullable(Type.Integer()),
	value: Value,
	comment: Nullable(Type.String()),
	counted: Type.Boolean(),
	/** visitors are nobody in particular; readers who see no personal data get no id of a customer either */
	voter: Type.Object({ type: Words(VOTER_KINDS), id: Nullable(Id) }),
	/** when it was given or last changed */
	at: Instant,
	createdAt: Instant,
});

export const VOTE_LIST = {
	filters: {
		value: { type: "string", values: VOTE_VALUES, operators: ["eq"] },
		locale: { type: "string", operators: ["eq", "in"] },
		commented: { type: "boolean", operators: ["eq"] },
		createdAt: { type: "instant" },
	},
	sorts: ["createdAt"],
	defaultSort: "-createdAt",
} satisfies ListSpec;

export const listVotes = defineList({
	name: "knowledge-base.listVotes",
	access: "kb.read",
	rest: "GET /knowledge-base/articles/:id/votes",
	summary: "List the votes on an article",
	description: "With their comments, for the desk alone. `commented=true` leaves out those without words.",
	path: ById,
	list: VOTE_LIST,
	item: VoteView,
});

/**
 * Somebody was shown an article. Counted once a viewer and article in half an hour, never for staff; told by the gateway,
 * which does not wait. Runs as the caller of the request. `viewerKey` tells viewers apart and is kept for that half hour.
 */
export const recordView = defineAction({
	name: "knowledge-base.recordView",
	access: "internal",
	summary: "Count that an article was read",
	body: strict({ articleId: Id, locale: Locale, viewerKey: Type.String({ minLength: 1, maxLength: 200 }) }),
	result: Type.Object({ counted: Type.Boolean() }),
});

/** Articles were suggested to the caller. Repeating it changes nothing. To be awaited before the client hears the id. */
export const recordSuggestion = defineAction({
	name: "knowledge-base.recordSuggestion",
	access: "internal",
	summary: "Keep what was suggested, for what became of it",
	body: strict({ suggestionId: Id, articleIds: Type.Array(Id, { maxItems: 20 }), locale: Locale }),
	result: Type.Null(),
});

/**
 * The caller searched the knowledge base. `searchId` is the searcher's own id of that search, for clicks on its results;
 * `viewerKeyHash` tells searchers apart without naming them.
 */
export const recordSearch = defineAction({
	name: "knowledge-base.recordSearch",
	access: "internal",
	summary: "Keep what was searched for, and with how much success",
	body: strict({
		q: Type.String({ minLength: 1, maxLength: 1000 }),
		locale: Locale,
		resultCount: Counter,
		viewerKeyHash: Nullable(Type.String({ maxLength: 200 })),
		searchId: Type.Optional(Id),
	}),
	result: Type.Null(),
});

export const recordClick = defineAction({
	name: "knowledge-base.recordClick",
	access: "kb.read",
	rest: "POST /knowledge-base/search/:searchId/click",
	help: "POST /search/:searchId/click",
	summary: "Say which result of a search was opened",
	description: "`searchId` comes with the results. The last one told is kept.",
	path: strict({ searchId: Id }),
	body: strict({ articleId: Id }),
	result: Type.Null(),
	status: 204,
});

export const OUTCOMES = ["solved", "not_helpful", "ticket_created"] as const;

/** What became of a suggestion. */
export const Outcome = Type.Object({
	suggestionId: Id,
	outcome: Words(OUTCOMES),
	articleId: Nullable(Id),
	ticketDraftId: Nullable(Id),
	at: Instant,
});

export const suggestionOutcome = defineAction({
	name: "knowledge-base.suggestionOutcome",
	access: "kb.read",
	rest: "POST /knowledge-base/suggest/:id/outcome",
	help: "POST /suggest/:id/outcome",
	summary: "Say what became of suggested articles",
	description:
		"Kept once for each suggestion: telling it again replaces what was told. `articleId` is one of those that were " +
		"suggested, else 422. A suggestion that was made to somebody else is a 404.",
	path: ById,
	body: strict({
		outcome: Words(OUTCOMES),
		articleId: Type.Optional(Nullable(Id)),
		ticketDraftId: Type.Optional(Nullable(Id)),
	}),
	result: Outcome,
});

export const listRelated = defineAction({
	name: "knowledge-base.related",
	access: "kb.read",
	rest: "GET /knowledge-base/articles/:id/related",
	help: "GET /articles/:id/related",
	summary: "What to read beside an article",
	description: "Published articles that are like it, or share tags or the category, most related first; 5 unless told.",
	path: ById,
	query: strict({
		locale: Type.Optional(Locale),
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 20 })),
	}),
	result: Type.Object({ data: Type.Array(ArticleItem) }),
	headers: () => ({ Vary: "Accept-Language" }),
});

/** Ids of articles like one, most like first, as far as the caller may read them. */
export const similarArticles = defineAction({
	name: "search.relatedArticles",
	access: "kb.read",
	idempotent: true,
	summary: "Articles like one",
	body: strict({ articleId: Id, locale: Locale, limit: Type.Integer({ minimum: 1, maximum: 20 }) }),
	result: Type.Object({ ids: Type.Array(Id) }),
});

/** `YYYY-MM-DD`, or an instant that stands for the tenant's day in which it lies. */
const Day = Type.String({ minLength: 10, maxLength: 40 });
const Share = Nullable(Type.Number());
const Rows = <T extends Parameters<typeof Type.Object>[0]>(fields: T) => Nullable(Type.Array(Type.Object(fields)));
const ArticleRef = { id: Id, title: Nullable(Type.String()), locale: Nullable(Type.String()) };
const VoteCounts = { helpful: Counter, notHelpful: Counter, score: Type.Number() };

/** How the knowledge base was used between two days. Null is "not known", never 0. */
export const Analytics = Type.Object({
	from: Type.String(),
	to: Type.String(),
	timeZone: Type.String(),
	locale: Nullable(Type.String()),
	asOf: Instant,
	views: Nullable(Counter),
	votes: Nullable(Type.Object({ helpful: Counter, notHelpful: Counter, helpfulShare: Share })),
	topViewed: Rows({ ...ArticleRef, views: Counter }),
	mostHelpful: Rows({ ...ArticleRef, ...VoteCounts }),
	leastHelpful: Rows({ ...ArticleRef, ...VoteCounts }),
	searches: Type.Object({
		total: Counter,
		withoutResult: Counter,
		withoutResultShare: Share,
		clicked: Counter,
		clickedShare: Share,
	}),
	topQueries: Rows({ q: Type.String(), count: Counter }),
	zeroResultQueries: Rows({ q: Type.String(), count: Counter }),
	deflection: Type.Object({
		suggestions: Counter,
		solved: Counter,
		notHelpful: Counter,
		ticketCreated: Counter,
		/** of what was told, the share that was solved without a ticket */
		rate: Share,
	}),
	outdatedTranslations: Type.Object({ total: Counter, data: Type.Array(Type.Object(ArticleRef)) }),
	dueForReview: Type.Object({
		total: Counter,
		data: Type.Array(Type.Object({ ...ArticleRef, reviewDueAt: Instant })),
	}),
});

export const kbAnalytics = defineAction({
	name: "knowledge-base.analytics",
	access: "kb.analytics",
	rest: "GET /knowledge-base/analytics",
	summary: "How the knowledge base is used",
	description:
		"Between two days of the tenant's calendar, both included; the last 30 days unless told, 366 at most. An instant " +
		"stands for the day in which it lies. Votes count on the day they were last changed, outcomes of suggestions on the " +
		"day of the suggestion. Shares are null where there is nothing to divide by; the lists of articles or of queries are " +
		"null where there is too much in the range to be exact: ask for a shorter one. `outdatedTranslations` and " +
		"`dueForReview` are of now.",
	query: strict({ from: Type.Optional(Day), to: Type.Optional(Day), locale: Type.Optional(Locale) }),
	result: Analytics,
});

/** Every action about the use of the knowledge base that a client can call. */
export const engagementContracts = [
	rateArticle,
	withdrawRating,
	listVotes,
	listRelated,
	recordClick,
	suggestionOutcome,
	kbAnalytics,
];
