import type { DatabaseSync } from "node:sqlite";
import type { Ask, Candidate, Candidates, Comparison } from "./candidates.ts";
import { columnIndex, columnsOf, strongColumns } from "./columns.ts";
import type { Dictionary } from "./dictionary.ts";
import { type Conditions, conditionsOf } from "./filters.ts";
import type { SearchKind, SearchQuery, SearchReader, SearchResult, SearchScopes } from "./index-types.ts";
import { allOf, conditionMatches, languageMatch, scopeMatches } from "./match.ts";
import { byRank, type PagePlace, pageKey, placeOf } from "./paging.ts";
import { atItsBest, matchOf, type Term, weightsOf } from "./plan.ts";
import { importanceOf, Scorer } from "./rank.ts";
import { Results } from "./results.ts";
import type { Spaces } from "./spaces.ts";
import { columnsVisible, type QueryContext, type Understood, understand } from "./understand.ts";

/** Fewer hits with all words, and those with some of them are taken too. */
const FEW = 3;
/** So many entries are ranked against each other; of more, those that are about the words, and the newest. */
export const RANKED = 2000;

/** One query as all its steps see it. */
interface Search {
	kind: SearchKind;
	context: QueryContext;
	understood: Understood;
	/** expressions of scope alone, and of scope with filters and phrases */
	scope: string[];
	must: string[];
	not: string[];
	compare: Ask["compare"];
	tie: Ask["tie"];
	optional: readonly Term[];
	required: readonly Term[];
	/** count for the order alone */
	fillers: readonly Term[];
}

export interface Found extends Candidate {
	score: number;
	matched: boolean[];
}

/** An entry with its score; written out, as it is done thousands of times. */
export function scoredBy(scorer: Scorer, candidate: Candidate): Found {
	const { rid, id, locale, tie, boost, vector } = candidate;
	const { score, matched } = scorer.score(vector, boost);
	return { rid, id, locale, tie, boost, vector, score, matched };
}

const EMPTY: SearchResult = { hits: [], relaxed: false, nextKey: null };

/** The languages that a query names, the one wished for first. */
export const localesOf = (locale: string | readonly string[] | undefined) =>
	locale === undefined ? [] : typeof locale === "string" ? [locale] : locale;

/** Whose rights count when nothing is said of them. */
function readerOf({ kind, reader, scope }: SearchQuery): SearchReader {
	if (kind === "ticket" && (scope as SearchScopes["ticket"]).kind === "customerAudience") return "customer";
	return reader ?? "full";
}

/** Answers queries: what is found, in which order, page by page. */
export class Finder {
	readonly #spaces: Spaces;
	readonly #dictionary: Dictionary;
	readonly #candidates: Candidates;
	readonly #results: Results;

	constructor(database: DatabaseSync, spaces: Spaces, dictionary: Dictionary, candidates: Candidates) {
		this.#spaces = spaces;
		this.#dictionary = dictionary;
		this.#candidates = candidates;
		this.#results = new Results(database);
	}

