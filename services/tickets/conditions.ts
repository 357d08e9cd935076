import type { Condition, Conditions, Operator } from "../../lib/conditions.ts";
import { type ProblemItem, validationFailed } from "../../lib/problem.ts";

/*
 * Conditions on a ticket, as policies and rules have them: pure comparisons.
 *
 * What a field without a value does: `is_not` and `not_in` hold, `absent` holds, all else does not; an empty list and an
 * empty text count as no value. `is` and `is_not` take `null` for that too. Text is compared without regard to case.
 * Sets, such as tags: `is x` and `contains x` hold where x is a member, `is [..]` where the set is just these, `contains
 * [..]` where it has all of these, `in [..]` where it has at least one, `not_in [..]` where it has none. Text `contains` a
 * part. `gt` and `lt` compare numbers, instants, and words that have an order, such as priorities, by their place in it.
 */

export type FieldType = "word" | "id" | "text" | "number" | "set" | "boolean" | "instant" | "any";

export interface FieldRule {
	type: FieldType;
	/** the words there are, lowest first */
	values?: readonly string[];
	/** the words have an order, so `gt` and `lt` make sense */
	ordered?: boolean;
}

/** The fields that may be asked for; a name that ends in `.*` stands for all that begin so. */
export type FieldTable = Readonly<Record<string, FieldRule>>;

const BASIC: readonly Operator[] = ["is", "is_not", "in", "not_in", "present", "absent"];
const OPERATORS_OF: Readonly<Record<FieldType, readonly Operator[]>> = {
	word: BASIC,
	id: BASIC,
	boolean: ["is", "is_not", "present", "absent"],
	text: [...BASIC, "contains"],
	set: [...BASIC, "contains"],
	number: [...BASIC, "gt", "lt"],
	instant: [...BASIC, "gt", "lt"],
	any: [...BASIC, "contains", "gt", "lt"],
};

const MAX_LIST = 100;
const MAX_TEXT = 1000;

/** What a table says of a field, or undefined for one it does not have. */
export function ruleOf(table: FieldTable, field: string): FieldRule | undefined {
	if (Object.hasOwn(table, field)) return table[field];
	const dot = field.indexOf(".");
	if (dot <= 0 || dot === field.length - 1) return undefined;
	const prefix = `${field.slice(0, dot)}.*`;
	return Object.hasOwn(table, prefix) ? table[prefix] : undefined;
}

function operatorsOf(rule: FieldRule): readonly Operator[] {
	return rule.ordered ? [...OPERATORS_OF[rule.type], "gt", "lt"] : OPERATORS_OF[rule.type];
}

const isScalar = (value: unknown) =>
	typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** What is wrong with one value for a field, or null. */
function scalarProblem(rule: FieldRule, value: unknown): string | null {
	if (typeof value === "string" && value.length > MAX_TEXT) return `At most ${MAX_TEXT} characters.`;
	switch (rule.type) {
		case "number":
			return typeof value === "number" && Number.isFinite(value) ? null : "This has to be a number.";
		case "boolean":
			return typeof value === "boolean" ? null : "This has to be true or false.";
		case "instant":
			return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? null : "This has to be an instant.";
		case "any":
			return isScalar(value) ? null : "This has to be a text, a number, or true or false.";
		default:
			if (typeof value !== "string" || value === "") return "This has to be a text.";
			if (rule.values && !rule.values.includes(value)) return `This is not one of: ${rule.values.join(", ")}.`;
			return null;
	}
}

function listProblems(rule: FieldRule, value: unknown, pointer: string): ProblemItem[] {
	if (!Array.isArray(value) || value.length === 0 || value.length > MAX_LIST)
		return [{ pointer, code: "invalid_value", message: `This has to be a list of 1 to ${MAX_LIST} values.` }];
	return value.flatMap((one, index) => {
		const message = scalarProblem(rule, one);
		return message === null ? [] : [{ pointer: `${pointer}/${index}`, code: "invalid_value", message }];
	});
}

function valueProblems(rule: FieldRule, { operator, value }: Condition, pointer: string): ProblemItem[] {
	if (operator === "present" || operator === "absent")
		return value === undefined || value === null || value === true
			? []
			: [{ pointer, code: "unexpected_value", message: `The operator ${operator} takes no value.` }];
	if (value === undefined) return [{ pointer, code: "required", message: `The operator ${operator} needs a value.` }];
	if (operator === "in" || operator === "not_in") return listProblems(rule, value, pointer);
	if (value === null && (operator === "is" || operator === "is_not")) return [];
	const manyFit = (rule.type === "set" || rule.type === "any") && operator !== "gt" && operator !== "lt";
	if (Array.isArray(value) && manyFit) return listProblems(rule, value, pointer);
	const message = scalarProblem(rule, value);
	return message === null ? [] : [{ pointer, code: "invalid_value", message }];
}

function problemsOf(table: FieldTable, condition: Condition, pointer: string): ProblemItem[] {
	const rule = ruleOf(table, condition.field);
	if (!rule) {
		const message = `There is no such field. Fields: ${Object.keys(table).join(", ")}.`;
		return [{ pointer: `${pointer}/field`, code: "unknown_field", message }];
	}
	const operators = operatorsOf(rule);
	if (!operators.includes(condition.operator)) {
		const message = `${condition.field} can be asked by: ${operators.join(", ")}.`;
		return [{ pointer: `${pointer}/operator`, code: "invalid_operator", message }];
	}
	return valueProblems(rule, condition, `${pointer}/value`);
}

