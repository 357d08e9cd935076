import mongoose from "mongoose";
import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";

const { Binary, ObjectId, Long } = mongoose.mongo;

/** A document, or an embedded one. */
export type Doc = Record<string, unknown>;

/**
 * The order of BSON's types when values of different types are compared, as in the manual's "Comparison/Sort Order".
 * The numbers double as the first byte of an encoded index key, so they leave 0x00 and 0xFF free.
 */
export const kind = {
	undefined: 0x0f,
	null: 0x14,
	number: 0x1e,
	string: 0x3c,
	object: 0x46,
	array: 0x50,
	binary: 0x5a,
	objectId: 0x64,
	boolean: 0x6e,
	date: 0x78,
	regex: 0x8c,
} as const;

const PLAIN = Object.prototype;

/** True for objects that stand for an embedded document, not for a BSON type, a date or a pattern. */
export function isDoc(value: unknown): value is Doc {
	if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
	const prototype = Object.getPrototypeOf(value);
	return prototype === PLAIN || prototype === null;
}

/**
 * Brings any value the MongoDB driver would accept into the few JavaScript forms the store works with:
 * null, boolean, number, string, Date, ObjectId, Binary, RegExp (in filters), array, plain object. Copies containers.
 *
 * @throws UnsupportedByEmbeddedStore for BSON types without an exact JavaScript form (Decimal128, Timestamp, 64-bit
 * integers beyond 2^53 and the like).
 */
export function normalize(value: unknown): unknown {
	switch (typeof value) {
		case "string":
			return value.isWellFormed() ? value : value.toWellFormed();
		case "number":
		case "boolean":
			return value;
		case "undefined":
			return null;
		case "bigint":
			return safeInteger(Number(value), value);
		case "object":
			return value === null ? null : normalizeObject(value);
		default:
			throw new UnsupportedByEmbeddedStore(`a value of type ${typeof value}`);
	}
}

function normalizeObject(value: object): unknown {
	if (Array.isArray(value)) return Array.from(value, normalize);
	if (value instanceof Date) {
		if (Number.isNaN(value.getTime())) throw serverError("BadValue", "An invalid date cannot be stored or compared");
		return value;
	}
	if (value instanceof RegExp) return value;
	if ("_bsontype" in value) return normalizeBson(value as { _bsontype: unknown });
	if (value instanceof Uint8Array) return new Binary(Uint8Array.from(value));
	if (value instanceof Map) return normalizeFields(value.entries());
	if ("toBSON" in value && typeof value.toBSON === "function") return normalize(value.toBSON());
	return normalizeFields(Object.entries(value));
}

function normalizeFields(entries: Iterable<[string, unknown]>): Doc {
	const result: Doc = {};
	for (const [key, item] of entries) {
		if (typeof item === "function") continue;
		setOwn(result, key, normalize(item));
	}
	return result;
}

function normalizeBson(value: { _bsontype: unknown }): unknown {
	switch (value._bsontype) {
		case "ObjectId":
			return value instanceof ObjectId ? value : new ObjectId(String(value));
		case "Binary":
			return value;
		case "Int32":
		case "Double":
			return Number((value as unknown as { valueOf(): number }).valueOf());
		case "Long": {
			const long = Long.fromValue(value as unknown as InstanceType<typeof Long>);
			return safeInteger(long.toNumber(), long);
		}
		default:
			throw new UnsupportedByEmbeddedStore(`values of the BSON type ${String(value._bsontype)}`);
	}
}

function safeInteger(number: number, original: unknown): number {
	if (Number.isSafeInteger(number)) return number;
	throw new UnsupportedByEmbeddedStore(`the integer ${String(original)}`, "integers beyond 2^53 lose digits");
}

/** Assigns a field as own data, also when it is called `__proto__`. */
export function setOwn(target: Doc, key: string, value: unknown): void {
	if (key === "__proto__") {
		Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
	} else {
		target[key] = value;
	}
}

/** Reads an own field; inherited names such as `constructor` are not fields of a document. */
export function getOwn(target: Doc, key: string): unknown {
	return Object.hasOwn(target, key) ? target[key] : undefined;
}

/** A deep copy of a normalized value; immutable leaves are shared, dates are not. */
export function clone<T>(value: T): T {
	if (value === null || typeof value !== "object") return value;
	if (Array.isArray(value)) return value.map(clone) as T;
	if (value instanceof Date) return new Date(value.getTime()) as T;
	if (!isDoc(value)) return value;
	const copy: Doc = {};
	for (const key of Object.keys(value)) setOwn(copy, key, clone(value[key]));
	return copy as T;
}

/** The BSON type order of a normalized value; `undefined` stands for a missing field and sorts as null does. */
export function kindOf(value: unknown): number {
	if (value === null || value === undefined) return kind.null;
	switch (typeof value) {
		case "string":
			return kind.string;
		case "number":
			return kind.number;
		case "boolean":
			return kind.boolean;
	}
	if (Array.isArray(value)) return kind.array;
	if (value instanceof Date) return kind.date;
	if (value instanceof RegExp) return kind.regex;
	if (value instanceof ObjectId) return kind.objectId;
	if (value instanceof Binary) return kind.binary;
	return kind.object;
}
