import type { DatabaseSync, StatementSync } from "node:sqlite";
import { LRUCache } from "lru-cache";
import type { SearchKind } from "./index-types.ts";
import { COMMON } from "./rank.ts";

/** An entry as it is ranked. */
export interface Candidate {
	rid: number;
	id: string;
	locale: string;
	/** milliseconds; breaks ties */
	tie: number;
	boost: number;
	vector: Uint8Array;
}

/** A condition in SQL with the values for its question marks. */
export interface Comparison {
	sql: string;
	values: number[];
}

/** What is asked of the full-text table. */
export interface Ask {
	kind: SearchKind;
	match: string;
	/** further conditions, on columns of `ranges` */
	compare: Comparison[];
	/** what breaks ties between equal scores */
	tie: "updated" | "created";
	/** rows added later are left out */
	maxRid: number;
}

type CandidateRow = [rid: number, id: string, locale: string, tie: number, boost: number, vector: Uint8Array];

const textOnly = (kind: SearchKind) => `FROM text_${kind} f WHERE text_${kind} MATCH ? AND f.rowid <= ?`;

/** Statements kept ready. */
const STATEMENTS = 100;

/** Finds entries by expressions of the full-text table, newest first, each question bounded by a limit. */
export class Candidates {
	readonly #database: DatabaseSync;
	readonly #statements = new LRUCache<string, StatementSync>({ max: STATEMENTS });

	constructor(database: DatabaseSync) {
		this.#database = database;
	}

	#prepare(sql: string): StatementSync {
		const known = this.#statements.get(sql);
		if (known) return known;
		const made = this.#database.prepare(sql);
		this.#statements.set(sql, made);
		return made;
	}

	#from({ kind, compare }: Ask): string {
		const conditions = compare.map(({ sql }) => ` AND ${sql}`).join("");
		return `FROM text_${kind} f CROSS JOIN ranges r ON r.rid = f.rowid
			WHERE text_${kind} MATCH ? AND f.rowid <= ?${conditions}`;
	}

	#values({ match, maxRid, compare }: Ask): (string | number)[] {
		return [match, maxRid, ...compare.flatMap(({ values }) => values)];
	}

	/** The numbers of the entries added last, the newest first. */
	newest(ask: Ask, limit: number): number[] {
		const from = ask.compare.length > 0 ? this.#from(ask) : textOnly(ask.kind);
		const statement = this.#prepare(`SELECT f.rowid ${from} ORDER BY f.rowid DESC LIMIT ?`);
		statement.setReturnArrays(true);
		return (statement.all(...this.#values(ask), limit) as unknown as [number][]).map(([rid]) => rid);
	}

	/** What entries are ranked by. */
	load(rids: readonly number[], tie: Ask["tie"]): Candidate[] {
		const statement = this.#prepare(
			`SELECT rid, id, locale, ${tie}, boost, vector FROM entries
			WHERE rid IN (SELECT value FROM json_each(?))`,
		);
		statement.setReturnArrays(true);
		const rows = statement.all(JSON.stringify(rids)) as unknown as CandidateRow[];
		return rows.map(([rid, id, locale, at, boost, vector]) => ({ rid, id, locale, tie: at, boost, vector }));
	}

	/** How many entries there are. */
	count(ask: Ask): number {
		if (ask.compare.length > 0) {
			const row = this.#prepare(`SELECT count(*) AS n ${this.#from(ask)}`).get(...this.#values(ask));
			return (row as { n: number }).n;
		}
		const sql = `SELECT count(*) AS n FROM text_${ask.kind} WHERE text_${ask.kind} MATCH ?`;
		return (this.#prepare(sql).get(ask.match) as { n: number }).n;
	}

	/** How many entries there are, no further than it matters for the importance of a word. */
	frequency(kind: SearchKind, match: string): number {
		const sql = `SELECT count(*) AS n FROM
			(SELECT 1 FROM text_${kind} WHERE text_${kind} MATCH ? ORDER BY rowid DESC LIMIT ${COMMON})`;
		return (this.#prepare(sql).get(match) as { n: number }).n;
	}

	/** The number of the row added last. */
	maxRid(): number {
		const row = this.#prepare("SELECT max(rid) AS rid FROM entries").get() as { rid: number | null };
		return row.rid ?? 0;
	}
}
