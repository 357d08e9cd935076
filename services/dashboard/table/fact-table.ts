import { TICKET_PRIORITIES, TICKET_STATUSES } from "../../../contracts/tickets-events.ts";
import type { Promised, TicketFacts } from "../facts.ts";
import { Columns, type Layout } from "./columns.ts";
import { Ordinals, SetOrdinals } from "./ordinals.ts";
import { RowSet } from "./row-set.ts";

/** What is looked at of a ticket as it is now. Texts are ordinals, statuses and priorities places in their lists. */
const TICKET = {
	createdAt: "f64",
	number: "i32",
	status: "u8",
	priority: "u8",
	type: "i32",
	channel: "i32",
	group: "i32",
	assignee: "i32",
	followers: "i32",
	tags: "i32",
} as const satisfies Layout;

/** Something that happened to a ticket, as a group's and a person's at that moment. */
const EVENT = { ticket: "i32", group: "i32", agent: "i32" } as const satisfies Layout;

/** NaN in `businessSec`: not known. */
const DURATIONS = { calendarSec: "f64", businessSec: "f64" } as const satisfies Layout;

const isBacklog = (status: TicketFacts["status"]) => status !== "solved" && status !== "closed";
const orNaN = (value: number | null) => value ?? Number.NaN;

/** How a promise came out: in time, late or not at all, not to be kept any longer, or forgiven. */
export const OUTCOMES = ["fulfilled", "breached", "cancelled", "waived"] as const;
export const PROMISES = ["first_response", "next_response", "resolution"] as const;

export const REPLY = 0;
export const NOTE = 1;
export const CUSTOMER_MESSAGE = 2;

/** How a promise came out so far; null while it still has to be kept. What was broken stays so, also if done late. */
function outcomeOf({ ended, breached, waived, targetSec }: Promised) {
	if (waived) return { ...waived, outcome: "waived" as const };
	// When it was due, the target was used up; how long it took in the end is known once it is done.
	if (breached) return { ...breached, elapsedSec: ended?.elapsedSec ?? targetSec, outcome: "breached" as const };
	return ended && { ...ended, outcome: ended.how };
}

/**
 * The facts of a tenant's tickets in columns of numbers: rows for what happened, found by time. A deleted ticket has no
 * rows. Kept up to date ticket by ticket; what it answers depends only on the facts put in last for each ticket.
 */
export class FactTable {
	readonly texts = new Ordinals();
	readonly tags = new SetOrdinals();
	readonly followers = new SetOrdinals();
	readonly tickets = new Columns(TICKET);
	private readonly ordinals = new Map<string, number>();
	private readonly ids: string[] = [];

	readonly created = new RowSet({ ticket: "i32" });
	readonly closed = new RowSet({ ticket: "i32" });
	/** `until`: when it was reopened, Infinity while it stands */
	readonly solves = new RowSet({ ...EVENT, ...DURATIONS, until: "f64" });
	/** as a group's and a person's whose solve it undid */
	readonly reopens = new RowSet(EVENT);
	readonly firstResponses = new RowSet({ ...EVENT, ...DURATIONS });
	readonly nextResponses = new RowSet({ ...EVENT, ...DURATIONS });
	/** `kind`: {@link REPLY}, {@link NOTE} or {@link CUSTOMER_MESSAGE} */
	readonly messages = new RowSet({ ...EVENT, kind: "u8" });
	/** promises that came out, when they did: places in {@link PROMISES} and {@link OUTCOMES} */
	readonly promises = new RowSet({ ...EVENT, priority: "u8", promise: "u8", outcome: "u8", took: "f64" });
	/** customers asked how it went, as the rated person's and group's */
	readonly surveys = new RowSet(EVENT);
	/** their last answers, 1 to 5 */
	readonly answers = new RowSet({ ...EVENT, rating: "u8" });
	/** stretches in the backlog, by their end, which is Infinity while they last */
	readonly stretches = new RowSet({ ...EVENT, status: "u8", priority: "u8", from: "f64" });

	/** The id of a ticket by its ordinal. */
	idOf(ticket: number): string {
		return this.ids[ticket] as string;
	}

	/** How many rows take up room, in all. */
	get size(): number {
		return this.tickets.length + this.sets.reduce((sum, set) => sum + set.size, 0);
	}

	private get sets() {
		const { created, closed, solves, reopens, firstResponses, nextResponses, messages } = this;
		const { promises, surveys, answers, stretches } = this;
		const done = [created, closed, solves, reopens, firstResponses, nextResponses, messages];
		return [...done, promises, surveys, answers, stretches];
	}

	/** Takes in a ticket's facts, instead of those it had before. */
	put(facts: TicketFacts): void {
		const ticket = this.ordinalOf(facts._id);
		for (const set of this.sets) set.replace(ticket);
		if (facts.deleted) return;
		this.putTicket(ticket, facts);
		this.created.add(ticket, facts.createdAt);
		if (facts.closedAt !== null) this.closed.add(ticket, facts.closedAt);
		this.putSolves(ticket, facts);
		this.putResponses(ticket, facts);
		this.putMessages(ticket, facts);
		this.putPromises(ticket, facts);
		this.putSurveys(ticket, facts);
		this.putStretches(ticket, facts);
	}

