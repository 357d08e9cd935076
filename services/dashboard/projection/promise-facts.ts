import type { DataOf } from "../../../contracts/event-contract.ts";
import type { slaFulfilled } from "../../../contracts/sla-events.ts";
import type { csatRequested, csatSubmitted } from "../../../contracts/tickets-events.ts";
import type { DomainEvent } from "../../../lib/event-log.ts";
import type { Credit, Promised, Surveyed, TicketFacts } from "../facts.ts";

type Told = DataOf<typeof slaFulfilled>;
type Asked = DataOf<typeof csatRequested>;
type Answered = DataOf<typeof csatSubmitted>;

const EVENTS = ["paused", "resumed", "at_risk", "breached", "fulfilled", "cancelled", "waived"] as const;
type Happened = (typeof EVENTS)[number];

const METRICS = ["first_response", "next_response", "resolution"];

/** Where a promise stands among the ticket's. */
const placeOf = ({ metric, instanceNo }: Pick<Promised, "metric" | "instanceNo">) =>
	METRICS.indexOf(metric) * 1e6 + instanceNo;

function creditOf({ ticket: { assigneeId, groupId, priority } }: Told): Credit {
	return { assigneeId, groupId, priority };
}

/** The facts after an event about a promise; those that tell of no promise, such as a policy's, change nothing. */
export function addPromise(facts: TicketFacts, event: DomainEvent, at: number): TicketFacts {
	const happened = EVENTS.find((name) => event.type === `sla.${name}`);
	if (!happened) return facts;
	const told = event.data as Told;
	const promises = facts.promises ?? [];
	const index = promises.findIndex((one) => placeOf(one) === placeOf(told));
	const before = promises[index] ?? begun(told);
	const after = grown(before, happened, told, event.sequence, at);
	if (after === promises[index]) return facts;
	if (index >= 0) return { ...facts, promises: promises.with(index, after) };
	return { ...facts, promises: [...promises, after].sort((a, b) => placeOf(a) - placeOf(b)) };
}

function begun({ metric, instanceNo, policyId, startedAt, targetSec }: Told): Promised {
	const promise = { metric, instanceNo, policyId, startedAt: Date.parse(startedAt), targetSec };
	return { ...promise, sequence: 0, ended: null, breached: null, waived: null };
}

/** A promise after an event. Whether it still has to be kept is what the newest event says; the rest is said once. */
function grown(before: Promised, happened: Happened, told: Told, sequence: number, at: number): Promised {
	const { elapsedSec, policyId, targetSec } = told;
	const decided = { ...creditOf(told), at, elapsedSec };
	if (happened === "breached")
		return { ...before, breached: before.breached ?? decided, ...terms(before, told, sequence) };
	if (happened === "waived") return { ...before, waived: before.waived ?? decided };
	// Of what one version of the ticket did to a promise, the end is last.
	const isEnd = happened === "fulfilled" || happened === "cancelled";
	if (sequence < before.sequence || (sequence === before.sequence && before.ended && !isEnd)) return before;
	const newest = { ...before, sequence, policyId, targetSec };
	if (happened === "cancelled") return { ...newest, ended: { ...decided, how: "cancelled" } };
	if (happened !== "fulfilled") return { ...newest, ended: null };
	const ended = { ...decided, how: "fulfilled" as const };
	// The event of the breach itself may come after this one; when it was due is known already.
	const late = told.breached && !before.breached ? { ...decided, at: told.dueAt ? Date.parse(told.dueAt) : at } : null;
	return { ...newest, ended, breached: before.breached ?? late };
}

/** The policy and target that a promise was broken by, unless something newer is known. */
function terms(before: Promised, { policyId, targetSec }: Told, sequence: number): Partial<Promised> {
	return sequence < before.sequence ? {} : { policyId, targetSec };
}

/** The facts after an event about a survey. */
export function addSurvey(facts: TicketFacts, event: DomainEvent, at: number): TicketFacts {
	if (event.type !== "csat.requested" && event.type !== "csat.submitted") return facts;
	const isAnswer = event.type === "csat.submitted";
	const { agentId, groupId } = event.data as Asked;
	const requestedAt = isAnswer ? Date.parse((event.data as Answered).requestedAt) : at;
	const surveys = facts.surveys ?? [];
	const index = surveys.findIndex((one) => one.requestedAt === requestedAt);
	const known = surveys[index];
	if (known && (!isAnswer || (known.answer && known.answer.sequence >= event.sequence))) return facts;
	const answer = isAnswer ? { sequence: event.sequence, at, rating: (event.data as Answered).rating } : null;
	const survey: Surveyed = { ...(known ?? { requestedAt, agentId, groupId }), answer };
	if (known) return { ...facts, surveys: surveys.with(index, survey) };
	return { ...facts, surveys: [...surveys, survey].sort((a, b) => a.requestedAt - b.requestedAt) };
}
