import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Clock, systemClock } from "../../../lib/clock.ts";
import { Problem } from "../../../lib/problem.ts";
import { Candidates } from "./candidates.ts";
import { Dictionary } from "./dictionary.ts";
import { Finder } from "./find.ts";
import {
	type IndexBuild,
	type IndexStatus,
	type RelatedQuery,
	SEARCH_KINDS,
	type SearchDocuments,
	type SearchHit,
	type SearchIndex,
	type SearchKind,
	type SearchQuery,
	type SearchResult,
	type SuggestQuery,
} from "./index-types.ts";
import { createAnew, isDamaged, openFile, SCHEMA_VERSION } from "./schema.ts";
import { Similar } from "./similar.ts";
import { Spaces } from "./spaces.ts";
import { Writer } from "./writer.ts";

/** Names of the notes the index keeps for itself. */
const OWN = { state: ":state", generation: ":generation", builtAt: ":builtAt" } as const;

/** Pages of the full text that one step of compacting writes. */
const MERGED_PAGES = 200;

interface Parts {
	database: DatabaseSync;
	dictionary: Dictionary;
	writer: Writer;
	finder: Finder;
	similar: Similar;
}

function partsOf(database: DatabaseSync): Parts {
	const spaces = new Spaces(database);
	const dictionary = new Dictionary(database);
	const candidates = new Candidates(database);
	return {
		database,
		dictionary,
		writer: new Writer(database, spaces, dictionary),
		finder: new Finder(database, spaces, dictionary, candidates),
		similar: new Similar(database, spaces, dictionary, candidates),
	};
}

class SqliteSearchIndex implements SearchIndex {
	readonly #file: string;
	readonly #clock: Clock;
	#parts: Parts;
	#inTransaction = false;

	constructor(file: string, clock: Clock) {
		this.#file = file;
		this.#clock = clock;
		this.#parts = partsOf(openFile(file));
		this.#setSync();
	}

