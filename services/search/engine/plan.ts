import { columnIndex, columnsOf } from "./columns.ts";
import type { Dictionary } from "./dictionary.ts";
import { SHORTEST_PHONE, wholeToken } from "./entry.ts";
import type { SearchKind } from "./index-types.ts";
import { STEMMED_LANGUAGES, stemOf } from "./languages.ts";
import { codeOf, MARK } from "./tokens.ts";
import { isUnspaced, lower, pairsOf, type Word, wholesOf, wordsOf } from "./words.ts";

/*
 * What each word of a query may be found as, how much that is worth, and how the full-text table is asked for it.
 */

const WORTH = { exact: 1, folded: 0.9, stem: 0.8, pairs: 0.8, prefix: 0.7, fuzzy: 0.5 } as const;

/** One way in which a word of the query is found. */
export interface Variant {
	worth: number;
	/** as the full-text table is asked */
	match: string;
	/** the tokens that count, by id; of `sequence` each of them must be there */
	ids: number[];
	sequence: boolean;
	/** tokens that count against */
	minus?: number[];
}

/** How words that fit are known in a text. */
export interface Marker {
	/** folded words, one after the other; the last may be the beginning of a word */
	words: string[];
	prefix: boolean;
	/** stems with their language before them, of which one is enough */
	stems: string[];
	/** the end of a telephone number */
	digits?: string;
}

/** A word, phrase or id of the query. */
export interface Term {
	typed: string;
	variants: Variant[];
	markers: Marker[];
	/** columns it is restricted to; null: all */
	columns: string[] | null;
}

/** Where terms are made for. */
export interface TermContext {
	kind: SearchKind;
	space: number;
	dictionary: Dictionary;
}

/** What of a term depends on how it was typed. */
export interface TermOptions {
	prefix: boolean;
	columns: string[] | null;
}

const quoted = (tokens: readonly string[]) => `"${tokens.join(" ")}"`;
const marker = (words: string[], prefix = false): Marker => ({ words, prefix, stems: [] });

function idsOf({ dictionary, space }: TermContext, tokens: readonly string[]): number[] {
	return [...new Set(tokens)].map((token) => dictionary.find(space, token)).filter((id) => id !== null);
}

/** The tokens in this order and nothing between; null if one of them is nowhere. */
function sequence(context: TermContext, worth: number, tokens: readonly string[]): Variant | null {
	const ids = idsOf(context, tokens);
	if (tokens.length === 0 || ids.length < new Set(tokens).size) return null;
	const code = codeOf(context.space);
	return { worth, ids, sequence: tokens.length > 1, match: quoted(tokens.map((token) => code + token)) };
}

/** Any of the tokens; null if all of them are nowhere. */
function anyOf(context: TermContext, worth: number, tokens: readonly string[]): Variant | null {
	const code = codeOf(context.space);
	const known = [...new Set(tokens)].filter((token) => context.dictionary.find(context.space, token) !== null);
	if (known.length === 0) return null;
	const match = known.map((token) => quoted([code + token])).join(" OR ");
	return { worth, ids: idsOf(context, known), sequence: false, match };
}

function beginning(context: TermContext, worth: number, token: string): Variant | null {
	const ids = context.dictionary.withPrefix(context.space, token);
	if (ids.length === 0) return null;
	return { worth, ids, sequence: false, match: `${quoted([codeOf(context.space) + token])} *` };
}

const some = (...variants: (Variant | null)[]) => variants.filter((variant) => variant !== null);

/** As it is written. Where it is written without accents, a text that has them fits a little less. */
function exactVariants(context: TermContext, { exact, folded }: Word): Variant[] {
	const plain = anyOf(context, WORTH.folded, [folded]);
	if (exact !== folded) return some(anyOf(context, WORTH.exact, [MARK.exact + exact]), plain);
	if (plain === null) return [];
	return [plain, { ...plain, worth: WORTH.exact, minus: idsOf(context, [MARK.accented + folded]) }];
}

function stemsOf({ exact, folded }: Word) {
	return STEMMED_LANGUAGES.flatMap((language) =>
		[...new Set([stemOf(exact, language), stemOf(folded, language)])].map((stem) => ({ language, stem })),
	);
}

