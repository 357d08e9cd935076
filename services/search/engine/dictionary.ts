import type { DatabaseSync, StatementSync } from "node:sqlite";
import { allowedDistance, deletesOf, dictionaryMistakes, distance, numberOf } from "./distance.ts";

/** A word of the dictionary near one of a query. */
export interface NearWord {
	id: number;
	term: string;
	distance: number;
}

/** Ids remembered between writes. */
const REMEMBERED = 50_000;
/** Of so many near words the nearest are taken. */
const MOST_NEAR = 40;
/** Of so many words that begin alike, scores know the first in alphabetical order; matching knows all. */
const MOST_WITH_PREFIX = 20_000;
const AFTER_ALL = "\u{10ffff}";
const LEVELS = ["level0", "level1", "level2"] as const;

/**
 * The tokens of each space (one kind of one tenant) with their ids, in how many entries of each level they are, and the
 * delete dictionary for misspelt words, which all spaces share: a word of it is found only by those that have it. Counts are written when the transaction ends; a word in no entry is forgotten.
 */
export class Dictionary {
	readonly #changes = new Map<number, [number, number, number]>();
	#ids = new Map<string, number>();
	readonly #find: StatementSync;
	readonly #insert: StatementSync;
	readonly #count: StatementSync;
	readonly #unused: StatementSync;
	readonly #forget: StatementSync;
	readonly #useWord: StatementSync;
	readonly #leaveWord: StatementSync;
	readonly #forgetWord: StatementSync;
	readonly #insertDeletes: StatementSync;
	readonly #removeDeletes: StatementSync;
	readonly #near: StatementSync;
	readonly #withPrefix: StatementSync;
	readonly #frequency: StatementSync;
	readonly #text: StatementSync;

