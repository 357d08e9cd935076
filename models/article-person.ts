import { BY_TENANT, defineRows } from "./model.ts";

/** The name of somebody who writes articles, as last heard. `sequence` is the version of the person it was taken from. */
export interface ArticlePerson {
	_id: string;
	tenantId: string;
	sequence: number;
	name: string;
}

export const articlePersonModel = defineRows<ArticlePerson>(
	"article_people",
	{
		tenantId: { type: String, required: true },
		sequence: { type: Number, required: true },
		name: { type: String, default: "" },
	},
	[BY_TENANT],
);
