/*
 * From text to words, the same way for documents and queries: NFKC, lower case, diacritics folded, Unicode words. Where
 * words are not spaced, `Intl.Segmenter` finds them; since it may cut a query otherwise than the document, such runs are
 * known by their pairs of characters too.
 */

/** A word and where it stands in the text it was found in. */
export interface Word {
	/** lower case, without diacritics */
	folded: string;
	/** lower case, as written */
	exact: string;
	start: number;
	end: number;
	/** which of the text's runs of unspaced script it belongs to; null for spaced scripts */
	run: string | null;
}

const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}\p{Cf}]*/gu;
const INVISIBLE = /\p{Cf}/gu;
const UNSPACED =
	/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]/u;
const UNSPACED_OR_NOT =
	/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{M}ー]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]+/gu;
/** Latin, Greek and Cyrillic accents, Hebrew and Arabic points: signs that a word is often written without. */
const MARKS = /[\u0300-\u036F\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u064B-\u065F\u0670]/g;
/** Letters with a stroke or joined, which Unicode does not take apart. */
const LETTERS: Record<string, string> = {
	ß: "ss",
	ø: "o",
	æ: "ae",
	œ: "oe",
	đ: "d",
	ð: "d",
	ł: "l",
	ħ: "h",
	ı: "i",
	þ: "th",
};
const SPECIAL = /[ßøæœđðłħıþ]/g;
const ASCII = /^[a-z0-9]*$/;
/** Longer than this is no word but data: it is known by its beginning. */
const MAX_WORD = 64;

const segmenter = new Map<string, Intl.Segmenter>();
function segmenterOf(text: string): Intl.Segmenter {
	const locale = /\p{Script=Thai}/u.test(text)
		? "th"
		: /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)
			? "ja"
			: "zh";
	const known = segmenter.get(locale) ?? new Intl.Segmenter(locale, { granularity: "word" });
	segmenter.set(locale, known);
	return known;
}

/** Lower case in compatibility form: full-width letters, ligatures and the like become plain ones. */
export function lower(text: string): string {
	return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** Without diacritics. Expects lower case. */
export function fold(text: string): string {
	if (ASCII.test(text)) return text;
	return text
		.normalize("NFD")
		.replace(MARKS, "")
		.normalize("NFC")
		.replace(SPECIAL, (letter) => LETTERS[letter] ?? letter);
}

/** Whether a word is of a script that does not put spaces between words. */
export function isUnspaced(text: string): boolean {
	return UNSPACED.test(text);
}

const clean = (exact: string) => exact.replace(INVISIBLE, "").slice(0, MAX_WORD).toWellFormed();

function* segments(run: string, start: number): Generator<Word> {
	const whole = fold(lower(run)).replace(INVISIBLE, "");
	for (const { segment, index, isWordLike } of segmenterOf(run).segment(run)) {
		const exact = clean(lower(segment));
		if (isWordLike === false && !UNSPACED.test(segment)) continue;
		if (exact === "") continue;
		yield { folded: fold(exact), exact, start: start + index, end: start + index + segment.length, run: whole };
	}
}

const PLAIN = /^[A-Za-z0-9]+$/;

function* spaced(raw: string, start: number): Generator<Word> {
	if (PLAIN.test(raw)) {
		const exact = raw.toLowerCase().slice(0, MAX_WORD);
		yield { folded: exact, exact, start, end: start + raw.length, run: null };
		return;
	}
	const plain = lower(raw).replace(INVISIBLE, "");
	const end = start + raw.length;
	// The compatibility form of one character can be several words, such as that of a fraction.
	for (const [part] of plain.matchAll(WORD)) {
		const exact = part.slice(0, MAX_WORD).toWellFormed();
		yield { folded: fold(exact), exact, start, end, run: null };
	}
}

/** The words of a text in order. */
export function* wordsOf(text: string): Generator<Word> {
	for (const { 0: raw, index } of text.matchAll(WORD)) {
		if (PLAIN.test(raw) || !UNSPACED.test(raw)) yield* spaced(raw, index);
		else {
			for (const { 0: part, index: at } of raw.matchAll(UNSPACED_OR_NOT)) {
				if (UNSPACED.test(part)) yield* segments(part, index + at);
				else yield* spaced(part, index + at);
			}
		}
	}
}

// Begun at the beginnings of words alone: tried from every letter of a long one, it would take the square of its length.
const WHOLE = /(?<![\p{L}\p{N}])[\p{L}\p{N}]+(?:[-_@.+]+[\p{L}\p{N}]+)+/gu;

/** What belongs together though it is several words, in lower case: e-mail addresses, ids, versions, compounds. */
export function wholesOf(text: string): string[] {
	return [...text.matchAll(WHOLE)].map(([raw]) => lower(raw)).filter((whole) => whole.length <= MAX_WORD * 2);
}

/**
 * The pairs of neighbouring characters of an unspaced run, and its last character alone: a word is within the run if its
 * pairs follow each other there, and a single character if a pair begins with it.
 */
export function pairsOf(run: string): string[] {
	const characters = [...run];
	return characters.map((character, index) => character + (characters[index + 1] ?? ""));
}
