import mongoose from "mongoose";
import { BulkResult } from "./bulk.ts";
import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { type Filter, parseFilter } from "./filter.ts";
import type { OperationOptions } from "./options.ts";
import { assertSupported } from "./options.ts";
import { deleteAllRows, deleteRow, insertRow, updateRow, type WriteContext } from "./rows.ts";
import { prepare, type Query, type Row, rowsOf } from "./scan.ts";
import { parseReplacement, parseUpdate, type Update } from "./updater.ts";
import { documentFromFilter } from "./upsert.ts";
import { type Doc, isDoc, normalize } from "./values.ts";

/** The collection's writes, each to be run inside one write transaction. */
export interface WriteTask extends WriteContext {
	readonly strict: boolean;
}

export interface UpdateOutcome {
	acknowledged: true;
	matchedCount: number;
	modifiedCount: number;
	upsertedCount: number;
	upsertedId: unknown;
}

/** Adds an `_id` to the caller's document when it has none, and returns the form that is stored. */
export function documentToInsert(given: unknown): Doc {
	if (given === null || typeof given !== "object") throw serverError("BadValue", "A document must be an object");
	const target = given as Doc;
	if (target._id === undefined) target._id = new mongoose.mongo.ObjectId();
	return withIdFirst(normalize(target) as Doc);
}

function withIdFirst(doc: Doc): Doc {
	const id = doc._id;
	if (id === undefined || Array.isArray(id) || id instanceof RegExp) {
		throw serverError("InvalidIdField", "The '_id' value cannot be an array, a regular expression or undefined");
	}
	for (const key of Object.keys(doc)) {
		if (key.startsWith("$")) {
			throw serverError("DollarPrefixedFieldName", `The dollar ($) prefixed field '${key}' is not valid for storage`);
		}
	}
	return Object.keys(doc)[0] === "_id" ? doc : { _id: id, ...doc };
}

/** Reads an update document, or with `replace` a replacement. */
export function readUpdate(update: unknown, options: OperationOptions, replace: boolean): Update {
	return replace ? parseReplacement(update) : parseUpdate(update, options.arrayFilters);
}

function findRows(task: WriteTask, query: Query): Row[] {
	return [...rowsOf(task.connection, prepare(task.collection, query, task.strict))];
}

function queryOf(filter: unknown, options: OperationOptions, limit: number): Query {
	return { filter, sort: options.sort, limit, hint: options.hint };
}

/** Updates the first or all matching documents, or inserts one with `upsert`. */
export function update(
	task: WriteTask,
	filter: unknown,
	change: Update,
	options: OperationOptions,
	many: boolean,
): UpdateOutcome {
	const parsed = parseFilter(filter);
	const rows = findRows(task, queryOf(filter, options, many ? 0 : 1));
	const outcome: UpdateOutcome = {
		acknowledged: true,
		matchedCount: rows.length,
		modifiedCount: 0,
		upsertedCount: 0,
		upsertedId: null,
	};
	for (const row of rows) {
		if (guarded(task, () => updateRow(task, row, change.apply(row.doc, parsed)))) outcome.modifiedCount++;
	}
	if (rows.length === 0 && options.upsert) {
		outcome.upsertedId = upsert(task, parsed, change)._id;
		outcome.upsertedCount = 1;
	}
	return outcome;
}

function upsert(task: WriteTask, filter: Filter, change: Update): Doc {
	const inserted = change.insert(documentFromFilter(filter));
	if (inserted._id === undefined) inserted._id = new mongoose.mongo.ObjectId();
	const doc = withIdFirst(inserted);
	insertRow(task, doc);
	return doc;
}

/** What `findOneAnd…` found and left behind. */
export interface FoundAndChanged {
	before: Doc | null;
	after: Doc | null;
	upserted: boolean;
}

export function findOneAndUpdate(
	task: WriteTask,
	filter: unknown,
	change: Update,
	options: OperationOptions,
): FoundAndChanged {
	const parsed = parseFilter(filter);
	const [row] = findRows(task, queryOf(filter, options, 1));
	if (row) {
		const after = change.apply(row.doc, parsed);
		updateRow(task, row, after);
		return { before: row.doc, after, upserted: false };
	}
	if (!options.upsert) return { before: null, after: null, upserted: false };
	return { before: null, after: upsert(task, parsed, change), upserted: true };
}

export function findOneAndDelete(task: WriteTask, filter: unknown, options: OperationOptions): FoundAndChanged {
	const [row] = findRows(task, queryOf(filter, options, 1));
	if (row) deleteRow(task, row);
	return { before: row?.doc ?? null, after: null, upserted: false };
}

/** Deletes the first or all matching documents and returns how many. */
export function remove(task: WriteTask, filter: unknown, options: OperationOptions, many: boolean): number {
	if (many && isDoc(filter) && Object.keys(filter).length === 0) return deleteAllRows(task);
	const rows = findRows(task, queryOf(filter, options, many ? 0 : 1));
	for (const row of rows) deleteRow(task, row);
	return rows.length;
}

/** One operation of `bulkWrite`, such as `{updateOne: {filter, update, upsert}}`. */
type BulkOperation = Record<string, Doc>;

/** Runs operations one after the other; `ordered` stops at the first that fails. Failures stand in the result. */
export function bulk(task: WriteTask, operations: readonly BulkOperation[], ordered: boolean): BulkResult {
	const result = new BulkResult();
	for (const [index, operation] of operations.entries()) {
		try {
			guarded(task, () => runBulkOperation(task, operation, index, result));
		} catch (error) {
			result.addError(index, error, operation.insertOne?.document ?? operation);
			if (ordered) break;
		}
	}
	return result;
}

function runBulkOperation(task: WriteTask, operation: BulkOperation, index: number, result: BulkResult): void {
	const [kind, content] = Object.entries(operation)[0] ?? [];
	if (!kind || !isDoc(content))
		throw serverError("FailedToParse", "A bulk operation must be an object with one operation");
	assertSupported(content);
	switch (kind) {
		case "insertOne": {
			const doc = documentToInsert(content.document);
			insertRow(task, doc);
			result.insertedCount++;
			result.insertedIds[index] = doc._id;
			return;
		}
		case "updateOne":
		case "updateMany":
		case "replaceOne": {
			const change = readUpdate(content.update ?? content.replacement, content, kind === "replaceOne");
			addOutcome(result, index, update(task, content.filter, change, content, kind === "updateMany"));
			return;
		}
		case "deleteOne":
		case "deleteMany":
			result.deletedCount += remove(task, content.filter, content, kind === "deleteMany");
			return;
		default:
			throw new UnsupportedByEmbeddedStore(`the bulk operation ${kind}`);
	}
}

function addOutcome(result: BulkResult, index: number, outcome: UpdateOutcome): void {
	result.matchedCount += outcome.matchedCount;
	result.modifiedCount += outcome.modifiedCount;
	if (outcome.upsertedCount === 0) return;
	result.upsertedCount++;
	result.upsertedIds[index] = outcome.upsertedId;
}

/** Takes back what a failed step has written, and only that. */
function guarded<T>({ connection, catalog }: WriteTask, step: () => T): T {
	connection.exec("savepoint step");
	try {
		const result = step();
		connection.exec("release step");
		return result;
	} catch (error) {
		connection.exec("rollback to step");
		connection.exec("release step");
		catalog.forget();
		catalog.refresh(connection);
		throw error;
	}
}
