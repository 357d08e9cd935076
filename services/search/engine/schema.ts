import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { columnsOf } from "./columns.ts";
import { SEARCH_KINDS, type SearchKind } from "./index-types.ts";

/** Counted up whenever what the file holds, or how text is taken apart, changes: an older file is built anew. */
export const SCHEMA_VERSION = 3;

/** The tokenizer leaves the tokens as they are made; the prefix lists are for two and three letters after the code. */
const fullTextTable = (kind: SearchKind) => `
	CREATE VIRTUAL TABLE text_${kind} USING fts5(
		keys, ${columnsOf(kind)
			.map(({ name }) => name)
			.join(", ")},
		content = '', contentless_delete = 1, prefix = '6 7', tokenize = "ascii tokenchars '''~=#%^.-_@+:&/'"
	);`;

const TABLES = `
	CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
	CREATE TABLE spaces (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, tenantId TEXT NOT NULL, UNIQUE (kind, tenantId));
	CREATE TABLE documents (
		space INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, gone INTEGER NOT NULL, seen INTEGER NOT NULL,
		PRIMARY KEY (space, id)
	) WITHOUT ROWID;
	CREATE TABLE entries (
		rid INTEGER PRIMARY KEY, space INTEGER NOT NULL, id TEXT NOT NULL, locale TEXT NOT NULL, level INTEGER NOT NULL,
		updated INTEGER NOT NULL, created INTEGER NOT NULL, boost REAL NOT NULL, vector BLOB NOT NULL
	);
	-- what ranges compare, in rows so small that a hundred thousand are looked at quickly
	CREATE TABLE ranges (
		rid INTEGER PRIMARY KEY, updated INTEGER NOT NULL, created INTEGER NOT NULL, number INTEGER NOT NULL
	);
	CREATE UNIQUE INDEX entriesById ON entries (space, id, locale);
	CREATE TABLE texts (rid INTEGER PRIMARY KEY, fields TEXT NOT NULL);
	CREATE TABLE sections (
		rid INTEGER NOT NULL, ordinal INTEGER NOT NULL, anchor TEXT, vector BLOB NOT NULL, PRIMARY KEY (rid, ordinal)
	) WITHOUT ROWID;
	CREATE TABLE terms (
		id INTEGER PRIMARY KEY, space INTEGER NOT NULL, term TEXT NOT NULL,
		level0 INTEGER NOT NULL DEFAULT 0, level1 INTEGER NOT NULL DEFAULT 0, level2 INTEGER NOT NULL DEFAULT 0,
		UNIQUE (space, term)
	);
	-- spelling is the same for all: which of these words a space has, its terms say
	CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, spaces INTEGER NOT NULL);
	CREATE TABLE deletes (hash INTEGER NOT NULL, word INTEGER NOT NULL, PRIMARY KEY (hash, word)) WITHOUT ROWID;
	${SEARCH_KINDS.map(fullTextTable).join("")}
	PRAGMA user_version = ${SCHEMA_VERSION};`;

const PAGE_CACHE_KB = 32 * 1024;

function connect(file: string): DatabaseSync {
	const database = new DatabaseSync(file);
	try {
		database.exec(`
			PRAGMA page_size = 8192;
			PRAGMA journal_mode = WAL;
			PRAGMA synchronous = FULL;
			PRAGMA secure_delete = ON;
			PRAGMA temp_store = MEMORY;
			PRAGMA cache_size = -${PAGE_CACHE_KB};`);
	} catch (error) {
		database.close();
		throw error;
	}
	return database;
}

const versionOf = (database: DatabaseSync) =>
	(database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;

/** Reads a little of every table: enough to notice that a file is no database, cut off or another program's. */
function check(database: DatabaseSync): void {
	const tables = [
		"notes",
		"spaces",
		"documents",
		"entries",
		"ranges",
		"texts",
		"sections",
		"terms",
		"words",
		"deletes",
	];
	for (const table of [...tables, ...SEARCH_KINDS.map((kind) => `text_${kind}_data`)]) {
		database.prepare(`SELECT * FROM ${table} LIMIT 1`).get();
	}
	const pages = database.prepare("PRAGMA page_count").get() as { page_count: number };
	if (pages.page_count === 0) throw new Error("The file is empty.");
}

function remove(file: string): void {
	if (file === ":memory:" || file === "") return;
	for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
}

/** Whether SQLite says that the file is damaged. */
export function isDamaged(error: unknown): boolean {
	const { errcode } = error as { errcode?: number };
	// The lower byte is the primary code: SQLITE_CORRUPT or SQLITE_NOTADB.
	return errcode !== undefined && [11, 26].includes(errcode & 0xff);
}

/** Throws away what is there, and makes an empty index. */
export function createAnew(file: string): DatabaseSync {
	remove(file);
	const database = connect(file);
	database.exec(`BEGIN; ${TABLES} COMMIT;`);
	return database;
}

/** Opens the index in a file; one that is missing, damaged, or of another form is made anew. */
export function openFile(file: string): DatabaseSync {
	let database: DatabaseSync | undefined;
	try {
		database = connect(file);
		if (versionOf(database) === SCHEMA_VERSION) {
			check(database);
			return database;
		}
	} catch (error) {
		const { errcode } = error as { errcode?: number };
		// Neither a full disk, nor a folder that must not be written, nor another process is a reason to throw the index away.
		if (errcode !== undefined && ![1, 11, 26].includes(errcode & 0xff)) throw error;
	}
	database?.close();
	return createAnew(file);
}
