import { Schema } from "mongoose";
import type { RuleAction } from "../lib/rule-types.ts";
import { defineModel, type Entity } from "./model.ts";

/** Actions that a person applies to a ticket with one call. */
export interface Macro extends Entity {
	name: string;
	/** what lists are sorted by: the name without regard to case */
	sortName: string;
	description: string | null;
	scope: "shared" | "groups" | "personal";
	groupIds: string[];
	/** whose it is, where it is personal */
	ownerId: string | null;
	active: boolean;
	actions: RuleAction[];
}

export const macroModel = defineModel<Macro>(
	"macros",
	{
		name: { type: String, required: true },
		sortName: { type: String, required: true },
		description: { type: String, default: null },
		scope: { type: String, required: true, enum: ["shared", "groups", "personal"] },
		groupIds: [String],
		ownerId: { type: String, default: null },
		active: { type: Boolean, required: true },
		actions: { type: [Schema.Types.Mixed] as never, default: [] },
	},
	[
		[{ tenantId: 1, sortName: 1, _id: 1 }, {}],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
	],
);
