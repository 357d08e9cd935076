import mongoose from "mongoose";
import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { isDoc, kind, normalize } from "./values.ts";

/** A test of the value (or of an array's elements) at one path. */
export type Test =
	| { readonly op: "eq" | "gt" | "gte" | "lt" | "lte"; readonly value: unknown }
	| { readonly op: "in"; readonly values: unknown[]; readonly patterns: RegExp[] }
	| { readonly op: "exists" }
	| { readonly op: "regex"; readonly pattern: RegExp }
	| { readonly op: "type"; readonly kinds: ReadonlySet<number> }
	| { readonly op: "size"; readonly size: number }
	| { readonly op: "mod"; readonly divisor: number; readonly remainder: number }
	| { readonly op: "elemMatchFilter"; readonly filter: Filter }
	| { readonly op: "elemMatchValue"; readonly tests: ElementTest[] };

/** A test of one array element inside `$elemMatch: {$gt: …}`, possibly negated. */
export interface ElementTest {
	readonly negated: boolean;
	readonly test: Test;
}

/** A filter with every shorthand spelled out: `$ne` is not(eq), `$all` is and(eq…), `$nor` is not(or). */
export type Filter =
	| { readonly type: "and" | "or"; readonly parts: Filter[] }
	| { readonly type: "not"; readonly part: Filter }
	| { readonly type: "path"; readonly path: string; readonly parts: readonly string[]; readonly test: Test };

const EVERYTHING: Filter = { type: "and", parts: [] };

/**
 * Reads a MongoDB filter.
 *
 * @throws UnsupportedByEmbeddedStore for operators this store lacks (it names the operator).
 * @throws MongoServerError BadValue for filters that MongoDB refuses too.
 */
export function parseFilter(filter: unknown): Filter {
	if (filter === undefined || filter === null) return EVERYTHING;
	if (typeof filter !== "object" || Array.isArray(filter)) throw bad("a filter must be an object");
	const parts: Filter[] = [];
	for (const [key, value] of Object.entries(filter)) {
		if (key === "$comment") continue;
		parts.push(key.startsWith("$") ? parseLogical(key, value) : parseField(key, value));
	}
	return all(parts);
}

function all(parts: Filter[]): Filter {
	return parts.length === 1 ? parts[0]! : { type: "and", parts };
}

function parseLogical(operator: string, value: unknown): Filter {
	if (operator !== "$and" && operator !== "$or" && operator !== "$nor") {
		throw new UnsupportedByEmbeddedStore(`the filter operator ${operator}`);
	}
	if (!Array.isArray(value) || value.length === 0) throw bad(`${operator} must be a nonempty array`);
	const parts = value.map((part) => {
		if (part === null || typeof part !== "object") throw bad(`${operator} entries need to be full objects`);
		return parseFilter(part);
	});
	if (operator === "$nor") return { type: "not", part: { type: "or", parts } };
	return { type: operator === "$and" ? "and" : "or", parts };
}

function parseField(path: string, value: unknown): Filter {
	if (isOperators(value)) return all(parseOperators(path, value));
	return at(path, equality(value));
}

/** `{$gt: 1}` holds operators, `{a: 1}` is a value to be equal to; the first key decides, as in MongoDB. */
function isOperators(value: unknown): value is Record<string, unknown> {
	return isDoc(value) && (Object.keys(value)[0]?.startsWith("$") ?? false);
}

function at(path: string, test: Test): Filter {
	return { type: "path", path, parts: path.split("."), test };
}

function not(part: Filter): Filter {
	return { type: "not", part };
}

function equality(value: unknown): Test {
	const plain = normalize(value);
	return plain instanceof RegExp ? { op: "regex", pattern: withoutState(plain) } : { op: "eq", value: plain };
}

function parseOperators(path: string, operators: Record<string, unknown>): Filter[] {
	const parts: Filter[] = [];
	for (const [operator, value] of Object.entries(operators)) {
		if (operator === "$options") {
			if (!("$regex" in operators)) throw bad("$options needs a $regex");
			continue;
		}
		if (operator === "$regex") parts.push(at(path, regex(value, operators.$options)));
		else parts.push(parseOperator(path, operator, value));
	}
	return parts;
}

function parseOperator(path: string, operator: string, value: unknown): Filter {
	switch (operator) {
		case "$eq":
			return at(path, { op: "eq", value: comparable(operator, value) });
		case "$ne":
			if (value instanceof RegExp) throw bad("Can't have regex as arg to $ne.");
			return not(at(path, { op: "eq", value: normalize(value) }));
		case "$gt":
		case "$gte":
		case "$lt":
		case "$lte":
			return at(path, { op: operator.slice(1) as "gt" | "gte" | "lt" | "lte", value: comparable(operator, value) });
		case "$in":
			return at(path, membership(operator, value));
		case "$nin":
			return not(at(path, membership(operator, value)));
		case "$exists":
			return value ? at(path, { op: "exists" }) : not(at(path, { op: "exists" }));
		case "$not":
			return negation(path, value);
		case "$all":
			return everyOf(path, value);
		default:
			return at(path, parseArrayOrTypeTest(operator, value));
	}
}

