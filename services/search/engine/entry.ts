import type { SearchDocuments, SearchKind } from "./index-types.ts";
import { guessLanguage, languageOf } from "./languages.ts";
import { EVERY_ENTRY, keyToken, MARK, NO_VALUE, streamOf, type TokenStream, tokensAsIs } from "./tokens.ts";
import { lower, wordsOf } from "./words.ts";

/*
 * From a document to the entries of the index: what each column holds, what it is filtered by, and the text that its
 * highlights are made of.
 */

/** A text that highlights are made of: the field it is told as, and the column that decides who may see it. */
export interface StoredField {
	field: string;
	column: string;
	texts: string[];
}

/** A section of an article, found by its own words. */
export interface SectionEntry {
	anchor: string | null;
	columns: Record<string, TokenStream>;
}

/** One entry of the index. */
export interface Entry {
	/** empty but for articles */
	locale: string;
	keys: string[];
	columns: Record<string, TokenStream>;
	fields: StoredField[];
	sections: SectionEntry[];
	/** milliseconds */
	updated: number;
	created: number;
	/** tickets: the number; else 0 */
	number: number;
	/** articles: how popularity multiplies the score; else 1 */
	boost: number;
	/** articles: how many readers see it (0: everybody); else 0. Its words count for those of this level and above */
	level: number;
}

type Values = Record<string, string | number | null | readonly string[]>;

function keysOf(values: Values): string[] {
	return [
		EVERY_ENTRY,
		...Object.entries(values).flatMap(([field, value]) => {
			const all = Array.isArray(value) ? (value as readonly string[]) : [value];
			const some = all.filter((one) => one !== null);
			return some.length === 0 ? [keyToken(field, NO_VALUE)] : some.map((one) => keyToken(field, String(one)));
		}),
	];
}

const present = (...texts: (string | null)[]) => texts.filter((text): text is string => text !== null && text !== "");
const field = (name: string, column: string, texts: readonly string[]): StoredField => ({
	field: name,
	column,
	texts: texts.filter((text) => text !== "").map((text) => text.toWellFormed()),
});

function ticketEntry(ticket: SearchDocuments["ticket"]): Entry {
	const { requester } = ticket;
	const open = requester.nameIsMasked ? [] : present(requester.name);
	const address = present(requester.nameIsMasked ? requester.name : null, requester.email);
	const { status, priority, type, channel, groupId, assigneeId, customerId, companyId, tags } = ticket;
	const language = guessLanguage(wordsOf([ticket.subject, ...ticket.publicMessages].join("\n").slice(0, 2000)));
	return {
		...plainEntry(ticket),
		number: ticket.number,
		keys: keysOf({
			...{ status, priority, type, channel, groupId, assigneeId, customerId, companyId, tags },
			audience: ticket.audience,
			customerAudience: ticket.customerAudience,
		}),
		columns: {
			number: tokensAsIs([MARK.number + ticket.number]),
			subject: streamOf([ticket.subject], language),
			tags: streamOf(tags, null),
			requester: streamOf(open, null),
			address: streamOf(address, null),
			public: streamOf(ticket.publicMessages, language),
			custom: streamOf(ticket.custom, language),
			notes: streamOf(ticket.internalNotes, language),
		},
		fields: [
			field("number", "number", [`#${ticket.number}`]),
			field("subject", "subject", [ticket.subject]),
			field("tags", "tags", tags),
			field("requester", "requester", open),
			field("requester", "address", address),
			field("publicMessages", "public", ticket.publicMessages),
			field("custom", "custom", ticket.custom),
			field("internalNotes", "notes", ticket.internalNotes),
		],
	};
}

/** Shorter endings of a telephone number find nothing. */
export const SHORTEST_PHONE = 4;
const LONGEST_PHONE = 15;
const digitsOf = (text: string) => text.normalize("NFKC").replace(/\D/g, "");

function phoneTokens(phones: readonly string[]): string[] {
	const endings = phones.map(digitsOf).flatMap((digits) => {
		const known = digits.slice(-LONGEST_PHONE);
		const count = Math.max(0, known.length - SHORTEST_PHONE + 1);
		return Array.from({ length: count }, (_, from) => MARK.phone + known.slice(from));
	});
	return [...new Set(endings)];
}

