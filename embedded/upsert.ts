import { serverError } from "./errors.ts";
import { comparePaths, setAt } from "./field-path.ts";
import type { Filter } from "./filter.ts";
import type { Doc } from "./values.ts";
import { clone } from "./values.ts";

interface Equality {
	readonly parts: readonly string[];
	readonly value: unknown;
}

/**
 * The document an upsert starts from: the fields for which the filter demands equality.
 *
 * @throws MongoServerError NotSingleValueField when it demands two values for one path.
 */
export function documentFromFilter(filter: Filter): Doc {
	const equalities = equalitiesOf(filter).sort((a, b) => comparePaths(a.parts, b.parts));
	for (let i = 1; i < equalities.length; i++) {
		const [before, after] = [equalities[i - 1]!.parts, equalities[i]!.parts];
		if (before.every((part, at) => part === after[at])) {
			const path = after.join(".");
			throw serverError("NotSingleValueField", `cannot infer query fields to set, path '${path}' is matched twice`);
		}
	}
	const doc: Doc = {};
	for (const { parts, value } of equalities) setAt(doc, parts, clone(value));
	return doc;
}

function equalitiesOf(filter: Filter): Equality[] {
	switch (filter.type) {
		case "and":
			return filter.parts.flatMap(equalitiesOf);
		case "or":
			return filter.parts.length === 1 ? equalitiesOf(filter.parts[0]!) : [];
		case "not":
			return [];
		case "path": {
			const { test, parts } = filter;
			if (test.op === "eq") return [{ parts, value: test.value }];
			const only = test.op === "in" && test.values.length === 1 && test.patterns.length === 0;
			return only ? [{ parts, value: test.values[0] }] : [];
		}
	}
}
