import type { CatalogCollection, CatalogIndex, IndexSpec } from "./catalog.ts";
import { encodeDocument } from "./codec.ts";
import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { isIndex } from "./field-path.ts";
import { type Filter, parseFilter } from "./filter.ts";
import { indexRow, type WriteContext } from "./rows.ts";
import { prepare, rowsOf } from "./scan.ts";
import { type Doc, isDoc, normalize } from "./values.ts";

/** Options of an index that say how to build it, not what it is. */
const WITHOUT_MEANING = new Set([
	"background",
	"name",
	"v",
	"session",
	"writeConcern",
	"commitQuorum",
	"maxTimeMS",
	"comment",
]);

/**
 * Reads the declaration of an index.
 *
 * @throws UnsupportedByEmbeddedStore for kinds of index and options this store lacks, naming them.
 */
export function readIndexSpec(key: unknown, options: Doc): IndexSpec {
	const fields = readKey(key);
	const name = typeof options.name === "string" ? options.name : fields.map((field) => field.join("_")).join("_");
	for (const [option, value] of Object.entries(options)) {
		if (WITHOUT_MEANING.has(option) || value === undefined || value === null) continue;
		assertKnownOption(option, value);
	}
	const partial = options.partialFilterExpression;
	if (partial !== undefined) assertPartialFilter(partial);
	if (partial !== undefined && options.sparse) {
		throw serverError("CannotCreateIndex", 'cannot mix "partialFilterExpression" and "sparse" options');
	}
	return {
		v: 2,
		key: Object.fromEntries(fields),
		name,
		...(options.unique ? { unique: true } : {}),
		...(options.sparse ? { sparse: true } : {}),
		...(partial === undefined ? {} : { partialFilterExpression: normalize(partial) as Doc }),
	};
}

function readKey(key: unknown): [string, 1 | -1][] {
	const entries = keyEntries(key);
	if (entries.length === 0) throw serverError("CannotCreateIndex", "Index keys cannot be an empty object");
	return entries.map(([path, direction]) => {
		if (typeof direction === "string") throw new UnsupportedByEmbeddedStore(`${direction} indexes`);
		if (path.includes("$**")) throw new UnsupportedByEmbeddedStore("wildcard indexes");
		if (path.split(".").some(isIndex)) throw new UnsupportedByEmbeddedStore(`an index on an array position (${path})`);
		if (typeof direction !== "number" || direction === 0) {
			throw serverError("CannotCreateIndex", `Values in the index key pattern must be numbers, not ${direction}`);
		}
		return [path, direction > 0 ? 1 : -1];
	});
}

function keyEntries(key: unknown): [string, unknown][] {
	if (typeof key === "string") return [[key, 1]];
	if (key instanceof Map) return [...key.entries()];
	if (Array.isArray(key)) return key.flatMap(keyEntries);
	if (isDoc(key)) return Object.entries(key);
	throw serverError("CannotCreateIndex", "An index key must be an object");
}

function assertKnownOption(option: string, value: unknown): void {
	switch (option) {
		case "unique":
		case "sparse":
		case "partialFilterExpression":
			return;
		case "hidden":
			if (!value) return;
			break;
		case "collation":
			if (isDoc(value) && value.locale === "simple") return;
	}
	const hint = option === "expireAfterSeconds" ? "documents do not expire by themselves" : undefined;
	throw new UnsupportedByEmbeddedStore(`the index option ${option}`, hint);
}

const PARTIAL_TESTS = new Set(["eq", "gt", "gte", "lt", "lte", "in", "exists", "type"]);

function assertPartialFilter(partial: unknown): void {
	const check = (filter: Filter): void => {
		if (filter.type === "not")
			throw serverError("CannotCreateIndex", "Expression not supported in partial index: $not");
		if (filter.type !== "path") {
			filter.parts.forEach(check);
			return;
		}
		if (!PARTIAL_TESTS.has(filter.test.op)) {
			throw serverError("CannotCreateIndex", `Expression not supported in partial index: ${filter.test.op}`);
		}
	};
	check(parseFilter(partial));
}

/**
 * Makes an index and fills it; does nothing when it exists already.
 *
 * @throws MongoServerError IndexOptionsConflict or IndexKeySpecsConflict when another index stands in the way,
 * E11000 when the documents violate the new unique index.
 */
export function createIndex(context: WriteContext, spec: IndexSpec): string {
	const { collection, catalog, connection } = context;
	if (describe(spec) === describe({ ...collection.indexes[0]!.spec, name: spec.name })) return spec.name;
	for (const { spec: existing } of collection.indexes) {
		if (isSameIndex(existing, spec)) return existing.name;
		if (existing.name === spec.name) {
			throw serverError(
				"IndexKeySpecsConflict",
				`An existing index has the same name as the requested index: ${spec.name}`,
			);
		}
		if (describe({ ...existing, name: spec.name }) === describe(spec)) {
			throw serverError("IndexOptionsConflict", `Index already exists with a different name: ${existing.name}`);
		}
	}
	const index = catalog.addIndex(connection, collection, spec);
	fill(context, index);
	return spec.name;
}

export function isSameIndex(a: IndexSpec, b: IndexSpec): boolean {
	return describe(a) === describe(b);
}

function describe(spec: IndexSpec): string {
	return encodeDocument({ ...spec });
}

function fill(context: WriteContext, index: CatalogIndex): void {
	const everything = prepare(context.collection, { filter: {}, wholeCollection: true }, false);
	for (const row of rowsOf(context.connection, everything)) indexRow(context, index, row);
}

/** Finds the index to drop. @throws MongoServerError IndexNotFound; the index on `_id` cannot be dropped. */
export function findIndex(collection: CatalogCollection, name: string): CatalogIndex {
	if (name === "_id_") throw serverError("InvalidOptions", "cannot drop _id index");
	const index = collection.indexes.find((candidate) => candidate.name === name);
	if (!index) throw serverError("IndexNotFound", `index not found with name [${name}]`);
	return index;
}
