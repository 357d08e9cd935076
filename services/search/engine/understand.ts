import { visibleColumns } from "./columns.ts";
import { type Conditions, filterOf } from "./filters.ts";
import type { SearchKind, SearchReader } from "./index-types.ts";
import { languageOf, stopWordsOf } from "./languages.ts";
import { phoneTerm, phraseTerm, type Term, type TermContext, termsOf } from "./plan.ts";
import { parseQuery, type QueryPart } from "./query-syntax.ts";
import { type Word, wordsOf } from "./words.ts";

/** What a query asks for. */
export interface Understood {
	/** free words: all of them, or where too little is found some */
	words: Term[];
	/** words that say nothing by themselves: none need be there, but of two entries that which has them fits better */
	fillers: Term[];
	/** phrases: each of them in any case */
	phrases: Term[];
	not: Term[];
	filters: Conditions[];
	/** none of these */
	notFilters: Conditions[];
}

export interface QueryContext extends TermContext {
	reader: SearchReader;
	/** columns that the caller's query may touch */
	visible: readonly string[];
	locales: readonly string[];
}

/** Fields of the query that restrict words to columns. */
const TEXT_FIELDS: Record<SearchKind, Record<string, string[]>> = {
	ticket: {
		subject: ["subject"],
		title: ["subject"],
		requester: ["requester", "address"],
		name: ["requester", "address"],
		email: ["address"],
		message: ["public"],
		body: ["public"],
		note: ["notes"],
		notes: ["notes"],
	},
	customer: {
		name: ["name", "maskedName"],
		email: ["address", "parts"],
		phone: ["phone", "parts"],
		externalid: ["reference", "address"],
		company: ["company"],
		note: ["notes"],
		notes: ["notes"],
	},
	article: {
		title: ["title"],
		heading: ["headings"],
		headings: ["headings"],
		summary: ["summary"],
		body: ["body"],
		text: ["body"],
	},
};

/** Digits with what is written between them in telephone numbers, four at least. */
const PHONE = /(?<![\p{L}\p{N}_@.-])[+(]?\d[\d\s()/.-]{2,}\d(?![\p{L}\p{N}_@-])/gu;
/** Terms that are made of one query at most; unspaced scripts make many of one part. */
const MOST_TERMS = 24;

function columnsFor(part: QueryPart, context: QueryContext): string[] | null {
	if (part.field === null || part.field.operator !== ":") return null;
	const { name } = part.field;
	const fields = TEXT_FIELDS[context.kind];
	const columns = Object.hasOwn(fields, name) ? (fields[name] ?? []) : [];
	const visible = columns.filter((column) => context.visible.includes(column));
	return visible.length === 0 ? null : visible;
}

function scriptLanguage(word: string): string | null {
	if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(word)) return "ja";
	if (/\p{Script=Thai}/u.test(word)) return "th";
	return /\p{Script=Han}/u.test(word) ? "zh" : null;
}

/** Words that say nothing are left out, unless there is nothing else. */
function withoutStopWords(terms: Term[], context: QueryContext, alone: boolean): Term[] {
	if (context.kind === "customer") return terms;
	const languages = context.locales.length === 0 ? ["en"] : context.locales.map(languageOf);
	const isStop = ({ typed }: Term) => {
		const script = scriptLanguage(typed);
		return [...languages, ...(script === null ? [] : [script])].some((language) => stopWordsOf(language).has(typed));
	};
	const rest = terms.filter((term) => term.columns !== null || !isStop(term));
	return rest.length === 0 && alone ? terms : rest;
}

/** The parts of a customer's search that are telephone numbers, and the rest of the text. */
function takePhones(query: string, context: QueryContext): { phones: Term[]; rest: string } {
	if (context.kind !== "customer" || query.includes('"')) return { phones: [], rest: query };
	const phones: Term[] = [];
	const rest = query.replace(PHONE, (text, at: number) => {
		// Behind a sign or field it is what is not wanted, or a date.
		const term = "-:<>=".includes(query[at - 1] ?? " ") ? null : phoneTerm(context, text);
		if (term === null) return text;
		phones.push(term);
		return " ";
	});
	return { phones, rest };
}

function understandPart(part: QueryPart, isLast: boolean, context: QueryContext, all: Understood): void {
	const filter = filterOf(part, context.kind, context.reader);
	if (filter !== null) {
		(part.not ? all.notFilters : all.filters).push(filter);
		return;
	}
	const columns = columnsFor(part, context);
	const text = part.field === null || columns !== null ? part.text : part.whole;
	if (part.phrase || part.not) {
		const phrase = phraseTerm(context, text, columns);
		if (phrase !== null) (part.not ? all.not : all.phrases).push(phrase);
		return;
	}
	all.words.push(...termsOf(context, text, { prefix: part.prefix || isLast, columns }));
}

/** Takes a query apart. Throws Problem 400 as `parseQuery` does. */
export function understand(query: string, context: QueryContext): Understood {
	const all: Understood = { words: [], fillers: [], phrases: [], not: [], filters: [], notFilters: [] };
	const parts = parseQuery(query);
	const { phones, rest } = takePhones(query.trim(), context);
	const left = phones.length === 0 ? parts : rest.trim() === "" ? [] : parseQuery(rest);
	all.words.push(...phones);
	left.forEach((part, index) => {
		understandPart(part, index === left.length - 1, context, all);
	});
	const words = distinct(all.words).slice(0, MOST_TERMS);
	const kept = withoutStopWords(words, context, all.phrases.length === 0);
	return { ...all, words: kept, fillers: words.filter((term) => !kept.includes(term)) };
}

function distinct(terms: readonly Term[]): Term[] {
	const known = new Map<string, Term>();
	for (const term of terms) {
		const key = `${term.typed} ${term.columns?.join() ?? ""}`;
		// The same word typed twice is one term; the later may be known as a prefix too.
		known.set(key, term);
	}
	return [...known.values()];
}

/** The columns that a caller's query may touch. */
export function columnsVisible(kind: SearchKind, reader: SearchReader, notes: boolean): string[] {
	return visibleColumns(kind, kind === "article" ? "full" : reader, notes);
}

/** The words of a text in order, each once, without those that say nothing. */
export function tellingWords(text: string, languages: readonly string[]): Word[] {
	const words = new Map<string, Word>();
	for (const word of wordsOf(text)) {
		const { exact } = word;
		if (exact.length >= 2 && !languages.some((language) => stopWordsOf(language).has(exact))) words.set(exact, word);
	}
	return [...words.values()];
}
