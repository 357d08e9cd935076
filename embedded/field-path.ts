import { serverError } from "./errors.ts";
import { type Doc, getOwn, isDoc, setOwn } from "./values.ts";

/** Padding an array further than this with nulls is refused, as by MongoDB. */
const MAX_PADDING = 1_500_000;

/** True for a path part that is an array index. */
export function isIndex(part: string): boolean {
	return /^(0|[1-9]\d*)$/.test(part);
}

/** The value at a concrete path, `undefined` when there is none. */
export function getAt(doc: unknown, parts: readonly string[]): unknown {
	let value = doc;
	for (const part of parts) {
		if (Array.isArray(value)) value = isIndex(part) ? value[Number(part)] : undefined;
		else if (isDoc(value)) value = getOwn(value, part);
		else return undefined;
	}
	return value;
}

/**
 * Sets the value at a concrete path, making embedded documents on the way; an array is padded with nulls.
 *
 * @throws MongoServerError PathNotViable when the path leads through something that has no such field.
 */
export function setAt(doc: Doc, parts: readonly string[], value: unknown): void {
	let node: unknown = doc;
	for (let i = 0; i < parts.length - 1; i++) {
		let next = child(node, parts, i);
		if (next === undefined) {
			next = {};
			assign(node, parts, i, next);
		}
		node = next;
	}
	child(node, parts, parts.length - 1);
	assign(node, parts, parts.length - 1, value);
}

/** Removes the value at a concrete path; an array element becomes null so that the others keep their places. */
export function unsetAt(doc: Doc, parts: readonly string[]): void {
	const parent = getAt(doc, parts.slice(0, -1));
	const last = parts.at(-1)!;
	if (Array.isArray(parent)) {
		if (isIndex(last) && Number(last) < parent.length) parent[Number(last)] = null;
	} else if (isDoc(parent)) {
		delete parent[last];
	}
}

function child(node: unknown, parts: readonly string[], at: number): unknown {
	const part = parts[at]!;
	if (Array.isArray(node)) {
		if (!isIndex(part)) throw notViable(parts, at);
		return node[Number(part)];
	}
	if (!isDoc(node)) throw notViable(parts, at);
	return getOwn(node, part);
}

function assign(node: unknown, parts: readonly string[], at: number, value: unknown): void {
	const part = parts[at]!;
	if (!Array.isArray(node)) {
		setOwn(node as Doc, part, value);
		return;
	}
	const index = Number(part);
	if (index - node.length > MAX_PADDING)
		throw serverError("BadValue", `cannot pad the array at ${parts.join(".")} so far`);
	while (node.length < index) node.push(null);
	node[index] = value;
}

function notViable(parts: readonly string[], at: number): Error {
	const place = parts.slice(0, at).join(".") || "the document";
	return serverError("PathNotViable", `Cannot create field '${parts[at]}' in element at ${place}`);
}

/** The order in which MongoDB applies updates: part by part, indexes by number, names by their text. */
export function comparePaths(a: readonly string[], b: readonly string[]): number {
	for (let i = 0; i < Math.min(a.length, b.length); i++) {
		const order = compareParts(a[i]!, b[i]!);
		if (order !== 0) return order;
	}
	return a.length - b.length;
}

function compareParts(a: string, b: string): number {
	if (isIndex(a) && isIndex(b)) return Number(a) - Number(b);
	return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
