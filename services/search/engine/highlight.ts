import type { StoredField } from "./entry.ts";
import { STEMMED_LANGUAGES, stemOf } from "./languages.ts";
import type { Marker, Term } from "./plan.ts";
import { isUnspaced, lower, type Word, wordsOf } from "./words.ts";

const MAX_FRAGMENT = 160;
const MAX_FRAGMENTS = 3;
/** How much text before the first mark a fragment shows. */
const LEAD = 40;
/** A longer mark is none: it would fill the fragment. */
const MAX_MARK = 100;
/** How much of a field is looked through, in characters. */
const LOOKED_THROUGH = 40_000;

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
const OPEN = "<mark>";
const CLOSE = "</mark>";

interface Range {
	start: number;
	end: number;
}

/** Marks what fits the terms of a query, in texts that the caller may see. */
export class Highlighter {
	readonly #single: Map<
		string | null,
		{ words: Set<string>; prefixes: string[]; stems: Set<string>; stemStarts: Set<string> }
	> = new Map();
	readonly #terms: readonly Term[];

	constructor(terms: readonly Term[]) {
		this.#terms = terms;
	}

	/** Fragments of the fields that something is marked in. `visible`: the columns the caller may see. */
	highlights(fields: readonly StoredField[], visible: readonly string[]): Record<string, string[]> {
		const all: Record<string, string[]> = {};
		for (const { field, column, texts } of fields) {
			if (!visible.includes(column)) continue;
			const fragments = this.#fragmentsOf(texts, column);
			if (fragments.length > 0) all[field] = [...(all[field] ?? []), ...fragments].slice(0, MAX_FRAGMENTS);
		}
		return all;
	}

	#fragmentsOf(texts: readonly string[], column: string): string[] {
		const markers = this.#markersFor(column);
		const fragments: string[] = [];
		let left = LOOKED_THROUGH;
		for (const text of texts) {
			if (left <= 0 || fragments.length >= MAX_FRAGMENTS) break;
			const part = text.slice(0, left).toWellFormed();
			left -= part.length;
			const marks = merged(this.#marksOf(part, markers, column));
			fragments.push(...fragmentsAround(part, marks, MAX_FRAGMENTS - fragments.length));
		}
		return fragments;
	}

	#markersFor(column: string): Marker[] {
		return this.#terms
			.filter(({ columns }) => columns === null || columns.includes(column))
			.flatMap(({ markers }) => markers);
	}

	#singles(markers: readonly Marker[], column: string) {
		const known = this.#single.get(column);
		if (known) return known;
		const alone = markers.filter(({ words }) => words.length === 1);
		const stems = new Set(markers.flatMap((marker) => marker.stems));
		const made = {
			words: new Set(alone.filter(({ prefix }) => !prefix).map(({ words }) => words[0] as string)),
			prefixes: alone.filter(({ prefix }) => prefix).map(({ words }) => words[0] as string),
			stems,
			stemStarts: new Set([...stems].map((stem) => stem.slice(2, 4))),
		};
		this.#single.set(column, made);
		return made;
	}

	#marksOf(text: string, markers: readonly Marker[], column: string): Range[] {
		const { words: known, prefixes, stems, stemStarts } = this.#singles(markers, column);
		const hasStem = (word: string) =>
			// Endings change, beginnings do not: most words need not be stemmed to know that theirs is another.
			stemStarts.has(word.slice(0, 2)) && STEMMED_LANGUAGES.some((one) => stems.has(one + stemOf(word, one)));
		const fits = ({ folded, exact }: Word) =>
			known.has(folded) ||
			prefixes.some((prefix) => folded.startsWith(prefix)) ||
			hasStem(exact) ||
			(exact !== folded && hasStem(folded));
		const words: Word[] = [];
		const marks: Range[] = [];
		let fragments = 0;
		let covered = 0;
		for (const word of wordsOf(text)) {
			words.push(word);
			if (!fits(word)) continue;
			marks.push({ start: word.start, end: word.end });
			if (word.start < covered) continue;
			covered = word.start + MAX_FRAGMENT;
			// What comes after the last fragment need not be looked at.
			if (++fragments > MAX_FRAGMENTS) break;
		}
		for (const marker of markers) {
			// One by one: there can be more of them than a call can have arguments.
			if (marker.words.length > 1) for (const range of sequencesIn(words, marker)) marks.push(range);
			if (marker.words.some(isUnspaced)) for (const range of withinRuns(text, marker)) marks.push(range);
			if (column === "phone" && marker.digits && endsWithDigits(text, marker.digits)) {
				marks.push({ start: 0, end: text.length });
			}
		}
		return marks;
	}
}

