import mongoose from "mongoose";
import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { type Doc, getOwn, setOwn } from "./values.ts";

const { Binary, ObjectId } = mongoose.mongo;

/** MongoDB's limit for one document, in bytes; measured here on the JSON text. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/**
 * Documents are stored as JSON (SQLite's binary JSONB). What JSON has no word for is written as MongoDB Extended JSON
 * does it, one object with one `$` key, so that an export can be read by MongoDB's own tools. A user's object that
 * looks like such a tag is wrapped in `$literal`.
 */
const TAGS = new Set(["$date", "$oid", "$numberDouble", "$binary", "$literal"]);

/** The JSON text of a normalized document. @throws MongoServerError BSONObjectTooLarge above 16 MB. */
export function encodeDocument(doc: Doc): string {
	const text = JSON.stringify(encode(doc));
	if (text.length > MAX_DOCUMENT_BYTES) {
		throw serverError("BSONObjectTooLarge", `BSONObj size: ${text.length} is invalid. Size must be between 0 and 16MB`);
	}
	return text;
}

/** The document of a JSON text made by {@link encodeDocument}. */
export function decodeDocument(text: string): Doc {
	return decodeFields(JSON.parse(text) as Doc);
}

function encode(value: unknown): unknown {
	switch (typeof value) {
		case "string":
		case "boolean":
			return value;
		case "number":
			return Number.isFinite(value) && !Object.is(value, -0) ? value : { $numberDouble: doubleName(value) };
	}
	if (value === null || value === undefined) return null;
	if (Array.isArray(value)) return value.map(encode);
	if (value instanceof Date) return { $date: value.toISOString() };
	if (value instanceof ObjectId) return { $oid: value.toHexString() };
	if (value instanceof Binary) return { $binary: { base64: value.toString("base64"), subType: value.sub_type } };
	if (value instanceof RegExp) throw new UnsupportedByEmbeddedStore("a regular expression as a stored value");
	return encodeObject(value as Doc);
}

function encodeObject(value: Doc): Doc {
	const keys = Object.keys(value);
	const result: Doc = {};
	for (const key of keys) setOwn(result, key, encode(value[key]));
	return keys.length === 1 && TAGS.has(keys[0]!) ? { $literal: result } : result;
}

function doubleName(value: number): string {
	return Object.is(value, -0) ? "-0.0" : String(value);
}

function decode(value: unknown): unknown {
	if (value === null || typeof value !== "object") return value;
	if (Array.isArray(value)) {
		for (let i = 0; i < value.length; i++) {
			if (typeof value[i] === "object") value[i] = decode(value[i]);
		}
		return value;
	}
	return decodeTag(value as Doc);
}

function decodeTag(value: Doc): unknown {
	for (const tag in value) {
		if (tag.charCodeAt(0) !== 36 /* $ */ || !TAGS.has(tag)) break;
		const content = getOwn(value, tag);
		if (Object.keys(value).length > 1) break;
		switch (tag) {
			case "$date":
				return new Date(content as string);
			case "$oid":
				return ObjectId.createFromHexString(content as string);
			case "$numberDouble":
				return Number(content);
			case "$binary": {
				const { base64, subType } = content as { base64: string; subType: number };
				return Binary.createFromBase64(base64, subType);
			}
			default:
				return decodeFields(content as Doc);
		}
	}
	return decodeFields(value);
}

/** Decodes in place: the parsed JSON belongs to nobody else, and assigning an own `__proto__` field keeps it a field. */
function decodeFields(value: Doc): Doc {
	for (const key in value) {
		const item = value[key];
		if (item !== null && typeof item === "object") value[key] = decode(item);
	}
	return value;
}
