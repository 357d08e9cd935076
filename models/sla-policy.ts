import { Schema } from "mongoose";
import type { Conditions } from "../lib/conditions.ts";
import { BY_TENANT, defineModel, defineRows, type Entity } from "./model.ts";
import type { TicketPriority } from "./ticket.ts";
import type { SlaMetric } from "./ticket-sla.ts";

/** Business seconds; null: nothing is promised. */
export type Targets = Record<SlaMetric, Record<TicketPriority, number | null>>;
/** The statuses in which a clock stands still. */
export type PauseOn = Record<SlaMetric, string[]>;
/** When a promise is at risk: so much of it is used up, or so little is left. */
export type AtRisk = { percent: number } | { secBefore: number };

/** What is promised to whom. */
export interface SlaPolicy extends Entity {
	name: string;
	description: string | null;
	/** they are tried from the lowest on, those of one position by age */
	position: number;
	active: boolean;
	/** holds where no other does; one of a tenant at most */
	isDefault: boolean;
	conditions: Conditions;
	/** a calendar, `group` or `always` */
	calendarId: string;
	targets: Targets;
	pauseOn: PauseOn;
	atRisk: AtRisk;
	/** it holds for tickets made then or later */
	effectiveFrom: Date | null;
}

export const slaPolicyModel = defineModel<SlaPolicy>(
	"sla_policies",
	{
		name: { type: String, required: true },
		description: { type: String, default: null },
		position: { type: Number, required: true },
		active: { type: Boolean, required: true },
		isDefault: { type: Boolean, required: true },
		conditions: { type: Schema.Types.Mixed, required: true },
		calendarId: { type: String, required: true },
		targets: { type: Schema.Types.Mixed, required: true },
		pauseOn: { type: Schema.Types.Mixed, required: true },
		atRisk: { type: Schema.Types.Mixed, required: true },
		effectiveFrom: { type: Date, default: null },
	},
	[
		[{ tenantId: 1, position: 1, _id: 1 }, {}],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, calendarId: 1, _id: 1 }, {}],
	],
);

/**
 * What a ticket was promised by: one version of a policy with one version of a calendar, as they were. Written once, so
 * that what ended under old terms can be told again.
 */
export interface SlaTerms {
	/** of policy, calendar and their versions */
	_id: string;
	tenantId: string;
	policyId: string;
	policyVersion: number;
	policyName: string;
	calendarId: string;
	calendarVersion: number;
	/** as JSON: targets, pauseOn, atRisk and the calendar's hours */
	content: string;
}

export const slaTermsModel = defineRows<SlaTerms>(
	"sla_terms",
	{
		tenantId: { type: String, required: true },
		policyId: { type: String, required: true },
		policyVersion: { type: Number, required: true },
		policyName: { type: String, required: true },
		calendarId: { type: String, required: true },
		calendarVersion: { type: Number, required: true },
		content: { type: String, required: true },
	},
	[BY_TENANT],
);
