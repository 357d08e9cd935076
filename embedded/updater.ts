import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { comparePaths, getAt, setAt, unsetAt } from "./field-path.ts";
import { type Filter, parseFilter } from "./filter.ts";
import { equalValues } from "./key-bytes.ts";
import { compileMatcher, type Matcher } from "./matcher.ts";
import { findMatchedIndex } from "./positional.ts";
import { type FieldUpdate, fieldUpdate, UNCHANGED } from "./update-operators.ts";
import { clone, type Doc, isDoc, normalize } from "./values.ts";

/** A parsed update, ready to be applied to documents. */
export interface Update {
	/**
	 * Makes the updated copy of a document.
	 *
	 * @param filter the filter that found it, for the positional `$`.
	 * @throws MongoServerError as MongoDB would, among them ImmutableField for a changed `_id`.
	 */
	apply(doc: Doc, filter: Filter): Doc;
	/** The document an upsert inserts, starting from the fields that the filter fixes. */
	insert(base: Doc): Doc;
}

interface Step {
	readonly operator: string;
	readonly path: string;
	readonly parts: readonly string[];
	/** The new value of a field, or for `$rename` where it goes from, or undefined for `$unset`. */
	readonly change: FieldUpdate | undefined;
	readonly renamedFrom?: readonly string[];
}

interface Context {
	readonly filter: Filter | undefined;
	readonly arrayFilters: ReadonlyMap<string, Matcher>;
}

/**
 * Reads an update of `$` operators.
 *
 * @throws UnsupportedByEmbeddedStore for operators and forms this store lacks.
 * @throws MongoServerError ConflictingUpdateOperators when two operators touch the same path.
 */
export function parseUpdate(update: unknown, arrayFilters: unknown): Update {
	if (Array.isArray(update)) throw new UnsupportedByEmbeddedStore("updates by aggregation pipeline");
	if (!isDoc(update) || Object.keys(update).length === 0 || !Object.keys(update).every((key) => key.startsWith("$"))) {
		throw serverError("FailedToParse", "Update document requires atomic operators");
	}
	const steps = Object.entries(update).flatMap(([operator, fields]) => readSteps(operator, fields));
	assertNoConflict(steps);
	steps.sort((a, b) => comparePaths(a.parts, b.parts));
	const filters = readArrayFilters(arrayFilters);
	assertFiltersUsed(filters, steps);
	const onUpdate = steps.filter((step) => step.operator !== "$setOnInsert");
	return {
		apply: (doc, filter) => keepId(doc, run(onUpdate, clone(doc), { filter, arrayFilters: filters })),
		insert: (base) => keepId(base, run(steps, clone(base), { filter: undefined, arrayFilters: filters })),
	};
}

/** A whole new document in place of the old one, which keeps its `_id`. */
export function parseReplacement(replacement: unknown): Update {
	const next = normalize(replacement);
	if (!isDoc(next)) throw serverError("FailedToParse", "A replacement must be a document");
	const operator = Object.keys(next).find((key) => key.startsWith("$"));
	if (operator) {
		throw serverError(
			"DollarPrefixedFieldName",
			`The dollar ($) prefixed field '${operator}' is not valid in a replacement`,
		);
	}
	return {
		apply: (doc) => keepId(doc, { _id: doc._id, ...clone(next) }),
		insert: (base) => keepId(base, { ...("_id" in base ? { _id: base._id } : {}), ...clone(next) }),
	};
}

function keepId(before: Doc, after: Doc): Doc {
	if ("_id" in before && !("_id" in after && equalValues(before._id, after._id))) {
		throw serverError(
			"ImmutableField",
			"Performing an update on the path '_id' would modify the immutable field '_id'",
		);
	}
	return after;
}

function readSteps(operator: string, fields: unknown): Step[] {
	if (!isDoc(fields)) throw serverError("FailedToParse", `Modifiers operate on fields but ${operator} has no document`);
	return Object.entries(fields).flatMap(([path, argument]) => {
		const parts = readPath(path);
		if (operator === "$unset") return [{ operator, path, parts, change: undefined }];
		if (operator === "$rename") return [readRename(path, parts, argument)];
		return [{ operator, path, parts, change: fieldUpdate(operator, argument) }];
	});
}

function readPath(path: string): string[] {
	const parts = path.split(".");
	if (parts.includes("")) throw serverError("BadValue", `The update path '${path}' contains an empty field name`);
	if (parts[0]!.startsWith("$")) {
		throw serverError("DollarPrefixedFieldName", `The dollar ($) prefixed field '${path}' is not valid for storage`);
	}
	return parts;
}

function readRename(path: string, from: string[], argument: unknown): Step {
	if (typeof argument !== "string") throw serverError("BadValue", "The 'to' field for $rename must be a string");
	const parts = readPath(argument);
	if ([...from, ...parts].some((part) => part.startsWith("$"))) {
		throw serverError("BadValue", "$rename paths may not be dynamic");
	}
	if (comparePaths(from, parts) === 0) {
		throw serverError("BadValue", `The source and target field for $rename must differ: ${path}`);
	}
	return { operator: "$rename", path: argument, parts, change: undefined, renamedFrom: from };
}

