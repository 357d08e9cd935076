import { type Column, saturation } from "./columns.ts";
import type { Variant } from "./plan.ts";
import { decodeVector } from "./vector.ts";

/** What an entry is scored by. */
export interface RankedTerm {
	variants: readonly Variant[];
	/** of each column, 0 for those that do not count for this caller and term */
	weights: readonly number[];
	/** how much the term says: the rarer, the more */
	importance: number;
}

export interface Ranking {
	terms: readonly RankedTerm[];
	columns: readonly Column[];
	/** the column whose match no popularity makes up for; -1 if there is none */
	title: number;
	/** terms that need not all be there; how many of them are multiplies the score */
	optional: readonly boolean[];
}

export interface Score {
	score: number;
	/** for each term whether it is there */
	matched: boolean[];
}

interface Slot {
	term: number;
	variant: number;
	minus: boolean;
}

/** In so many entries a term says least; more are not counted. */
export const COMMON = 2000;
const SPEAKS_FOR_LITTLE = 2;
/** Below this share of what a bare title match is worth popularity may lift what has none. */
const BELOW_TITLE = 0.79;

/** How much a term says that so many entries in the caller's reach have; between about 0.7 and 7.6. */
export function importanceOf(entries: number): number {
	return Math.log(1 + COMMON / (1 + Math.min(entries, COMMON)));
}

/** Scores entries by their vectors, again and again with the same room for its sums. */
export class Scorer {
	readonly #ranking: Ranking;
	readonly #slots = new Map<number, Slot[]>();
	/** for each variant of each term and each column how often */
	readonly #counts: Float64Array;
	readonly #first: number[] = [];
	/** ids of a sequence that were seen, by variant */
	readonly #seen: Map<number, Map<number, number>> = new Map();
	readonly #width: number;

	constructor(ranking: Ranking) {
		this.#ranking = ranking;
		this.#width = ranking.columns.length;
		let variants = 0;
		ranking.terms.forEach((term, index) => {
			this.#first.push(variants);
			for (const variant of term.variants) {
				if (variant.sequence) this.#seen.set(variants, new Map());
				for (const id of variant.ids) this.#slot(id, { term: index, variant: variants, minus: false });
				for (const id of variant.minus ?? []) this.#slot(id, { term: index, variant: variants, minus: true });
				variants++;
			}
		});
		this.#counts = new Float64Array(variants * this.#width);
	}

	#slot(id: number, slot: Slot): void {
		const slots = this.#slots.get(id);
		if (slots) slots.push(slot);
		else this.#slots.set(id, [slot]);
	}

	/** The score of an entry by its stored vector. `boost` multiplies it, but never past a title that matches. */
	score(stored: Uint8Array, boost: number): Score {
		const vector = decodeVector(stored);
		this.#counts.fill(0);
		for (const seen of this.#seen.values()) seen.clear();
		for (let index = 0; index < vector.terms.length; index++) {
			const slots = this.#slots.get(vector.terms[index] as number);
			if (slots) this.#add(slots, vector.places[index] as number, vector.terms[index] as number);
		}
		return this.#sum(vector.lengths, boost);
	}

	#add(slots: readonly Slot[], place: number, id: number): void {
		const column = place >> 8;
		const count = place & 0xff;
		for (const { variant, minus } of slots) {
			const seen = this.#seen.get(variant);
			if (seen === undefined) {
				const at = variant * this.#width + column;
				this.#counts[at] = (this.#counts[at] as number) + (minus ? -count : count);
				continue;
			}
			// A sequence is there at most as often as its rarest word in the column.
			const key = column * 0x100000000 + id;
			seen.set(key, count);
		}
	}

	#sequenceCount(variant: number, column: number, ids: readonly number[]): number {
		const seen = this.#seen.get(variant);
		return Math.min(...ids.map((id) => seen?.get(column * 0x100000000 + id) ?? 0));
	}

	#sum(lengths: Uint16Array, boost: number): Score {
		const { terms, columns, title, optional } = this.#ranking;
		const matched: boolean[] = [];
		let score = 0;
		let titleWorth = 0;
		let inTitle = false;
		terms.forEach((term, index) => {
			let termScore = 0;
			for (let column = 0; column < columns.length; column++) {
				const weight = term.weights[column] as number;
				if (weight === 0) continue;
				const best = this.#best(term, this.#first[index] as number, column, lengths[column] as number);
				termScore += weight * best;
				if (column === title && best > 0) inTitle = true;
			}
			matched.push(termScore > 0);
			score += termScore * term.importance;
			titleWorth += (term.weights[title] ?? 0) * term.importance;
		});
		if (boost !== 1) {
			const limit = inTitle ? Number.POSITIVE_INFINITY : Math.max(score, titleWorth * BELOW_TITLE);
			score = Math.min(score * boost, limit);
		}
		const countable = optional.filter(Boolean).length;
		if (countable === 0) return { score, matched };
		const there = matched.filter((is, index) => is && optional[index]).length;
		return { score: score * (there / countable) ** SPEAKS_FOR_LITTLE, matched };
	}

	#best(term: RankedTerm, first: number, column: number, length: number): number {
		let best = 0;
		for (let index = 0; index < term.variants.length; index++) {
			const variant = term.variants[index] as Variant;
			const count = variant.sequence
				? this.#sequenceCount(first + index, column, variant.ids)
				: (this.#counts[(first + index) * this.#width + column] as number);
			if (count <= 0) continue;
			const worth = variant.worth * saturation(this.#ranking.columns[column] as Column, count, length);
			if (worth > best) best = worth;
		}
		return best;
	}
}
