import type { FilterField } from "../lib/list-query.ts";

/** What lists of all that has tags are filtered by: `tag` given several times means all of them, `tagAny` one of them. */
export const TAG_FILTERS = {
	tag: { type: "string", path: "tags", array: true, operators: ["eq", "ne", "in", "nin", "all"] },
	tagAny: { type: "string", path: "tags", operators: ["eq", "in"] },
} satisfies Record<string, FilterField>;

/** What lists of all that has custom fields are filtered by: `customFields[plan]=gold`. */
export const CUSTOM_FIELDS_FILTER = {
	type: "string",
	map: true,
	operators: ["eq", "ne", "in", "nin", "gt", "gte", "lt", "lte", "exists"],
} satisfies FilterField;
