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
	/** one of `words` is among the ticket's words of that kind; `notes` false: internal notes find nothing */
	ticket: { kind: "audience" | "customerAudience"; words: readonly string[]; notes?: boolean };
	/** `ids` null: all of the tenant's; else only these */
	customer: { ids: readonly string[] | null };
	article: { visibilities: readonly Visibility[] };
}

/**
 * What of a document may be matched, counted, highlighted and filtered by:
 * `full`: all of it.
 * `masked` (staff without `customers.pii`): no e-mail addresses, telephone numbers or customer notes, and no name or
 * external id that the document says is masked.
 * `customer`: of tickets number, subject, requester and public messages, with ties broken by `createdAt`; of customers name,
 * external id, addresses, numbers and companies.
 */
export type SearchReader = "full" | "masked" | "customer";

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
	 * Articles: each is searched in the first of these languages that it has (`de-AT` finds `de`), or in its default
	 * language (`fallbackLocale`). Left out: each in its default language. Tickets: whose stop words are dropped.
	 */
	locale?: string | readonly string[];
	scope: SearchScopes[K];
	/** default `full`, and `customer` where the scope is `customerAudience`; means nothing for articles */
	reader?: SearchReader;
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
	/** articles: set where it is not in the language wished for first; the same as `locale` */
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
	locale?: string | readonly string[];
	scope: SearchScopes["article"];
	limit: number;
}

export interface RelatedQuery {
	tenantId: string;
	articleId: string;
	locale?: string | readonly string[];
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

/**
 * A build of the whole index from its owners' pages, while it is searched and written to. It goes on after a stop: `build`
 * of an index whose state is `building` is the same build.
 */
export interface IndexBuild {
	/** Removes entries of this kind that nothing has written since the build began, some at a time; false when none is left. */
	sweep(kind: SearchKind): boolean;
	/** Says that all is in: the state becomes `ready`. */
	finish(): void;
}

export interface SearchIndex {
	/**
	 * Writes documents in one transaction. An older version never overwrites a newer one; the same version does, but does not
	 * bring back what was removed. Documents with `gone` are removed. Articles: the documents of one id within one call are
	 * all its languages; those not among them are removed.
	 */
	put<K extends SearchKind>(kind: K, documents: readonly SearchDocuments[K][]): void;
	/** Removes by id; the version last seen stays, so that a late `put` of it changes nothing. */
	remove(kind: SearchKind, tenantId: string, ids: readonly string[]): void;
	/** Removes some of all that a tenant has, for ever: how many documents of each kind. None are left when all are 0. */
	removeSomeOf(tenantId: string): Record<SearchKind, number>;
	/** How many documents a tenant has of each kind, also those of which only the version is kept. */
	countOf(tenantId: string): Record<SearchKind, number>;
	/** Makes all that `work` writes one transaction. When it returns, that is on the disk, unless a build is going on. */
	transaction<T>(work: () => T): T;
	/** A text kept beside the entries, written in the same transaction; null if there is none. */
	note(name: string): string | null;
	setNote(name: string, text: string): void;
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
	/** Begins to build it, or goes on. What is in it stays to be found until it is replaced or swept. */
	build(): IndexBuild;
	status(): IndexStatus;
	/** Takes the words of documents that were removed or replaced out of the file, in small steps. */
	compact(): Promise<void>;
	/** Forgets everything: the state is `new` again. */
	clear(): void;
	close(): void;
}
