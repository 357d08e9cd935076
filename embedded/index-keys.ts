import { serverError } from "./errors.ts";
import { KeyWriter } from "./key-bytes.ts";
import { type Doc, getOwn, isDoc } from "./values.ts";

/** One field of an index or of a sort: its path in parts and its direction. */
export interface KeyField {
	readonly path: string;
	readonly parts: readonly string[];
	readonly descending: boolean;
}

/** The keys of one document, and which of the fields ran through an array on the way. */
export interface DocumentKeys {
	readonly keys: Uint8Array[];
	readonly multikey: boolean[];
}

/** Splits `{a: 1, "b.c": -1}` into fields. */
export function keyFields(pattern: Iterable<[string, 1 | -1]>): KeyField[] {
	return Array.from(pattern, ([path, direction]) => ({ path, parts: path.split("."), descending: direction === -1 }));
}

/** Keys are made one at a time and copied out, so one buffer serves all. */
const writer = new KeyWriter();

/** A field still to be resolved: the object to look in and where in its path we stand; or its value. */
type Pending = { from: unknown; at: number } | { value: unknown };
type ArrayMeeting = { array: unknown[]; rest: number } | undefined;

/**
 * The keys under which a document stands in an index, as MongoDB makes them: an array gives a key for each of its
 * elements, a missing field counts as null, an empty array as "undefined" (below null). Several fields may run through
 * the same array, in which case each element gives one combined key.
 *
 * @throws MongoServerError CannotIndexParallelArrays when two fields run through different arrays.
 */
export function documentKeys(doc: Doc, fields: readonly KeyField[]): DocumentKeys {
	const multikey = fields.map(() => false);
	const found: Uint8Array[] = [];
	expand(fields, startOf(doc, fields), multikey, (values) => found.push(encodeKey(values, fields)));
	return { keys: found.length > 1 ? distinct(found) : found, multikey };
}

/** The values behind one of a document's keys, for the message of a violated unique index. */
export function keyValue(doc: Doc, fields: readonly KeyField[], key: Uint8Array): Doc {
	let result: Doc = {};
	expand(fields, startOf(doc, fields), [], (values) => {
		if (Buffer.compare(encodeKey(values, fields), key) !== 0) return;
		result = Object.fromEntries(fields.map((field, i) => [field.path, valueIn(values[i]!)]));
	});
	return result;
}

function startOf(doc: Doc, fields: readonly KeyField[]): Pending[] {
	return fields.map(() => ({ from: doc, at: 0 }));
}

function encodeKey(values: Pending[], fields: readonly KeyField[]): Uint8Array {
	writer.truncate(0);
	for (let i = 0; i < values.length; i++) writer.value(valueIn(values[i]!), fields[i]!.descending);
	return writer.bytes();
}

function valueIn(field: Pending): unknown {
	return (field as { value: unknown }).value;
}

/** Equal elements of an array stand in the index once. */
export function distinct(keys: Uint8Array[]): Uint8Array[] {
	const sorted = keys.sort(Buffer.compare);
	return sorted.filter((key, i) => i === 0 || Buffer.compare(key, sorted[i - 1]!) !== 0);
}

function expand(
	fields: readonly KeyField[],
	pending: Pending[],
	multikey: boolean[],
	emit: (values: Pending[]) => void,
): void {
	const meetings: ArrayMeeting[] = pending.map((field, i) => resolve(field, fields[i]!.parts, pending, i));
	const arrays = meetings.filter((meeting) => meeting !== undefined);
	if (arrays.length === 0) {
		emit(pending);
		return;
	}
	const { array } = arrays[0]!;
	if (arrays.some((meeting) => meeting.array !== array)) {
		throw serverError("CannotIndexParallelArrays", "cannot index or sort by parallel arrays");
	}
	meetings.forEach((meeting, i) => {
		if (meeting) multikey[i] = true;
	});
	for (const element of array.length === 0 ? [undefined] : array) {
		const next = pending.map((field, i): Pending => {
			const meeting = meetings[i];
			if (!meeting) return field;
			if (meeting.rest === fields[i]!.parts.length) return { value: element };
			return { from: isDoc(element) ? element : {}, at: meeting.rest };
		});
		expand(fields, next, multikey, emit);
	}
}

/** Follows one path until its value is known (written into `pending`) or an array is met. */
function resolve(field: Pending, parts: readonly string[], pending: Pending[], index: number): ArrayMeeting {
	if ("value" in field) return undefined;
	let value = field.from;
	for (let at = field.at; at < parts.length; at++) {
		if (!isDoc(value)) {
			pending[index] = { value: null };
			return undefined;
		}
		value = getOwn(value, parts[at]!);
		if (Array.isArray(value)) return { array: value, rest: at + 1 };
	}
	pending[index] = { value: value ?? null };
	return undefined;
}

/**
 * The one key a document sorts by: with arrays its smallest key in the direction of the sort, which is MongoDB's rule.
 */
export function sortKey(doc: Doc, fields: readonly KeyField[]): Uint8Array {
	const { keys } = documentKeys(doc, fields);
	let least = keys[0]!;
	for (const key of keys) if (Buffer.compare(key, least) < 0) least = key;
	return least;
}
