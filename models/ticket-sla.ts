import { Schema } from "mongoose";

export const SLA_METRICS = ["first_response", "next_response", "resolution"] as const;
export type SlaMetric = (typeof SLA_METRICS)[number];

/** How a ticket stands with its promises, the worst last: what lists are filtered by is the place here. */
export const SLA_STATES = ["none", "met", "paused", "active", "at_risk", "breached"] as const;
export type SlaState = (typeof SLA_STATES)[number];

/** A stretch in which a clock stood still: the status that it was for; null: it still does. */
export interface SlaPause {
	from: Date;
	to: Date | null;
	reason: string;
}

/** One promise to a customer. Lengths are in business seconds, instants in UTC. */
export interface SlaInstance {
	metric: SlaMetric;
	/** counts those of one metric on a ticket, from 1 */
	instanceNo: number;
	/** the terms that it goes or went by */
	termsId: string | null;
	policyId: string | null;
	policyVersion: number | null;
	calendarId: string | null;
	/** null: the clock runs, but nothing was promised */
	targetSec: number | null;
	startedAt: Date;
	pauses: SlaPause[];
	/** null while it is paused, and where the calendar never opens for so long */
	dueAt: Date | null;
	/** kept while it is paused */
	remainingSec: number | null;
	atRiskAt: Date | null;
	/** the at-risk instant that was told of; it is told of once */
	atRiskEventAt: Date | null;
	/** the instant when it was due and not done, whatever became of it later */
	breachedAt: Date | null;
	fulfilledAt: Date | null;
	cancelledAt: Date | null;
	/** what it was cancelled for, such as `solved` or `deleted` */
	cancelReason: string | null;
	waivedAt: Date | null;
	/** what had been used of it when it last changed */
	elapsedSec: number;
	breachedBySec: number;
	/** ten years are not enough for it */
	neverOpens: boolean;
}

/** A ticket's clocks and what they go by. */
export interface TicketSla {
	/** the terms that hold for it, see {@link SlaTerms}; null where no policy does */
	termsId: string | null;
	policyId: string | null;
	policyVersion: number | null;
	policyName: string | null;
	calendarId: string | null;
	/** of the newest fact; what happened before it, and is only told now, needs the whole history */
	asOf: Date;
	/** somebody of staff has answered */
	responded: boolean;
	/** how many next responses have been waited for */
	nextResponses: number;
	/** in which status it was since when; `deleted` while it is */
	statuses: { status: string; at: Date }[];
	/** the first response, the newest next response and the resolution, as far as they have begun */
	instances: SlaInstance[];
}

const text = { type: String, default: null };
const number = { type: Number, default: null };
const instant = { type: Date, default: null };

const instanceSchema = new Schema(
	{
		metric: { type: String, required: true, enum: SLA_METRICS },
		instanceNo: { type: Number, required: true },
		termsId: text,
		policyId: text,
		policyVersion: number,
		calendarId: text,
		targetSec: number,
		startedAt: { type: Date, required: true },
		pauses: [
			{ _id: false, from: { type: Date, required: true }, to: instant, reason: { type: String, required: true } },
		],
		dueAt: instant,
		remainingSec: number,
		atRiskAt: instant,
		atRiskEventAt: instant,
		breachedAt: instant,
		fulfilledAt: instant,
		cancelledAt: instant,
		cancelReason: text,
		waivedAt: instant,
		elapsedSec: { type: Number, required: true },
		breachedBySec: { type: Number, required: true },
		neverOpens: { type: Boolean, required: true },
	},
	{ _id: false },
);

/** As it is embedded in a ticket. */
export const ticketSlaSchema = new Schema(
	{
		termsId: text,
		policyId: text,
		policyVersion: number,
		policyName: text,
		calendarId: text,
		asOf: { type: Date, required: true },
		responded: { type: Boolean, required: true },
		nextResponses: { type: Number, required: true },
		statuses: [{ _id: false, status: { type: String, required: true }, at: { type: Date, required: true } }],
		instances: [instanceSchema],
	},
	{ _id: false },
);