	constructor(database: DatabaseSync) {
		const prepare = (sql: string) => database.prepare(sql);
		this.#find = prepare("SELECT id FROM terms WHERE space = ? AND term = ?");
		this.#insert = prepare("INSERT INTO terms (space, term) VALUES (?, ?)");
		this.#count = prepare(
			"UPDATE terms SET level0 = level0 + ?, level1 = level1 + ?, level2 = level2 + ? WHERE id = ?",
		);
		this.#unused = prepare(
			"SELECT space, term FROM terms WHERE id = ? AND level0 <= 0 AND level1 <= 0 AND level2 <= 0",
		);
		this.#forget = prepare("DELETE FROM terms WHERE id = ?");
		this.#useWord = prepare(
			`INSERT INTO words (word, spaces) VALUES (?, 1) ON CONFLICT (word) DO UPDATE SET spaces = spaces + 1
			RETURNING id, spaces`,
		);
		this.#leaveWord = prepare("UPDATE words SET spaces = spaces - 1 WHERE word = ? RETURNING id, spaces");
		this.#forgetWord = prepare("DELETE FROM words WHERE id = ?");
		this.#insertDeletes = prepare("INSERT OR IGNORE INTO deletes (hash, word) SELECT value, ? FROM json_each(?)");
		this.#removeDeletes = prepare("DELETE FROM deletes WHERE word = ? AND hash IN (SELECT value FROM json_each(?))");
		this.#near = prepare(
			`SELECT DISTINCT w.word FROM deletes d JOIN words w ON w.id = d.word
			WHERE d.hash IN (SELECT value FROM json_each(?))`,
		);
		this.#near.setReturnArrays(true);
		this.#withPrefix = prepare(
			`SELECT id FROM terms WHERE space = ? AND term >= ? AND term < ? ORDER BY term LIMIT ${MOST_WITH_PREFIX}`,
		);
		this.#withPrefix.setReturnArrays(true);
		this.#frequency = prepare("SELECT level0, level1, level2 FROM terms WHERE space = ? AND term = ?");
		this.#text = prepare("SELECT term FROM terms WHERE id = ?");
	}

	/** The id of a token, or null if no entry of the space has it. */
	find(space: number, term: string): number | null {
		const row = this.#find.get(space, term) as { id: number } | undefined;
		return row?.id ?? null;
	}

	/** The id of a token of an entry that is being written. */
	idOf(space: number, term: string): number {
		const key = `${space} ${term}`;
		const known = this.#ids.get(key);
		if (known !== undefined) return known;
		const id = this.find(space, term) ?? this.#add(space, term);
		if (this.#ids.size >= REMEMBERED) this.#ids.clear();
		this.#ids.set(key, id);
		return id;
	}

	#add(space: number, term: string): number {
		const id = Number(this.#insert.run(space, term).lastInsertRowid);
		const hashes = hashesOf(term);
		if (hashes.length > 0) this.#spell(term, hashes);
		return id;
	}

	#spell(word: string, hashes: readonly number[]): void {
		const { id, spaces } = this.#useWord.get(word) as { id: number; spaces: number };
		if (spaces === 1) this.#insertDeletes.run(id, JSON.stringify(hashes));
	}

	#unspell(word: string, hashes: readonly number[]): void {
		const row = this.#leaveWord.get(word) as { id: number; spaces: number } | undefined;
		if (row === undefined || row.spaces > 0) return;
		this.#removeDeletes.run(row.id, JSON.stringify(hashes));
		this.#forgetWord.run(row.id);
	}

	/** Says that one entry more (1) or fewer (-1) of this level has the token. */
	count(id: number, level: number, change: 1 | -1): void {
		const counts = this.#changes.get(id) ?? [0, 0, 0];
		counts[level] = (counts[level] ?? 0) + change;
		this.#changes.set(id, counts);
	}

	/** Writes the counts; before the transaction is committed. */
	flush(): void {
		for (const [id, counts] of this.#changes) {
			if (counts.every((change) => change === 0)) continue;
			this.#count.run(...counts, id);
			if (counts.some((change) => change < 0)) this.#forgetIfUnused(id);
		}
		this.#changes.clear();
	}

	#forgetIfUnused(id: number): void {
		const row = this.#unused.get(id) as { space: number; term: string } | undefined;
		if (row === undefined) return;
		const hashes = hashesOf(row.term);
		if (hashes.length > 0) this.#unspell(row.term, hashes);
		this.#forget.run(id);
		this.#ids.delete(`${row.space} ${row.term}`);
	}

	/** Forgets what was not written; after a transaction was rolled back. */
	rollback(): void {
		this.#changes.clear();
		this.#ids = new Map();
	}

	/** The words of the space that a word of a query may have been meant as, the nearest first; never the word itself. */
	near(space: number, word: string): NearWord[] {
		const max = allowedDistance(word);
		if (max === 0) return [];
		const hashes = [...deletesOf(word, max)].map(numberOf);
		const rows = this.#near.all(JSON.stringify(hashes)) as unknown as [string][];
		const near: NearWord[] = [];
		for (const [term] of rows) {
			if (term[0] !== word[0] || term === word) continue;
			const apart = distance(word, term, max);
			const id = apart <= max ? this.find(space, term) : null;
			if (id !== null) near.push({ id, term, distance: apart });
		}
		near.sort((a, b) => a.distance - b.distance || (a.term < b.term ? -1 : 1));
		return near.slice(0, MOST_NEAR);
	}

	/** The ids of all tokens of the space that begin so. */
	withPrefix(space: number, prefix: string): number[] {
		const rows = this.#withPrefix.all(space, prefix, prefix + AFTER_ALL) as unknown as [number][];
		return rows.map(([id]) => id);
	}

	/** In how many entries up to this level the token is. */
	frequency(space: number, term: string, level: number): number {
		const row = this.#frequency.get(space, term) as Record<(typeof LEVELS)[number], number> | undefined;
		if (row === undefined) return 0;
		return LEVELS.slice(0, level + 1).reduce((sum, name) => sum + row[name], 0);
	}

	textOf(id: number): string | null {
		const row = this.#text.get(id) as { term: string } | undefined;
		return row?.term ?? null;
	}
}

function hashesOf(term: string): number[] {
	const mistakes = dictionaryMistakes(term);
	return mistakes === 0 ? [] : [...deletesOf(term, mistakes)].map(numberOf);
}
