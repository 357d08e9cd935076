import type { DataOf } from "../../../contracts/event-contract.ts";
import type { messageAdded, ticketSolved, ticketUpdated } from "../../../contracts/tickets-events.ts";
import type { DomainEvent } from "../../../lib/event-log.ts";
import type { Interval, MessageFact, Response, Solve, TicketFacts } from "../facts.ts";
import { addPromise, addSurvey } from "./promise-facts.ts";

/*
 * A ticket's story, told by its events. The ticket itself is followed by the snapshots in them, oldest to newest; what
 * was done to it (solves, answers, messages) is added, each once, even where its event comes late or again.
 */

type Snapshot = DataOf<typeof ticketUpdated>["ticket"];
type Milestone = DataOf<typeof ticketSolved>;
type Message = DataOf<typeof messageAdded>;

interface Told {
	ticket: Snapshot;
	at?: string;
}

/** These only tell of something beside the ticket: the ticket's own events of the same version tell how it is then. */
const isAside = ({ type }: DomainEvent) => type.startsWith("sla.") || type.startsWith("csat.");

/**
 * The facts after an event of a ticket (`ticket.*`, `message.*`, `sla.*` or `csat.*`). The same object comes back where it tells nothing new.
 * The order of events is that of `sequence`, and within one of the log. `rev` is left alone.
 * @throws {TypeError} for an event without a ticket's snapshot, or of another tenant than the facts
 */
export function applyTicketEvent(before: TicketFacts | null, event: DomainEvent): TicketFacts {
	const data = event.data as Told;
	if (typeof data?.ticket?.number !== "number") throw new TypeError(`${event.type} without the ticket's snapshot`);
	if (before && before.tenantId !== event.tenantId) throw new TypeError(`${event.type} of another tenant's ticket`);
	const at = instantOf(event, data);
	const facts = before ?? begin(event, data.ticket);
	const isLate = event.sequence < facts.sequence;
	const followed = isLate || isAside(event) ? facts : follow(facts, event.sequence, data.ticket, at);
	return addWhatWasDone(followed, event, at, isLate);
}

/** When it happened: what the event says, else when it was written down. */
function instantOf(event: DomainEvent, data: Told): number {
	const told = event.type === "ticket.created" ? data.ticket.createdAt : (data.at ?? event.time);
	const at = Date.parse(told);
	if (Number.isNaN(at)) throw new TypeError(`${event.type} at no instant: ${told}`);
	return at;
}

function begin(event: DomainEvent, snapshot: Snapshot): TicketFacts {
	const from = Date.parse(snapshot.createdAt);
	const { status, priority, groupId, assigneeId } = snapshot;
	return {
		_id: event.subject.slice(event.subject.indexOf("/") + 1),
		tenantId: event.tenantId,
		rev: 0,
		sequence: event.sequence,
		deleted: false,
		...coreOf(snapshot),
		createdAt: from,
		closedAt: null,
		intervals: [{ status, priority, groupId, assigneeId, from, to: null }],
		solves: [],
		responses: [],
		messages: [],
	};
}

function coreOf(snapshot: Snapshot) {
	const { number, subject, status, priority, type, channel, customerId, companyId, groupId, assigneeId } = snapshot;
	const { followerIds, tags } = snapshot;
	const core = { number, subject, status, priority, type, channel, customerId, companyId, groupId, assigneeId };
	return { ...core, followerIds, tags };
}

/** The ticket as a snapshot says it is since an instant. */
function follow(facts: TicketFacts, sequence: number, snapshot: Snapshot, at: number): TicketFacts {
	return { ...facts, ...coreOf(snapshot), sequence, intervals: placed(facts.intervals, snapshot, at) };
}

const samePlace = (a: Interval, b: Snapshot | Interval) =>
	a.status === b.status && a.priority === b.priority && a.groupId === b.groupId && a.assigneeId === b.assigneeId;

/**
 * The intervals when the ticket is as told since an instant. One before the last change (imported history may be) counts
 * from that change on, so that intervals never overlap; what lasted for no time is left out.
 */
