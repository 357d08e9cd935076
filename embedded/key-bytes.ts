import type mongoose from "mongoose";
import { UnsupportedByEmbeddedStore } from "./errors.ts";
import { type Doc, kind, kindOf } from "./values.ts";

/**
 * Index keys as bytes whose plain comparison is BSON's order, so that SQLite can keep and search them as blobs.
 * Every encoded value is self-delimiting (no encoding is the beginning of another), so the keys of a compound index
 * are the encodings of its fields one after the other, and "all keys that start with these values" is one range.
 * A descending field has all its bits inverted. The idea is that of MongoDB's own KeyString.
 */
export class KeyWriter {
	#buffer = Buffer.allocUnsafe(1024);
	#length = 0;

	/** Appends one value. `undefined` is the key of an empty array; a missing field is passed as null. */
	value(value: unknown, descending = false): this {
		const start = this.#length;
		this.#typed(value);
		if (descending) this.#invertFrom(start);
		return this;
	}

	raw(bytes: Uint8Array): this {
		this.#reserve(bytes.length);
		this.#buffer.set(bytes, this.#length);
		this.#length += bytes.length;
		return this;
	}

	/** Cuts the key back to an earlier length. */
	truncate(length: number): void {
		this.#length = length;
	}

	/** A copy of the bytes written so far. */
	bytes(): Uint8Array {
		return Uint8Array.prototype.slice.call(this.#buffer, 0, this.#length);
	}

	#typed(value: unknown): void {
		if (value === undefined) {
			this.#byte(kind.undefined);
			return;
		}
		const type = kindOf(value);
		this.#byte(type);
		this.#content(type, value);
	}

	#content(type: number, value: unknown): void {
		if (type === kind.string) this.#string(value as string);
		else if (type === kind.number) this.#number(value as number);
		else if (type === kind.date) this.#number((value as Date).getTime());
		else if (type === kind.boolean) this.#byte(value ? 2 : 1);
		else if (type === kind.objectId) this.raw((value as mongoose.mongo.ObjectId).id);
		else if (type === kind.binary) this.#binary(value as mongoose.mongo.Binary);
		else if (type === kind.array) this.#array(value as unknown[]);
		else if (type === kind.object) this.#object(value as Doc);
		else if (type !== kind.null) throw new UnsupportedByEmbeddedStore("a regular expression as a stored value");
	}

	#array(value: unknown[]): void {
		for (const item of value) this.#typed(item ?? null);
		this.#byte(0);
	}

	/** Embedded documents compare field by field: type first, then name, then value. */
	#object(value: Doc): void {
		for (const name of Object.keys(value)) {
			const item = value[name] ?? null;
			const type = kindOf(item);
			this.#byte(type);
			this.#string(name);
			this.#content(type, item);
		}
		this.#byte(0);
	}

	/** IEEE 754 doubles order like integers once negative numbers are inverted and the sign of the others is set. */
	#number(value: number): void {
		this.#reserve(8);
		const at = this.#length;
		this.#length += 8;
		if (Number.isNaN(value)) {
			this.#buffer.fill(0, at, at + 8);
			return;
		}
		this.#buffer.writeDoubleBE(value === 0 ? 0 : value, at);
		if (value < 0) this.#invertFrom(at);
		else this.#buffer[at]! ^= 0x80;
	}

	/** UTF-8 with 00 written as 00 FF and 00 01 at the end. */
	#string(value: string): void {
		this.#reserve(value.length * 3 + 2);
		if (value.includes("\0")) {
			for (const byte of Buffer.from(value)) {
				this.#byte(byte);
				if (byte === 0) this.#byte(0xff);
			}
		} else {
			this.#length += this.#buffer.write(value, this.#length, "utf8");
		}
		this.#byte(0);
		this.#byte(1);
	}

	#binary(value: mongoose.mongo.Binary): void {
		const content = value.value();
		const header = Buffer.alloc(5);
		header.writeUInt32BE(content.length, 0);
		header[4] = value.sub_type;
		this.raw(header).raw(content);
	}

	#byte(byte: number): void {
		this.#reserve(1);
		this.#buffer[this.#length++] = byte;
	}

	#invertFrom(start: number): void {
		for (let i = start; i < this.#length; i++) this.#buffer[i]! ^= 0xff;
	}

	#reserve(bytes: number): void {
		if (this.#length + bytes <= this.#buffer.length) return;
		const larger = Buffer.allocUnsafe((this.#length + bytes) * 2);
		this.#buffer.copy(larger, 0, 0, this.#length);
		this.#buffer = larger;
	}
}

const scratch = new KeyWriter();

/** The encoding of one ascending value. */
export function keyOf(value: unknown): Uint8Array {
	scratch.truncate(0);
	return scratch.value(value).bytes();
}

/** The bytes every ascending encoding of a type begins with, or with `after` the bytes just past the type's last key. */
export function typeEdge(type: number, after = false): Uint8Array {
	return Uint8Array.of(after ? type + 1 : type);
}

/** The smallest byte string greater than every string that begins with these bytes. */
export function successor(bytes: Uint8Array): Uint8Array {
	const next = Uint8Array.from(bytes);
	for (let i = next.length - 1; i >= 0; i--) {
		if (next[i] !== 0xff) {
			next[i]!++;
			return next.subarray(0, i + 1);
		}
	}
	throw new RangeError("no byte string follows");
}

/** Compares two normalized values in BSON's order: negative, zero or positive. */
export function compareValues(a: unknown, b: unknown): number {
	const type = kindOf(a);
	const difference = type - kindOf(b);
	if (difference !== 0) return difference;
	switch (type) {
		case kind.null:
			return 0;
		case kind.number:
			return compareNumbers(a as number, b as number);
		case kind.boolean:
		case kind.date:
			return Number(a) - Number(b);
		default:
			return Buffer.compare(keyOf(a), keyOf(b));
	}
}

/** NaN equals itself and is below every other number. */
function compareNumbers(a: number, b: number): number {
	if (a === b) return 0;
	if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
	return Number.isNaN(b) || a > b ? 1 : -1;
}

/** Equality as MongoDB's: `1` equals `1.0`, embedded documents only with the same fields in the same order. */
export function equalValues(a: unknown, b: unknown): boolean {
	if (typeof a === "string" || typeof b === "string") return a === b;
	return compareValues(a, b) === 0;
}