/** Shorter beginnings stand for too much. */
const SHORTEST_PREFIX = 2;

function wordTerm(context: TermContext, typed: string, word: Word, { prefix, columns }: TermOptions): Term {
	const { folded } = word;
	const stems = stemsOf(word);
	const bare = context.kind === "customer" ? [] : stems.map(({ stem }) => stem).filter((stem) => stem !== folded);
	const marked = stems.map(({ language, stem }) => MARK.stem + language + stem);
	const near = context.dictionary.near(context.space, folded).map(({ term }) => term);
	const asPrefix = prefix && folded.length >= SHORTEST_PREFIX;
	const isNumber = context.kind === "ticket" && /^\d+$/.test(folded);
	return {
		typed,
		columns,
		variants: [
			...exactVariants(context, word),
			...some(
				isNumber ? anyOf(context, WORTH.exact, [MARK.number + folded.replace(/^0+(?=\d)/, "")]) : null,
				context.kind === "customer" ? anyOf(context, WORTH.exact, [wholeToken(word.exact)]) : null,
				anyOf(context, WORTH.stem, [...marked, ...bare]),
				asPrefix ? beginning(context, WORTH.prefix, folded) : null,
				anyOf(context, WORTH.fuzzy, near),
			),
		],
		markers: [
			{ words: [folded], prefix: asPrefix, stems: stems.map(({ language, stem }) => language + stem) },
			...[...bare, ...near].map((other) => marker([other])),
		],
	};
}

/** A word of an unspaced script: as the segmenter cut it, or wherever its characters follow each other. */
function unspacedTerm(context: TermContext, typed: string, { folded }: Word, { columns }: TermOptions): Term {
	const pairs = pairsOf(folded);
	const within =
		pairs.length === 1
			? beginning(context, WORTH.prefix, MARK.pair + folded)
			: sequence(
					context,
					WORTH.pairs,
					pairs.slice(0, -1).map((pair) => MARK.pair + pair),
				);
	return {
		typed,
		columns,
		variants: some(anyOf(context, WORTH.exact, [folded]), within),
		markers: [marker([folded])],
	};
}

/** Words that follow each other exactly. */
export function phraseTerm(context: TermContext, text: string, columns: string[] | null): Term | null {
	const words = [...wordsOf(text)];
	if (words.length === 0) return null;
	const typed = lower(text).trim();
	const plain = sequence(
		context,
		WORTH.exact,
		words.map(({ folded }) => folded),
	);
	const run = words[0]?.run ?? null;
	// Of an unspaced text the characters must follow each other, however they are cut into words.
	const pairs =
		run !== null && words.every((word) => word.run === run) && [...run].length > 1
			? sequence(
					context,
					WORTH.exact,
					pairsOf(run)
						.slice(0, -1)
						.map((pair) => MARK.pair + pair),
				)
			: null;
	const markers = run !== null && pairs !== null ? [marker([run])] : [marker(words.map(({ folded }) => folded))];
	return { typed, columns, variants: some(plain, pairs), markers };
}

const ID_LIKE = /[@_\p{N}.]/u;

/** An e-mail address, id or version: as one, or its parts after each other; never misspelt. */
function wholeTerm(context: TermContext, text: string, words: Word[], { prefix, columns }: TermOptions): Term {
	const whole = MARK.whole + lower(text);
	const parts = words.map(({ folded }) => folded);
	return {
		typed: lower(text),
		columns,
		variants: some(
			anyOf(context, WORTH.exact, [whole, wholeToken(text)]),
			sequence(context, WORTH.folded, parts),
			prefix ? beginning(context, WORTH.prefix, whole) : null,
		),
		markers: [marker(parts, prefix)],
	};
}

