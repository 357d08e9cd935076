import { Schema } from "mongoose";
import type { Conditions } from "../lib/conditions.ts";
import type { RuleAction, Trigger } from "../lib/rule-types.ts";
import { defineModel, type Entity } from "./model.ts";

/** What a tenant wants done to tickets by itself, when and under which conditions. */
export interface Rule extends Entity {
	name: string;
	active: boolean;
	/** rules run from the lowest to the highest, those of one position by age */
	position: number;
	trigger: Trigger;
	conditions: Conditions;
	actions: RuleAction[];
	stopProcessing: boolean;
	cooldownSec: number;
	maxRunsPerTicket: number;
	scheduleCalendarId: string | null;
	/** since when it runs: what happened before is none of its business; absent stands for its beginning */
	activeSince?: Date;
	/** the name of the rule among those that every tenant begins with; absent for others */
	shippedAs?: string;
}

export const ruleModel = defineModel<Rule>(
	"rules",
	{
		name: { type: String, required: true },
		active: { type: Boolean, required: true },
		position: { type: Number, required: true },
		trigger: { type: Schema.Types.Mixed, required: true },
		conditions: { type: Schema.Types.Mixed, required: true },
		actions: { type: [Schema.Types.Mixed] as never, default: [] },
		stopProcessing: { type: Boolean, required: true },
		cooldownSec: { type: Number, required: true },
		maxRunsPerTicket: { type: Number, required: true },
		scheduleCalendarId: { type: String, default: null },
		activeSince: { type: Date },
		shippedAs: { type: String },
	},
	[
		// Which rules there are to run is asked for every change of a ticket.
		[{ tenantId: 1, active: 1, position: 1, _id: 1 }, {}],
		[{ tenantId: 1, position: 1, _id: 1 }, {}],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
		[
			{ tenantId: 1, shippedAs: 1 },
			{ unique: true, partialFilterExpression: { shippedAs: { $exists: true } } },
		],
	],
);