function parseArrayOrTypeTest(operator: string, value: unknown): Test {
	switch (operator) {
		case "$elemMatch":
			return elemMatch(value);
		case "$size": {
			const size = Number(value);
			if (!Number.isInteger(size) || size < 0) throw bad("$size needs a non-negative whole number");
			return { op: "size", size };
		}
		case "$type":
			return { op: "type", kinds: new Set([value].flat().map(typeKind)) };
		case "$mod": {
			const [divisor, remainder] = Array.isArray(value) ? value.map(Number) : [];
			if (!divisor || remainder === undefined) throw bad("malformed mod");
			return { op: "mod", divisor: Math.trunc(divisor), remainder: Math.trunc(remainder) };
		}
		default:
			throw new UnsupportedByEmbeddedStore(`the filter operator ${operator}`);
	}
}

function comparable(operator: string, value: unknown): unknown {
	const plain = normalize(value);
	if (plain instanceof RegExp) throw bad(`Can't have RegEx as arg to predicate over field (${operator})`);
	return plain;
}

function membership(operator: string, value: unknown): Test {
	if (!Array.isArray(value)) throw bad(`${operator} needs an array`);
	const values: unknown[] = [];
	const patterns: RegExp[] = [];
	for (const item of value) {
		if (isOperators(item)) throw bad(`cannot nest $ under ${operator}`);
		const plain = normalize(item);
		if (plain instanceof RegExp) patterns.push(withoutState(plain));
		else values.push(plain);
	}
	return { op: "in", values, patterns };
}

function negation(path: string, value: unknown): Filter {
	const plain = value instanceof RegExp ? value : value instanceof mongoose.mongo.BSONRegExp ? value : undefined;
	if (plain) return not(at(path, regex(plain, undefined)));
	if (!isDoc(value)) throw bad("$not needs a regex or a document");
	if (Object.keys(value).length === 0) throw bad("$not cannot be empty");
	if (!isOperators(value)) throw bad("invalid $not");
	return not(all(parseOperators(path, value)));
}

function everyOf(path: string, value: unknown): Filter {
	if (!Array.isArray(value)) throw bad("$all needs an array");
	if (value.length === 0) return { type: "or", parts: [] };
	return all(
		value.map((item) => {
			if (isDoc(item) && "$elemMatch" in item) return at(path, elemMatch(item.$elemMatch));
			if (isOperators(item)) throw bad("no $ expressions in $all");
			return at(path, equality(item));
		}),
	);
}

const LOGICAL = new Set(["$and", "$or", "$nor"]);

function elemMatch(value: unknown): Test {
	if (!isDoc(value)) throw bad("$elemMatch needs an Object");
	const first = Object.keys(value)[0];
	if (first === undefined || !first.startsWith("$") || LOGICAL.has(first)) {
		return { op: "elemMatchFilter", filter: parseFilter(value) };
	}
	return { op: "elemMatchValue", tests: parseOperators("", value).flatMap(elementTests) };
}

function elementTests(filter: Filter): ElementTest[] {
	if (filter.type === "path") return [{ negated: false, test: filter.test }];
	if (filter.type === "not" && filter.part.type === "path") return [{ negated: true, test: filter.part.test }];
	if (filter.type === "and") return filter.parts.flatMap(elementTests);
	throw new UnsupportedByEmbeddedStore("this combination of operators inside $elemMatch");
}

function regex(value: unknown, options: unknown): Test {
	if (options !== undefined && typeof options !== "string") throw bad("$options has to be a string");
	if (typeof value === "string") return { op: "regex", pattern: compile(value, options ?? "") };
	if (value instanceof RegExp) {
		return { op: "regex", pattern: options === undefined ? withoutState(value) : compile(value.source, options) };
	}
	if (value instanceof mongoose.mongo.BSONRegExp) {
		return { op: "regex", pattern: compile(value.pattern, options ?? value.options) };
	}
	throw bad("$regex has to be a string");
}

function compile(source: string, options: string): RegExp {
	for (const option of options) {
		if (!"imsu".includes(option)) throw new UnsupportedByEmbeddedStore(`the regular expression option ${option}`);
	}
	try {
		return new RegExp(source, options);
	} catch (error) {
		throw bad(`Regular expression is invalid: ${(error as Error).message}`);
	}
}

/** A pattern with the flags `g` or `y` would remember where it stopped last time. */
function withoutState(pattern: RegExp): RegExp {
	return /[gy]/.test(pattern.flags) ? new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")) : pattern;
}

const TYPE_KINDS: Record<string, number> = {
	number: kind.number,
	string: kind.string,
	"2": kind.string,
	object: kind.object,
	"3": kind.object,
	array: kind.array,
	"4": kind.array,
	binData: kind.binary,
	"5": kind.binary,
	objectId: kind.objectId,
	"7": kind.objectId,
	bool: kind.boolean,
	"8": kind.boolean,
	date: kind.date,
	"9": kind.date,
	null: kind.null,
	"10": kind.null,
};

function typeKind(name: unknown): number {
	const found = Object.hasOwn(TYPE_KINDS, String(name)) ? TYPE_KINDS[String(name)] : undefined;
	if (found === undefined)
		throw new UnsupportedByEmbeddedStore(`$type: ${JSON.stringify(name)}`, 'use "number" for numbers');
	return found;
}

function bad(message: string): Error {
	return serverError("BadValue", message);
}
