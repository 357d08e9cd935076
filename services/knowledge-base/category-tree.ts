import { invalidField, Problem } from "../../lib/problem.ts";
import type { Category } from "../../models/category.ts";
import { stricter } from "./visibility.ts";

/** How many levels a tree of categories has at most. */
export const MAX_DEPTH = 5;

type Node = Pick<Category, "_id" | "parentId" | "visibility">;
type Derived = Pick<Category, "path" | "effectiveVisibility">;

/** The categories below each, `null` for the roots. */
export function childrenOf<T extends Pick<Category, "parentId">>(categories: readonly T[]): Map<string | null, T[]> {
	return Map.groupBy(categories, (category) => category.parentId);
}

/**
 * What follows for each category from those above it. Throws 409 `category_cycle` where one is above itself, and 422 at
 * `/parentId` where the tree is deeper than five levels.
 */
export function deriveTree(categories: readonly Node[]): Map<string, Derived> {
	const children = childrenOf(categories);
	const derived = new Map<string, Derived>();
	const walk = (parentId: string | null, path: string[], above: Category["visibility"]): void => {
		for (const { _id, visibility } of children.get(parentId) ?? []) {
			if (path.length >= MAX_DEPTH)
				throw invalidField("/parentId", `Categories are at most ${MAX_DEPTH} levels deep.`, "too_deep");
			const effectiveVisibility = stricter(visibility, above);
			derived.set(_id, { path, effectiveVisibility });
			walk(_id, [...path, _id], effectiveVisibility);
		}
	};
	walk(null, [], "public");
	// What cannot be reached from the roots is above itself.
	if (derived.size < categories.length)
		throw new Problem(409, "category_cycle", "A category cannot be below itself.", {
			errors: [{ pointer: "/parentId", code: "category_cycle", message: "This category is below the one to move." }],
		});
	return derived;
}

/** How many of the reader's articles are in each category, and in each with all below it. */
export function totalsOf(
	categories: readonly Pick<Category, "_id" | "path">[],
	counts: ReadonlyMap<string, number>,
): Map<string, number> {
	const totals = new Map<string, number>();
	for (const { _id, path } of categories)
		for (const id of [...path, _id]) totals.set(id, (totals.get(id) ?? 0) + (counts.get(_id) ?? 0));
	return totals;
}

const WIDTH = 7;

/** Where each category stands when the tree is read from top to bottom: each before those below it. Sorts as text. */
export function treeKeys(categories: readonly Pick<Category, "_id" | "path" | "order">[]): Map<string, string> {
	const own = new Map(categories.map(({ _id, order }) => [_id, `${String(order).padStart(WIDTH, "0")}:${_id}`]));
	return new Map(categories.map(({ _id, path }) => [_id, [...path, _id].map((id) => own.get(id) ?? "").join("/")]));
}
