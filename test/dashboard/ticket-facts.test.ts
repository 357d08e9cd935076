import fc from "fast-check";
import type { DomainEvent } from "../../lib/event-log.ts";
import type { TicketFacts } from "../../services/dashboard/facts.ts";
import { applyTicketEvent } from "../../services/dashboard/projection/ticket-facts.ts";
import { CORE, created, iso, MINUTE, Story, T0 } from "./story.ts";

describe("intervals", () => {
	test("follow one another from creation, each change beginning a new one", () => {
		const { now_ } = created()
			.step(10, { status: "open", assigneeId: "a1" }, ["ticket.assigned"], ["ticket.status_changed"])
			.step(30, { priority: "urgent" }, ["ticket.updated"])
			.step(40, { subject: "Printer on fire" }, ["ticket.updated"])
			.step(50, { status: "solved" }, ["ticket.status_changed"], ["ticket.solved"]);
		const at = (minutes: number) => T0 + minutes * MINUTE;
		expect(now_.intervals).toEqual([
			{ status: "new", priority: "normal", groupId: "g1", assigneeId: null, from: at(0), to: at(10) },
			{ status: "open", priority: "normal", groupId: "g1", assigneeId: "a1", from: at(10), to: at(30) },
			{ status: "open", priority: "urgent", groupId: "g1", assigneeId: "a1", from: at(30), to: at(50) },
			{ status: "solved", priority: "urgent", groupId: "g1", assigneeId: "a1", from: at(50), to: null },
		]);
		expect(now_).toMatchObject({ subject: "Printer on fire", status: "solved", sequence: 5, createdAt: at(0) });
	});

	test("of a ticket created with an assignee begin as they are", () => {
		const story = new Story();
		story.step(0, { status: "open", assigneeId: "a1" }, ["ticket.created", { at: undefined }], ["ticket.assigned"]);
		expect(story.now_.intervals).toHaveLength(1);
		expect(story.now_.intervals[0]).toMatchObject({ status: "open", from: T0, to: null });
	});

	test("what is told of a time before the last change counts from that change on", () => {
		const { now_ } = created()
			.step(500, { priority: "high" }, ["ticket.updated"])
			.step(20, { status: "open" }, ["ticket.status_changed"]);
		expect(now_.intervals.map(({ status, priority, from }) => [status, priority, (from - T0) / MINUTE])).toEqual([
			["new", "normal", 0],
			["open", "high", 500],
		]);
	});

	test("what lasted for no time is left out, also where all is as it was before", () => {
		const { now_ } = created()
			.step(10, { status: "open" }, ["ticket.status_changed"])
			.step(20, { status: "pending" }, ["ticket.status_changed"])
			.step(20, { status: "open" }, ["ticket.status_changed"]);
		expect(now_.intervals.map(({ status, to }) => [status, to])).toEqual([
			["new", T0 + 10 * MINUTE],
			["open", null],
		]);
	});

	test("an event without its instant counts when it was written down", () => {
		const { now_ } = created().step(10, { assigneeId: "a1" }, ["ticket.assigned", { at: undefined }]);
		expect(now_.intervals.at(-1)?.from).toBe(T0 + 100_000 * MINUTE);
	});
});

describe("solves", () => {
	test("are credited to assignee and group of that moment, and stand until the ticket is opened again", () => {
		const { now_ } = created()
			.step(60, { status: "solved", assigneeId: "a1" }, ["ticket.solved", { calendarSec: 3600 }])
			.step(90, { status: "open", reopenCount: 1 }, ["ticket.status_changed"], ["ticket.reopened"])
			.step(95, { assigneeId: "a2", groupId: "g2" }, ["ticket.updated"], ["ticket.assigned"])
			.step(120, { status: "solved" }, ["ticket.status_changed"], ["ticket.solved"]);
		expect(now_.solves).toMatchObject([
			{ at: T0 + 60 * MINUTE, assigneeId: "a1", groupId: "g1", calendarSec: 3600, reopenedAt: T0 + 90 * MINUTE },
			{ at: T0 + 120 * MINUTE, assigneeId: "a2", groupId: "g2", calendarSec: 7200, reopenedAt: null },
		]);
		expect(now_.solves.every(({ businessSec }) => businessSec === null)).toBe(true);
	});

	test("tell how long they took in business hours, where the event says so", () => {
		const { now_ } = created()
			.message(10, "agent", { isFirstResponse: true, responseSec: 600, businessSec: 60 })
			.step(60, { status: "solved" }, ["ticket.solved", { calendarSec: 3600, businessSec: 900 }]);
		expect(now_.responses).toMatchObject([{ calendarSec: 600, businessSec: 60 }]);
		expect(now_.solves).toMatchObject([{ calendarSec: 3600, businessSec: 900 }]);
	});

	test("a direct close is a solve and a close at once", () => {
		const { now_ } = created().step(
			30,
			{ status: "closed", assigneeId: "a1" },
			...(["ticket.status_changed", "ticket.solved", "ticket.status_changed", "ticket.closed"] as const).map(
				(type) => [type] as [string],
			),
		);
		expect(now_.solves).toHaveLength(1);
		expect(now_).toMatchObject({ status: "closed", closedAt: T0 + 30 * MINUTE });
		expect(now_.intervals.map(({ status }) => status)).toEqual(["new", "closed"]);
	});
});

