import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { Validators } from "moleculer";
import { Problem, type ProblemItem } from "../lib/problem.ts";

/** An Ajv that judges as the contracts mean it: strict about unknown fields, telling everything wrong at once. */
export function createAjv(options: { coerceTypes?: boolean | "array" } = {}): Ajv {
	const ajv = new Ajv({ allErrors: true, strict: false, useDefaults: false, discriminator: true, ...options });
	addFormats.default(ajv);
	return ajv;
}

function itemOf(error: ErrorObject): ProblemItem {
	const { instancePath, keyword, params } = error;
	if (keyword === "additionalProperties")
		return {
			pointer: `${instancePath}/${params.additionalProperty}`,
			code: "unknown_field",
			message: "This field is not known.",
		};
	if (keyword === "required")
		return {
			pointer: `${instancePath}/${params.missingProperty}`,
			code: "required",
			message: "This field is required.",
		};
	return { pointer: instancePath, code: keyword, message: `The value ${error.message ?? "is not acceptable"}.` };
}

/**
 * Ajv's errors as items of a problem. Alternatives of an `anyOf` that were tried on the way are left out where a more
 * telling error stands at the same place or below.
 */
export function problemItems(errors: readonly ErrorObject[]): ProblemItem[] {
	const telling = errors.filter((error) => !["anyOf", "oneOf", "if"].includes(error.keyword) && !isIdle(error, errors));
	const seen = new Set<string>();
	return (telling.length > 0 ? telling : errors).map(itemOf).filter((item) => {
		const key = `${item.pointer} ${item.code}`;
		return seen.has(key) ? false : seen.add(key);
	});
}

/** Whether an error only says that a value is not null, where another says what is wrong with it. */
function isIdle(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
	if (error.keyword !== "type" || error.params.type !== "null") return false;
	return errors.some(
		(other) =>
			other !== error &&
			other.keyword !== "anyOf" &&
			(other.instancePath === error.instancePath || other.instancePath.startsWith(`${error.instancePath}/`)),
	);
}

/** 422 for a body or parameters that do not fit their schema: `unknown_field` when that is all that is wrong. */
export function schemaProblem(errors: readonly ErrorObject[]): Problem {
	const items = problemItems(errors).slice(0, 50);
	const onlyUnknown = items.every((item) => item.code === "unknown_field");
	const detail =
		items.length === 1 ? `${items[0]?.pointer}: ${items[0]?.message}` : `${items.length} fields are not acceptable.`;
	return new Problem(422, onlyUnknown ? "unknown_field" : "validation_failed", detail, { errors: items });
}

/**
 * Moleculer's parameter validator on the contracts' schemas, which `action` names as `{ $schema: () => schema }`; the
 * library's own actions keep their own kind of schema.
 */
export class ContractValidator extends Validators.Base {
	private readonly ajv = createAjv();
	private readonly libraries = new Validators.Fastest();

	/** One-off validation, as the base class asks for it. Throws the same problem as a compiled check. */
	override validate(params: Record<string, unknown>, schema: Record<string, unknown>): boolean {
		const check = this.compile(schema) as unknown as (params: unknown) => unknown;
		return check(params) === true;
	}

	/** Only the library's own kind of schema has a second notation. */
	override convertSchemaToMoleculer(schema: Record<string, unknown>): Record<string, unknown> {
		return this.libraries.convertSchemaToMoleculer(schema);
	}

	override compile(schema: Record<string, unknown>): ReturnType<Validators.Base["compile"]> {
		const { $schema } = schema as { $schema?: () => object };
		if (typeof $schema !== "function") return this.libraries.compile(schema);
		// Compiled when the action is first called: all schemas together would be most of the time that a start takes.
		let compiled: ValidateFunction | undefined;
		return ((params: unknown) => {
			compiled ??= this.ajv.compile($schema());
			const validate = compiled;
			if (validate(params)) return true;
			throw schemaProblem(validate.errors ?? []);
		}) as ReturnType<Validators.Base["compile"]>;
	}
}
