import type { Static } from "typebox";
import type { VISIBILITIES } from "../../../contracts/knowledge-base-events.ts";
import type { ArticleDocument, CustomerDocument, TicketDocument } from "../../../contracts/search-documents.ts";
import type { Condition } from "../../../lib/list-query.ts";

/*
 * What the search service knows of its index. Another engine takes the place of this one by fulfilling these types.
 */

export const SEARCH_KINDS = ["ticket", "customer", "article"] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

/** The documents of each kind, as their owners hand them out. */
export interface SearchDocuments {
	ticket: Static<typeof TicketDocument>;
	customer: Static<typeof CustomerDocument>;
	article: Static<typeof ArticleDocument>;
}

export type Visibility = (typeof VISIBILITIES)[number];

/** What the caller may find. It holds inside the index query: hits, totals, relaxing and suggestions know nothing else. */
export interface SearchScopes {
	/**
	 * One of `words` is among the ticket's words of that kind. For `customerAudience` internal notes, tags, custom fields and
	 * the time of the last change are as if there were none. `notes` and `pii` (e-mail addresses) false: nor are those.
	 */
	ticket: { kind: "audience" | "customerAudience"; words: readonly string[]; notes?: boolean; pii?: boolean };
	/** `ids` null: all of the tenant's; else only these. `pii` false: addresses and telephone numbers find nothing */
	customer: { ids: readonly string[] | null; pii?: boolean };
	article: { visibilities: readonly Visibility[] };
}

/**
 * Conditions by field, in the shape of list filters: `eq` (null: has none), `ne`, `in`, `nin`, `all`, `exists`, `gt`, `gte`,
 * `lt`, `lte`; all must hold. A field is one of `FILTER_FIELDS` of its kind; instants are Dates or ISO strings.
 */
export type SearchFilters = Record<string, Condition>;

/** The fields each kind can be filtered by, also as `field:value` within the query. */
export const FILTER_FIELDS = {
	ticket: {
		number: "number",
		status: "word",
		priority: "word",
		type: "word",
		channel: "word",
		groupId: "word",
		assigneeId: "word",
		customerId: "word",
		companyId: "word",
		tags: "words",
		createdAt: "instant",
		updatedAt: "instant",
	},
	customer: { status: "word", companyIds: "words", tags: "words", createdAt: "instant", updatedAt: "instant" },
	article: {
		locale: "word",
		categoryId: "word",
		categoryIds: "words",
		visibility: "word",
		tags: "words",
		publishedAt: "instant",
		updatedAt: "instant",
	},
} as const satisfies Record<SearchKind, Record<string, "word" | "words" | "number" | "instant">>;

/**
 * Where the next page goes on: plain JSON, made by the index, to be sealed into a cursor and handed back as it was.
 * It also holds what the first page was ranked by, so that documents added in between move nothing.
 */
export type PageKey = (string | number)[];

export interface SearchQuery<K extends SearchKind = SearchKind> {
	kind: K;
	tenantId: string;
	/** what the person typed */
	query: string;
	/**
	 * Articles: each is searched in this language, or where it has none, in its default language (`fallbackLocale`). Left
	 * out: each in its default language. Tickets and customers: whose stop words are dropped.
	 */
	locale?: string;
	scope: SearchScopes[K];
	filters?: SearchFilters;
	limit: number;
	cursor?: PageKey;
	/** answer `total` too */
	count?: boolean;
}

export interface SearchHit {
	id: string;
	/** articles: the language of the entry that was found */
	locale?: string;
	/** articles: set where the language asked for does not exist; the same as `locale` */
	fallbackLocale?: string;
	/** greater is better; comparable within one query only */
	score: number;
	/** HTML-safe fragments of at most 160 characters of text, with `<mark>` around what was found, by field */
	highlights: Record<string, string[]>;
	/** the words of the query, as typed but in lower case, that this hit fulfils */
	matchedTerms: string[];
	/** articles: the section that fits best, where it has an anchor */
	anchor?: string;
}

export interface SearchResult {
	hits: SearchHit[];
	/** how many there are on all pages; only if asked for */
	total?: number;
	/** fewer than three hits had all words, so those with some of them were taken too */
	relaxed: boolean;
	/** null on the last page */
	nextKey: PageKey | null;
}

export interface SuggestQuery {
	tenantId: string;
	subject: string;
	body: string;
	locale: string;
	scope: SearchScopes["article"];
	limit: number;
}

export interface RelatedQuery {
	tenantId: string;
	articleId: string;
	locale?: string;
	scope: SearchScopes["article"];
	limit: number;
}

export interface IndexStatus {
	/** `new`: the file was missing, damaged or of an older form, and holds nothing until it has been built */
	state: "new" | "building" | "ready";
	schemaVersion: number;
	/** entries (articles: one for each language) */
	entries: Record<SearchKind, number>;
	bytes: number;
	/** when the last build was finished (ISO) */
	builtAt: string | null;
}

/** A build of the whole index from its owners' pages, while it is searched and while events are written to it. */
export interface IndexBuild {
	/** As `put` of the index; marks what was seen. */
	put<K extends SearchKind>(kind: K, documents: readonly SearchDocuments[K][]): void;
	/** Removes the entries of this kind that were not seen since the build began, at most some at a time; false when done. */
	sweep(kind: SearchKind): boolean;
	/** Says that all is in: the state becomes `ready`. */
	finish(): void;
}

export interface SearchIndex {
	/**
	 * Writes documents in one transaction (synced before it returns). An older version never overwrites a newer one, and the same version
	 * neither brings back what was removed. Documents with `gone` are removed. Articles: the documents of one id within one
	 * call are all its languages; those not among them are removed.
	 */
	put<K extends SearchKind>(kind: K, documents: readonly SearchDocuments[K][]): void;
	/** Removes by id; the version last seen stays, so that a late `put` of it changes nothing. */
	remove(kind: SearchKind, tenantId: string, ids: readonly string[]): void;
	/**
	 * Finds. Throws Problem 400: `empty_query`, `query_too_long` (256 characters), `too_many_terms` (16), `invalid_filter`,
	 * `invalid_cursor`; nothing else whatever the text is.
	 */
	search<K extends SearchKind>(query: SearchQuery<K>): SearchResult;
	/** Articles that may answer what somebody is about to ask; best first, none below 30 % of the best. */
	suggest(query: SuggestQuery): SearchHit[];
	/** Articles about the same, best first; empty for an article that the scope does not find. */
	related(query: RelatedQuery): SearchHit[];
	/** The version of the document that is in the index or was removed from it, null for one it never saw. */
	versionOf(kind: SearchKind, tenantId: string, id: string): number | null;
	build(): IndexBuild;
	status(): IndexStatus;
	/** Forgets everything: the state is `new` again. */
	clear(): void;
	close(): void;
}
