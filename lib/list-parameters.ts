import {
	type Condition,
	type FilterField,
	type FilterOperator,
	isAllowedSort,
	type ListParams,
	type ListSpec,
	operatorsOf,
} from "./list-query.ts";
import { Problem } from "./problem.ts";
import { badParameter, type QueryParameter, unknownParameter } from "./query-string.ts";

const MAX_LIMIT = 100;
const MAX_VALUES = 100;
const MAX_VALUE_LENGTH = 255;

const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;
/** Keys of maps, without the name that every JavaScript object has already. */
const MAP_KEY = /^(?!constructor$)[a-z][a-z0-9_]{0,63}$/;

function instant(parameter: QueryParameter, text: string): string {
	// The plus sign of an offset reads as a space where the client did not encode it.
	const written = text.replace(/ (\d{2}:\d{2})$/, "+$1");
	const at = INSTANT.test(written) ? Date.parse(written) : Number.NaN;
	if (Number.isNaN(at))
		throw badParameter(parameter.written, "must be an instant such as 2026-01-31T08:00:00Z, or a date");
	return new Date(at).toISOString();
}

function readValue(parameter: QueryParameter, field: FilterField, text: string, callerId: string | null): unknown {
	if (text === "none" && field.nullable) return null;
	if (text === "me" && field.me) {
		if (callerId === null) throw badParameter(parameter.written, "only somebody signed in can ask for me");
		return callerId;
	}
	if (text === "") throw badParameter(parameter.written, "must not be empty");
	if (text.length > MAX_VALUE_LENGTH) throw badParameter(parameter.written, "is too long");
	if (field.values && !field.values.includes(text))
		throw badParameter(parameter.written, `must be one of ${field.values.join(", ")}`);
	if (field.type === "instant") return instant(parameter, text);
	if (field.type === "boolean") return booleanOf(parameter, text);
	if (field.type !== "number") return text;
	if (!/^-?\d{1,15}(\.\d{1,9})?$/.test(text)) throw badParameter(parameter.written, "must be a number");
	return Number(text);
}

/** `true` or `false`. @throws 400 for anything else */
export function booleanOf(parameter: QueryParameter, text: string): boolean {
	if (text !== "true" && text !== "false") throw badParameter(parameter.written, "must be true or false");
	return text === "true";
}

/** A whole number within bounds. @throws 400 for anything else */
export function integerOf(parameter: QueryParameter, minimum: number, maximum: number): number {
	const value = /^\d{1,9}$/.test(parameter.value) ? Number(parameter.value) : Number.NaN;
	if (!(value >= minimum && value <= maximum))
		throw badParameter(parameter.written, `must be a whole number from ${minimum} to ${maximum}`);
	return value;
}

function commaList(parameter: QueryParameter): string[] {
	const values = parameter.value.split(",");
	if (values.length > MAX_VALUES) throw badParameter(parameter.written, `takes at most ${MAX_VALUES} values`);
	return values;
}

/** The operator that a parameter names, or means by its form: a comma list is `in`, repeats of an array field are `all`. */
function operatorFor(parameter: QueryParameter, field: FilterField, named: string | undefined): FilterOperator {
	const known = operatorsOf(field);
	if (named !== undefined) {
		if (!known.includes(named as FilterOperator)) throw unknownParameter(parameter.written);
		return named as FilterOperator;
	}
	if (parameter.value.includes(",") && known.includes("in")) return "in";
	return known.includes("eq") ? "eq" : (known[0] ?? "eq");
}

function addCondition(
	condition: Condition,
	parameter: QueryParameter,
	field: FilterField,
	rest: readonly string[],
	callerId: string | null,
) {
	const operator = operatorFor(parameter, field, rest[0]);
	const one = (text: string) => readValue(parameter, field, text, callerId);
	const plain = rest.length === 0 && operator === "eq" && field.array === true;
	if (plain && ("eq" in condition || "all" in condition)) {
		const before = "all" in condition ? (condition.all as unknown[]) : [condition.eq];
		delete condition.eq;
		condition.all = [...before, one(parameter.value)];
		return;
	}
	if (operator in condition) throw badParameter(parameter.written, "is given twice");
	if (operator === "exists") condition.exists = booleanOf(parameter, parameter.value);
	else if (operator === "in" || operator === "nin" || operator === "all")
		condition[operator] = commaList(parameter).map(one);
	else condition[operator] = one(parameter.value);
}