describe("answers", () => {
	const first = { isFirstResponse: true };

	test.each<[string, (story: Story) => Story, number | null]>([
		[
			"the customer's own ticket: since creation",
			(s) => s.message(0, "customer").message(30, "agent", { ...first, responseSec: 1800 }),
			1800,
		],
		[
			"opened by staff: since the customer's first message",
			(s) =>
				s
					.message(0, "agent")
					.message(50, "customer")
					.message(60, "agent", { ...first, responseSec: 600 }),
			600,
		],
		[
			"opened by staff, and no customer ever wrote: since creation",
			(s) => s.message(0, "agent").message(60, "agent", { ...first, responseSec: null }),
			3600,
		],
		[
			"opened without a message: since creation",
			(s) => s.message(20, "customer").message(30, "agent", { ...first, responseSec: 600 }),
			1800,
		],
		[
			"nobody waits any more: since creation all the same",
			(s) => s.message(0, "customer").message(60, "agent", { ...first, responseSec: null }),
			3600,
		],
		["no answer: nothing", (s) => s.message(0, "customer").message(5, "customer"), null],
	])("the first: %s", (_, tell, seconds) => {
		const { responses } = tell(created()).now_;
		if (seconds === null) expect(responses).toEqual([]);
		else expect(responses).toMatchObject([{ first: true, calendarSec: seconds, agentId: "agent1", groupId: "g1" }]);
	});

	test("the next: as long as the customer waited; none where nobody did", () => {
		const { responses, messages } = created()
			.message(0, "customer")
			.message(10, "agent", { ...first, responseSec: 600 })
			.message(20, "agent")
			.message(30, "customer")
			.message(45, "agent", { responseSec: 900 }).now_;
		expect(responses.map(({ first: isFirst, calendarSec }) => [isFirst, calendarSec])).toEqual([
			[true, 600],
			[false, 900],
		]);
		expect(messages.map(({ seq, authorType }) => [seq, authorType])).toEqual([
			[1, "customer"],
			[2, "agent"],
			[3, "agent"],
			[4, "customer"],
			[5, "agent"],
		]);
	});
});

describe("promises", () => {
	const promise = (metric = "resolution", instanceNo = 1) => ({
		...{ policyId: "gold", metric, instanceNo, targetSec: 3600, elapsedSec: 1800, dueAt: iso(60), startedAt: iso(0) },
		breached: false,
	});
	const of = (story: Story) => story.now_.promises ?? [];

	test("end when they are kept, credited to whom the ticket was; the ticket itself does not follow them", () => {
		const story = created().step(
			30,
			{ status: "solved", assigneeId: "a1" },
			["sla.fulfilled", promise()],
			["ticket.solved"],
		);
		expect(of(story)).toEqual([
			{
				...{ metric: "resolution", instanceNo: 1, sequence: 2, policyId: "gold", startedAt: T0, targetSec: 3600 },
				...{ breached: null, waived: null },
				ended: {
					...{ how: "fulfilled", at: T0 + 30 * MINUTE, elapsedSec: 1800 },
					...{ assigneeId: "a1", groupId: "g1", priority: "normal" },
				},
			},
		]);
		expect(story.now_.intervals.at(-1)).toMatchObject({ status: "solved", from: T0 + 30 * MINUTE });
	});

	test("are broken when they were due, and stay so when done late or moved to another policy", () => {
		const story = created()
			.step(75, {}, ["sla.breached", { ...promise(), at: iso(60) }])
			.step(80, { assigneeId: "a2" }, ["ticket.assigned"])
			.step(90, {}, ["sla.fulfilled", { ...promise(), breached: true, elapsedSec: 5400 }]);
		expect(of(story)[0]).toMatchObject({
			breached: { at: T0 + 60 * MINUTE, assigneeId: null },
			ended: { how: "fulfilled", at: T0 + 90 * MINUTE, assigneeId: "a2" },
		});
		// The breach did not move the ticket into the past.
		expect(story.now_.intervals).toHaveLength(2);
	});

	test("run again when the ticket is opened again, and can then be kept or broken", () => {
		const story = created()
			.step(30, { status: "solved" }, ["ticket.solved"], ["sla.fulfilled", promise()])
			.step(40, { status: "open" }, ["ticket.reopened"], ["sla.resumed", promise()]);
		expect(of(story)[0]?.ended).toBeNull();
		story.step(50, { status: "solved" }, ["ticket.solved"], ["sla.fulfilled", promise()]);
		expect(of(story)[0]).toMatchObject({ ended: { at: T0 + 50 * MINUTE }, breached: null });
	});

	test("may be cancelled or forgiven, and are told apart by metric and number", () => {
		const story = created()
			.step(10, {}, ["sla.breached", promise("next_response", 2)], ["sla.at_risk", promise("next_response", 1)])
			.step(20, {}, ["sla.waived", { ...promise("next_response", 2), reason: "Strike" }])
			.step(30, {}, ["sla.cancelled", promise("first_response")], ["sla.policy_applied", { old: null, new: "gold" }]);
		expect(
			of(story).map(({ metric, instanceNo, ended, waived }) => [metric, instanceNo, ended?.how, waived?.at]),
		).toEqual([
			["first_response", 1, "cancelled", undefined],
			["next_response", 1, undefined, undefined],
			["next_response", 2, undefined, T0 + 20 * MINUTE],
		]);
	});

	test("are the same in whatever order their events come, and when they are told again", () => {
		const story = created()
			.step(10, {}, ["sla.at_risk", promise()])
			.step(20, { status: "pending" }, ["ticket.status_changed"], ["sla.paused", promise()])
			.step(30, { status: "open" }, ["ticket.status_changed"], ["sla.resumed", promise()])
			.step(70, {}, ["sla.breached", { ...promise(), at: iso(60) }])
			.step(80, { status: "solved" }, ["ticket.solved"], ["sla.fulfilled", { ...promise(), breached: true }])
			.step(85, {}, ["sla.waived", promise()]);
		const [first, ...rest] = story.events;
		fc.assert(
			fc.property(fc.shuffledSubarray(rest, { minLength: rest.length }), fc.nat(rest.length - 1), (events, again) => {
				let facts: TicketFacts | null = null;
				for (const event of [first, ...events, events[again]]) facts = applyTicketEvent(facts, event as DomainEvent);
				const [told] = facts?.promises ?? [];
				const [known] = of(story);
				expect({ ...told, breached: told?.breached?.at }).toEqual({ ...known, breached: known?.breached?.at });
			}),
			{ seed: 3, numRuns: 200 },
		);
	});
});

