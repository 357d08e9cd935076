/*
 * What the dashboard knows, made of events alone. One document for each ticket holds its whole story; every number is
 * computed from these and nothing else, so that parts and wholes cannot differ. Instants are ms since 1970, UTC; durations
 * are seconds; null is "not known".
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

/** One time that staff answered a waiting customer. */
export interface Response {
	at: number;
	agentId: string | null;
	groupId: string | null;
	/** how long the customer waited */
	calendarSec: number;
	businessSec: number | null;
	/** the first of the ticket */
	first: boolean;
}

export interface MessageFact {
	at: number;
	kind: "public_reply" | "internal_note" | "system";
	authorType: "customer" | "agent" | "system";
	authorId: string | null;
	/** the ticket's at that moment */
	groupId: string | null;
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
}
