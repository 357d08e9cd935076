import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { type KeyField, keyFields } from "./index-keys.ts";

/**
 * Reads a sort in any form Mongoose or the MongoDB driver hands on: an object, a Map, pairs, or nothing.
 *
 * @throws MongoServerError BadValue for a direction that is none.
 */
export function readSort(sort: unknown): KeyField[] {
	return keyFields(sortEntries(sort).map(([path, direction]) => [path, readDirection(path, direction)]));
}

function sortEntries(sort: unknown): [string, unknown][] {
	if (sort === undefined || sort === null) return [];
	if (sort instanceof Map) return [...sort.entries()];
	if (Array.isArray(sort))
		return sort.map((entry) => (Array.isArray(entry) ? (entry as [string, unknown]) : [entry, 1]));
	if (typeof sort === "string") return [[sort, 1]];
	if (typeof sort === "object") return Object.entries(sort);
	throw serverError("BadValue", "a sort must be an object");
}

function readDirection(path: string, direction: unknown): 1 | -1 {
	if (path.startsWith("$")) throw new UnsupportedByEmbeddedStore(`sorting by ${path}`);
	switch (direction) {
		case 1:
		case "1":
		case "asc":
		case "ascending":
			return 1;
		case -1:
		case "-1":
		case "desc":
		case "descending":
			return -1;
	}
	if (typeof direction === "object") throw new UnsupportedByEmbeddedStore(`sorting by ${JSON.stringify(direction)}`);
	throw serverError(
		"BadValue",
		`$sort key ordering must be 1 (for ascending) or -1 (for descending), not ${direction}`,
	);
}
