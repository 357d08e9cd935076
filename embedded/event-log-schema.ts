import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { whenFree } from "./event-log-writer.ts";

/**
 * `events`: the log. Every body is kept here and nowhere else, so that personal data has one place.
 * `consumer_groups`: how far each group got, which subscription consumes it until when (the lease), how often it was taken
 * back (the generation), and when it is forgotten unless somebody consumes it.
 * `parked`: events waiting for a retry and the later ones of the same lane behind them. A lane is one subject of one
 * tenant; only its first row is marked `head` and may be delivered.
 * `dead_letters`: events a group gave up.
 * Times are ms since the epoch.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS events (
	position INTEGER PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL UNIQUE,
	type TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	subject TEXT NOT NULL,
	appended_at INTEGER NOT NULL,
	body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_by_type ON events (type);

CREATE TABLE IF NOT EXISTS consumer_groups (
	name TEXT PRIMARY KEY,
	types TEXT NOT NULL,
	position INTEGER NOT NULL,
	owner TEXT,
	lease_until INTEGER NOT NULL DEFAULT 0,
	generation INTEGER NOT NULL DEFAULT 0,
	expire_after INTEGER,
	expires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS parked (
	group_name TEXT NOT NULL REFERENCES consumer_groups (name) ON DELETE CASCADE,
	lane TEXT NOT NULL,
	position INTEGER NOT NULL REFERENCES events (position),
	head INTEGER NOT NULL DEFAULT 0,
	attempts INTEGER NOT NULL DEFAULT 0,
	due_at INTEGER NOT NULL DEFAULT 0,
	error TEXT,
	first_failed_at INTEGER,
	PRIMARY KEY (group_name, lane, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parked_due ON parked (group_name, due_at) WHERE head = 1;
CREATE INDEX IF NOT EXISTS parked_by_event ON parked (position);

CREATE TABLE IF NOT EXISTS dead_letters (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_name TEXT NOT NULL REFERENCES consumer_groups (name) ON DELETE CASCADE,
	position INTEGER NOT NULL REFERENCES events (position),
	error TEXT NOT NULL,
	attempts INTEGER NOT NULL,
	first_failed_at INTEGER NOT NULL,
	last_failed_at INTEGER NOT NULL,
	UNIQUE (group_name, position)
) STRICT;
CREATE INDEX IF NOT EXISTS dead_letters_by_event ON dead_letters (position);
`;

/** What brings a file of the version before up to the next one, by that version. */
const UPGRADES: Readonly<Record<number, string>> = {
	1: `
		ALTER TABLE consumer_groups ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
		ALTER TABLE consumer_groups ADD COLUMN expire_after INTEGER;
		ALTER TABLE consumer_groups ADD COLUMN expires_at INTEGER;`,
};

const VERSION = 2;

/**
 * Opens `events.db` in a folder, which is made when missing, or a log in memory for `:memory:`.
 * @throws {Error} when the file was written by a newer version, or is no database
 */
export async function openDatabase(dataDir: string): Promise<DatabaseSync> {
	const inMemory = dataDir === ":memory:";
	if (!inMemory) mkdirSync(dataDir, { recursive: true });
	// No busy timeout: SQLite would sleep on the event loop. Every caller waits through `whenFree`.
	const db = new DatabaseSync(inMemory ? ":memory:" : join(dataDir, "events.db"), { timeout: 0 });
	try {
		await whenFree(() => prepare(db));
		return db;
	} catch (error) {
		db.close();
		throw error;
	}
}

function prepare(db: DatabaseSync): void {
	db.exec("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON");
	db.exec("BEGIN IMMEDIATE");
	try {
		const found = Number(db.prepare("PRAGMA user_version").get()?.user_version);
		if (found > VERSION) throw new Error(`events.db has schema ${found}, this version knows ${VERSION}`);
		if (found > 0) for (let version = found; version < VERSION; version++) db.exec(UPGRADES[version] ?? "");
		db.exec(`${SCHEMA} PRAGMA user_version = ${VERSION}; COMMIT`);
	} catch (error) {
		db.exec("ROLLBACK");
		throw error;
	}
}
