import { Problem } from "../../../lib/problem.ts";
import type { PageKey } from "./index-types.ts";

/** Where a page ended, and what the pages are ranked by. */
export interface PagePlace {
	relaxed: boolean;
	maxRid: number;
	/** the row of the tail it ended at; null while among the ranked */
	tail: number | null;
	score: number;
	tie: number;
	id: string;
	/** in how many entries each term was when the first page was made */
	frequencies: number[];
}

const FORM = 1;

export function pageKey({ relaxed, maxRid, tail, score, tie, id, frequencies }: PagePlace): PageKey {
	return [FORM, relaxed ? 1 : 0, maxRid, tail ?? -1, score, tie, id, ...frequencies];
}

/** Reads a key back. Throws Problem 400 `invalid_cursor` for what is none. */
export function placeOf(key: PageKey): PagePlace {
	const [form, relaxed, maxRid, tail, score, tie, id, ...frequencies] = key;
	const numbers = [relaxed, maxRid, tail, score, tie, ...frequencies];
	if (form !== FORM || typeof id !== "string" || !numbers.every((value) => Number.isFinite(value))) {
		throw new Problem(400, "invalid_cursor", "The cursor does not belong to this search.");
	}
	return {
		relaxed: relaxed === 1,
		maxRid: maxRid as number,
		tail: tail === -1 ? null : (tail as number),
		score: score as number,
		tie: tie as number,
		id,
		frequencies: frequencies as number[],
	};
}

interface Ranked {
	score: number;
	tie: number;
	id: string;
}

/** Best first; ties by time, the latest first, then by id. */
export function byRank(a: Ranked, b: Ranked): number {
	return b.score - a.score || b.tie - a.tie || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
