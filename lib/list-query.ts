/** The value type of a field that a list can be filtered by. */
export type FilterType = "string" | "id" | "number" | "boolean" | "instant";

export type FilterOperator = "eq" | "ne" | "in" | "nin" | "gt" | "gte" | "lt" | "lte" | "exists" | "contains" | "all";

/** What a list allows for one filter name. */
export interface FilterField {
	type: FilterType;
	/** document path where it differs from the filter's name */
	path?: string;
	/** the only values allowed */
	values?: readonly string[];
	/** whether `none` (no value) may be asked for */
	nullable?: boolean;
	/** whether `me` stands for the caller's own id */
	me?: boolean;
	/** which operators beside plain equality; default depends on the type */
	operators?: readonly FilterOperator[];
	/** the field holds an array: repeating the parameter means all of them */
	array?: boolean;
	/** a map such as `customFields[plan]=gold`: the key follows in brackets */
	map?: boolean;
}

/** How a list can be asked: filters, the sort keys with an index, what may be included. */
export interface ListSpec {
	filters: Record<string, FilterField>;
	/** allowed sort expressions, each a comma list of keys without sign; every one is backed by an index in both directions */
	sorts: readonly string[];
	/** document paths of sort keys that are stored under another name */
	sortPaths?: Record<string, string>;
	defaultSort: string;
	includes?: readonly string[];
	/** neither sorted by wish nor numbered: one order, gone through by cursor */
	cursorOnly?: boolean;
}

/** One condition of a filter: operators and their values, all of which must hold. */
export type Condition = Partial<Record<FilterOperator, unknown>>;

/** The parameters every list action takes. */
export interface ListParams {
	filter?: Record<string, Condition>;
	sort?: string;
	limit?: number;
	cursor?: string;
	page?: number;
	count?: boolean;
	include?: string[];
	fields?: string[];
}

/** The answer of every list action. */
export interface Page<T> {
	data: T[];
	page: {
		nextCursor: string | null;
		prevCursor: string | null;
		hasMore: boolean;
		limit: number;
		total?: number | { value: number; relation: "gte" };
	};
	included?: Record<string, unknown[]>;
}

/** The sort keys of a sort expression with their directions. */
export interface SortKey {
	key: string;
	direction: 1 | -1;
}

/** `-priority,createdAt` → keys with directions. Assumes the expression was checked against the spec. */
export function parseSort(expression: string): SortKey[] {
	return expression.split(",").map((part) => {
		const direction = part.startsWith("-") ? -1 : 1;
		return { key: part.replace(/^[-+ ]/, ""), direction };
	});
}

/** Whether a list's spec allows this sort expression. */
export function isAllowedSort(spec: ListSpec, expression: string): boolean {
	return spec.sorts.includes(
		parseSort(expression)
			.map((key) => key.key)
			.join(","),
	);
}

const DEFAULT_OPERATORS: Record<FilterType, readonly FilterOperator[]> = {
	string: ["eq", "ne", "in", "nin", "exists"],
	id: ["eq", "ne", "in", "nin", "exists"],
	number: ["eq", "ne", "in", "nin", "gt", "gte", "lt", "lte", "exists"],
	boolean: ["eq", "ne", "exists"],
	instant: ["eq", "gt", "gte", "lt", "lte", "exists"],
};

/** The operators a filter field understands. */
export function operatorsOf(field: FilterField): readonly FilterOperator[] {
	return field.operators ?? (field.array ? [...DEFAULT_OPERATORS[field.type], "all"] : DEFAULT_OPERATORS[field.type]);
}
