import type { Condition, ListParams, ListSpec } from "../../lib/list-query.ts";
import { Problem } from "../../lib/problem.ts";
import type { SearchFilters } from "./engine/index-types.ts";

/** Tags are kept in lower case, so they are asked for in it. */
const tagForm = (text: string) => text.trim().normalize("NFC").toLowerCase();

function inStoredForm(path: string, condition: Condition): Condition {
	if (path !== "tags") return condition;
	const one = (value: unknown) => (typeof value === "string" ? tagForm(value) : value);
	const entries = Object.entries(condition).map(([name, value]) => [
		name,
		Array.isArray(value) ? value.map(one) : one(value),
	]);
	return Object.fromEntries(entries);
}

/** Both conditions on the same field. Throws 400 where they cannot be said as one. */
function both(name: string, first: Condition, second: Condition): Condition {
	const joined: Condition = { ...first };
	for (const [operator, value] of Object.entries(second) as [keyof Condition, unknown][]) {
		if (operator === "eq") joined.all = [...((joined.all as unknown[] | undefined) ?? []), value];
		else if (operator in joined)
			throw new Problem(400, "invalid_request", `${name}: there is another condition of this form on the same field.`);
		else joined[operator] = value;
	}
	return joined;
}

/**
 * The conditions of a request by the fields of the index. `offered` narrows the names that the caller may use.
 * @throws 400 `unknown_parameter` for a filter that is not offered
 */
export function filtersOf(spec: ListSpec, filter: ListParams["filter"], offered?: readonly string[]): SearchFilters {
	const filters: SearchFilters = {};
	for (const [name, condition] of Object.entries(filter ?? {})) {
		const field = spec.filters[name];
		if (!field || (offered && !offered.includes(name)))
			throw new Problem(400, "unknown_parameter", `The search has no filter ${name}.`, {
				errors: [{ pointer: name, code: "unknown_parameter", message: "This parameter is not known." }],
			});
		const path = field.path ?? name;
		const stored = inStoredForm(path, condition);
		const before = filters[path];
		filters[path] = before ? both(name, before, stored) : stored;
	}
	return filters;
}
