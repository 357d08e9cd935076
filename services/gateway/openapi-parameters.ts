import { type FilterField, type ListSpec, operatorsOf } from "../../lib/list-query.ts";

/** A piece of an OpenAPI or JSON Schema document. */
export type Json = Record<string, unknown>;

const VALUE: Record<FilterField["type"], Json> = {
	string: { type: "string", maxLength: 255 },
	id: { type: "string", maxLength: 64 },
	number: { type: "number" },
	boolean: { type: "boolean" },
	instant: { type: "string", format: "date-time" },
};

function valueSchema(field: FilterField): Json {
	return field.values ? { type: "string", enum: field.values } : VALUE[field.type];
}

function describe(field: FilterField): string {
	const operators = operatorsOf(field);
	return [
		operators.includes("in") ? "Several values with commas between them mean any of them." : "",
		field.array ? "Repeated, it means all of them." : "",
		field.nullable ? "`none` means no value." : "",
		field.me ? "`me` means whoever asks." : "",
	]
		.filter((text) => text !== "")
		.join(" ");
}

const query = (name: string, schema: Json, more: Json = {}): Json => ({ name, in: "query", schema, ...more });

/** The query parameters by which a read is narrowed by one field. */
export function filterParameters(name: string, field: FilterField): Json[] {
	if (field.map)
		return [
			query(
				name,
				{ type: "object", additionalProperties: { type: "string" } },
				{ style: "deepObject", explode: true, description: `\`${name}[key]=value\`. ${describe(field)}`.trim() },
			),
		];
	const operators = operatorsOf(field);
	const comma = operators.includes("in") ? { style: "form", explode: field.array === true } : {};
	const schema = operators.includes("in") ? { type: "array", items: listed(field) } : valueSchema(field);
	const plain = query(name, schema, { ...comma, ...described(describe(field)) });
	const bracketed = operators
		.filter((operator) => operator !== "eq" && operator !== "all")
		.map((operator) => query(`${name}[${operator}]`, operatorSchema(operator, field)));
	return [plain, ...bracketed];
}

/** What may stand in a comma list: a value, or one of the words that stand for one. */
function listed(field: FilterField): Json {
	const wordsToo = [...(field.nullable ? ["none"] : []), ...(field.me ? ["me"] : [])];
	return field.values ? { type: "string", enum: [...field.values, ...wordsToo] } : valueSchema(field);
}

function operatorSchema(operator: string, field: FilterField): Json {
	if (operator === "exists") return { type: "boolean" };
	if (operator === "contains") return { type: "string", maxLength: 255 };
	return operator === "in" || operator === "nin" ? { type: "string" } : valueSchema(field);
}

const described = (description: string): Json => (description === "" ? {} : { description });

function sortExpressions(spec: ListSpec): string[] {
	return spec.sorts.flatMap((sort) => [sort, `-${sort}`]);
}

/** The query parameters of a list. */
export function listQueryParameters(spec: ListSpec): Json[] {
	const parameters = Object.entries(spec.filters).flatMap(([name, field]) => filterParameters(name, field));
	if (!spec.cursorOnly)
		parameters.push(
			query(
				"sort",
				{ type: "string", default: spec.defaultSort, examples: sortExpressions(spec) },
				{
					description: `Keys with commas between them, \`-\` before one means descending. One of ${spec.sorts.join("; ")}.`,
				},
			),
			query("page", { type: "integer", minimum: 1 }, { description: "Numbered pages, up to row 10,000." }),
		);
	parameters.push(
		query("limit", { type: "integer", minimum: 1, maximum: 100, default: 25 }),
		query("cursor", { type: "string" }, { description: "`page.nextCursor` or `page.prevCursor` of the page before." }),
		query("count", { type: "boolean" }, { description: "Adds `page.total`, exact up to 10,000." }),
		FIELDS_PARAMETER,
	);
	if (spec.includes?.length)
		parameters.push(
			query(
				"include",
				{ type: "array", items: { type: "string", enum: spec.includes } },
				{ style: "form", explode: false },
			),
		);
	return parameters;
}

/** `fields`, as every read of a resource takes it. */
export const FIELDS_PARAMETER: Json = query(
	"fields",
	{ type: "array", items: { type: "string" } },
	{ style: "form", explode: false, description: "Only these fields, and `id`." },
);
