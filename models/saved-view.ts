import { defineModel, type Entity } from "./model.ts";

/** A list of tickets that somebody keeps. */
export interface SavedView extends Entity {
	name: string;
	description: string | null;
	/** the query string that `GET /tickets` would be asked with; empty for all tickets */
	query: string;
	sort: string;
	columns: string[];
	sharedWith: "private" | "group" | "tenant";
	groupId: string | null;
	position: number;
	/** who made it; null for those that every tenant begins with */
	ownerId: string | null;
	/** who may see it: `tenant`, `group:<id>` or `person:<id>` */
	audience: string;
	/** names one that every tenant begins with, else its own id */
	slot: string;
}

const required = (type: unknown) => ({ type, required: true });
const text = { type: String, default: null };

export const savedViewModel = defineModel<SavedView>(
	"saved_views",
	{
		name: required(String),
		description: text,
		// empty for all tickets
		query: { type: String, default: "" },
		sort: required(String),
		columns: { type: [String], default: [] },
		sharedWith: required(String),
		groupId: text,
		position: required(Number),
		ownerId: text,
		audience: required(String),
		slot: required(String),
	},
	[
		[{ tenantId: 1, slot: 1 }, { unique: true }],
		[{ tenantId: 1, position: 1, _id: 1 }, {}],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
	],
);
