import { defineModel, type Entity } from "./model.ts";

export type FieldTarget = "customer" | "company" | "ticket";
export type FieldType =
	| "text"
	| "number"
	| "integer"
	| "boolean"
	| "date"
	| "datetime"
	| "url"
	| "select"
	| "multiselect";

/** A field of the tenant's own on customers, companies or tickets. */
export interface CustomFieldDef extends Entity {
	target: FieldTarget;
	/** unique for its target; target, key and type never change */
	key: string;
	label: string;
	type: FieldType;
	options: string[];
	required: boolean;
	/** RE2 syntax; the whole value must match */
	regex: string | null;
	searchable: boolean;
	/** holds personal data: its values go when the person is erased */
	pii?: boolean;
	archived: boolean;
}

export const customFieldModel = defineModel<CustomFieldDef>(
	"custom_fields",
	{
		target: { type: String, required: true },
		key: { type: String, required: true },
		label: { type: String, required: true },
		type: { type: String, required: true },
		options: { type: [String], default: [] },
		required: { type: Boolean, default: false },
		regex: { type: String, default: null },
		searchable: { type: Boolean, default: false },
		pii: { type: Boolean, default: false },
		archived: { type: Boolean, default: false },
	},
	[
		[{ tenantId: 1, target: 1, key: 1 }, { unique: true }],
		[{ tenantId: 1, target: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, target: 1, key: 1, _id: 1 }, {}],
		[{ tenantId: 1, key: 1, _id: 1 }, {}],
		[{ tenantId: 1, key: 1, createdAt: 1, _id: 1 }, {}],
	],
);