/** Everything wrong with conditions; pointers are `<pointer>/all/0/operator` and the like. */
export function conditionProblems(
	conditions: Partial<Conditions>,
	table: FieldTable,
	pointer = "/conditions",
): ProblemItem[] {
	return (["all", "any"] as const).flatMap((list) =>
		(conditions[list] ?? []).flatMap((one, index) => problemsOf(table, one, `${pointer}/${list}/${index}`)),
	);
}

/** Throws 422 for conditions that ask for fields, operators or values that do not fit. */
export function checkConditions(conditions: Partial<Conditions>, table: FieldTable, pointer = "/conditions"): void {
	const problems = conditionProblems(conditions, table, pointer);
	if (problems.length > 0) throw validationFailed(problems);
}

/** In the form in which it is compared: lower-case text, instants as ISO text. */
function plain(value: unknown): unknown {
	if (value instanceof Date) return value.toISOString().toLowerCase();
	return typeof value === "string" ? value.normalize("NFC").toLowerCase() : value;
}

const isEmpty = (value: unknown) =>
	value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

/** The same thing: equal, or the same instant written in two ways. */
function same(value: unknown, wanted: unknown): boolean {
	if (plain(value) === plain(wanted)) return true;
	return value instanceof Date && typeof wanted === "string" && value.getTime() === Date.parse(wanted);
}

function sameSet(values: readonly unknown[], wanted: readonly unknown[]): boolean {
	return values.every((one) => hasMember(wanted, one)) && wanted.every((one) => hasMember(values, one));
}

const hasMember = (values: readonly unknown[], wanted: unknown) => values.some((one) => same(one, wanted));

function is(value: unknown, wanted: unknown): boolean {
	if (isEmpty(wanted)) return isEmpty(value);
	if (Array.isArray(value)) return Array.isArray(wanted) ? sameSet(value, wanted) : hasMember(value, wanted);
	if (Array.isArray(wanted)) return wanted.length === 1 && same(value, wanted[0]);
	return same(value, wanted);
}

function isIn(value: unknown, wanted: unknown): boolean {
	const list = Array.isArray(wanted) ? wanted : [wanted];
	return Array.isArray(value) ? value.some((one) => hasMember(list, one)) : !isEmpty(value) && hasMember(list, value);
}

function contains(value: unknown, wanted: unknown): boolean {
	if (isEmpty(value)) return false;
	const parts = Array.isArray(wanted) ? wanted : [wanted];
	if (Array.isArray(value)) return parts.every((one) => hasMember(value, one));
	return parts.every((one) => String(plain(value)).includes(String(plain(one))));
}

/** A value as a number that can be compared: itself, an instant's time, a word's place; null for what has none. */
function magnitude(value: unknown, rule: FieldRule | undefined): number | null {
	if (typeof value === "number") return value;
	if (value instanceof Date) return value.getTime();
	if (typeof value !== "string") return null;
	const place = rule?.ordered ? (rule.values?.indexOf(value) ?? -1) : -1;
	if (place >= 0) return place;
	if (value.trim() === "") return null;
	const number = Number(value);
	if (Number.isFinite(number)) return number;
	const instant = Date.parse(value);
	return Number.isNaN(instant) ? null : instant;
}

function compare(value: unknown, wanted: unknown, rule: FieldRule | undefined): number | null {
	const [a, b] = [magnitude(value, rule), magnitude(wanted, rule)];
	return a === null || b === null ? null : Math.sign(a - b);
}

/** Whether one condition holds for a field's value. */
export function conditionHolds({ operator, value: wanted }: Condition, value: unknown, rule?: FieldRule): boolean {
	switch (operator) {
		case "is":
			return is(value, wanted);
		case "is_not":
			return !is(value, wanted);
		case "in":
			return isIn(value, wanted);
		case "not_in":
			return !isIn(value, wanted);
		case "contains":
			return contains(value, wanted);
		case "present":
			return !isEmpty(value);
		case "absent":
			return isEmpty(value);
		case "gt":
			return compare(value, wanted, rule) === 1;
		case "lt":
			return compare(value, wanted, rule) === -1;
	}
}

/** Whether neither list has a condition. What that means is for the caller to say. */
export const isUnconditional = ({ all, any }: Conditions) => all.length === 0 && any.length === 0;

/**
 * Whether conditions hold: every one of `all` and, unless it is empty, at least one of `any`.
 * @param table says which words have an order; without it `gt` and `lt` know numbers and instants only
 */
export function holds(conditions: Conditions, ask: (field: string) => unknown, table: FieldTable = {}): boolean {
	const one = (condition: Condition) => conditionHolds(condition, ask(condition.field), ruleOf(table, condition.field));
	return conditions.all.every(one) && (conditions.any.length === 0 || conditions.any.some(one));
}

/** The fields that conditions ask for, each once. */
export function usesFields({ all, any }: Conditions): string[] {
	return [...new Set([...all, ...any].map(({ field }) => field))];
}