function assertNoConflict(steps: Step[]): void {
	const paths = steps.flatMap((step) => (step.renamedFrom ? [step.parts, step.renamedFrom] : [step.parts]));
	paths.sort(comparePaths);
	for (let i = 1; i < paths.length; i++) {
		const [before, after] = [paths[i - 1]!, paths[i]!];
		if (before.every((part, at) => part === after[at])) {
			const path = after.join(".");
			throw serverError(
				"ConflictingUpdateOperators",
				`Updating the path '${path}' would create a conflict at '${before.join(".")}'`,
			);
		}
	}
}

function readArrayFilters(arrayFilters: unknown): Map<string, Matcher> {
	const filters = new Map<string, Matcher>();
	if (arrayFilters === undefined || arrayFilters === null) return filters;
	if (!Array.isArray(arrayFilters)) throw serverError("TypeMismatch", "arrayFilters must be an array");
	for (const filter of arrayFilters) {
		const names = new Set(Object.keys(filter).flatMap((key) => identifiers(key, filter[key])));
		if (names.size !== 1) throw serverError("FailedToParse", "Each array filter must use one identifier");
		const [name] = names;
		if (filters.has(name!))
			throw serverError("FailedToParse", `Found multiple array filters with the same name ${name}`);
		const matches = compileMatcher(parseFilter(filter));
		filters.set(name!, (element) => matches({ [name!]: element }));
	}
	return filters;
}

function identifiers(key: string, value: unknown): string[] {
	if (!key.startsWith("$")) return [key.split(".")[0]!];
	return Array.isArray(value)
		? value.flatMap((part) => Object.keys(part).flatMap((inner) => identifiers(inner, part[inner])))
		: [];
}

function assertFiltersUsed(filters: Map<string, Matcher>, steps: Step[]): void {
	const used = new Set(steps.flatMap((step) => step.parts.map(identifierOf)));
	for (const name of used) {
		if (name && !filters.has(name)) throw serverError("BadValue", `No array filter found for identifier '${name}'`);
	}
	for (const name of filters.keys()) {
		if (!used.has(name)) throw serverError("FailedToParse", `The array filter for identifier '${name}' was not used`);
	}
}

/** `id` of a path part `$[id]`; undefined for `$[]` and for names. */
function identifierOf(part: string): string | undefined {
	return /^\$\[(.+)\]$/.exec(part)?.[1];
}

function run(steps: Step[], doc: Doc, context: Context): Doc {
	for (const step of steps) {
		for (const parts of concretePaths(doc, step.parts, context)) applyStep(doc, step, parts);
	}
	return doc;
}

function applyStep(doc: Doc, step: Step, parts: readonly string[]): void {
	if (step.renamedFrom) {
		rename(doc, step.renamedFrom, parts);
	} else if (!step.change) {
		unsetAt(doc, parts);
	} else {
		const changed = step.change(getAt(doc, parts), step.path);
		if (changed !== UNCHANGED) setAt(doc, parts, changed);
	}
}

/** A missing source is no change; a source or target inside an array, or below a value that has no fields, is an error. */
function rename(doc: Doc, from: readonly string[], to: readonly string[]): void {
	assertFieldPath(doc, from);
	const value = getAt(doc, from);
	if (value === undefined) return;
	assertFieldPath(doc, to);
	unsetAt(doc, from);
	setAt(doc, to, value);
}

function assertFieldPath(doc: Doc, parts: readonly string[]): void {
	for (let i = 1; i < parts.length; i++) {
		const value = getAt(doc, parts.slice(0, i));
		if (value === undefined) return;
		if (Array.isArray(value)) {
			throw serverError("BadValue", `The field of $rename cannot be an array element: ${parts.join(".")}`);
		}
		if (!isDoc(value)) throw serverError("PathNotViable", `$rename cannot use the path '${parts.join(".")}'`);
	}
}

/** Resolves `$`, `$[]` and `$[id]` to the indexes they stand for in this document. */
function concretePaths(doc: Doc, parts: readonly string[], context: Context): (readonly string[])[] {
	const at = parts.findIndex((part) => part.startsWith("$"));
	if (at < 0) return [parts];
	const before = parts.slice(0, at);
	return matchedIndexes(doc, before, parts[at]!, context).flatMap((index) =>
		concretePaths(doc, [...before, String(index), ...parts.slice(at + 1)], context),
	);
}

function matchedIndexes(doc: Doc, before: readonly string[], operator: string, context: Context): number[] {
	const array = getAt(doc, before);
	if (operator === "$") {
		const index = context.filter && findMatchedIndex(context.filter, doc, before);
		if (index !== undefined) return [index];
		throw serverError("BadValue", "The positional operator did not find the match needed from the query.");
	}
	if (array === undefined) {
		throw serverError(
			"BadValue",
			`The path '${before.join(".")}' must exist in the document in order to apply array updates.`,
		);
	}
	if (!Array.isArray(array))
		throw serverError("BadValue", `Cannot apply array updates to non-array element ${before.join(".")}`);
	const all = [...array.keys()];
	if (operator === "$[]") return all;
	const name = identifierOf(operator);
	if (!name) throw serverError("BadValue", `Cannot have array filter identifier '${operator}' here`);
	const matches = context.arrayFilters.get(name)!;
	return all.filter((index) => matches(array[index] as Doc));
}