describe("surveys", () => {
	const asked = { agentId: "a1", groupId: "g1" };
	const answered = (rating: number, minutes: number) => ({
		...asked,
		requestedAt: iso(minutes),
		rating,
		hasComment: false,
	});

	test("have the last answer, and are told apart by when they were asked", () => {
		const story = created()
			.step(10, { status: "solved" }, ["csat.requested", asked])
			.step(20, {}, ["csat.submitted", answered(2, 10)])
			.step(30, {}, ["csat.submitted", answered(5, 10)])
			.step(40, { status: "open" }, ["ticket.reopened"])
			.step(50, { status: "solved" }, ["csat.requested", { agentId: null, groupId: null }]);
		expect(story.now_.surveys).toEqual([
			{ requestedAt: T0 + 10 * MINUTE, ...asked, answer: { sequence: 4, at: T0 + 30 * MINUTE, rating: 5 } },
			{ requestedAt: T0 + 50 * MINUTE, agentId: null, groupId: null, answer: null },
		]);
		const late = applyTicketEvent(story.now_, story.events[2] as DomainEvent);
		expect(late.surveys?.[0]?.answer?.rating).toBe(5);
	});

	test("are known by their answer alone, too", () => {
		const story = created().step(20, {}, ["csat.submitted", answered(4, 10)]);
		expect(story.now_.surveys).toMatchObject([{ requestedAt: T0 + 10 * MINUTE, ...asked, answer: { rating: 4 } }]);
	});
});

test("a deleted ticket stays known as such, until it is restored", () => {
	const story = created().step(10, {}, ["ticket.deleted"]);
	expect(story.now_.deleted).toBe(true);
	expect(story.step(20, {}, ["ticket.restored"]).now_.deleted).toBe(false);
});

test("events that come later than newer ones add what was done, and change nothing else", () => {
	const story = created().message(0, "customer").message(10, "agent", { isFirstResponse: true, responseSec: 600 });
	story.step(20, { status: "solved" }, ["ticket.solved"]).step(30, { status: "open" }, ["ticket.reopened"]);
	const answer = story.events.findIndex(({ data }) => (data as { seq?: number }).seq === 2);
	const solved = story.events.findIndex(({ type }) => type === "ticket.solved");
	const rest = story.events.filter((_, index) => index !== answer && index !== solved);
	let facts: TicketFacts | null = null;
	for (const event of [...rest, story.events[answer], story.events[solved]])
		facts = applyTicketEvent(facts, event as DomainEvent);
	const { messages, responses, sequence, status } = story.now_;
	expect(facts).toMatchObject({ messages, responses, sequence, status });
	expect(facts?.solves).toHaveLength(1);
});

test.each([
	["no data", null],
	["no snapshot", {}],
	["no instant", { ticket: { ...CORE, status: "new" }, at: "yesterday" }],
])("refuses an event with %s", (_, data) => {
	expect(() => created().tell({ type: "ticket.updated", data, sequence: 2 })).toThrow(TypeError);
});

test("refuses an event of another tenant, and ignores what it does not know", () => {
	const story = created();
	const event = story.events[0] as DomainEvent;
	expect(() => applyTicketEvent(story.facts, { ...event, tenantId: "t2" })).toThrow(TypeError);
	expect(story.step(5, {}, ["ticket.praised", { stars: 5 }]).now_).toMatchObject({ sequence: 2, solves: [] });
});
