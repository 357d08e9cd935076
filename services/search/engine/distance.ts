/** Shorter words are not taken for misspelt. */
export const SHORTEST_FUZZY = 4;
/** From this length on two mistakes are forgiven. */
const TWO_MISTAKES_FROM = 8;
/** Longer words are not in the dictionary. */
export const LONGEST_FUZZY = 32;
/** Of a word only so many letters are looked up with letters left out, so that long words do not fill the dictionary. */
const LOOKED_UP = 7;
const LETTERS_ONLY = /^\p{L}+$/u;

/** How many mistakes are forgiven in a word of the query: none in short words, in numbers, or in unspaced scripts. */
export function allowedDistance(word: string): 0 | 1 | 2 {
	const { length } = word;
	if (length < SHORTEST_FUZZY || length > LONGEST_FUZZY || !LETTERS_ONLY.test(word)) return 0;
	return length < TWO_MISTAKES_FROM ? 1 : 2;
}

/**
 * The Damerau-Levenshtein distance (optimal string alignment: letters missing, added, replaced, or two neighbours
 * swapped), or `max + 1` if it is greater than `max`.
 */
export function distance(a: string, b: string, max: number): number {
	if (Math.abs(a.length - b.length) > max) return max + 1;
	let beforeLast: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		let least = i;
		for (let j = 1; j <= b.length; j++) {
			const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
			let cost = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, replaced);
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
				cost = Math.min(cost, (beforeLast[j - 2] as number) + 1);
			}
			row.push(cost);
			if (cost < least) least = cost;
		}
		if (least > max) return max + 1;
		beforeLast = last;
		last = row;
	}
	return Math.min(last[b.length] as number, max + 1);
}

/**
 * The beginning of a word and all that is left of it when up to `mistakes` letters are left out, never the first: two words
 * within that distance that begin alike have one in common. After the symmetric delete algorithm with a prefix length
 * (Wolf Garbe, SymSpell).
 */
export function deletesOf(word: string, mistakes: number): Set<string> {
	const all = new Set([word.slice(0, LOOKED_UP)]);
	let newest = [...all];
	for (let left = 0; left < mistakes; left++) {
		const next: string[] = [];
		for (const text of newest) {
			for (let at = 1; at < text.length; at++) {
				const shorter = text.slice(0, at) + text.slice(at + 1);
				if (all.has(shorter)) continue;
				all.add(shorter);
				next.push(shorter);
			}
		}
		newest = next;
	}
	return all;
}

/** How many letters to leave out of a word of the dictionary: as many as a query that finds it may have wrong. */
export function dictionaryMistakes(word: string): number {
	// A query of eight letters or more may be longer than the word by as many letters as are forgiven.
	if (word.length < SHORTEST_FUZZY - 1 || word.length > LONGEST_FUZZY + 2 || !LETTERS_ONLY.test(word)) return 0;
	return word.length >= TWO_MISTAKES_FROM - 2 ? 2 : 1;
}

/** A 48-bit number for a text (FNV-1a in two halves), small to store; two texts with the same one are told apart later. */
export function numberOf(text: string): number {
	let high = 0x811c9dc5;
	let low = 0xcbf29ce4;
	for (let index = 0; index < text.length; index++) {
		const code = text.charCodeAt(index);
		high = Math.imul(high ^ code, 0x01000193);
		low = Math.imul(low ^ code, 0x01000197);
	}
	return (high >>> 0) * 0x10000 + ((low >>> 0) & 0xffff);
}
