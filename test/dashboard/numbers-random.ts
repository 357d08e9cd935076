import fc from "fast-check";
import type {
	Interval,
	MessageFact,
	Promised,
	Response,
	Solve,
	Status,
	Surveyed,
	TicketFacts,
} from "../../services/dashboard/facts.ts";

/** A quarter of an hour: instants are multiples of it, so that many coincide with each other and with ends of ranges. */
export const STEP = 900_000;
/** The beginning of the stories: shortly before the clocks change in Berlin and Lord Howe Island. */
export const START = Date.parse("2026-03-20T00:00:00.000Z");
export const STEPS = 4 * 24 * 20;

export const GROUPS = ["g-a", "g-b", null] as const;
export const PEOPLE = ["p-1", "p-2", "p-3", null] as const;
const PRIORITIES = ["low", "normal", "high", "urgent"] as const;
const OPEN: Status[] = ["new", "open", "pending", "on_hold"];

interface Step {
	after: number;
	kind: "solve" | "reopen" | "move" | "reply" | "note" | "customer";
	status: Status;
	priority: (typeof PRIORITIES)[number];
	groupId: string | null;
	assigneeId: string | null;
	seconds: number;
	known: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
	after: fc.integer({ min: 0, max: 200 }),
	kind: fc.constantFrom("solve", "reopen", "move", "reply", "note", "customer"),
	status: fc.constantFrom(...OPEN),
	priority: fc.constantFrom(...PRIORITIES),
	groupId: fc.constantFrom(...GROUPS),
	assigneeId: fc.constantFrom(...PEOPLE),
	seconds: fc.integer({ min: 0, max: 100_000 }),
	known: fc.boolean(),
});

const decided = fc.record({
	at: fc.integer({ min: 0, max: STEPS }).map((n) => START + n * STEP),
	elapsedSec: fc.integer({ min: 0, max: 100_000 }),
	priority: fc.constantFrom(...PRIORITIES),
	groupId: fc.constantFrom(...GROUPS),
	assigneeId: fc.constantFrom(...PEOPLE),
});
const perhaps = <T>(one: fc.Arbitrary<T>, freq: number) => fc.option(one, { freq });
const promises: fc.Arbitrary<Promised[]> = fc.uniqueArray(
	fc.record({
		metric: fc.constantFrom("first_response", "next_response", "resolution"),
		instanceNo: fc.integer({ min: 1, max: 3 }),
		sequence: fc.constant(1),
		policyId: fc.constant("policy"),
		startedAt: fc.constant(START),
		targetSec: fc.constant(3600),
		ended: perhaps(
			fc
				.tuple(decided, fc.constantFrom("fulfilled" as const, "fulfilled" as const, "cancelled" as const))
				.map(([end, how]) => ({ ...end, how })),
			4,
		),
		breached: perhaps(decided, 1),
		waived: perhaps(decided, 1).chain((one) => fc.constantFrom(one, null, null)),
	}),
	{ maxLength: 4, selector: ({ metric, instanceNo }) => `${metric} ${instanceNo}` },
) as never;
const surveys: fc.Arbitrary<Surveyed[]> = fc.uniqueArray(
	fc.record({
		requestedAt: fc.integer({ min: 0, max: STEPS }).map((n) => START + n * STEP),
		agentId: fc.constantFrom(...PEOPLE),
		groupId: fc.constantFrom(...GROUPS),
		answer: perhaps(
			fc.record({
				sequence: fc.constant(1),
				at: fc.integer({ min: 0, max: STEPS }).map((n) => START + n * STEP),
				rating: fc.integer({ min: 1, max: 5 }),
			}),
			2,
		),
	}),
	{ maxLength: 3, selector: ({ requestedAt }) => requestedAt },
);