export function placed(intervals: readonly Interval[], now: Snapshot | Interval, at: number): Interval[] {
	const last = intervals.at(-1) as Interval;
	if (samePlace(last, now)) return intervals as Interval[];
	const { status, priority, groupId, assigneeId } = now;
	const next: Interval = { status, priority, groupId, assigneeId, from: Math.max(at, last.from), to: null };
	if (next.from > last.from) return [...intervals.slice(0, -1), { ...last, to: next.from }, next];
	const previous = intervals.at(-2);
	if (previous && samePlace(previous, next)) return [...intervals.slice(0, -2), { ...previous, to: null }];
	return [...intervals.slice(0, -1), next];
}

function addWhatWasDone(facts: TicketFacts, event: DomainEvent, at: number, isLate: boolean): TicketFacts {
	switch (event.type) {
		case "ticket.solved":
			return addSolve(facts, event as DomainEvent<Milestone>, at);
		case "ticket.reopened":
			return reopen(facts, event.sequence, at);
		case "ticket.closed":
			return facts.closedAt === null ? { ...facts, closedAt: at } : facts;
		case "ticket.deleted":
			return isLate ? facts : { ...facts, deleted: true };
		case "ticket.restored":
			return isLate ? facts : { ...facts, deleted: false };
		case "message.added":
			return addMessage(facts, event as DomainEvent<Message>, at);
		default:
			if (event.type.startsWith("csat.")) return addSurvey(facts, event, at);
			return event.type.startsWith("sla.") ? addPromise(facts, event, at) : facts;
	}
}

/** The list with one more, in the order of a number that tells its members apart; as it is where that one is there. */
function withOne<T>(list: readonly T[], one: T, number: (each: T) => number): T[] {
	const key = number(one);
	const after = list.findLastIndex((each) => number(each) <= key);
	if (after >= 0 && number(list[after] as T) === key) return list as T[];
	return list.toSpliced(after + 1, 0, one);
}

const sequenceOf = (one: { sequence: number }) => one.sequence;
const secondsBetween = (from: number, to: number) => Math.max(0, Math.round((to - from) / 1000));

function addSolve(facts: TicketFacts, { sequence, data }: DomainEvent<Milestone>, at: number): TicketFacts {
	const { assigneeId, groupId } = data.ticket;
	const calendarSec = data.calendarSec ?? secondsBetween(facts.createdAt, at);
	const businessSec = data.businessSec ?? null;
	const solve: Solve = { sequence, at, assigneeId, groupId, calendarSec, businessSec, reopenedAt: null };
	return { ...facts, solves: withOne(facts.solves, solve, sequenceOf) };
}

function reopen(facts: TicketFacts, sequence: number, at: number): TicketFacts {
	const index = facts.solves.findLastIndex((solve) => solve.sequence < sequence);
	const solve = facts.solves[index];
	if (!solve || solve.reopenedAt !== null) return facts;
	return { ...facts, solves: facts.solves.with(index, { ...solve, reopenedAt: Math.max(at, solve.at) }) };
}

function addMessage(facts: TicketFacts, event: DomainEvent<Message>, at: number): TicketFacts {
	const { seq, kind, authorType, authorId, ticket } = event.data;
	const { groupId } = ticket;
	const message: MessageFact = { seq, at, kind, authorType, authorId, groupId };
	const messages = withOne(facts.messages, message, (one) => one.seq);
	const response = responseOf(facts, event, at);
	const responses = response ? withOne(facts.responses, response, sequenceOf) : facts.responses;
	return { ...facts, messages, responses };
}

/** What a message is as an answer; null for one that is none, or that nobody waited for. */
function responseOf(facts: TicketFacts, event: DomainEvent<Message>, at: number): Response | null {
	const { isFirstResponse: first, responseSec, businessSec = null, authorId: agentId, ticket } = event.data;
	if (!first && responseSec === null) return null;
	const calendarSec = first ? secondsBetween(waitingSince(facts), at) : (responseSec as number);
	return { sequence: event.sequence, at, agentId, groupId: ticket.groupId, calendarSec, businessSec, first };
}

/** Since when a ticket waits for its first answer. */
function waitingSince({ createdAt, messages }: TicketFacts): number {
	const isPublic = (message: MessageFact) => message.kind === "public_reply";
	const opening = messages.find((message) => isPublic(message) && message.at <= createdAt);
	if (opening?.authorType !== "agent") return createdAt;
	return messages.find((message) => isPublic(message) && message.authorType === "customer")?.at ?? createdAt;
}
