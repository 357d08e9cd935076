import mongoose from "mongoose";
import type { Filter, Test } from "./filter.ts";

/** A condition in SQL with the values for its question marks. */
export interface SqlCondition {
	readonly sql: string;
	readonly values: (string | number | null)[];
}

/** A value a condition can compare, and where below the field it is stored. */
interface Operand {
	readonly below: "" | '."$date"' | '."$oid"';
	readonly value: string | number | null;
}

const MAX_VALUES = 50;

/**
 * A condition in SQL that every matching document meets, so that SQLite passes over most of the others without their
 * being decoded. It is no proof: wherever SQLite would see things differently from MongoDB (arrays, mixed types) the
 * document is let through, and the matcher decides.
 *
 * @param doc the SQL expression of the stored document.
 */
export function prefilter(filter: Filter, doc: string): SqlCondition | undefined {
	switch (filter.type) {
		case "and": {
			const parts = filter.parts.map((part) => prefilter(part, doc)).filter((part) => part !== undefined);
			return parts.length > 0 ? join(parts, " and ") : undefined;
		}
		case "or": {
			const parts = filter.parts.map((part) => prefilter(part, doc));
			if (parts.length === 0 || parts.includes(undefined)) return undefined;
			return join(parts as SqlCondition[], " or ");
		}
		case "not":
			return undefined;
		case "path":
			return ofPath(filter.parts, filter.test, doc);
	}
}

function join(parts: SqlCondition[], by: string): SqlCondition {
	return { sql: `(${parts.map((part) => part.sql).join(by)})`, values: parts.flatMap((part) => part.values) };
}

/** Plain names only: what needs quoting inside a JSON path, or may be an array index, is left to the matcher. */
function ofPath(parts: readonly string[], test: Test, doc: string): SqlCondition | undefined {
	if (!parts.every((part) => /^[A-Za-z_][\w-]*$/.test(part))) return undefined;
	const paths = parts.map(
		(_part, i) =>
			`$${parts
				.slice(0, i + 1)
				.map((part) => `."${part}"`)
				.join("")}`,
	);
	const path = paths.at(-1)!;
	const condition = ofTest(test, (below) => `json_extract(${doc}, '${path}${below}')`);
	if (!condition) return undefined;
	const arrays = paths.map((one) => `json_type(${doc}, '${one}') = 'array'`);
	// Numbers without a JSON form are stored as objects.
	const unusual = condition.values.some((value) => typeof value === "number")
		? [`json_type(${doc}, '${path}') = 'object'`]
		: [];
	return { sql: `(${[condition.sql, ...arrays, ...unusual].join(" or ")})`, values: condition.values };
}

function ofTest(test: Test, extract: (below: Operand["below"]) => string): SqlCondition | undefined {
	switch (test.op) {
		case "eq":
			return equality(operandOf(test.value), extract);
		case "gt":
		case "gte":
		case "lt":
		case "lte": {
			const operand = operandOf(test.value);
			if (!operand || operand.value === null || operand.below === '."$oid"') return undefined;
			const operator = test.op.startsWith("g") ? ">=" : "<=";
			const condition = `${extract(operand.below)} ${operator} ?`;
			// A year of more digits is written with a sign, which sorts below the digits.
			const sql = operand.below === "" ? condition : `${condition} or ${extract(operand.below)} < '0'`;
			return { sql, values: [operand.value] };
		}
		case "in": {
			if (test.patterns.length > 0 || test.values.length === 0 || test.values.length > MAX_VALUES) return undefined;
			const parts = test.values.map((value) => equality(operandOf(value), extract));
			return parts.includes(undefined) ? undefined : join(parts as SqlCondition[], " or ");
		}
		default:
			return undefined;
	}
}

function equality(
	operand: Operand | undefined,
	extract: (below: Operand["below"]) => string,
): SqlCondition | undefined {
	if (!operand) return undefined;
	if (operand.value === null) return { sql: `${extract("")} is null`, values: [] };
	return { sql: `${extract(operand.below)} = ?`, values: [operand.value] };
}

/** Values that SQLite compares as MongoDB does. Fractions are not among them: SQLite may read their last digit differently. */
function operandOf(value: unknown): Operand | undefined {
	if (value === null) return { below: "", value };
	if (typeof value === "string") return value.includes("\0") ? undefined : { below: "", value };
	if (typeof value === "boolean") return { below: "", value: Number(value) };
	if (Number.isSafeInteger(value)) return { below: "", value: value as number };
	if (value instanceof Date) return ofDate(value);
	if (value instanceof mongoose.mongo.ObjectId) return { below: '."$oid"', value: value.toHexString() };
	return undefined;
}

/** ISO texts order as their dates do only with four digits of the year. */
function ofDate(date: Date): Operand | undefined {
	const value = date.toISOString();
	return /^\d{4}-/.test(value) ? { below: '."$date"', value } : undefined;
}
