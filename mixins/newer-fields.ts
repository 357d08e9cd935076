import type { Schema } from "mongoose";

/*
 * While a newer version of the product is rolled out, its processes and those of the older one write the same documents.
 * The older schemas do not know the newer fields; they must be left alone.
 */

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
	return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Whether a schema knows a field of this name at the top of its documents. */
export function isKnown(schema: Schema, field: string): boolean {
	return schema.pathType(field) !== "adhocOrUndefined";
}

/** A copy of a document, or of some of its fields, without what its schema does not know at whatever depth. */
export function knownOnly(schema: Schema, fields: Fields, under = ""): Fields {
	const known: Fields = {};
	for (const [name, value] of Object.entries(fields)) {
		const path = under + name;
		const kind = schema.pathType(path);
		if (kind === "nested") known[name] = isFields(value) ? knownOnly(schema, value, `${path}.`) : value;
		else if (kind === "real") known[name] = knownValue((schema.path(path) as { schema?: Schema }).schema, value);
	}
	return known;
}

/** A value as the schema of its own knows it, where it has one: a subdocument, or a list of them. */
function knownValue(own: Schema | undefined, value: unknown): unknown {
	if (!own) return value;
	if (Array.isArray(value)) return value.map((item) => knownValue(own, item));
	return isFields(value) ? knownOnly(own, value) : value;
}

/** Whether Mongoose refused a write because of a field that the schema does not know. */
export function isUnknownField(error: unknown): boolean {
	const { name, reason } = error as { name?: string; reason?: unknown };
	return name === "StrictModeError" || (reason !== undefined && reason !== null && isUnknownField(reason));
}
