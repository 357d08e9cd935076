import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Ask, Candidates } from "./candidates.ts";
import { columnIndex, columnsOf, saturation } from "./columns.ts";
import type { Dictionary } from "./dictionary.ts";
import { levelOf } from "./entry.ts";
import { localesOf, RANKED, scoredBy } from "./find.ts";
import type { RelatedQuery, SearchHit, SearchScopes, SuggestQuery, Visibility } from "./index-types.ts";
import { languageOf, stopWordsOf } from "./languages.ts";
import { allOf, keyMatch, languageMatch, lookupChain, scopeMatches } from "./match.ts";
import { byRank } from "./paging.ts";
import { matchOf, plainTerm, plainTokens, type Term, type TermContext } from "./plan.ts";
import { importanceOf, type Ranking, Scorer } from "./rank.ts";
import { Results } from "./results.ts";
import type { Spaces } from "./spaces.ts";
import { EVERY_ENTRY } from "./tokens.ts";
import { tellingWords } from "./understand.ts";
import { decodeVector } from "./vector.ts";
import { type Word, wordsOf } from "./words.ts";

/** Of a text so many words are searched for, those that say most. */
const TELLING = 12;
const RELATED_BY = 20;
const SUBJECT_COUNTS = 3;
/** What fits less than this share of the best is left out. */
const SHARE_OF_BEST = 0.3;
const LEAST_MATCHED = 2;
/** How much of a text is looked at, in characters. */
const LOOKED_AT = 20_000;
const SHORTEST_RELATED = 3;

/** A word to find similar articles by. */
interface Telling {
	word: Word;
	/** shared by words with the same stem */
	key: string;
	frequency: number;
	/** multiplies its importance */
	counts: number;
}

interface OwnEntry {
	rid: number;
	locale: string;
	level: number;
	vector: Uint8Array;
}

const kind = "article";
const visible = columnsOf(kind).map(({ name }) => name);

/** Finds articles that have much in common with a text, or with another article. */
export class Similar {
	readonly #spaces: Spaces;
	readonly #dictionary: Dictionary;
	readonly #candidates: Candidates;
	readonly #results: Results;
	readonly #entriesOf: StatementSync;

