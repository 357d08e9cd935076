import { Schema } from "mongoose";
import { defineModel, type Entity } from "./model.ts";

/** An organisation that customers belong to. */
export interface Company extends Entity {
	/** unique in the tenant; absent where there is none */
	externalId?: string | undefined;
	name: string;
	/** the name as it is looked up and sorted by */
	nameKey: string;
	/** set where the company was made because a customer named it: unique, so that two at once make one company */
	madeByName?: string | undefined;
	/** unique in the tenant; absent where there are none */
	domains?: string[] | undefined;
	tags: string[];
	customFields: Record<string, unknown>;
	fieldKeys: string[];
	notes: string | null;
	shareTickets: boolean;
}

/** What a page is ordered by, behind what it is filtered by; a name is looked up as well as sorted by. */
const ORDERS = [["createdAt"], ["updatedAt"], ["nameKey"], ["nameKey", "createdAt"], ["nameKey", "updatedAt"]];
const FILTERS = [[], ["tags"], ["fieldKeys"]];
const listed = (fields: string[]): [Record<string, 1>, object] => [
	Object.fromEntries(["tenantId", ...fields, "_id"].map((field) => [field, 1])),
	{},
];
const unique = (field: string): [Record<string, 1>, object] => [
	{ tenantId: 1, [field]: 1 },
	{ unique: true, partialFilterExpression: { [field]: { $exists: true } } },
];

export const companyModel = defineModel<Company>(
	"companies",
	{
		externalId: { type: String },
		name: { type: String, required: true },
		nameKey: { type: String, required: true },
		madeByName: { type: String },
		domains: { type: [String], default: undefined },
		tags: { type: [String], default: [] },
		customFields: { type: Schema.Types.Mixed, default: {} },
		fieldKeys: { type: [String], default: [] },
		notes: { type: String, default: null },
		shareTickets: { type: Boolean, default: false },
	},
	[
		unique("externalId"),
		unique("madeByName"),
		unique("domains"),
		...FILTERS.flatMap((filter) => ORDERS.map((order) => listed([...filter, ...order]))),
	],
);
