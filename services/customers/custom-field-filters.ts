import { valueOfText } from "../../lib/field-text.ts";
import type { Condition } from "../../lib/list-query.ts";
import { Problem } from "../../lib/problem.ts";
import type { FieldRule, FieldValues } from "./custom-field-values.ts";

/** Longer texts are not looked up by their value. */
const MAX_KEYED = 100;

const keyed = (key: string, value: unknown) => {
	const text = String(value);
	return text.length <= MAX_KEYED ? `${key}=${text}` : null;
};

/**
 * The custom fields as an index knows them: `key` for each that has a value, and `key=value` for each value that is not
 * long, so that one index serves the filters by all of them.
 */
export function fieldKeys(values: FieldValues): string[] {
	return Object.entries(values).flatMap(([key, value]) =>
		[key, ...[value].flat().map((item) => keyed(key, item))].filter((entry) => entry !== null),
	);
}

type Filter = Record<string, unknown>;

function equals(rule: FieldRule, values: unknown[]): Filter {
	const keys = values.map((value) => keyed(rule.key, value));
	const known = keys.filter((key) => key !== null);
	if (known.length === keys.length) return { fieldKeys: { $in: known } };
	return { fieldKeys: rule.key, [`customFields.${rule.key}`]: { $in: values } };
}

function filterOf(rule: FieldRule, operator: string, given: unknown): Filter {
	const values = [given].flat().map((value) => (typeof value === "string" ? valueOfText(rule, value) : value));
	switch (operator) {
		case "exists":
			return { fieldKeys: given ? rule.key : { $ne: rule.key } };
		case "eq":
		case "in":
			return equals(rule, values);
		case "ne":
		case "nin":
			return { $nor: [equals(rule, values)] };
		default:
			return { fieldKeys: rule.key, [`customFields.${rule.key}`]: { [`$${operator}`]: values[0] } };
	}
}

/** The filters that a list's conditions on custom fields mean. Throws 400 for a field that is not defined. */
export function fieldFilters(rules: readonly FieldRule[], conditions: Record<string, Condition>): Filter[] {
	return Object.entries(conditions).flatMap(([key, condition]) => {
		const rule = rules.find((candidate) => candidate.key === key);
		if (!rule) throw new Problem(400, "unknown_parameter", `There is no custom field ${key} to filter by.`);
		return Object.entries(condition).map(([operator, given]) => filterOf(rule, operator, given));
	});
}
