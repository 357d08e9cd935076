import { type TObject, type TSchema, Type } from "typebox";
import type { ActionContract } from "../../contracts/contract.ts";
import { Problem } from "../../lib/problem.ts";

interface JsonSchema {
	properties?: Record<string, unknown>;
	anyOf?: JsonSchema[];
	oneOf?: JsonSchema[];
	allOf?: JsonSchema[];
}

/** The names of all fields that an object of this schema can have. */
export function fieldsOf(schema: JsonSchema): string[] {
	const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
	return [...new Set([...Object.keys(schema.properties ?? {}), ...parts.flatMap(fieldsOf)])];
}

/** The schema of the things that `fields` chooses from, or null where an answer has no fields to choose from. */
function chosenFrom(contract: ActionContract): TSchema | null {
	if (!contract.rest.some((alias) => alias.startsWith("GET "))) return null;
	const schema = contract.list ? (contract as ActionContract & { item: TSchema }).item : contract.result;
	return fieldsOf(schema as JsonSchema).length > 0 ? schema : null;
}

/** The query of a single read with the parameter `fields` added, or null where it does not have that. */
export function fieldSchema(contract: ActionContract): TObject | null {
	if (contract.list || !chosenFrom(contract)) return null;
	const fields = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 100 }));
	return Type.Object({ fields, ...contract.query?.properties }, { additionalProperties: false });
}

/** Chooses the fields that a client asked for. */
export class Projection {
	private readonly known: Set<string>;

	constructor(contract: ActionContract) {
		const schema = chosenFrom(contract);
		this.known = new Set(schema ? fieldsOf(schema as JsonSchema) : []);
	}

	/** @throws 400 `unknown_parameter` for a field that the resource does not have */
	check(fields: readonly string[]): void {
		const unknown = fields.find((name) => !this.known.has(name));
		if (unknown !== undefined)
			throw new Problem(400, "unknown_parameter", `fields: there is no field ${unknown}.`, {
				errors: [{ pointer: "fields", code: "unknown_parameter", message: `There is no field ${unknown}.` }],
			});
	}

	/** The object with only these fields and its `id`. */
	one(value: unknown, fields: readonly string[]): unknown {
		if (typeof value !== "object" || value === null) return value;
		const source = value as Record<string, unknown>;
		const kept = ["id", ...fields].filter((name) => Object.hasOwn(source, name));
		return Object.fromEntries(kept.map((name) => [name, source[name]]));
	}
}