/** An address or id as one token, however it is made. */
export function wholeToken(text: string): string {
	return (
		MARK.whole +
		lower(text.trim())
			.replace(/[^\p{L}\p{N}@._+'#&/-]/gu, "_")
			.replaceAll('"', "_")
	);
}

function customerEntry(customer: SearchDocuments["customer"]): Entry {
	const reference = present(customer.externalId);
	const hideReference = customer.masked.includes("externalId");
	const hideName = customer.masked.includes("name");
	const { status, tags, companyIds, emails, phones } = customer;
	const name = streamOf(present(customer.name), null);
	const nothing = streamOf([], null);
	const openReference = hideReference ? [] : reference;
	const hiddenReference = hideReference ? reference : [];
	return {
		...plainEntry(customer),
		keys: keysOf({ status, tags, companyIds, id: customer.id }),
		columns: {
			reference: tokensAsIs(openReference.map(wholeToken)),
			address: tokensAsIs([...emails, ...hiddenReference].map(wholeToken)),
			phone: tokensAsIs(phoneTokens(phones)),
			name: hideName ? nothing : name,
			maskedName: hideName ? name : nothing,
			company: streamOf(customer.companies, null),
			tags: streamOf(tags, null),
			custom: streamOf([...customer.custom, ...openReference], null),
			parts: streamOf([...emails, ...phones, ...hiddenReference], null),
			notes: streamOf(customer.notes, guessLanguage(wordsOf(customer.notes.join("\n").slice(0, 2000)))),
		},
		fields: [
			field("name", hideName ? "maskedName" : "name", [customer.name]),
			field("externalId", hideReference ? "address" : "reference", reference),
			field("emails", "address", emails),
			field("phones", "phone", phones),
			field("companies", "company", customer.companies),
			field("tags", "tags", tags),
			field("custom", "custom", customer.custom),
			field("notes", "notes", customer.notes),
		],
	};
}

const LEVELS = { public: 0, customers: 1, agents: 2 } as const;

/** Up to which level somebody reads who sees these. */
export function levelOf(visibilities: readonly (keyof typeof LEVELS)[]): number {
	return Math.max(0, ...visibilities.map((visibility) => LEVELS[visibility]));
}

const VIEWS_COUNT = 0.1;
const VOTES_COUNT = 0.2;

function boostOf({ views30d, wilson }: SearchDocuments["article"]): number {
	return 1 + VIEWS_COUNT * Math.log10(1 + Math.max(0, views30d)) + VOTES_COUNT * Math.min(Math.max(wilson, 0), 1);
}

/** What the other languages of an article make of one: all there are in lower case, and whether it is the default. */
export interface ArticleRole {
	all: readonly string[];
	isDefault: boolean;
}

function articleEntry(article: SearchDocuments["article"], role: ArticleRole): Entry {
	const language = languageOf(article.locale);
	const { sections, visibility, categoryId, categoryIds, tags } = article;
	const headings = sections.flatMap(({ heading }) => present(heading));
	const bodies = sections.map(({ text }) => text);
	return {
		...plainEntry({ ...article, createdAt: article.publishedAt }),
		locale: article.locale,
		boost: boostOf(article),
		level: LEVELS[visibility],
		keys: keysOf({
			...{ visibility, categoryId, categoryIds, tags, locale: article.locale },
			serves: article.locale.toLowerCase(),
			has: role.all,
			default: role.isDefault ? "yes" : "no",
		}),
		columns: {
			title: streamOf([article.title], language),
			headings: streamOf(headings, language),
			tags: streamOf(tags, language),
			summary: streamOf(present(article.summary), language),
			body: streamOf(bodies, language),
		},
		fields: [
			field("title", "title", [article.title]),
			field("headings", "headings", headings),
			field("tags", "tags", tags),
			field("summary", "summary", present(article.summary)),
			{ field: "body", column: "body", texts: bodies.map((text) => text.toWellFormed()) },
		],
		sections: sections.map(({ heading, anchor, text }) => ({
			anchor,
			columns: { headings: streamOf(present(heading), language), body: streamOf([text], language) },
		})),
	};
}

function plainEntry(document: { updatedAt: string; createdAt: string }) {
	return {
		locale: "",
		sections: [],
		updated: Date.parse(document.updatedAt),
		created: Date.parse(document.createdAt),
		number: 0,
		boost: 1,
		level: 0,
	};
}

/** Which of an article's languages everybody gets who wishes none of them. */
function defaultOf(articles: readonly SearchDocuments["article"][]): number {
	const isDefault = ({ locale, defaultLocale }: SearchDocuments["article"]) =>
		locale.toLowerCase() === defaultLocale.toLowerCase();
	return Math.max(0, articles.findIndex(isDefault));
}

/** The entries of one document; of an article those of all its languages, which come together. */
export function entriesOf<K extends SearchKind>(kind: K, documents: readonly SearchDocuments[K][]): Entry[] {
	if (kind === "ticket") return (documents as unknown as SearchDocuments["ticket"][]).map(ticketEntry);
	if (kind === "customer") return (documents as unknown as SearchDocuments["customer"][]).map(customerEntry);
	const articles = (documents as unknown as SearchDocuments["article"][]).toSorted((a, b) =>
		a.locale < b.locale ? -1 : 1,
	);
	const all = articles.map(({ locale }) => locale.toLowerCase());
	const first = defaultOf(articles);
	return articles.map((article, index) => articleEntry(article, { all, isDefault: index === first }));
}
