import type { TObject, TSchema } from "typebox";
import { booleanOf } from "../../lib/list-parameters.ts";
import { badParameter, type QueryParameter, unknownParameter } from "../../lib/query-string.ts";

interface JsonSchema {
	type?: string;
	items?: JsonSchema;
	anyOf?: JsonSchema[];
}

/** The schema that a text is read by: of alternatives the first that is not null. */
function reading(schema: JsonSchema): JsonSchema {
	const alternative = schema.anyOf?.find((one) => one.type !== "null");
	return alternative ? reading(alternative) : schema;
}

function typed(parameter: QueryParameter, schema: JsonSchema, text: string): unknown {
	const { type } = reading(schema);
	if (type === "boolean") return booleanOf(parameter, text);
	if (type !== "integer" && type !== "number") return text;
	if (!/^-?\d{1,15}(\.\d{1,9})?$/.test(text)) throw badParameter(parameter.written, "must be a number");
	return Number(text);
}

/**
 * The query parameters of an action that is no list, with the types that its schema names. Whether the values fit the
 * schema otherwise is not looked at here.
 * @throws 400 `unknown_parameter`, or `invalid_request` for a value of another type or a parameter given twice
 */
export function plainParameters(
	schema: TObject | undefined,
	query: readonly QueryParameter[],
): Record<string, unknown> {
	const params: Record<string, unknown> = {};
	const properties = (schema?.properties ?? {}) as Record<string, TSchema>;
	for (const parameter of query) {
		const property = Object.hasOwn(properties, parameter.name) ? (properties[parameter.name] as JsonSchema) : undefined;
		if (!property || parameter.brackets.length > 0) throw unknownParameter(parameter.written);
		const read = reading(property);
		if (read.type === "array") {
			const values = parameter.value.split(",").map((text) => typed(parameter, read.items ?? {}, text));
			params[parameter.name] = [...((params[parameter.name] as unknown[] | undefined) ?? []), ...values];
		} else if (parameter.name in params) throw badParameter(parameter.written, "is given twice");
		else params[parameter.name] = typed(parameter, property, parameter.value);
	}
	return params;
}