	/** Sorts what was put in. Asking does so too; called while much is put in, the work is spread. */
	sort(): void {
		for (const set of this.sets) set.timeline.sort();
	}

	private ordinalOf(id: string): number {
		const known = this.ordinals.get(id);
		if (known !== undefined) return known;
		const ordinal = this.tickets.add();
		this.ordinals.set(id, ordinal);
		this.ids.push(id);
		return ordinal;
	}

	private putTicket(ticket: number, facts: TicketFacts): void {
		const { at } = this.tickets;
		at.createdAt[ticket] = facts.createdAt;
		at.number[ticket] = facts.number;
		at.status[ticket] = TICKET_STATUSES.indexOf(facts.status);
		at.priority[ticket] = TICKET_PRIORITIES.indexOf(facts.priority);
		at.type[ticket] = this.texts.of(facts.type);
		at.channel[ticket] = this.texts.of(facts.channel);
		at.group[ticket] = this.texts.of(facts.groupId);
		at.assignee[ticket] = this.texts.of(facts.assigneeId);
		at.followers[ticket] = this.followers.of(facts.followerIds);
		at.tags[ticket] = this.tags.of(facts.tags);
	}

	private putSolves(ticket: number, facts: TicketFacts): void {
		for (const solve of facts.solves) {
			const row = this.solves.add(ticket, solve.at);
			const { at } = this.solves;
			at.group[row] = this.texts.of(solve.groupId);
			at.agent[row] = this.texts.of(solve.assigneeId);
			at.calendarSec[row] = solve.calendarSec;
			at.businessSec[row] = orNaN(solve.businessSec);
			at.until[row] = solve.reopenedAt ?? Number.POSITIVE_INFINITY;
			if (solve.reopenedAt === null) continue;
			const reopen = this.reopens.add(ticket, solve.reopenedAt);
			this.reopens.at.group[reopen] = this.texts.of(solve.groupId);
			this.reopens.at.agent[reopen] = this.texts.of(solve.assigneeId);
		}
	}

	private putResponses(ticket: number, facts: TicketFacts): void {
		for (const response of facts.responses) {
			const set = response.first ? this.firstResponses : this.nextResponses;
			const row = set.add(ticket, response.at);
			set.at.group[row] = this.texts.of(response.groupId);
			set.at.agent[row] = this.texts.of(response.agentId);
			set.at.calendarSec[row] = response.calendarSec;
			set.at.businessSec[row] = orNaN(response.businessSec);
		}
	}

	private putMessages(ticket: number, facts: TicketFacts): void {
		for (const message of facts.messages) {
			if (message.authorType === "system" || message.kind === "system") continue;
			const byStaff = message.authorType === "agent";
			const row = this.messages.add(ticket, message.at);
			this.messages.at.group[row] = this.texts.of(message.groupId);
			this.messages.at.agent[row] = byStaff ? this.texts.of(message.authorId) : 0;
			this.messages.at.kind[row] = !byStaff ? CUSTOMER_MESSAGE : message.kind === "public_reply" ? REPLY : NOTE;
		}
	}

	private putPromises(ticket: number, { promises = [] }: TicketFacts): void {
		for (const promise of promises) {
			const decided = outcomeOf(promise);
			if (!decided) continue;
			const row = this.promises.add(ticket, decided.at);
			const { at } = this.promises;
			at.group[row] = this.texts.of(decided.groupId);
			at.agent[row] = this.texts.of(decided.assigneeId);
			at.priority[row] = TICKET_PRIORITIES.indexOf(decided.priority);
			at.promise[row] = PROMISES.indexOf(promise.metric);
			at.outcome[row] = OUTCOMES.indexOf(decided.outcome);
			at.took[row] = decided.elapsedSec;
		}
	}

	private putSurveys(ticket: number, { surveys = [] }: TicketFacts): void {
		for (const { requestedAt, agentId, groupId, answer } of surveys) {
			const asked = this.surveys.add(ticket, requestedAt);
			this.surveys.at.group[asked] = this.texts.of(groupId);
			this.surveys.at.agent[asked] = this.texts.of(agentId);
			if (!answer) continue;
			const row = this.answers.add(ticket, answer.at);
			this.answers.at.group[row] = this.texts.of(groupId);
			this.answers.at.agent[row] = this.texts.of(agentId);
			this.answers.at.rating[row] = answer.rating;
		}
	}

	private putStretches(ticket: number, facts: TicketFacts): void {
		for (const interval of facts.intervals) {
			if (!isBacklog(interval.status)) continue;
			const row = this.stretches.add(ticket, interval.to ?? Number.POSITIVE_INFINITY);
			const { at } = this.stretches;
			at.group[row] = this.texts.of(interval.groupId);
			at.agent[row] = this.texts.of(interval.assigneeId);
			at.status[row] = TICKET_STATUSES.indexOf(interval.status);
			at.priority[row] = TICKET_PRIORITIES.indexOf(interval.priority);
			at.from[row] = interval.from;
		}
	}
}
