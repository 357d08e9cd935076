import { Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { CustomFieldView, FIELD_TARGETS, FIELD_TYPES } from "./customers-views.ts";
import { Id, Nullable, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";

const ById = strict({ id: Id });
const Label = Type.String({ minLength: 1, maxLength: 255 });

const Editable = {
	/** the words of a select or multiselect */
	options: Type.Optional(
		Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { maxItems: 500, uniqueItems: true }),
	),
	required: Type.Optional(Type.Boolean()),
	/** in RE2's syntax; the whole value must match */
	regex: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 500 }))),
	searchable: Type.Optional(Type.Boolean()),
	/** holds personal data: values on tickets go when the requester is erased */
	pii: Type.Optional(Type.Boolean()),
	archived: Type.Optional(Type.Boolean()),
};

export const createCustomField = defineAction({
	name: "customers.createCustomField",
	access: "configuration.manage",
	rest: ["POST /custom-fields", "POST /customers/custom-fields"],
	summary: "Define a custom field",
	description:
		"For customers, companies or tickets. `options` belong to select and multiselect, `regex` (RE2, so without " +
		"look-around and back references; the whole value must match) to text and url. A key that the target has answers " +
		"409 `duplicate` with `existingId`. Custom fields are under `/custom-fields` and `/customers/custom-fields` alike.",
	body: strict({
		target: Words(FIELD_TARGETS),
		key: Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" }),
		label: Label,
		type: Words(FIELD_TYPES),
		...Editable,
	}),
	result: CustomFieldView,
	status: 201,
	headers: ({ id }) => ({ Location: `/api/custom-fields/${id}` }),
});

export const CUSTOM_FIELD_LIST = {
	filters: {
		target: { type: "string", values: FIELD_TARGETS, operators: ["eq", "in"] },
		key: { type: "string", operators: ["eq", "in"] },
		type: { type: "string", values: FIELD_TYPES, operators: ["eq", "in"] },
		archived: { type: "boolean", operators: ["eq"] },
	},
	sorts: ["createdAt", "key"],
	defaultSort: "createdAt",
} satisfies ListSpec;

export const listCustomFields = defineList({
	name: "customers.listCustomFields",
	access: "configuration.read",
	rest: ["GET /custom-fields", "GET /customers/custom-fields"],
	summary: "List the custom fields",
	list: CUSTOM_FIELD_LIST,
	item: CustomFieldView,
});

export const getCustomField = defineAction({
	name: "customers.getCustomField",
	access: "configuration.read",
	rest: ["GET /custom-fields/:id", "GET /customers/custom-fields/:id"],
	summary: "Show a custom field",
	path: ById,
	result: CustomFieldView,
});

export const updateCustomField = defineAction({
	name: "customers.updateCustomField",
	access: "configuration.manage",
	rest: [
		"PUT /custom-fields/:id",
		"PATCH /custom-fields/:id",
		"PUT /customers/custom-fields/:id",
		"PATCH /customers/custom-fields/:id",
	],
	summary: "Change a custom field",
	description:
		"Target, key and type stay for good. Values that are stored already stay as they are, also under stricter rules; " +
		"an archived field keeps its values and takes no new ones.",
	path: ById,
	body: strict({ label: Type.Optional(Label), ...Editable }),
	result: CustomFieldView,
	ifMatch: true,
});

export const deleteCustomField = defineAction({
	name: "customers.deleteCustomField",
	access: "configuration.manage",
	rest: ["DELETE /custom-fields/:id", "DELETE /customers/custom-fields/:id"],
	summary: "Remove a custom field",
	description:
		"A field that some customer or company has a value for answers 409 `custom_field_in_use`, and so does a field of " +
		"tickets that is not archived: archive it instead.",
	path: ById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

/** Every action on custom fields that a client can call. */
export const customFieldContracts = [
	createCustomField,
	listCustomFields,
	getCustomField,
	updateCustomField,
	deleteCustomField,
];
