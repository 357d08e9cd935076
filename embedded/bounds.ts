import type { Filter, Test } from "./filter.ts";
import { distinct, type KeyField } from "./index-keys.ts";
import { keyOf, successor, typeEdge } from "./key-bytes.ts";
import { kind, kindOf } from "./values.ts";

/** One condition on one path. */
export type Atom = Extract<Filter, { type: "path" }>;

/**
 * One arm of a filter once its `$or`s are spread out: all atoms must hold. `exact` says that they are the whole arm;
 * otherwise they are only necessary and the document itself has to be tested.
 */
export interface Branch {
	readonly atoms: Atom[];
	readonly exact: boolean;
}

/** Keys from `from` (inclusive) up to `to` (exclusive), in the index's own byte order. */
export interface KeyRange {
	readonly from: Uint8Array;
	readonly to: Uint8Array;
}

/** What the atoms of a branch say about one index field, as ascending encodings. */
export type FieldBound =
	| { readonly type: "points"; readonly points: Uint8Array[]; readonly atoms: Atom[]; readonly exact: boolean }
	| { readonly type: "range"; readonly range: KeyRange; readonly atoms: Atom[]; readonly exact: boolean };

const MAX_BRANCHES = 64;
const UNKNOWN: Branch[] = [{ atoms: [], exact: false }];

/** Spreads a filter out into branches of which at least one must hold. An empty list means that nothing can match. */
export function spread(filter: Filter): Branch[] {
	switch (filter.type) {
		case "path":
			return [{ atoms: [filter, ...impliedByElemMatch(filter)], exact: !filter.test.op.startsWith("elemMatch") }];
		case "not":
			return UNKNOWN;
		case "or": {
			const branches = filter.parts.flatMap(spread);
			return branches.length > MAX_BRANCHES ? UNKNOWN : branches;
		}
		case "and":
			return filter.parts.map(spread).reduce(product, [{ atoms: [], exact: true }]);
	}
}

function product(left: Branch[], right: Branch[]): Branch[] {
	if (left.length * right.length > MAX_BRANCHES) return left.map((branch) => ({ ...branch, exact: false }));
	return left.flatMap((a) => right.map((b) => ({ atoms: [...a.atoms, ...b.atoms], exact: a.exact && b.exact })));
}

/** `{a: {$elemMatch: {b: 1}}}` can only hold where `{"a.b": 1}` does, which an index on `a.b` finds. */
function impliedByElemMatch(atom: Atom): Atom[] {
	const { test, path, parts } = atom;
	if (test.op === "elemMatchValue") {
		return test.tests.filter((each) => !each.negated).map((each) => ({ ...atom, test: each.test }));
	}
	if (test.op !== "elemMatchFilter") return [];
	const branches = spread(test.filter);
	if (branches.length !== 1) return [];
	return branches[0]!.atoms.map((inner) => ({
		type: "path",
		path: `${path}.${inner.path}`,
		parts: [...parts, ...inner.parts],
		test: inner.test,
	}));
}

/**
 * The bound that the atoms on a field's path give. Conditions on an array may be met by different elements, so for a
 * multikey field only one of them can bound the index.
 */
export function boundOf(field: KeyField, atoms: readonly Atom[], multikey: boolean): FieldBound | undefined {
	const mine = atoms.filter((atom) => atom.path === field.path);
	if (mine.length === 0) return undefined;
	return pointsOf(mine, multikey) ?? rangeOf(mine, multikey);
}

function pointsOf(atoms: Atom[], multikey: boolean): FieldBound | undefined {
	const equal = atoms.find(({ test }) => test.op === "eq" && isPoint(test.value));
	if (equal) {
		const { value } = equal.test as Extract<Test, { op: "eq" }>;
		return { type: "points", points: [keyOf(value)], atoms: [equal], exact: !(multikey && value === null) };
	}
	const among = atoms.find(({ test }) => test.op === "in" && test.patterns.length === 0 && test.values.every(isPoint));
	if (!among) return undefined;
	const { values } = among.test as Extract<Test, { op: "in" }>;
	const points = distinct(values.map(keyOf));
	return { type: "points", points, atoms: [among], exact: !(multikey && values.includes(null)) };
}

/** An array as a value is not one key of a multikey index; NaN needs care that the document's own test takes. */
function isPoint(value: unknown): boolean {
	return !Array.isArray(value);
}

const ORDERED_KINDS = new Set<number>([kind.number, kind.string, kind.date, kind.objectId, kind.boolean]);

function rangeOf(atoms: Atom[], multikey: boolean): FieldBound | undefined {
	const used: Atom[] = [];
	let range: KeyRange | undefined;
	let exact = true;
	for (const atom of atoms) {
		const next = rangeOfTest(atom.test);
		if (!next) continue;
		const narrowed: KeyRange = range ? intersect(range, next) : next;
		range = narrowed;
		used.push(atom);
		if (atom.test.op === "regex") exact = false;
		if (multikey) break;
	}
	return range && { type: "range", range, atoms: used, exact };
}

function rangeOfTest(test: Test): KeyRange | undefined {
	switch (test.op) {
		case "gt":
		case "gte":
		case "lt":
		case "lte": {
			const type = kindOf(test.value);
			if (!ORDERED_KINDS.has(type) || Number.isNaN(test.value)) return undefined;
			const key = keyOf(test.value);
			if (test.op === "gt") return { from: successor(key), to: typeEdge(type, true) };
			if (test.op === "gte") return { from: key, to: typeEdge(type, true) };
			return { from: lowest(type), to: test.op === "lt" ? key : successor(key) };
		}
		case "regex": {
			const prefix = literalPrefix(test.pattern);
			if (!prefix) return undefined;
			const from = Buffer.concat([typeEdge(kind.string), Buffer.from(prefix)]);
			return { from, to: successor(from) };
		}
		default:
			return undefined;
	}
}

/** NaN is the lowest number, but no `$lt` finds it. */
function lowest(type: number): Uint8Array {
	return type === kind.number ? successor(keyOf(Number.NaN)) : typeEdge(type);
}

/** The literal text after `^`, as far as it goes; a quantifier takes back the character before it. */
function literalPrefix(pattern: RegExp): string {
	if (pattern.flags !== "" && pattern.flags !== "u") return "";
	if (pattern.source.includes("|")) return "";
	const found = /^\^((?:[^\\^$.*+?()[\]{}\0]|\\[^\w\0])+)/u.exec(pattern.source);
	if (!found) return "";
	const rest = pattern.source.slice(found[0].length);
	const literal = found[1]!.replace(/\\(.)/gu, "$1");
	return /^[*?{]/.test(rest) ? Array.from(literal).slice(0, -1).join("") : literal;
}

function intersect(a: KeyRange, b: KeyRange): KeyRange {
	return {
		from: Buffer.compare(a.from, b.from) >= 0 ? a.from : b.from,
		to: Buffer.compare(a.to, b.to) <= 0 ? a.to : b.to,
	};
}

/** Turns an ascending range into the same range of a descending field, whose bytes are inverted. */
export function directed(range: KeyRange, descending: boolean): KeyRange {
	if (!descending) return range;
	return { from: successor(inverted(range.to)), to: successor(inverted(range.from)) };
}

/** The bytes of a point in a field's direction. */
export function directedPoint(point: Uint8Array, descending: boolean): Uint8Array {
	return descending ? inverted(point) : point;
}

function inverted(bytes: Uint8Array): Uint8Array {
	return bytes.map((byte) => byte ^ 0xff);
}
