/** How a condition compares. `present` and `absent` take no value, `in` and `not_in` a list. */
export const OPERATORS = ["is", "is_not", "in", "not_in", "contains", "present", "absent", "gt", "lt"] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Condition {
	field: string;
	operator: Operator;
	value?: unknown;
}

/** All of `all` hold and, where there are any, at least one of `any`. */
export interface Conditions {
	all: Condition[];
	any: Condition[];
}
