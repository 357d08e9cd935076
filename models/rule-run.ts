import { Schema } from "mongoose";
import type { ActionResult } from "../lib/rule-types.ts";
import { defineModel, type Entity } from "./model.ts";

/**
 * A rule that ran on a ticket, written in the transaction of what it did. Events of that transaction name it as their
 * cause (`causationId`), by which a chain of rules knows how long it is. `createdAt` is when it ran.
 */
export interface RuleRun extends Entity {
	ruleId: string;
	ruleVersion: number;
	ticketId: string;
	ticketNumber: number;
	/** what it ran for, so that a repeat finds it: a rule runs once for one event, or for one instant */
	occasion: string;
	/** the event's type, or `time` */
	trigger: string;
	/** of a time trigger with levels or a level; 0 for none */
	level: number;
	/** how many rules followed one another until here, 1 for the first */
	depth: number;
	matched: boolean;
	/** no later rule was to run for the same event */
	stopped: boolean;
	actionResults: ActionResult[];
}

export const ruleRunModel = defineModel<RuleRun>(
	"rule_runs",
	{
		ruleId: { type: String, required: true },
		ruleVersion: { type: Number, required: true },
		ticketId: { type: String, required: true },
		ticketNumber: { type: Number, required: true },
		occasion: { type: String, required: true },
		trigger: { type: String, required: true },
		level: { type: Number, required: true },
		depth: { type: Number, required: true },
		matched: { type: Boolean, required: true },
		stopped: { type: Boolean, required: true },
		actionResults: { type: [Schema.Types.Mixed] as never, default: [] },
	},
	[
		[{ tenantId: 1, ruleId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, ruleId: 1, ticketId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, ticketId: 1, ruleId: 1, occasion: 1 }, { unique: true }],
	],
);
