import { Type } from "typebox";
import { defineEvent } from "./event-contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";

export const VISIBILITIES = ["public", "customers", "agents"] as const;
export const ARTICLE_STATUSES = ["draft", "in_review", "published", "archived"] as const;
export const VOTE_VALUES = ["helpful", "not_helpful"] as const;

/** An article in one of its languages, as read models keep it. */
const ArticleData = Type.Object({
	/** the language it happened in; null where it concerns the article as a whole */
	locale: Nullable(Type.String()),
	versionNo: Nullable(Type.Integer()),
	title: Nullable(Type.String()),
	slug: Nullable(Type.String()),
	categoryId: Nullable(Id),
	/** the stricter of its own and its categories' */
	visibility: Words(VISIBILITIES),
	authorId: Nullable(Id),
	defaultLocale: Type.String(),
	publishedLocales: Type.Array(Type.String()),
});

const articleEvent = (what: string, summary: string) =>
	defineEvent({ type: `article.${what}`, aggregate: "article", summary, data: ArticleData });

export const articleCreated = articleEvent("created", "An article was made, as a draft or published at once.");
export const articleUpdated = articleEvent(
	"updated",
	"A draft or translation was saved, or category, visibility, tags or owner changed, its categories' included.",
);
export const articlePublished = articleEvent("published", "An article can be read in this language from now on.");
export const articleUnpublished = articleEvent("unpublished", "An article can no longer be read in this language.");
export const articleArchived = articleEvent("archived", "An article was put away.");
export const articleDeleted = articleEvent("deleted", "An article was removed with all its translations.");

/** Counted by the minute: at most one event an article, language and minute. */
export const articleViewed = defineEvent({
	type: "article.viewed",
	aggregate: "article",
	summary: "An article was read.",
	data: Type.Object({ locale: Type.String(), count: Type.Integer(), at: Instant }),
});

/** `value` null: the vote was withdrawn; `previous` null: the first of this voter. */
export const articleVoted = defineEvent({
	type: "article.voted",
	aggregate: "article",
	summary: "Somebody found an article helpful or not, changed their mind or withdrew.",
	data: Type.Object({
		locale: Type.String(),
		value: Nullable(Words(VOTE_VALUES)),
		previous: Nullable(Words(VOTE_VALUES)),
		/** the article's counters after it */
		helpfulCount: Type.Integer(),
		notHelpfulCount: Type.Integer(),
	}),
});

/** The words that were looked for stay with the knowledge base. The subject is that one search. */
export const kbSearched = defineEvent({
	type: "kb.searched",
	aggregate: "kb-search",
	summary: "Somebody searched the knowledge base.",
	data: Type.Object({ locale: Type.String(), resultCount: Type.Integer(), zero: Type.Boolean() }),
});

/** What became of suggestions that somebody was shown while writing. The subject is that suggestion. */
export const kbDeflected = defineEvent({
	type: "kb.deflected",
	aggregate: "kb-suggestion",
	summary: "Somebody told what became of suggested articles: solved without a ticket, not helpful, or a ticket made.",
	data: Type.Object({
		articleId: Nullable(Id),
		ticketDraftId: Nullable(Id),
		outcome: Words(["solved", "not_helpful", "ticket_created"]),
	}),
});
