import type { DatabaseSync, StatementSync } from "node:sqlite";
import { columnIndex, columnsOf } from "./columns.ts";
import type { Dictionary } from "./dictionary.ts";
import { type Entry, entriesOf } from "./entry.ts";
import { SEARCH_KINDS, type SearchDocuments, type SearchKind } from "./index-types.ts";
import type { Spaces } from "./spaces.ts";
import { codeOf, columnText, countsOf, type TokenStream } from "./tokens.ts";
import { decodeVector, encodeVector, type Posting } from "./vector.ts";

interface StoredDocument {
	version: number;
	gone: number;
}

interface OldEntry {
	rid: number;
	locale: string;
	level: number;
	vector: Uint8Array;
}

/** Entries removed by one call of `sweep`. */
const SWEPT_AT_ONCE = 200;

/** Puts documents into the tables and takes them out; within a transaction of the caller's. */
export class Writer {
	readonly #spaces: Spaces;
	readonly #dictionary: Dictionary;
	readonly #statements: ReturnType<typeof prepare>;
	readonly #texts: Record<SearchKind, { insert: StatementSync; remove: StatementSync }>;

	constructor(database: DatabaseSync, spaces: Spaces, dictionary: Dictionary) {
		this.#spaces = spaces;
		this.#dictionary = dictionary;
		this.#statements = prepare(database);
		this.#texts = Object.fromEntries(
			SEARCH_KINDS.map((kind) => {
				const names = ["rowid", "keys", ...columnsOf(kind).map(({ name }) => name)];
				const insert = `INSERT INTO text_${kind} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`;
				const remove = `DELETE FROM text_${kind} WHERE rowid = ?`;
				return [kind, { insert: database.prepare(insert), remove: database.prepare(remove) }];
			}),
		) as Record<SearchKind, { insert: StatementSync; remove: StatementSync }>;
	}

	/** See `SearchIndex.put`. `generation`: the build that this is seen by. */
	put<K extends SearchKind>(kind: K, documents: readonly SearchDocuments[K][], generation: number): void {
		for (const together of byId(kind, documents).values()) this.#putOne(kind, together, generation);
	}

	#putOne<K extends SearchKind>(kind: K, documents: SearchDocuments[K][], generation: number): void {
		const [first] = documents;
		if (first === undefined) return;
		const { tenantId, id } = first;
		const space = this.#spaces.make(kind, tenantId);
		const version = Math.max(...documents.map((document) => document.version));
		const present = documents.filter((document) => !document.gone);
		const stored = this.#statements.document.get(space, id) as StoredDocument | undefined;
		if (stored && (version < stored.version || (version === stored.version && stored.gone === 1))) {
			this.#statements.see.run(generation, space, id);
			return;
		}
		const gone = present.length === 0;
		this.#statements.putDocument.run(space, id, version, gone ? 1 : 0, generation);
		this.#replace(kind, space, id, gone ? [] : entriesOf(kind, present));
	}

	/** See `SearchIndex.versionOf`. */
	versionOf(kind: SearchKind, tenantId: string, id: string): number | null {
		const space = this.#spaces.find(kind, tenantId);
		if (space === null) return null;
		const stored = this.#statements.document.get(space, id) as StoredDocument | undefined;
		return stored?.version ?? null;
	}

	/** See `SearchIndex.remove`. */
	remove(kind: SearchKind, tenantId: string, ids: readonly string[], generation: number): void {
		const space = this.#spaces.find(kind, tenantId);
		if (space === null) return;
		for (const id of ids) {
			const stored = this.#statements.document.get(space, id) as StoredDocument | undefined;
			if (stored === undefined) continue;
			this.#statements.putDocument.run(space, id, stored.version, 1, generation);
			this.#replace(kind, space, id, []);
		}
	}

	/** Removes some of what no write of this generation has seen, tombstones too. Whether there may be more. */
	sweep(kind: SearchKind, generation: number): boolean {
		const rows = this.#statements.unseen.all(kind, generation) as { space: number; id: string }[];
		for (const { space, id } of rows) {
			this.#replace(kind, space, id, []);
			this.#statements.forgetDocument.run(space, id);
		}
		return rows.length === SWEPT_AT_ONCE;
	}

	/** Removes some of what a tenant has of a kind, tombstones too. Returns how many documents that were. */
	removeSome(kind: SearchKind, tenantId: string): number {
		const space = this.#spaces.find(kind, tenantId);
		if (space === null) return 0;
		const rows = this.#statements.someOfSpace.all(space) as { id: string }[];
		for (const { id } of rows) {
			this.#replace(kind, space, id, []);
			this.#statements.forgetDocument.run(space, id);
		}
		return rows.length;
	}

	/** How many documents a tenant has of a kind, tombstones too. */
	count(kind: SearchKind, tenantId: string): number {
		const space = this.#spaces.find(kind, tenantId);
		return space === null ? 0 : (this.#statements.countSpace.get(space) as { n: number }).n;
	}

	/** A row keeps its number as long as it is there: pages that are being turned depend on it. */
	#replace(kind: SearchKind, space: number, id: string, entries: readonly Entry[]): void {
		const old = this.#statements.entriesOf.all(space, id) as unknown as OldEntry[];
		const kept = new Set(entries.map(({ locale }) => locale));
		for (const entry of old) {
			this.#takeOut(kind, entry);
			if (!kept.has(entry.locale)) this.#statements.removeEntry.run(entry.rid);
		}
		for (const entry of entries) {
			const rid = old.find(({ locale }) => locale === entry.locale)?.rid ?? null;
			this.#putIn(kind, space, id, entry, rid);
		}
	}

	#takeOut(kind: SearchKind, { rid, level, vector }: OldEntry): void {
		this.#texts[kind].remove.run(rid);
		this.#statements.removeRange.run(rid);
		this.#statements.removeText.run(rid);
		this.#statements.removeSections.run(rid);
		for (const term of new Set(decodeVector(vector).terms)) this.#dictionary.count(term, level, -1);
	}

	#putIn(kind: SearchKind, space: number, id: string, entry: Entry, oldRid: number | null): void {
		const { locale, level, updated, created, number, boost } = entry;
		const { vector, terms } = this.#vectorOf(kind, space, entry.columns);
		for (const term of terms) this.#dictionary.count(term, level, 1);
		const values = [oldRid, space, id, locale, level, updated, created, boost, vector] as const;
		const rid = Number(this.#statements.putEntry.run(...values).lastInsertRowid);
		this.#statements.putRange.run(rid, updated, created, number);
		this.#statements.putText.run(rid, JSON.stringify(entry.fields.filter(({ texts }) => texts.length > 0)));
		entry.sections.forEach(({ anchor, columns }, ordinal) => {
			this.#statements.putSection.run(rid, ordinal, anchor, this.#vectorOf(kind, space, columns).vector);
		});
		const code = codeOf(space);
		const texts = columnsOf(kind).map(({ name }) => columnText(entry.columns[name] as TokenStream, code));
		this.#texts[kind].insert.run(rid, entry.keys.map((key) => code + key).join(" "), ...texts);
	}

	#vectorOf(kind: SearchKind, space: number, columns: Record<string, TokenStream>) {
		const postings: Posting[] = [];
		const lengths = columnsOf(kind).map(({ name }) => columns[name]?.words ?? 0);
		for (const [name, stream] of Object.entries(columns)) {
			const column = columnIndex(kind, name);
			for (const [token, count] of countsOf(stream)) {
				postings.push({ term: this.#dictionary.idOf(space, token), column, count });
			}
		}
		return { vector: encodeVector(postings, lengths), terms: new Set(postings.map(({ term }) => term)) };
	}
}

