import { getAt } from "./field-path.ts";
import type { Filter } from "./filter.ts";
import { compileMatcher } from "./matcher.ts";
import type { Doc } from "./values.ts";

/**
 * The index that the positional `$` stands for: of the array at `prefix`, the first element by which the document met
 * the filter's condition on that array.
 */
export function findMatchedIndex(filter: Filter, doc: Doc, prefix: readonly string[]): number | undefined {
	const array = getAt(doc, prefix);
	if (!Array.isArray(array)) return undefined;
	for (const condition of conditionsOn(filter, prefix)) {
		const matches = compileMatcher(condition);
		const index = array.findIndex((element) => matches({ array: [element] }));
		if (index >= 0) return index;
	}
	return undefined;
}

/** The filter's conditions on the array or below it, rewritten to look into a field named `array`. */
function conditionsOn(filter: Filter, prefix: readonly string[]): Filter[] {
	switch (filter.type) {
		case "and":
		case "or":
			return filter.parts.flatMap((part) => conditionsOn(part, prefix));
		case "not":
			return [];
		case "path": {
			if (!prefix.every((part, i) => filter.parts[i] === part)) return [];
			const parts = ["array", ...filter.parts.slice(prefix.length)];
			return [{ ...filter, path: parts.join("."), parts }];
		}
	}
}
