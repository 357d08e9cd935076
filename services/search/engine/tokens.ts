import { isStemmed, stemOf } from "./languages.ts";
import { isUnspaced, pairsOf, wholesOf, wordsOf } from "./words.ts";

/*
 * The words of an entry as the full-text table holds them. Each token begins with the code of its tenant, so tenants
 * share no list of postings, no count and no vocabulary; then a mark that says what sort of token it is.
 */

/** The sorts of tokens, by the mark each begins with. Plain words have none. */
export const MARK = {
	/** a word with its accents, where it has any */
	exact: "'",
	/** a word without the accents it is written with */
	accented: "^",
	/** a stem with its language, where it differs from the word */
	stem: "~",
	/** an e-mail address, id, version: several words as one */
	whole: "=",
	/** a pair of characters of an unspaced script */
	pair: "²",
	/** the last digits of a telephone number */
	phone: "%",
	/** a ticket's number */
	number: "#",
	/** what is filtered by */
	key: ":",
} as const;

/** Stands between what does not follow each other, so that no phrase reaches across. */
const GAP = "¶";
/** Longer phrases of pairs say no more. */
const CODE_LENGTH = 4;

/** The code of a tenant's words: always of the same length, so that the table's prefix lists fit. */
export function codeOf(space: number): string {
	return space.toString(36).padStart(CODE_LENGTH, "0");
}

/** All tokens of one column, without code. */
export interface TokenStream {
	tokens: string[];
	/** how many of them are words of the text */
	words: number;
}

/** The tokens of texts that follow each other in a column: the words in order, then what else they are known by. */
export function streamOf(texts: readonly string[], language: string | null): TokenStream {
	const tokens: string[] = [];
	const extras: string[] = [];
	let words = 0;
	for (const text of texts) {
		if (tokens.length > 0) tokens.push(GAP);
		let run: string | null = null;
		for (const word of wordsOf(text)) {
			words++;
			tokens.push(word.folded);
			if (word.exact !== word.folded) extras.push(MARK.exact + word.exact, MARK.accented + word.folded);
			if (word.run !== null && word.run !== run) {
				extras.push(GAP);
				// One by one: a run can have more characters than a call can have arguments.
				for (const pair of pairsOf(word.run)) extras.push(MARK.pair + pair);
			}
			run = word.run;
			if (language === null || !isStemmed(language) || isUnspaced(word.exact)) continue;
			for (const stem of stemsOf(word.exact, word.folded, language)) extras.push(stem);
		}
		for (const whole of wholesOf(text)) extras.push(MARK.whole + whole);
	}
	return { tokens: extras.length > 0 ? [...tokens, GAP, ...extras] : tokens, words };
}

function stemsOf(exact: string, folded: string, language: Parameters<typeof stemOf>[1]): string[] {
	const stems = new Set([stemOf(exact, language), stemOf(folded, language)]);
	stems.delete(folded);
	return [...stems].map((stem) => MARK.stem + language + stem);
}

/** Tokens as they are, each standing for itself. */
export function tokensAsIs(tokens: readonly string[]): TokenStream {
	return { tokens: tokens.flatMap((token) => [token, GAP]), words: tokens.length };
}

/** How often each token occurs. */
export function countsOf({ tokens }: TokenStream): Map<string, number> {
	const counts = new Map<string, number>();
	for (const token of tokens) if (token !== GAP) counts.set(token, (counts.get(token) ?? 0) + 1);
	return counts;
}

/** What the table's column is given. */
export function columnText({ tokens }: TokenStream, code: string): string {
	return tokens.map((token) => (token === GAP ? GAP : code + token)).join(" ");
}

/** The token by which entries with this value of a field are found; any text can be a value. */
export function keyToken(field: string, value: string): string {
	const safe = /^[a-z0-9-]+$/.test(value) ? value : `~${Buffer.from(value.toWellFormed()).toString("hex")}`;
	return `${MARK.key}${field}=${safe}`;
}

/** Every entry of a tenant has it. */
export const EVERY_ENTRY = `${MARK.key}all`;
/** The value of a field that has none. */
export const NO_VALUE = "";
