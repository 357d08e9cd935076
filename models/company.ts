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

const SORTS = ["createdAt", "updatedAt", "nameKey"];
const FILTERS = ["tags", "fieldKeys"];
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
		...SORTS.map((sort) => [{ tenantId: 1, [sort]: 1, _id: 1 }, {}] as [Record<string, 1>, object]),
		...FILTERS.flatMap((filter) =>
			SORTS.map((sort) => [{ tenantId: 1, [filter]: 1, [sort]: 1, _id: 1 }, {}] as [Record<string, 1>, object]),
		),
	],
);