function byId<D extends { tenantId: string; id: string }>(kind: SearchKind, documents: readonly D[]): Map<string, D[]> {
	const groups = new Map<string, D[]>();
	for (const document of documents) {
		const key = `${document.tenantId} ${document.id}`;
		const group = groups.get(key);
		// Of anything but an article there is one document; the last one said is right.
		if (group && kind === "article") group.push(document);
		else groups.set(key, [document]);
	}
	return groups;
}

function prepare(database: DatabaseSync) {
	return {
		document: database.prepare("SELECT version, gone FROM documents WHERE space = ? AND id = ?"),
		putDocument: database.prepare(
			"INSERT OR REPLACE INTO documents (space, id, version, gone, seen) VALUES (?, ?, ?, ?, ?)",
		),
		see: database.prepare("UPDATE documents SET seen = ? WHERE space = ? AND id = ?"),
		forgetDocument: database.prepare("DELETE FROM documents WHERE space = ? AND id = ?"),
		unseen: database.prepare(
			`SELECT d.space, d.id FROM documents d JOIN spaces s ON s.id = d.space
			WHERE s.kind = ? AND d.seen < ? LIMIT ${SWEPT_AT_ONCE}`,
		),
		someOfSpace: database.prepare(`SELECT id FROM documents WHERE space = ? LIMIT ${SWEPT_AT_ONCE}`),
		countSpace: database.prepare("SELECT count(*) AS n FROM documents WHERE space = ?"),
		entriesOf: database.prepare("SELECT rid, locale, level, vector FROM entries WHERE space = ? AND id = ?"),
		removeEntry: database.prepare("DELETE FROM entries WHERE rid = ?"),
		putEntry: database.prepare(
			`INSERT OR REPLACE INTO entries (rid, space, id, locale, level, updated, created, boost, vector)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		),
		putRange: database.prepare("INSERT OR REPLACE INTO ranges (rid, updated, created, number) VALUES (?, ?, ?, ?)"),
		removeRange: database.prepare("DELETE FROM ranges WHERE rid = ?"),
		putText: database.prepare("INSERT INTO texts (rid, fields) VALUES (?, ?)"),
		removeText: database.prepare("DELETE FROM texts WHERE rid = ?"),
		putSection: database.prepare("INSERT INTO sections (rid, ordinal, anchor, vector) VALUES (?, ?, ?, ?)"),
		removeSections: database.prepare("DELETE FROM sections WHERE rid = ?"),
	};
}
