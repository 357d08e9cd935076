import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { newId } from "../../lib/ids.ts";

/** The first index's consumer group where there is one process: it always was the only one. */
const FIRST_GROUP = "search";

/** How many indexes one folder can hold. */
const PLACES = 64;

/** Which index file a process works on, and by which consumer group of its own that file follows the events. */
export interface IndexPlace {
	file: string;
	group: string;
	/** Lets another process have the file. A process that is killed lets go of it, too. */
	release(): void;
}

interface Held {
	db: DatabaseSync;
	id: string;
}

const isTaken = (error: unknown) => /database is locked/.test((error as Error).message);

/** Holds a lock file for as long as it is open, and tells the id that was written into it at first; null where it is held. */
function hold(file: string): Held | null {
	const db = new DatabaseSync(file);
	try {
		db.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
		db.exec("CREATE TABLE IF NOT EXISTS place (id TEXT NOT NULL)");
		const row = db.prepare("SELECT id FROM place").get() as { id: string } | undefined;
		const id = row?.id ?? newId();
		if (!row) db.prepare("INSERT INTO place (id) VALUES (?)").run(id);
		// In this locking mode the lock outlasts the transaction.
		db.exec("COMMIT");
		return { db, id };
	} catch (error) {
		db.close();
		if (isTaken(error)) return null;
		throw error;
	}
}

/**
 * Takes an index of a folder that no other process works on: each copy of the service keeps an index of its own, and one
 * that is started again goes on with a file that is there. `isCluster` says that other folders hold copies, too.
 * @throws {Error} where the folder has no free place
 */
export function takeIndexPlace(dataDir: string, isCluster: boolean): IndexPlace {
	for (let place = 1; place <= PLACES; place++) {
		const name = place === 1 ? "search" : `search-${place}`;
		const held = hold(path.join(dataDir, `${name}.lock`));
		if (!held) continue;
		return {
			file: path.join(dataDir, `${name}.db`),
			group: place === 1 && !isCluster ? FIRST_GROUP : `${FIRST_GROUP}-${held.id}`,
			release: () => held.db.close(),
		};
	}
	throw new Error(`${PLACES} processes already keep a search index in ${dataDir}`);
}
