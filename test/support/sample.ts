import type { TSchema } from "typebox";
import { newId } from "../../lib/ids.ts";

interface JsonSchema {
	type?: string;
	const?: unknown;
	enum?: unknown[];
	anyOf?: JsonSchema[];
	properties?: Record<string, JsonSchema>;
	required?: string[];
	items?: JsonSchema;
	minimum?: number;
	minLength?: number;
	minItems?: number;
	format?: string;
	pattern?: string;
	patternProperties?: Record<string, JsonSchema>;
}

let counter = 0;

function text(schema: JsonSchema, name: string): string {
	const unique = `${Date.now().toString(36)}${(counter++).toString(36)}`;
	if (schema.format === "date-time") return "2026-01-02T03:04:05.000Z";
	if (/email/i.test(name)) return `sample-${unique}@samples.example`;
	if (/(^|[a-z])Ids?$|^id$/.test(name)) return newId();
	if (/locale/i.test(name)) return "en";
	if (/timeZone/.test(name)) return "Europe/Berlin";
	if (/slug|key/i.test(name)) return `s${unique}`;
	if (/url/i.test(name)) return "https://samples.example/a.png";
	if (/tag/i.test(name)) return `s${unique}`;
	if (/domain/i.test(name)) return `${unique}.example`;
	return `sample ${unique}`.padEnd(schema.minLength ?? 0, "x");
}

/**
 * A value that fits a schema: required fields only, unless `all` asks for every one. Words are chosen by the field's
 * name, so that the result is also sensible where a schema cannot say all.
 */
export function sample(schema: TSchema | JsonSchema, name = "", all = false): unknown {
	const given = schema as JsonSchema;
	if (given.const !== undefined) return given.const;
	if (given.enum) return given.enum[0];
	if (given.anyOf) return sample(given.anyOf[0] as JsonSchema, name, all);
	if (given.properties || given.type === "object") {
		const required = new Set(given.required ?? []);
		const entries = Object.entries(given.properties ?? {}).filter(([key]) => all || required.has(key));
		return Object.fromEntries(entries.map(([key, inner]) => [key, sample(inner, key, all)]));
	}
	if (given.type === "array")
		return Array.from({ length: given.minItems ?? 0 }, () => sample(given.items ?? {}, name, all));
	if (given.type === "integer" || given.type === "number") return given.minimum ?? 1;
	if (given.type === "boolean") return true;
	if (given.type === "null") return null;
	return text(given, name);
}