const beginning = fc.record({
	// Documents of early versions have none.
	promises: fc.option(promises, { nil: undefined, freq: 5 }),
	surveys: fc.option(surveys, { nil: undefined, freq: 5 }),
	at: fc.integer({ min: 0, max: STEPS }),
	steps: fc.array(step, { maxLength: 8 }),
	closes: fc.boolean(),
	deleted: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
	type: fc.constantFrom("question", "incident"),
	channel: fc.constantFrom("web", "email"),
	tags: fc.subarray(["x", "y", "z"]),
	followerIds: fc.subarray(["p-1", "p-2"]),
	groupId: fc.constantFrom(...GROUPS),
	assigneeId: fc.constantFrom(...PEOPLE),
});

type Moment = Pick<Interval, "status" | "priority" | "groupId" | "assigneeId">;

/** Tells a story that could have happened: solves and reopenings take turns, intervals follow each other without gap. */
function tell(
	id: string,
	number: number,
	from: typeof beginning extends fc.Arbitrary<infer T> ? T : never,
): TicketFacts {
	const createdAt = START + from.at * STEP;
	let at = createdAt;
	let now: Moment = { status: "new", priority: "normal", groupId: from.groupId, assigneeId: from.assigneeId };
	const intervals: Interval[] = [{ ...now, from: at, to: null }];
	const solves: Solve[] = [];
	const responses: Response[] = [];
	const messages: MessageFact[] = [];
	const become = (moment: Moment) => {
		now = moment;
		const last = intervals.at(-1) as Interval;
		last.to = at;
		intervals.push({ ...now, from: at, to: null });
	};
	const message = (authorType: "agent" | "customer", kind: MessageFact["kind"], authorId: string | null) =>
		messages.push({ seq: messages.length + 1, at, kind, authorType, authorId, groupId: now.groupId });
	let sequence = 1;
	for (const { after, kind, status, priority, groupId, assigneeId, seconds, known } of from.steps) {
		at += after * STEP;
		sequence++;
		const open = now.status !== "solved";
		const businessSec = known ? Math.floor(seconds / 3) : null;
		if (kind === "solve" && open) {
			become({ ...now, status: "solved" });
			const { assigneeId: by, groupId: of } = now;
			solves.push({ sequence, at, assigneeId: by, groupId: of, calendarSec: seconds, businessSec, reopenedAt: null });
		} else if (kind === "reopen" && !open) {
			become({ ...now, status: "open" });
			(solves.at(-1) as Solve).reopenedAt = at;
		} else if (kind === "move") become({ status: open ? status : now.status, priority, groupId, assigneeId });
		else if (kind === "reply") {
			message("agent", "public_reply", assigneeId);
			const first = responses.length === 0;
			const of = { sequence, at, agentId: assigneeId, groupId: now.groupId };
			responses.push({ ...of, calendarSec: seconds, businessSec, first });
		} else if (kind === "note") message("agent", "internal_note", assigneeId);
		else message("customer", "public_reply", "somebody");
	}
	const closes = from.closes && now.status === "solved";
	at += STEP;
	if (closes) become({ ...now, status: "closed" });
	return {
		_id: id,
		tenantId: "t",
		rev: number,
		sequence,
		deleted: from.deleted,
		number,
		subject: `Ticket ${number}`,
		...now,
		type: from.type,
		channel: from.channel,
		customerId: "c",
		companyId: null,
		followerIds: from.followerIds,
		tags: from.tags,
		createdAt,
		closedAt: closes ? at : null,
		intervals,
		solves,
		responses,
		messages,
		...(from.promises ? { promises: from.promises } : {}),
		...(from.surveys ? { surveys: from.surveys } : {}),
	};
}

/** Up to so many tickets with their stories, some of which are told again, otherwise, later on. */
export function stories(maxLength = 25): fc.Arbitrary<TicketFacts[]> {
	return fc
		.array(fc.tuple(beginning, fc.integer({ min: 1, max: maxLength })), { maxLength: Math.floor(maxLength * 1.4) })
		.map((all) => all.map(([from, id]) => tell(`ticket-${id}`, id, from)));
}

/** What is known in the end: of stories told twice the last one. */
export function latest(told: readonly TicketFacts[]): TicketFacts[] {
	return [...new Map(told.map((facts) => [facts._id, facts])).values()].filter(({ deleted }) => !deleted);
}
