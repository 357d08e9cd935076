import { createRequire } from "node:module";
import { lazy } from "../../../lib/lazy.ts";

/*
 * What depends on the language: stop words and stems. The libraries are loaded with the first document or query.
 */

const load = createRequire(import.meta.url);

type Stem = (word: string) => string;

/** Languages with a stemmer (Snowball's; Porter2 for English). */
const STEMMERS = { en: "english", de: "german", fr: "french", es: "spanish" } as const;
export type StemmedLanguage = keyof typeof STEMMERS;
export const STEMMED_LANGUAGES = Object.keys(STEMMERS) as StemmedLanguage[];

const stemmers = Object.fromEntries(
	STEMMED_LANGUAGES.map((language) => [
		language,
		lazy(() => (load(`@orama/stemmers/${STEMMERS[language]}`) as { stemmer: Stem }).stemmer),
	]),
) as Record<StemmedLanguage, () => Stem>;

/** Shorter words are left as they are. */
const SHORTEST_STEMMED = 3;
const LETTERS_ONLY = /^\p{L}+$/u;
const KNOWN_STEMS = 20_000;
const stems = new Map<string, string>();

/** The language of a locale (`de-AT` → `de`), in lower case. */
export function languageOf(locale: string): string {
	return (locale.split(/[-_]/)[0] ?? "").toLowerCase();
}

export function isStemmed(language: string): language is StemmedLanguage {
	return language in STEMMERS;
}

/** The stem of a word in lower case. Words with digits, and very short ones, are their own. */
export function stemOf(word: string, language: StemmedLanguage): string {
	if (word.length < SHORTEST_STEMMED || !LETTERS_ONLY.test(word)) return word;
	const key = `${language} ${word}`;
	const known = stems.get(key);
	if (known !== undefined) return known;
	const stem = stemmers[language]()(word) || word;
	if (stems.size >= KNOWN_STEMS) stems.clear();
	stems.set(key, stem);
	return stem;
}

/** Names of the stop word lists for the languages whose ISO 639-1 code the library does not use. */
const LISTS: Record<string, string> = {
	...{ ar: "ara", bg: "bul", bn: "ben", ca: "cat", cs: "ces", da: "dan", de: "deu", el: "ell", en: "eng", es: "spa" },
	...{ et: "est", fa: "fas", fi: "fin", fr: "fra", gl: "glg", he: "heb", hi: "hin", hr: "hrv", hu: "hun", hy: "hye" },
	...{ id: "ind", it: "ita", ja: "jpn", ko: "kor", lt: "lit", lv: "lav", nl: "nld", no: "nob", nb: "nob", pl: "pol" },
	...{ pt: "por", ro: "ron", ru: "rus", sk: "slk", sl: "slv", sv: "swe", th: "tha", tr: "tur", uk: "ukr", vi: "vie" },
	...{ zh: "zho" },
};

const lists = lazy(() => load("stopword") as Record<string, unknown>);
const stopWords = new Map<string, ReadonlySet<string>>();

/** The words of a language that say nothing by themselves; empty for a language without a list. */
export function stopWordsOf(language: string): ReadonlySet<string> {
	const known = stopWords.get(language);
	if (known) return known;
	const list = LISTS[language] === undefined ? undefined : lists()[LISTS[language]];
	const words = new Set<string>(Array.isArray(list) ? list.map((word) => String(word).toLowerCase()) : []);
	stopWords.set(language, words);
	return words;
}

/** How much of a text its language is guessed from, in words. */
const SAMPLE = 80;

/** The stemmed language whose stop words a text has most of; English if it has none. */
export function guessLanguage(words: Iterable<{ exact: string }>): StemmedLanguage {
	const found = new Map<StemmedLanguage, number>();
	let seen = 0;
	for (const { exact } of words) {
		if (seen++ >= SAMPLE) break;
		for (const language of STEMMED_LANGUAGES) {
			if (stopWordsOf(language).has(exact)) found.set(language, (found.get(language) ?? 0) + 1);
		}
	}
	let best: StemmedLanguage = "en";
	for (const [language, count] of found) if (count > (found.get(best) ?? 0)) best = language;
	return best;
}