/** The terms of a part of the query that is no phrase: one for each word, or one for all if they make an id. */
export function termsOf(context: TermContext, text: string, options: TermOptions): Term[] {
	const words = [...wordsOf(text)];
	if (words.length === 0) return [];
	const [whole] = wholesOf(text);
	const isWhole = whole !== undefined && words.length > 1 && ID_LIKE.test(whole) && lower(text).includes(whole);
	if (isWhole && whole.length >= lower(text).replace(/^\P{L}+|[^\p{L}\p{N}]+$/gu, "").length - 1) {
		return [wholeTerm(context, whole, words, options)];
	}
	return words.map((word, index) => {
		const wordOptions = { ...options, prefix: options.prefix && index === words.length - 1 };
		if (isUnspaced(word.folded)) return unspacedTerm(context, word.exact, word, wordOptions);
		return wordTerm(context, word.exact, word, wordOptions);
	});
}

/** Digits that belong together, such as a telephone number: as its last digits, or as words. */
export function phoneTerm(context: TermContext, text: string): Term | null {
	const digits = text.normalize("NFKC").replace(/\D/g, "");
	if (digits.length < SHORTEST_PHONE) return null;
	// Within a country a number is dialled with zeros before it that the international form does not have.
	const national = digits.replace(/^0+/, "");
	const endings = [digits, national].filter((ending) => ending.length >= SHORTEST_PHONE);
	const words = [...wordsOf(text)].map(({ folded }) => folded);
	const alone = words.length === 1 ? (words[0] ?? "") : null;
	return {
		typed: text.trim(),
		columns: null,
		variants: some(
			anyOf(
				context,
				WORTH.exact,
				endings.map((ending) => MARK.phone + ending),
			),
			anyOf(context, WORTH.exact, [wholeToken(text)]),
			sequence(context, WORTH.folded, words),
			alone === null ? null : beginning(context, WORTH.prefix, alone),
		),
		markers: [{ ...marker(words, alone !== null), digits: national || digits }],
	};
}

/**
 * The term as the full-text table is asked for it; null if nothing can fulfil it. Columns are named only where some are
 * left out: checking them costs as much as finding the words.
 */
export function matchOf(term: Term, kind: SearchKind, visible: readonly string[]): string | null {
	const columns = term.columns === null ? visible : term.columns.filter((name) => visible.includes(name));
	if (term.variants.length === 0 || columns.length === 0) return null;
	const matches = [...new Set(term.variants.map(({ match }) => match))].join(" OR ");
	return columns.length === columnsOf(kind).length ? `(${matches})` : `({${columns.join(" ")}} : (${matches}))`;
}

/** The term by its best ways only: as written or by its stem, else by its beginning, else as what it may have been meant as. */
export function atItsBest(term: Term): Term {
	for (const least of [WORTH.stem, WORTH.prefix]) {
		const variants = term.variants.filter(({ worth }) => worth >= least);
		if (variants.length > 0) return { ...term, variants };
	}
	return term;
}

/** Terms of which each column of the kind counts for as much as given; 0 for one that the term does not touch. */
export function weightsOf(term: Term, kind: SearchKind, weights: readonly number[]): number[] {
	const { columns } = term;
	if (columns === null) return [...weights];
	const allowed = new Set(columns.map((name) => columnIndex(kind, name)));
	return weights.map((weight, index) => (allowed.has(index) ? weight : 0));
}

/** The tokens a word is found by if neither mistakes nor beginnings count, and what words with the same stem share. */
export function plainTokens(word: Word): { tokens: string[]; key: string } {
	if (isUnspaced(word.folded)) return { tokens: [word.folded], key: word.folded };
	const stems = stemsOf(word);
	const marked = stems.map(({ language, stem }) => MARK.stem + language + stem);
	return { tokens: [...new Set([word.folded, ...marked, ...stems.map(({ stem }) => stem)])], key: marked.join(" ") };
}

/** A word found as it is or by its stem, never as what it may have been meant as. */
export function plainTerm(context: TermContext, word: Word): Term {
	const typed = word.exact;
	if (isUnspaced(word.folded)) return unspacedTerm(context, typed, word, { prefix: false, columns: null });
	const stems = stemsOf(word).map(({ language, stem }) => language + stem);
	const { tokens } = plainTokens(word);
	return {
		typed,
		columns: null,
		variants: [...exactVariants(context, word), ...some(anyOf(context, WORTH.stem, tokens.slice(1)))],
		markers: [{ words: [word.folded], prefix: false, stems }],
	};
}
