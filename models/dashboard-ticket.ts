import { defineRows } from "./model.ts";

/*
 * One document for each ticket holds its whole story; every number of the dashboard is computed from these and nothing
 * else, so that parts and wholes cannot differ. Instants are ms since 1970, UTC; durations are seconds; null is "not known".
 */

export type Status = "new" | "open" | "pending" | "on_hold" | "solved" | "closed";
export type Priority = "low" | "normal" | "high" | "urgent";

/** A stretch of a ticket's life in which none of these changed. They follow one another without gap from its creation. */
export interface Interval {
	status: Status;
	priority: Priority;
	groupId: string | null;
	assigneeId: string | null;
	from: number;
	/** null: still so */
	to: number | null;
}

/** One time that a ticket was solved. */
export interface Solve {
	/** the version of the ticket that it made, which tells two of them apart */
	sequence: number;
	at: number;
	/** at that moment, as is the group: they get the credit */
	assigneeId: string | null;
	groupId: string | null;
	/** from creation, on the wall clock and in business hours */
	calendarSec: number;
	businessSec: number | null;
	/** when it was opened again; null: it still stands */
	reopenedAt: number | null;
}

/** One time that staff answered: the first time, and each time that the customer waited for it. */
export interface Response {
	/** the version of the ticket that it made, which tells two of them apart */
	sequence: number;
	at: number;
	agentId: string | null;
	groupId: string | null;
	/**
	 * how long the customer waited. The first: since creation, or since the customer's first message where staff opened
	 * the ticket; where no customer ever wrote, since creation
	 */
	calendarSec: number;
	businessSec: number | null;
	/** the first of the ticket */
	first: boolean;
}

export interface MessageFact {
	/** its number in the ticket */
	seq: number;
	at: number;
	kind: "public_reply" | "internal_note" | "system";
	authorType: "customer" | "agent" | "system";
	authorId: string | null;
	/** the ticket's at that moment */
	groupId: string | null;
}

/** Whose a promise or a survey was at the moment that decided it. */
export interface Credit {
	assigneeId: string | null;
	groupId: string | null;
	priority: Priority;
}

/** A promise to a customer. */
export interface Promised {
	metric: "first_response" | "next_response" | "resolution";
	/** counts the promises of this metric on the ticket, from 1 */
	instanceNo: number;
	/** the version of the ticket that last said whether it still has to be kept */
	sequence: number;
	policyId: string;
	startedAt: number;
	/** in business seconds */
	targetSec: number;
	/** how it ended; null: it still has to be kept. One that was broken may be done late all the same */
	ended: (Credit & { how: "fulfilled" | "cancelled"; at: number; elapsedSec: number }) | null;
	/** at the instant at which it was due */
	breached: (Credit & { at: number; elapsedSec: number }) | null;
	/** a supervisor forgave it */
	waived: (Credit & { at: number; elapsedSec: number }) | null;
}

/** One time that a customer was asked how it went. */
export interface Surveyed {
	/** tells it apart from the ticket's others */
	requestedAt: number;
	/** who is rated */
	agentId: string | null;
	groupId: string | null;
	/** the last answer; null: none yet */
	answer: { sequence: number; at: number; rating: number } | null;
}

/** A ticket's story. */
export interface TicketFacts {
	_id: string;
	tenantId: string;
	/** grows with every change of any of the tenant's facts; bookkeeping, not part of what is known */
	rev: number;
	/** the version of the ticket that was last heard of */
	sequence: number;
	deleted: boolean;
	number: number;
	subject: string;
	status: Status;
	priority: Priority;
	type: string;
	channel: string;
	customerId: string;
	companyId: string | null;
	groupId: string | null;
	assigneeId: string | null;
	followerIds: string[];
	tags: string[];
	createdAt: number;
	closedAt: number | null;
	intervals: Interval[];
	solves: Solve[];
	responses: Response[];
	messages: MessageFact[];
	// What follows is absent in documents of early versions.
	promises?: Promised[];
	surveys?: Surveyed[];
}

const text = { type: String, default: null };
const list = { type: Array, required: true };

export const dashboardTicketModel = defineRows<TicketFacts>(
	"dashboard_tickets",
	{
		tenantId: { type: String, required: true },
		rev: { type: Number, required: true },
		sequence: { type: Number, required: true },
		deleted: { type: Boolean, required: true },
		number: { type: Number, required: true },
		subject: { type: String, default: "" },
		status: { type: String, required: true },
		priority: { type: String, required: true },
		type: { type: String, required: true },
		channel: { type: String, required: true },
		customerId: { type: String, required: true },
		companyId: text,
		groupId: text,
		assigneeId: text,
		followerIds: [String],
		tags: [String],
		createdAt: { type: Number, required: true },
		closedAt: { type: Number, default: null },
		intervals: list,
		solves: list,
		responses: list,
		messages: list,
		promises: { type: Array },
		surveys: { type: Array },
	},
	[[{ tenantId: 1, rev: 1 }, {}]],
);
