import { Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { CUSTOMER_STATUSES } from "./customers-events.ts";
import { CustomerView } from "./customers-views.ts";
import { Id, Instant, Locale, Nullable, Words } from "./fields.ts";
import { VISIBILITIES } from "./knowledge-base-events.ts";
import { ArticleItem } from "./knowledge-base-views.ts";
import { defineSearch } from "./list-contract.ts";
import { TICKET_CHANNELS, TICKET_PRIORITIES, TICKET_STATUSES, TICKET_TYPES } from "./tickets-events.ts";
import { TicketView } from "./tickets-views.ts";

/** The kinds of things that are searched, as the index names them. */
export const KINDS = ["ticket", "customer", "article"] as const;

/** How well something fits, and why. */
const Hit = {
	/** greater fits better; comparable within one search only */
	score: Type.Number(),
	/** fragments of at most 160 characters, safe HTML, with `<mark>` around what was found, by field */
	highlights: Type.Record(Type.String(), Type.Array(Type.String())),
	/** words of the query that it fulfils */
	matchedTerms: Type.Array(Type.String()),
};

export const CustomerHit = Type.Object({ ...CustomerView.properties, ...Hit });
export const TicketHit = Type.Object({ ...TicketView.properties, ...Hit });

/** `score` is how well the article fits here, not what its readers think of it. */
export const ArticleHit = Type.Object({
	...ArticleItem.properties,
	...Hit,
	/** the section that fits best, where one does */
	anchor: Nullable(Type.String()),
	/** the language it is shown in, where it does not have the one asked for */
	fallbackLocale: Nullable(Type.String()),
});

/** Any text; what is too long, or nothing at all, is refused with a code of its own. */
const Text = Type.String();
const Consistency = Type.Optional(Words(["wait"]));
const ByPath = strict({ query: Type.Optional(Text) });
const Query = { q: Type.Optional(Text), consistency: Consistency };

const SYNTAX =
	'Words that all shall occur, `"a phrase"`, `-not`, `field:value`, `field>value`, `begin*`. Where fewer than three ' +
	"have every word, those with some of them follow (`relaxed: true`). 400 `empty_query`, `query_too_long` (256 characters) " +
	"or `too_many_terms` (16). `consistency=wait` waits up to two seconds until everything written before can be found.";

const anyOf = ["eq", "ne", "in", "nin", "all"] as const;
const TAGS = {
	tag: { type: "string", path: "tags", array: true, operators: anyOf },
	tagAny: { type: "string", path: "tags", operators: ["eq", "in"] },
} as const;
const oneOf = ["eq", "ne", "in", "nin"] as const;
const compared = ["eq", "gt", "gte", "lt", "lte"] as const;
const instants = { type: "instant", operators: compared } as const;

export const CUSTOMER_SEARCH = {
	filters: {
		status: { type: "string", values: CUSTOMER_STATUSES, operators: oneOf },
		...TAGS,
		companyId: { type: "id", path: "companyIds", nullable: true, operators: ["eq", "in"] },
		createdAt: instants,
		updatedAt: instants,
	},
	sorts: [],
	defaultSort: "score",
} satisfies ListSpec;

export const TICKET_SEARCH = {
	filters: {
		status: { type: "string", values: TICKET_STATUSES, operators: oneOf },
		priority: { type: "string", values: TICKET_PRIORITIES, operators: oneOf },
		type: { type: "string", values: TICKET_TYPES, operators: oneOf },
		channel: { type: "string", values: TICKET_CHANNELS, operators: oneOf },
		groupId: { type: "id", nullable: true, operators: oneOf },
		assigneeId: { type: "id", nullable: true, me: true, operators: oneOf },
		customerId: { type: "id", me: true, operators: oneOf },
		companyId: { type: "id", nullable: true, operators: oneOf },
		...TAGS,
		number: { type: "number", operators: [...oneOf, "gt", "gte", "lt", "lte"] },
		createdAt: instants,
		updatedAt: instants,
	},
	sorts: [],
	defaultSort: "score",
} satisfies ListSpec;

export const ARTICLE_SEARCH = {
	filters: {
		categoryId: { type: "id", path: "categoryIds", nullable: true, operators: ["eq", "in"] },
		visibility: { type: "string", values: VISIBILITIES, operators: oneOf },
		...TAGS,
		publishedAt: instants,
		updatedAt: instants,
	},
	sorts: [],
	defaultSort: "score",
} satisfies ListSpec;

export const searchCustomers = defineSearch({
	name: "search.customers",
	access: "customers.read",
	rest: ["GET /customers/search", "GET /customers/search/:query"],
	summary: "Search customers",
	description:
		`${SYNTAX} Addresses, numbers and external ids are found whole, the end of a number with four digits or more. ` +
		"Readers who see addresses masked do not find anybody by them; a customer's own token finds only itself.",
	path: ByPath,
	query: strict(Query),
	list: CUSTOMER_SEARCH,
	item: CustomerHit,
});

export const searchTickets = defineSearch({
	name: "search.tickets",
	access: "tickets.read",
	rest: ["GET /tickets/search", "GET /tickets/search/:query"],
	summary: "Search tickets",
	description: `${SYNTAX} \`#123\` is the ticket of that number. Nobody finds, or counts, what a list would not show.`,
	path: ByPath,
	query: strict(Query),
	list: TICKET_SEARCH,
	item: TicketHit,
});

export const searchArticles = defineSearch({
	name: "search.articles",
	access: "kb.read",
	rest: "GET /knowledge-base/search",
	help: "GET /search",
	summary: "Search published articles",
	description:
		`${SYNTAX} Each article is searched in the language of \`locale\`, of Accept-Language or of the tenant, or where it ` +
		"does not have that, in its own, which `isFallback` and `fallbackLocale` tell. `anchor` is the section that fits best.",
	query: strict({ ...Query, locale: Type.Optional(Locale) }),
	list: ARTICLE_SEARCH,
	item: ArticleHit,
});

export const suggestArticles = defineAction({
	name: "search.suggest",
	access: "kb.read",
	rest: "POST /knowledge-base/suggest",
	help: "POST /suggest",
	summary: "Articles that may answer what somebody is about to ask",
	description:
		"For a form that is being filled in: best first, none that fits by fewer than two words. What became of it is told to " +
		"`POST /knowledge-base/suggest/:id/outcome` with the `suggestionId`. Where the knowledge base does not answer, there " +
		"is none, and `degraded: true` says so.",
	body: strict({
		subject: Type.Optional(Type.String({ maxLength: 1024 })),
		body: Type.Optional(Type.String({ maxLength: 65_536 })),
		locale: Type.Optional(Locale),
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
	}),
	result: Type.Object({
		suggestionId: Nullable(Id),
		data: Type.Array(ArticleHit),
		degraded: Type.Optional(Type.Literal(true)),
	}),
});

const Built = { documents: Type.Record(Type.String(), Type.Integer()), ms: Type.Integer() };

/** Builds the index of one copy of the service anew. */
export const rebuildIndexHere = defineAction({
	name: "search.rebuildHere",
	access: "internal",
	summary: "Build this copy's search index anew",
	body: strict({ kind: Type.Optional(Words(KINDS)) }),
	result: Type.Object(Built),
});

/** Takes what lies about of removed documents out of the file of one copy. */
export const compactIndexHere = defineAction({
	name: "search.compactHere",
	access: "internal",
	summary: "Take the words of what was removed out of this copy's file",
	result: Type.Null(),
});

/**
 * For operators: builds the index of every copy of the service anew from what the services hold, while they go on to
 * answer. Resolves when done; tells of the copy that took longest.
 */
export const rebuildIndex = defineAction({
	name: "search.rebuild",
	access: "internal",
	summary: "Build the search index anew",
	body: strict({ kind: Type.Optional(Words(KINDS)) }),
	result: Type.Object({ ...Built, copies: Type.Integer() }),
});

const Counts = Type.Object({ ticket: Type.Integer(), customer: Type.Integer(), article: Type.Integer() });

/** For operators: how large the index is and how far behind. */
export const indexStatus = defineAction({
	name: "search.status",
	access: "internal",
	idempotent: true,
	summary: "How the search index is",
	result: Type.Object({
		/** `new` and `building`: it does not hold everything yet */
		state: Words(["new", "building", "ready"]),
		/** articles: one for each language */
		entries: Counts,
		bytes: Type.Integer(),
		builtAt: Nullable(Instant),
		/** events that are in the log and not in the index */
		lag: Type.Integer(),
		/** things that are being asked for right now */
		waiting: Counts,
		/** events that wait for another try, and those given up */
		parked: Type.Integer(),
		dead: Type.Integer(),
	}),
});

/** Every action of the search service that a client can call. */
export const searchContracts = [searchCustomers, searchTickets, searchArticles, suggestArticles];
