import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { type Doc, isDoc, setOwn } from "./values.ts";

/** Makes the projected copy of a document. */
export type Projection = (doc: Doc) => Doc;

interface Tree {
	[field: string]: Tree | true;
}

/**
 * Reads a projection of fields to keep or to leave out.
 *
 * @throws UnsupportedByEmbeddedStore for projection operators and computed fields.
 * @throws MongoServerError BadValue for a mixture of keeping and leaving out.
 */
export function readProjection(projection: unknown): Projection | undefined {
	if (projection === undefined || projection === null) return undefined;
	if (!isDoc(projection)) throw serverError("BadValue", "a projection must be an object");
	const entries = Object.entries(projection).flatMap(([path, value]) => flatten(path, value));
	if (entries.length === 0) return undefined;
	const id = entries.find(([path]) => path === "_id")?.[1];
	const others = entries.filter(([path]) => path !== "_id");
	const keeps = others.length > 0 ? others[0]![1] : (id ?? false);
	if (others.some(([, keep]) => keep !== keeps)) {
		throw serverError("BadValue", "Cannot do exclusion in inclusion projection, or the other way round");
	}
	const tree = treeOf(others.map(([path]) => path));
	if (keeps) {
		if (id !== false) tree._id = true;
		return (doc) => keep(doc, tree);
	}
	if (id === false) tree._id = true;
	return (doc) => drop(doc, tree);
}

function flatten(path: string, value: unknown): [string, boolean][] {
	if (path.includes("$")) throw new UnsupportedByEmbeddedStore(`the projection ${path}`);
	if (typeof value === "number" || typeof value === "boolean") return [[path, Boolean(value)]];
	if (isDoc(value) && Object.keys(value).length > 0 && !Object.keys(value)[0]!.startsWith("$")) {
		return Object.entries(value).flatMap(([key, inner]) => flatten(`${path}.${key}`, inner));
	}
	throw new UnsupportedByEmbeddedStore(`the projection ${JSON.stringify({ [path]: value })}`);
}

function treeOf(paths: string[]): Tree {
	const root: Tree = Object.create(null);
	for (const path of paths) {
		let node = root;
		const parts = path.split(".");
		parts.forEach((part, i) => {
			const present = node[part];
			if (present === true || (present && i === parts.length - 1)) {
				throw serverError("BadValue", `Path collision at ${path}`);
			}
			if (i === parts.length - 1) node[part] = true;
			else {
				const next: Tree = present ?? Object.create(null);
				node[part] = next;
				node = next;
			}
		});
	}
	return root;
}

/** Arrays are entered; what is neither document nor array has no such field and is left out. */
function keep(doc: Doc, tree: Tree): Doc {
	const result: Doc = {};
	for (const key of Object.keys(doc)) {
		const branch = tree[key];
		if (branch === undefined) continue;
		if (branch === true) setOwn(result, key, doc[key]);
		else {
			const kept = keepIn(doc[key], branch);
			if (kept !== undefined) setOwn(result, key, kept);
		}
	}
	return result;
}

function keepIn(value: unknown, tree: Tree): unknown {
	if (Array.isArray(value)) return value.map((item) => keepIn(item, tree)).filter((item) => item !== undefined);
	return isDoc(value) ? keep(value, tree) : undefined;
}

function drop(doc: Doc, tree: Tree): Doc {
	const result: Doc = {};
	for (const key of Object.keys(doc)) {
		const branch = tree[key];
		if (branch === true) continue;
		setOwn(result, key, branch === undefined ? doc[key] : dropIn(doc[key], branch));
	}
	return result;
}

function dropIn(value: unknown, tree: Tree): unknown {
	if (Array.isArray(value)) return value.map((item) => dropIn(item, tree));
	return isDoc(value) ? drop(value, tree) : value;
}