function sequencesIn(words: readonly Word[], { words: wanted, prefix }: Marker): Range[] {
	const found: Range[] = [];
	for (let from = 0; from + wanted.length <= words.length; from++) {
		const fits = wanted.every((want, index) => {
			const { folded } = words[from + index] as Word;
			return folded === want || (prefix && index === wanted.length - 1 && folded.startsWith(want));
		});
		if (!fits) continue;
		for (const { start, end } of words.slice(from, from + wanted.length)) found.push({ start, end });
	}
	return found;
}

/** Where the characters of an unspaced word stand, however the text is cut. */
function withinRuns(text: string, { words }: Marker): Range[] {
	const plain = lower(text);
	// Where the compatibility form has another length, places in it say nothing about the text.
	if (plain.length !== text.length) return [];
	const found: Range[] = [];
	for (const word of words) {
		for (let at = plain.indexOf(word); at !== -1; at = plain.indexOf(word, at + word.length)) {
			found.push({ start: at, end: at + word.length });
		}
	}
	return found;
}

const endsWithDigits = (text: string, digits: string) => text.normalize("NFKC").replace(/\D/g, "").endsWith(digits);

function merged(ranges: readonly Range[]): Range[] {
	const all: Range[] = [];
	for (const range of ranges.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
		const last = all.at(-1);
		if (range.end - range.start > MAX_MARK) continue;
		if (last && range.start < last.end) last.end = Math.max(last.end, range.end);
		else all.push({ ...range });
	}
	return all.filter(({ start, end }) => end - start <= MAX_MARK);
}

function fragmentsAround(text: string, marks: readonly Range[], most: number): string[] {
	const fragments: string[] = [];
	let next = 0;
	while (next < marks.length && fragments.length < most) {
		const { html, end } = fragmentFrom(text, marks, next);
		fragments.push(html);
		while (next < marks.length && (marks[next] as Range).start < end) next++;
	}
	return fragments.filter((fragment) => fragment !== "");
}

/** The beginning of the word that stands at most `LEAD` characters before, so that no word is cut. */
function beginningBefore(text: string, at: number, least: number): number {
	if (at - least <= LEAD) return least;
	const space = text.slice(at - LEAD, at).search(/\s/);
	const from = space === -1 ? at : at - LEAD + space + 1;
	return /[\uDC00-\uDFFF]/.test(text[from] ?? "") ? from + 1 : from;
}

/** One fragment that begins with this mark or a little before; also as HTML no longer than allowed. */
function fragmentFrom(text: string, marks: readonly Range[], first: number): { html: string; end: number } {
	const mark = marks[first] as Range;
	const least = first === 0 ? 0 : (marks[first - 1] as Range).end;
	let html = "";
	let at = beginningBefore(text, mark.start, least);
	for (let next = first; at < text.length; ) {
		const here = marks[next];
		const isMark = here !== undefined && here.start === at;
		const end = isMark ? here.end : wordEnd(text, at, here?.start ?? text.length);
		const raw = text.slice(at, end);
		const piece = isMark ? OPEN + escapeHtml(raw) + CLOSE : escapeHtml(raw);
		if (html.length + piece.length > MAX_FRAGMENT) {
			// What leads up to the mark must not push it out.
			if (next === first && at < mark.start) {
				html = "";
				at = mark.start;
				continue;
			}
			if (isMark || html !== "") break;
		}
		html += piece;
		at = end;
		if (isMark) next++;
	}
	return { html: html.trimEnd(), end: Math.max(at, mark.end) };
}

const LONGEST_PIECE = 20;

/** The end of the piece of text that begins here: blanks, or a word. */
function wordEnd(text: string, at: number, limit: number): number {
	const until = Math.min(limit, at + LONGEST_PIECE);
	const space = text.slice(at + 1, until).search(/\s/);
	const end = space === -1 ? until : at + 1 + space;
	const splits =
		end < text.length && /[\uDC00-\uDFFF]/.test(text[end] ?? "") && /[\uD800-\uDBFF]/.test(text[end - 1] ?? "");
	return splits && end < limit ? end + 1 : end;
}