	/** See `SearchIndex.search`. */
	search(query: SearchQuery): SearchResult {
		const { kind, limit, count } = query;
		const place = query.cursor === undefined ? null : placeOf(query.cursor);
		const search = this.#prepare(query);
		const none = count ? { ...EMPTY, total: 0 } : EMPTY;
		if (search === null) return none;
		const maxRid = place?.maxRid ?? this.#candidates.maxRid();
		const { relaxed, match, head, complete } = this.#match(search, maxRid, place);
		if (match === null) return none;
		const frequencies = place?.frequencies ?? this.#frequencies(search);
		const scored = this.#score(search, head, relaxed, frequencies).sort(byRank);
		const page = this.#page(search, scored, { place, limit, match, maxRid, complete, relaxed, frequencies });
		const shown = page.slice(0, limit);
		const last = shown.at(-1);
		const { words, phrases } = search.understood;
		const hits = this.#results.hits(kind, shown, {
			terms: [...words, ...phrases],
			visible: search.context.visible,
			locales: search.context.locales,
			ranking: (terms) => this.#ranking(search, terms, false, frequencies),
		});
		const isOfTail = last !== undefined && (place?.tail != null || !scored.includes(last));
		const nextKey =
			page.length > limit && last
				? pageKey({ ...last, relaxed, maxRid, tail: isOfTail ? last.rid : null, frequencies })
				: null;
		const total = count ? { total: complete ? head.length : this.#total(search, match) } : {};
		return { hits, ...total, relaxed: relaxed && this.#addsSome(search, scored), nextKey };
	}

	/** Understands the query in its tenant; null where nothing can be found, as the tenant has nothing or no word is known. */
	#prepare(query: SearchQuery): Search | null {
		const { kind, tenantId, scope } = query;
		const reader = readerOf(query);
		const locales = localesOf(query.locale);
		const notes = kind !== "ticket" || (scope as SearchScopes["ticket"]).notes !== false;
		const visible = columnsVisible(kind, reader, notes);
		// A tenant without entries is one whose words nobody knows; the query is still to be found fault with.
		const space = this.#spaces.find(kind, tenantId) ?? 0;
		const context = { kind, space, dictionary: this.#dictionary, reader, visible, locales };
		const understood = understand(query.query, context);
		const filters = [conditionsOf(kind, query.filters ?? {}, reader), ...understood.filters];
		const { phrases, words, not } = understood;
		const conditions = conditionMatches(space, filters);
		const negatives = understood.notFilters.map(({ must, not: nots }) =>
			conditionMatches(space, [{ must, not: nots, compare: [] }]),
		);
		const scopes = [...scopeMatches(kind, space, scope)];
		if (kind === "article" && !filters.some(({ must }) => must.flat().some((key) => key.startsWith(":locale=")))) {
			scopes.push(languageMatch(space, locales));
		}
		const phraseMatches = phrases.map((phrase) => matchOf(phrase, kind, visible));
		const isEmpty =
			words.length + phrases.length + not.length + understood.filters.length + understood.notFilters.length === 0;
		if (isEmpty || space === 0 || phraseMatches.includes(null)) return null;
		return {
			kind,
			context,
			understood,
			scope: scopes,
			must: [...scopes, ...conditions.must, ...phraseMatches.filter((match) => match !== null)],
			not: [
				...conditions.not,
				...not.map((term) => matchOf(term, kind, visible)).filter((match) => match !== null),
				...negatives.flatMap(({ must }) => must),
			],
			compare: [...filters.flatMap(comparisons), ...understood.notFilters.flatMap(noneOf)],
			tie: reader === "customer" && kind === "ticket" ? "created" : "updated",
			optional: words,
			required: phrases,
			fillers: understood.fillers,
		};
	}

	#ask(search: Search, match: string, maxRid: number): Ask {
		const { kind, compare, tie } = search;
		return { kind, match, compare, tie, maxRid };
	}

	/** Entries with all words, or if those are few with some; `complete` if they are all there are. */
	#match(search: Search, maxRid: number, place: PagePlace | null) {
		const all = this.#expression(search, "AND", search.context.visible);
		const isRelaxable = search.optional.length > 1;
		const newest = (match: string) => this.#candidates.newest(this.#ask(search, match, maxRid), RANKED + 1);
		const strict = place?.relaxed || all === null ? [] : newest(all);
		const relaxed = place?.relaxed ?? (isRelaxable && strict.length < FEW);
		const match = relaxed ? this.#expression(search, "OR", search.context.visible) : all;
		if (match === null) return { relaxed, match, head: [], complete: true };
		const found = relaxed ? newest(match) : strict;
		const complete = found.length <= RANKED;
		const head = complete ? found : this.#best(search, found, relaxed, maxRid);
		return { relaxed, match, complete, head: this.#candidates.load(head, search.tie) };
	}

	/** Of too many entries those worth ranking: first those that have the words where they say what it is about. */
	#best(search: Search, newest: readonly number[], relaxed: boolean, maxRid: number): number[] {
		const strong = strongColumns(search.kind, search.context.visible);
		const head = new Set<number>();
		const add = (rids: readonly number[]) => {
			for (const rid of rids) if (head.size < RANKED) head.add(rid);
		};
		const take = (expression: string | null, most: number) => {
			if (expression !== null) add(this.#candidates.newest(this.#ask(search, expression, maxRid), most));
		};
		if (relaxed) take(this.#expression(search, "AND", search.context.visible), FEW);
		const best = { ...search, optional: search.optional.map(atItsBest) };
		take(this.#expression(best, "AND", strong), RANKED / 2);
		if (search.optional.length > 1) take(this.#someStrong(best, strong, relaxed), RANKED / 4);
		add(newest);
		return [...head];
	}

	#expression(search: Search, operator: "AND" | "OR", columns: readonly string[]): string | null {
		const { optional, must, not, context } = search;
		const matches = optional.map((term) => matchOf(term, search.kind, columns));
		const known = matches.filter((match) => match !== null);
		if (optional.length > 0 && (operator === "AND" ? known.length < matches.length : known.length === 0)) return null;
		const words = known.length === 0 ? [] : [`(${known.join(` ${operator} `)})`];
		return allOf(context.space, [...must, ...words], not);
	}

	/** Entries as wanted that have at least one of the words in a column that says what it is about. */
	#someStrong(search: Search, strong: readonly string[], relaxed: boolean): string | null {
		const some = search.optional.map((term) => matchOf(term, search.kind, strong)).filter((match) => match !== null);
		if (some.length === 0) return null;
		const narrowed = { ...search, must: [...search.must, `(${some.join(" OR ")})`] };
		return this.#expression(narrowed, relaxed ? "OR" : "AND", search.context.visible);
	}

	/** In how many entries that the caller may find each term is: what others have says nothing here. */
	#frequencies(search: Search): number[] {
		const { kind, scope, context } = search;
		const terms = rankedTerms(search);
		if (terms.length < 2) return terms.map(() => 0);
		return terms.map((term) => {
			const match = matchOf(term, kind, context.visible);
			return match === null ? 0 : this.#candidates.frequency(kind, allOf(context.space, [...scope, match], []));
		});
	}

	#ranking(
		{ kind, context, optional }: Search,
		terms: readonly Term[],
		relaxed: boolean,
		frequencies: readonly number[],
	) {
		const columns = columnsOf(kind);
		const weights = columns.map(({ name, weight }) => (context.visible.includes(name) ? weight : 0));
		return {
			columns,
			title: columnIndex(kind, "title"),
			optional: terms.map((_, index) => relaxed && index < optional.length),
			terms: terms.map((term, index) => ({
				variants: term.variants,
				weights: weightsOf(term, kind, weights),
				importance: terms.length < 2 ? 1 : importanceOf(frequencies[index] ?? 0),
			})),
		};
	}

	#score(search: Search, candidates: readonly Candidate[], relaxed: boolean, frequencies: readonly number[]): Found[] {
		const terms = rankedTerms(search);
		const scorer = new Scorer(this.#ranking(search, terms, relaxed, frequencies));
		return candidates.map((candidate) => scoredBy(scorer, candidate));
	}

	/** The hits after the place, one more than the limit if there are so many. */
	#page(search: Search, ranked: readonly Found[], options: PageOptions): Found[] {
		const { place, limit, complete } = options;
		const left =
			place === null ? ranked : place.tail === null ? ranked.filter((found) => byRank(place, found) < 0) : [];
		const page = left.slice(0, limit + 1);
		if (complete || page.length > limit) return page;
		return [
			...page,
			...this.#tail(search, ranked, page.at(-1)?.score ?? place?.score ?? 0, options, limit + 1 - page.length),
		];
	}

	/** What is not among the ranked, newest first; never said to be better than what came before. */
	#tail(search: Search, ranked: readonly Found[], cap: number, options: PageOptions, wanted: number): Found[] {
		const { place, match, maxRid, relaxed, frequencies } = options;
		const known = new Set(ranked.map(({ rid }) => rid));
		const rows: number[] = [];
		let below = place?.tail == null ? maxRid : place.tail - 1;
		while (rows.length < wanted) {
			const newest = this.#candidates.newest(this.#ask(search, match, below), RANKED / 2);
			rows.push(...newest.filter((rid) => !known.has(rid)));
			if (newest.length < RANKED / 2) break;
			below = (newest.at(-1) ?? 1) - 1;
		}
		let least = cap;
		const tail = this.#candidates.load(rows.slice(0, wanted), search.tie).sort((a, b) => b.rid - a.rid);
		return this.#score(search, tail, relaxed, frequencies).map((found) => {
			least = Math.min(least, found.score);
			return { ...found, score: least };
		});
	}

	#total(search: Search, match: string): number {
		return this.#candidates.count(this.#ask(search, match, Number.MAX_SAFE_INTEGER));
	}

	/** Whether some hit does not have all words. */
	#addsSome({ optional }: Search, scored: readonly Found[]): boolean {
		return scored.some(({ matched }) => optional.some((_, index) => !matched[index]));
	}
}

interface PageOptions {
	place: PagePlace | null;
	limit: number;
	match: string;
	maxRid: number;
	complete: boolean;
	relaxed: boolean;
	frequencies: readonly number[];
}

/** All that the order depends on; hits are told by those before the fillers. */
const rankedTerms = ({ optional, required, fillers }: Search) => [...optional, ...required, ...fillers];

const sqlOf = ({ column, operator }: Conditions["compare"][number]) => `r.${column} ${operator} ?`;

function comparisons({ compare }: Conditions): Comparison[] {
	return compare.map((one) => ({ sql: sqlOf(one), values: [one.value] }));
}

/** That not all of them hold. */
function noneOf({ compare }: Conditions): Comparison[] {
	if (compare.length === 0) return [];
	return [{ sql: `NOT (${compare.map(sqlOf).join(" AND ")})`, values: compare.map(({ value }) => value) }];
}