	constructor(database: DatabaseSync, spaces: Spaces, dictionary: Dictionary, candidates: Candidates) {
		this.#spaces = spaces;
		this.#dictionary = dictionary;
		this.#candidates = candidates;
		this.#results = new Results(database);
		this.#entriesOf = database.prepare(
			"SELECT rid, locale, level, vector FROM entries WHERE space = ? AND id = ? ORDER BY locale",
		);
	}

	/** See `SearchIndex.suggest`. */
	suggest({ tenantId, subject, body, locale, scope, limit }: SuggestQuery): SearchHit[] {
		const space = this.#spaces.find(kind, tenantId);
		if (space === null) return [];
		const locales = localesOf(locale);
		const languages = locales.length === 0 ? ["en"] : lookupChain(locales).map(languageOf);
		const context = { kind, space, dictionary: this.#dictionary } as const;
		const level = levelOf(scope.visibilities);
		const telling = (text: string, counts: number) =>
			tellingWords(text.slice(0, LOOKED_AT), languages).map((word) => this.#telling(context, word, counts, level));
		const words = distinct([...telling(subject, SUBJECT_COUNTS), ...telling(body, 1)]);
		// The rarest words say most; a stable sort keeps those of the subject first.
		const chosen = words.sort((a, b) => a.frequency - b.frequency).slice(0, TELLING);
		return this.#similar(context, chosen, scope, locales, limit, null);
	}

	/** See `SearchIndex.related`. */
	related({ tenantId, articleId, locale, scope, limit }: RelatedQuery): SearchHit[] {
		const space = this.#spaces.find(kind, tenantId);
		if (space === null) return [];
		const locales = localesOf(locale);
		const own = this.#ownEntry(space, articleId, locales, scope.visibilities);
		if (own === null) return [];
		const context = { kind, space, dictionary: this.#dictionary } as const;
		const words = this.#wordsOf(context, own, levelOf(scope.visibilities));
		return this.#similar(context, words, scope, locales, limit, articleId);
	}

	#telling({ space, dictionary }: TermContext, word: Word, counts: number, level: number): Telling {
		const { tokens, key } = plainTokens(word);
		const frequencies = tokens.map((token) => dictionary.frequency(space, token, level));
		return { word, key, counts, frequency: Math.max(0, ...frequencies) };
	}

	#ownEntry(
		space: number,
		id: string,
		locales: readonly string[],
		visibilities: readonly Visibility[],
	): OwnEntry | null {
		const all = this.#entriesOf.all(space, id) as unknown as OwnEntry[];
		const allowed = visibilities.map((visibility) => levelOf([visibility]));
		const readable = all.filter(({ level }) => allowed.includes(level));
		const wished = lookupChain(locales)
			.map((tag) => readable.find(({ locale }) => locale.toLowerCase() === tag))
			.find((entry) => entry !== undefined);
		return wished ?? readable[0] ?? null;
	}

	/** The words that say most about an article. */
	#wordsOf(context: TermContext, own: OwnEntry, level: number): Telling[] {
		const { terms, places, lengths } = decodeVector(own.vector);
		const columns = columnsOf(kind);
		const worth = new Map<number, number>();
		terms.forEach((id, index) => {
			const place = places[index] as number;
			const column = columns[place >> 8];
			if (column === undefined) return;
			const fits = column.weight * saturation(column, place & 0xff, lengths[place >> 8] as number);
			worth.set(id, (worth.get(id) ?? 0) + fits);
		});
		const stopWords = stopWordsOf(languageOf(own.locale));
		const words = [...worth].flatMap(([id, fits]) => {
			const word = this.#dictionary.textOf(id) ?? "";
			if (!/^\p{L}/u.test(word) || word.length < SHORTEST_RELATED || stopWords.has(word)) return [];
			const frequency = this.#dictionary.frequency(context.space, word, level);
			return [{ word, frequency, says: fits * importanceOf(frequency) }];
		});
		const most = words.filter(({ frequency }) => frequency > 1).sort((a, b) => b.says - a.says);
		const chosen = most.slice(0, RELATED_BY).flatMap(({ word }) => [...wordsOf(word)]);
		return distinct(chosen.map((word) => this.#telling(context, word, 1, level)));
	}

	#similar(
		context: TermContext,
		words: readonly Telling[],
		scope: SearchScopes["article"],
		locales: readonly string[],
		limit: number,
		except: string | null,
	): SearchHit[] {
		const { space } = context;
		const terms = words.map(({ word }) => plainTerm(context, word));
		const matches = terms.map((term) => matchOf(term, kind, visible)).filter((match) => match !== null);
		if (matches.length < LEAST_MATCHED) return [];
		const scopes = [...scopeMatches(kind, space, scope), languageMatch(space, locales)];
		const match = allOf(space, [keyMatch(space, [EVERY_ENTRY]), ...scopes, `(${matches.join(" OR ")})`], []);
		const ask: Ask = { kind, match, compare: [], tie: "updated", maxRid: Number.MAX_SAFE_INTEGER };
		const candidates = this.#candidates.load(this.#candidates.newest(ask, RANKED), ask.tie);
		const ranking = rankingOf(words, terms);
		const scorer = new Scorer(ranking);
		const found = candidates.filter(({ id }) => id !== except).map((candidate) => scoredBy(scorer, candidate));
		const fitting = found.filter(({ matched }) => matched.filter(Boolean).length >= LEAST_MATCHED).sort(byRank);
		const least = (fitting[0]?.score ?? 0) * SHARE_OF_BEST;
		const best = fitting.filter(({ score }) => score >= least).slice(0, limit);
		return this.#results.hits(kind, best, { terms, visible, locales, ranking: () => ranking });
	}
}

function rankingOf(words: readonly Telling[], terms: readonly Term[]): Ranking {
	const columns = columnsOf(kind);
	const weights = columns.map(({ weight }) => weight);
	return {
		columns,
		title: columnIndex(kind, "title"),
		optional: words.map(() => false),
		terms: words.map(({ frequency, counts }, index) => ({
			variants: terms[index]?.variants ?? [],
			weights,
			importance: importanceOf(frequency) * counts,
		})),
	};
}

/** Each word once, whatever its ending, and only those that some article has. */
function distinct(words: readonly Telling[]): Telling[] {
	const known = new Set<string>();
	return words.filter(({ key, frequency }) => {
		if (frequency === 0 || known.has(key)) return false;
		known.add(key);
		return true;
	});
}
