import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { parseFilter } from "./filter.ts";
import { type KeyField, sortKey } from "./index-keys.ts";
import { compareValues, equalValues } from "./key-bytes.ts";
import { compileMatcher } from "./matcher.ts";
import { readSort } from "./sort.ts";
import { clone, isDoc, normalize } from "./values.ts";

/** Returned by an operator that leaves the field as it is. */
export const UNCHANGED = Symbol("unchanged");

/**
 * What an operator makes of one field: given the present value (`undefined` when the field is missing) it returns the
 * new value, or {@link UNCHANGED}. May change arrays in place: the document is the updater's own copy.
 */
export type FieldUpdate = (current: unknown, path: string) => unknown;

/** Reads one operator's argument for one field. Operators about more than one field's value are handled elsewhere. */
export function fieldUpdate(operator: string, argument: unknown): FieldUpdate {
	switch (operator) {
		case "$set":
		case "$setOnInsert": {
			const value = normalize(argument);
			return () => clone(value);
		}
		case "$inc":
		case "$mul":
			return arithmetic(operator, argument);
		case "$min":
		case "$max":
			return extreme(operator === "$min" ? -1 : 1, normalize(argument));
		case "$push":
			return push(argument);
		case "$addToSet":
			return addToSet(argument);
		case "$pull":
			return pull(argument);
		case "$pullAll":
			return pullAll(argument);
		case "$pop":
			return pop(argument);
		case "$currentDate":
			return currentDate(argument);
		default:
			throw new UnsupportedByEmbeddedStore(`the update operator ${operator}`);
	}
}

function arithmetic(operator: "$inc" | "$mul", argument: unknown): FieldUpdate {
	const operand = normalize(argument);
	if (typeof operand !== "number") throw mismatch(`Cannot ${operator} with non-numeric argument`);
	return (current, path) => {
		if (current === undefined) return operator === "$inc" ? operand : 0;
		if (typeof current !== "number") {
			throw mismatch(`Cannot apply ${operator} to a value of non-numeric type. Field '${path}' is not a number`);
		}
		const result = operator === "$inc" ? current + operand : current * operand;
		// Whole numbers are integers in MongoDB, which know no negative zero.
		return result === 0 ? 0 : result;
	};
}

function extreme(sign: -1 | 1, wanted: unknown): FieldUpdate {
	return (current) => {
		if (current === undefined || Math.sign(compareValues(wanted, current)) === sign) return clone(wanted);
		return UNCHANGED;
	};
}

interface PushModifiers {
	items: unknown[];
	position: number | undefined;
	slice: number | undefined;
	sort: KeyField[] | 1 | -1 | undefined;
}

const PUSH_MODIFIERS = new Set(["$each", "$slice", "$sort", "$position"]);

function push(argument: unknown): FieldUpdate {
	const { items, position, slice, sort } = pushModifiers(argument);
	return (current, path) => {
		let array = arrayAt("$push", current, path);
		array.splice(position ?? array.length, 0, ...clone(items));
		if (sort !== undefined) array = sortArray(array, sort);
		if (slice === undefined) return array;
		return slice < 0 ? array.slice(slice) : array.slice(0, slice);
	};
}

function pushModifiers(argument: unknown): PushModifiers {
	if (!isDoc(argument) || !("$each" in argument)) {
		return { items: [normalize(argument)], position: undefined, slice: undefined, sort: undefined };
	}
	for (const name of Object.keys(argument)) {
		if (!PUSH_MODIFIERS.has(name)) throw bad(`Unrecognized clause in $push: ${name}`);
	}
	return {
		items: eachOf("$push", argument.$each),
		position: optionalInteger("$position", argument.$position),
		slice: optionalInteger("$slice", argument.$slice),
		sort: argument.$sort === undefined ? undefined : pushSort(argument.$sort),
	};
}

