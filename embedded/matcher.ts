import type { ElementTest, Filter, Test } from "./filter.ts";
import { compareValues, equalValues } from "./key-bytes.ts";
import { type Doc, getOwn, isDoc, kind, kindOf } from "./values.ts";

/** Says whether a document satisfies a filter. */
export type Matcher = (doc: Doc) => boolean;

/** Compiles a filter into a function that decides exactly as MongoDB's matcher does. */
export function compileMatcher(filter: Filter): Matcher {
	switch (filter.type) {
		case "and": {
			const parts = filter.parts.map(compileMatcher);
			return (doc) => parts.every((part) => part(doc));
		}
		case "or": {
			const parts = filter.parts.map(compileMatcher);
			return (doc) => parts.some((part) => part(doc));
		}
		case "not": {
			const part = compileMatcher(filter.part);
			return (doc) => !part(doc);
		}
		case "path": {
			const test = compileTest(filter.test);
			const { parts } = filter;
			const whole = WHOLE_VALUE.has(filter.test.op);
			return (doc) => visit(doc, parts, 0, whole, test);
		}
	}
}

/** Tests that look at an array as a whole, never at its elements one by one. */
const WHOLE_VALUE = new Set<Test["op"]>(["exists", "size", "elemMatchFilter", "elemMatchValue"]);

type ValueTest = (value: unknown) => boolean;

/**
 * Offers every value a dotted path reaches to the test until one passes. Arrays on the way are entered, each element
 * that is a document continues the path, and a number in the path may also be an index. A path that ends in a document
 * without the field offers `undefined` (missing); one that runs into an array without documents offers nothing.
 */
function visit(value: unknown, parts: readonly string[], at: number, whole: boolean, test: ValueTest): boolean {
	if (at === parts.length) return leaf(value, whole, test);
	if (!isDoc(value)) return test(undefined);
	const next = getOwn(value, parts[at]!);
	if (Array.isArray(next) && at + 1 < parts.length) return visitArray(next, parts, at + 1, whole, test);
	return visit(next, parts, at + 1, whole, test);
}

function leaf(value: unknown, whole: boolean, test: ValueTest): boolean {
	if (whole || !Array.isArray(value)) return test(value);
	return value.some((item) => test(item)) || test(value);
}

function visitArray(array: unknown[], parts: readonly string[], at: number, whole: boolean, test: ValueTest): boolean {
	const index = /^(0|[1-9]\d*)$/.test(parts[at]!) ? Number(parts[at]) : -1;
	for (let i = 0; i < array.length; i++) {
		const element = array[i];
		if (isDoc(element) && visit(element, parts, at, whole, test)) return true;
		if (i === index && visitIndexed(element, parts, at + 1, whole, test)) return true;
	}
	return false;
}

/** An element picked by its index: at the end of a path it is the value itself, arrays are not opened again. */
function visitIndexed(
	element: unknown,
	parts: readonly string[],
	at: number,
	whole: boolean,
	test: ValueTest,
): boolean {
	if (at === parts.length) return test(element);
	if (Array.isArray(element)) return visitArray(element, parts, at, whole, test);
	return isDoc(element) && visit(element, parts, at, whole, test);
}

function compileTest(test: Test): ValueTest {
	switch (test.op) {
		case "eq":
		case "gt":
		case "gte":
		case "lt":
		case "lte":
			return compileComparison(test.op, test.value);
		case "in":
			return compileMembership(test.values, test.patterns);
		case "exists":
			return (value) => value !== undefined;
		case "regex":
			return (value) => typeof value === "string" && test.pattern.test(value);
		case "type":
			return (value) => value !== undefined && test.kinds.has(kindOf(value));
		case "size":
			return (value) => Array.isArray(value) && value.length === test.size;
		case "mod":
			return (value) => Number.isFinite(value) && Math.trunc(value as number) % test.divisor === test.remainder;
		case "elemMatchFilter": {
			const matches = compileMatcher(test.filter);
			return (value) => Array.isArray(value) && value.some((item) => matchesElement(item, matches));
		}
		case "elemMatchValue": {
			const tests = test.tests.map(compileElementTest);
			return (value) => Array.isArray(value) && value.some((item) => tests.every((each) => each(item)));
		}
	}
}

/** `$elemMatch` with a filter also looks into arrays inside the array, whose fields are then the indexes. */
function matchesElement(item: unknown, matches: Matcher): boolean {
	if (Array.isArray(item)) return matches(Object.fromEntries(item.entries()));
	return isDoc(item) && matches(item);
}

function compileElementTest({ negated, test }: ElementTest): ValueTest {
	const matches = compileTest(test);
	return (item) => matches(item) !== negated;
}

/** Only values of the same type compare; null equals missing; NaN equals only itself and is in no order. */
function compileComparison(op: "eq" | "gt" | "gte" | "lt" | "lte", wanted: unknown): ValueTest {
	if (op === "eq") {
		if (wanted === null) return (value) => value === null || value === undefined;
		return (value) => value !== undefined && equalValues(value, wanted);
	}
	const type = kindOf(wanted);
	const orEqual = op === "gte" || op === "lte";
	if (type === kind.null) return (value) => orEqual && kindOf(value) === kind.null;
	const sign = op === "gt" || op === "gte" ? 1 : -1;
	return (value) => {
		if (kindOf(value) !== type) return false;
		if (Number.isNaN(value) || Number.isNaN(wanted)) return orEqual && Number.isNaN(value) && Number.isNaN(wanted);
		const order = compareValues(value, wanted);
		return order === 0 ? orEqual : order > 0 === sign > 0;
	};
}

function compileMembership(values: unknown[], patterns: RegExp[]): ValueTest {
	const primitives = new Set(values.filter((value) => typeof value === "string" || typeof value === "number"));
	const others = values.filter((value) => typeof value !== "string" && typeof value !== "number");
	const tests = others.map((value) => compileComparison("eq", value));
	return (value) =>
		primitives.has(value as string | number) ||
		tests.some((test) => test(value)) ||
		(typeof value === "string" && patterns.some((pattern) => pattern.test(value)));
}