function addFilter(
	filter: Record<string, Condition>,
	spec: ListSpec,
	parameter: QueryParameter,
	callerId: string | null,
): void {
	const field = Object.hasOwn(spec.filters, parameter.name) ? spec.filters[parameter.name] : undefined;
	if (!field || parameter.brackets.length > (field.map ? 2 : 1)) throw unknownParameter(parameter.written);
	filter[parameter.name] ??= {};
	const condition = filter[parameter.name] as Condition;
	if (!field.map) {
		addCondition(condition, parameter, field, parameter.brackets, callerId);
		return;
	}
	const [key, ...rest] = parameter.brackets;
	if (key === undefined || !MAP_KEY.test(key)) throw unknownParameter(parameter.written);
	const conditions = condition as Record<string, Condition>;
	conditions[key] ??= {};
	addCondition(conditions[key], parameter, field, rest, callerId);
}

/**
 * The conditions that a query narrows a read by which is no list, or nothing. `callerId` stands for `me`.
 * @throws 400 as {@link listParameters}
 */
export function filterParameters(
	filters: ListSpec["filters"],
	query: readonly QueryParameter[],
	callerId: string | null,
): Pick<ListParams, "filter"> {
	const filter: Record<string, Condition> = {};
	for (const parameter of query) addFilter(filter, { filters, sorts: [], defaultSort: "" }, parameter, callerId);
	return Object.keys(filter).length > 0 ? { filter } : {};
}

/** Names with commas between them, such as `id,subject`. @throws 400 for anything else */
export function words(parameter: QueryParameter): string[] {
	const found = parameter.value.split(",");
	if (parameter.value === "" || found.some((word) => !/^[A-Za-z][A-Za-z0-9_.]{0,63}$/.test(word)))
		throw badParameter(parameter.written, "must be names with commas between them");
	return [...new Set(found)];
}

type Reader = (params: ListParams, parameter: QueryParameter, spec: ListSpec) => void;

const READERS: Record<string, Reader> = {
	sort(params, parameter, spec) {
		const sort = parameter.value.replaceAll(/(^|,)[+ ]/g, "$1");
		if (!isAllowedSort(spec, sort)) throw badParameter(parameter.written, `must be one of ${spec.sorts.join("; ")}`);
		params.sort = sort;
	},
	limit(params, parameter) {
		params.limit = integerOf(parameter, 1, MAX_LIMIT);
	},
	cursor(params, parameter) {
		if (parameter.value.length > 4000 || parameter.value === "")
			throw new Problem(400, "invalid_cursor", "The cursor is not one that a list gave.");
		params.cursor = parameter.value;
	},
	page(params, parameter) {
		params.page = integerOf(parameter, 1, 999_999_999);
	},
	count(params, parameter) {
		params.count = booleanOf(parameter, parameter.value);
	},
	include(params, parameter, spec) {
		params.include = words(parameter);
		const unknown = params.include.find((name) => !spec.includes?.includes(name));
		if (unknown !== undefined)
			throw badParameter(
				parameter.written,
				`cannot include ${unknown}; there are ${spec.includes?.join(", ") || "none"}`,
			);
	},
	fields(params, parameter) {
		params.fields = words(parameter);
	},
};

/** What a list in one order, gone through by cursor, does not have. */
const NOT_BY_CURSOR = new Set(["sort", "page", "include"]);

/**
 * The parameters of a list request, as list actions take them. `callerId` stands for `me`.
 * @throws 400 `unknown_parameter` for what the list does not have, `invalid_request` for a bad value
 */
export function listParameters(spec: ListSpec, query: readonly QueryParameter[], callerId: string | null): ListParams {
	const params: ListParams = {};
	const filter: Record<string, Condition> = {};
	for (const parameter of query) {
		const read = Object.hasOwn(READERS, parameter.name) ? READERS[parameter.name] : undefined;
		if (spec.cursorOnly && NOT_BY_CURSOR.has(parameter.name)) throw unknownParameter(parameter.written);
		if (!read) addFilter(filter, spec, parameter, callerId);
		else if (parameter.brackets.length > 0) throw unknownParameter(parameter.written);
		else if (parameter.name in params) throw badParameter(parameter.written, "is given twice");
		else read(params, parameter, spec);
	}
	if (Object.keys(filter).length > 0) params.filter = filter;
	if (params.page !== undefined && params.cursor !== undefined)
		throw new Problem(400, "invalid_request", "page and cursor exclude each other.");
	return params;
}
