import type { SearchKind, SearchReader } from "./index-types.ts";

/** One full-text column of a kind. */
export interface Column {
	name: string;
	/** how much a word in it counts */
	weight: number;
	/** how many words it usually has; the same word counts for less in a longer one */
	usual: number;
	/** for whom it is not there */
	hiddenFrom?: readonly SearchReader[];
}

const STAFF_ONLY = ["customer"] as const;
const PERSONAL = ["masked"] as const;

/** The columns of each kind with their weights. The first column of the table, `keys`, holds what is filtered by. */
export const COLUMNS = {
	ticket: [
		{ name: "number", weight: 50, usual: 1 },
		{ name: "subject", weight: 6, usual: 8 },
		{ name: "tags", weight: 4, usual: 4, hiddenFrom: STAFF_ONLY },
		{ name: "requester", weight: 4, usual: 3 },
		{ name: "address", weight: 4, usual: 3, hiddenFrom: PERSONAL },
		{ name: "public", weight: 2, usual: 150 },
		{ name: "custom", weight: 2, usual: 8, hiddenFrom: STAFF_ONLY },
		{ name: "notes", weight: 1, usual: 60, hiddenFrom: STAFF_ONLY },
	],
	customer: [
		{ name: "reference", weight: 20, usual: 1 },
		{ name: "address", weight: 20, usual: 1, hiddenFrom: PERSONAL },
		{ name: "phone", weight: 15, usual: 1, hiddenFrom: PERSONAL },
		{ name: "name", weight: 8, usual: 3 },
		{ name: "maskedName", weight: 8, usual: 3, hiddenFrom: PERSONAL },
		{ name: "company", weight: 4, usual: 4 },
		{ name: "tags", weight: 3, usual: 4, hiddenFrom: STAFF_ONLY },
		{ name: "custom", weight: 2, usual: 8, hiddenFrom: STAFF_ONLY },
		{ name: "parts", weight: 2, usual: 8, hiddenFrom: PERSONAL },
		{ name: "notes", weight: 1, usual: 60, hiddenFrom: ["customer", "masked"] },
	],
	article: [
		{ name: "title", weight: 8, usual: 6 },
		{ name: "headings", weight: 6, usual: 20 },
		{ name: "tags", weight: 5, usual: 4 },
		{ name: "summary", weight: 4, usual: 25 },
		{ name: "body", weight: 2, usual: 500 },
	],
} as const satisfies Record<SearchKind, readonly Column[]>;

/** Columns of at least this weight say what an entry is about. */
const STRONG = 4;

export function columnsOf(kind: SearchKind): readonly Column[] {
	return COLUMNS[kind];
}

export function columnIndex(kind: SearchKind, name: string): number {
	return columnsOf(kind).findIndex((column) => column.name === name);
}

/** Names of the columns that a reader's query may touch. */
export function visibleColumns(kind: SearchKind, reader: SearchReader, notes = true): string[] {
	return columnsOf(kind)
		.filter(({ name, hiddenFrom }) => !(hiddenFrom?.includes(reader) || (name === "notes" && !notes)))
		.map(({ name }) => name);
}

export function strongColumns(kind: SearchKind, visible: readonly string[]): string[] {
	return columnsOf(kind)
		.filter(({ name, weight }) => weight >= STRONG && visible.includes(name))
		.map(({ name }) => name);
}

/** How often a word counts beyond the first time: it never reaches this many times the first. */
const MOST = 1.5;
const LENGTH_MATTERS = 0.25;
const LONGEST = 4;

/**
 * How well a word that occurs so many times fits a column with so many words: 1 for once in one of usual length, never
 * above 1.5, as in BM25 with a share for each column, so that no number of words in the text makes up for the title.
 */
export function saturation(column: Column, occurrences: number, words: number): number {
	const length = 1 - LENGTH_MATTERS + LENGTH_MATTERS * Math.min(words / column.usual, LONGEST);
	return (MOST * occurrences) / (occurrences + (MOST - 1) * length);
}