function pushSort(sort: unknown): KeyField[] | 1 | -1 {
	if (sort === 1 || sort === -1) return sort;
	if (isDoc(sort)) return readSort(sort);
	throw bad("The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields");
}

function eachOf(operator: string, value: unknown): unknown[] {
	if (!Array.isArray(value)) throw mismatch(`The argument to $each in ${operator} must be an array`);
	return value.map(normalize);
}

function optionalInteger(name: string, value: unknown): number | undefined {
	if (value === undefined) return undefined;
	const number = normalize(value);
	if (!Number.isInteger(number)) throw bad(`The value for ${name} must be an integer value`);
	return number as number;
}

/** Elements that are no documents sort as if all their fields were missing. */
function sortArray(array: unknown[], sort: KeyField[] | 1 | -1): unknown[] {
	if (typeof sort === "number") return array.toSorted((a, b) => sort * compareValues(a, b));
	return array
		.map((item) => ({ item, key: sortKey(isDoc(item) ? item : {}, sort) }))
		.sort((a, b) => Buffer.compare(a.key, b.key))
		.map(({ item }) => item);
}

function addToSet(argument: unknown): FieldUpdate {
	const items = isDoc(argument) && "$each" in argument ? eachOf("$addToSet", argument.$each) : [normalize(argument)];
	return (current, path) => {
		const array = arrayAt("$addToSet", current, path);
		for (const item of items) {
			if (!array.some((existing) => equalValues(existing, item))) array.push(clone(item));
		}
		return array;
	};
}

function pull(argument: unknown): FieldUpdate {
	const drops = pullCondition(argument);
	return (current, path) => {
		if (current === undefined) return UNCHANGED;
		if (!Array.isArray(current)) throw bad(`Cannot apply $pull to a non-array value at '${path}'`);
		return current.filter((item) => !drops(item));
	};
}

/** A document as the condition is a filter on elements that are documents, operators apply to the element itself. */
function pullCondition(argument: unknown): (item: unknown) => boolean {
	if (argument instanceof RegExp || (isDoc(argument) && Object.keys(argument)[0]?.startsWith("$"))) {
		const matches = compileMatcher(parseFilter({ item: argument }));
		return (item) => matches({ item });
	}
	if (isDoc(argument)) {
		const matches = compileMatcher(parseFilter(argument));
		return (item) => isDoc(item) && matches(item);
	}
	const value = normalize(argument);
	return (item) => equalValues(item, value);
}

function pullAll(argument: unknown): FieldUpdate {
	if (!Array.isArray(argument)) throw bad("$pullAll requires an array argument");
	const values = argument.map(normalize);
	return (current, path) => {
		if (current === undefined) return UNCHANGED;
		if (!Array.isArray(current)) throw bad(`Cannot apply $pullAll to a non-array value at '${path}'`);
		return current.filter((item) => !values.some((value) => equalValues(item, value)));
	};
}

function pop(argument: unknown): FieldUpdate {
	if (argument !== 1 && argument !== -1) throw serverError("FailedToParse", "$pop expects 1 or -1");
	return (current, path) => {
		if (current === undefined) return UNCHANGED;
		if (!Array.isArray(current)) throw mismatch(`Path '${path}' contains an element of non-array type`);
		return argument === 1 ? current.slice(0, -1) : current.slice(1);
	};
}

function currentDate(argument: unknown): FieldUpdate {
	if (argument === true || argument === false || (isDoc(argument) && argument.$type === "date"))
		return () => new Date();
	throw new UnsupportedByEmbeddedStore(`$currentDate: ${JSON.stringify(argument)}`);
}

function arrayAt(operator: string, current: unknown, path: string): unknown[] {
	if (current === undefined) return [];
	if (Array.isArray(current)) return current;
	throw bad(`The field '${path}' must be an array to apply ${operator}`);
}

function bad(message: string): Error {
	return serverError("BadValue", message);
}

function mismatch(message: string): Error {
	return serverError("TypeMismatch", message);
}