	/** A damaged file is thrown away as soon as it shows: the index is then `new`, and its owner builds it. */
	#guard<T>(work: () => T): T {
		try {
			return work();
		} catch (error) {
			if (!isDamaged(error)) throw error;
			this.clear();
			throw new Problem(503, "search_index_lost", "The search index was damaged and is being built anew.", {
				cause: error,
				headers: { "Retry-After": "10" },
			});
		}
	}

	transaction<T>(work: () => T): T {
		if (this.#inTransaction) return work();
		return this.#guard(() => {
			const { database, dictionary } = this.#parts;
			database.exec("BEGIN IMMEDIATE");
			this.#inTransaction = true;
			try {
				const result = work();
				dictionary.flush();
				database.exec("COMMIT");
				return result;
			} catch (error) {
				dictionary.rollback();
				if (database.isTransaction) database.exec("ROLLBACK");
				throw error;
			} finally {
				this.#inTransaction = false;
			}
		});
	}

	put<K extends SearchKind>(kind: K, documents: readonly SearchDocuments[K][]): void {
		this.transaction(() => this.#parts.writer.put(kind, documents, this.#generation()));
	}

	remove(kind: SearchKind, tenantId: string, ids: readonly string[]): void {
		this.transaction(() => this.#parts.writer.remove(kind, tenantId, ids, this.#generation()));
	}

	removeSomeOf(tenantId: string): Record<SearchKind, number> {
		const { writer } = this.#parts;
		const removed = (kind: SearchKind) => [kind, this.transaction(() => writer.removeSome(kind, tenantId))];
		return Object.fromEntries(SEARCH_KINDS.map(removed)) as Record<SearchKind, number>;
	}

	countOf(tenantId: string): Record<SearchKind, number> {
		const { writer } = this.#parts;
		const counted = (kind: SearchKind) => [kind, this.#guard(() => writer.count(kind, tenantId))];
		return Object.fromEntries(SEARCH_KINDS.map(counted)) as Record<SearchKind, number>;
	}

	search<K extends SearchKind>(query: SearchQuery<K>): SearchResult {
		return this.#guard(() => this.#parts.finder.search(query));
	}

	suggest(query: SuggestQuery): SearchHit[] {
		return this.#guard(() => this.#parts.similar.suggest(query));
	}

	related(query: RelatedQuery): SearchHit[] {
		return this.#guard(() => this.#parts.similar.related(query));
	}

	versionOf(kind: SearchKind, tenantId: string, id: string): number | null {
		return this.#guard(() => this.#parts.writer.versionOf(kind, tenantId, id));
	}

	note(name: string): string | null {
		const row = this.#guard(() => this.#parts.database.prepare("SELECT value FROM notes WHERE name = ?").get(name));
		return (row as { value: string } | undefined)?.value ?? null;
	}

	setNote(name: string, text: string): void {
		this.transaction(() => {
			this.#parts.database.prepare("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)").run(name, text);
		});
	}

	#generation(): number {
		return Number(this.note(OWN.generation) ?? 0);
	}

	/** While it is being built nothing in it is relied on, so nothing waits for the disk. */
	#setSync(): void {
		const isReady = this.note(OWN.state) === "ready";
		this.#parts.database.exec(`PRAGMA synchronous = ${isReady ? "FULL" : "OFF"}`);
	}

	build(): IndexBuild {
		if (this.note(OWN.state) !== "building") {
			this.transaction(() => {
				this.setNote(OWN.generation, String(this.#generation() + 1));
				this.setNote(OWN.state, "building");
			});
			this.#setSync();
		}
		return {
			sweep: (kind) => this.transaction(() => this.#parts.writer.sweep(kind, this.#generation())),
			finish: () => this.#finish(),
		};
	}

	#finish(): void {
		// What was written without waiting for the disk gets there before the index says that it is whole.
		this.#guard(() => this.#parts.database.exec("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE);"));
		this.transaction(() => {
			this.setNote(OWN.state, "ready");
			this.setNote(OWN.builtAt, this.#clock.now().toISOString());
		});
	}

	status(): IndexStatus {
		const { database } = this.#parts;
		const entries = Object.fromEntries(SEARCH_KINDS.map((kind) => [kind, 0])) as Record<SearchKind, number>;
		const rows = database
			.prepare("SELECT s.kind, count(e.space) AS n FROM spaces s LEFT JOIN entries e ON e.space = s.id GROUP BY s.kind")
			.all() as unknown as { kind: SearchKind; n: number }[];
		for (const { kind, n } of rows) entries[kind] = n;
		return {
			state: (this.note(OWN.state) as IndexStatus["state"] | null) ?? "new",
			schemaVersion: SCHEMA_VERSION,
			entries,
			bytes: statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0,
			builtAt: this.note(OWN.builtAt),
		};
	}

	async compact(): Promise<void> {
		const { database } = this.#parts;
		const written = () => Number((database.prepare("SELECT total_changes() AS n").get() as { n: number }).n);
		for (const kind of SEARCH_KINDS) {
			const merge = database.prepare(`INSERT INTO text_${kind}(text_${kind}, rank) VALUES ('merge', ?)`);
			// A first negative number takes on all segments, whatever their size; it is done when a step changes nothing.
			for (let pages = -MERGED_PAGES; database.isOpen; pages = MERGED_PAGES) {
				const before = written();
				this.transaction(() => merge.run(pages));
				if (written() - before < 2) break;
				await nextTurn();
			}
		}
		if (database.isOpen) database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
	}

	clear(): void {
		this.#parts.database.close();
		this.#inTransaction = false;
		this.#parts = partsOf(createAnew(this.#file));
		this.#setSync();
	}

	close(): void {
		if (this.#parts.database.isOpen) this.#parts.database.close();
	}
}

/**
 * Opens the index in a file of its own, which is made if it is not there. A file that is damaged or of another form is thrown
 * away: `status().state` is then `new`. One process at a time has the file open.
 */
export function openSearchIndex({ file, clock = systemClock }: { file: string; clock?: Clock }): SearchIndex {
	return new SqliteSearchIndex(file, clock);
}
