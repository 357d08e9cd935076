import type { AtRisk, PauseOn, Targets } from "../../../models/sla-policy.ts";
import type { TicketPriority } from "../../../models/ticket.ts";
import type { SlaMetric } from "../../../models/ticket-sla.ts";
import { compileCalendar } from "../../../services/tickets/sla/business-time.ts";
import { replay, type SlaFact } from "../../../services/tickets/sla/clocks.ts";
import type { Terms } from "../../../services/tickets/sla/promise-calculation.ts";
import { instanceOf, nextDue, overallState, stateOf } from "../../../services/tickets/sla/promise-states.ts";

const HOUR = 3600;
const WEEK = { mon: [["09:00", "17:00"]], tue: [["09:00", "17:00"]], wed: [["09:00", "17:00"]] } as const;
const BERLIN = compileCalendar({
	timeZone: "Europe/Berlin",
	hours: { ...WEEK, thu: [["09:00", "17:00"]], fri: [["09:00", "17:00"]] },
	holidays: [],
	exceptions: [],
});

const all = (seconds: number | null): Record<TicketPriority, number | null> => ({
	low: seconds,
	normal: seconds,
	high: seconds,
	urgent: seconds,
});

function terms(
	over: Partial<{ targets: Partial<Targets>; atRisk: AtRisk; pauseOn: Partial<PauseOn>; id: string }> = {},
) {
	const targets = {
		first_response: all(HOUR),
		next_response: all(2 * HOUR),
		resolution: { ...all(8 * HOUR), urgent: 4 * HOUR },
		...over.targets,
	};
	return {
		...{ id: over.id ?? "t-1", policyId: "p-1", policyVersion: 1, policyName: "Gold", calendarId: "c-1" },
		targets,
		pauseOn: { first_response: [], next_response: [], resolution: ["pending", "on_hold"], ...over.pauseOn },
		atRisk: over.atRisk ?? { percent: 80 },
		time: BERLIN,
	} satisfies Terms;
}

const GOLD = terms();
const at = (text: string) => new Date(text);
const iso = (instant: Date | null | undefined) => instant?.toISOString() ?? null;

/** Friday 27 March 2026, 16:30 by Berlin's clock; on Sunday the clock changes. */
const FRIDAY = at("2026-03-27T15:30:00.000Z");

const opened = (when = FRIDAY, held: Terms | null = GOLD, priority: TicketPriority = "high"): SlaFact => ({
	at: when,
	opened: { first: "customer" },
	status: "new",
	terms: { terms: held, priority },
});

function clock(facts: SlaFact[], metric: SlaMetric, now: string) {
	const sla = replay(facts, at(now));
	const one = sla ? instanceOf(sla, metric) : undefined;
	if (!sla || !one) throw new Error(`there is no ${metric}`);
	return { ...one, state: stateOf(one, at(now)), overall: overallState(sla, at(now)) };
}

describe("the worked numbers", () => {
	test("the first response is due on Monday by the new time", () => {
		const one = clock([opened()], "first_response", "2026-03-27T15:30:00Z");
		expect(iso(one.dueAt)).toBe("2026-03-30T07:30:00.000Z");
		expect(iso(one.atRiskAt)).toBe("2026-03-30T07:18:00.000Z");
		expect(one.state).toBe("active");
	});

	const pending: SlaFact = { at: at("2026-03-30T08:00:00Z"), message: "agent", status: "pending", byAgent: true };
	const back: SlaFact = { at: at("2026-03-31T09:00:00Z"), message: "customer", status: "open" };

	test("the resolution waits while the ticket is pending", () => {
		const before = clock([opened()], "resolution", "2026-03-30T08:00:00Z");
		expect(iso(before.dueAt)).toBe("2026-03-30T14:30:00.000Z");
		const waiting = clock([opened(), pending], "resolution", "2026-03-31T08:59:00Z");
		expect(waiting).toMatchObject({ state: "paused", elapsedSec: 5400, dueAt: null, remainingSec: 23_400 });
		const after = clock([opened(), pending, back], "resolution", "2026-03-31T09:00:00Z");
		expect(iso(after.dueAt)).toBe("2026-04-01T07:30:00.000Z");
		expect(after.state).toBe("active");
	});

	test("a higher priority keeps what was used", () => {
		const urgent: SlaFact = { at: at("2026-03-31T10:00:00Z"), terms: { terms: GOLD, priority: "urgent" } };
		const one = clock([opened(), pending, back, urgent], "resolution", "2026-03-31T10:00:00Z");
		expect(one.elapsedSec).toBe(9000);
		expect(iso(one.dueAt)).toBe("2026-03-31T11:30:00.000Z");
	});

	test("a next response counts from the oldest message that nobody answered", () => {
		const day = (time: string) => at(`2026-03-31T${time}:00Z`);
		const facts: SlaFact[] = [
			opened(),
			{ at: at("2026-03-30T07:10:00Z"), message: "agent", status: "open", byAgent: true },
			{ at: day("12:00"), message: "customer" },
			{ at: day("12:20"), message: "customer" },
			{ at: day("13:10"), message: "agent", byAgent: true },
		];
		const one = clock(facts, "next_response", "2026-03-31T13:10:00Z");
		expect(iso(one.startedAt)).toBe("2026-03-31T12:00:00.000Z");
		expect(one).toMatchObject({ state: "fulfilled", elapsedSec: 4200, instanceNo: 1, breachedAt: null });
	});
});

const MONDAY = at("2026-03-30T07:00:00.000Z");
const monday = (time: string) => at(`2026-03-30T${time}:00Z`);
const reply = (time: string, status?: SlaFact["status"]): SlaFact => ({
	at: monday(time),
	message: "agent",
	byAgent: true,
	...(status ? { status } : {}),
});
const customer = (time: string, status?: SlaFact["status"]): SlaFact => ({
	at: monday(time),
	message: "customer",
	...(status ? { status } : {}),
});
const change = (time: string, fact: Omit<SlaFact, "at">): SlaFact => ({ at: monday(time), ...fact });

describe("from one fact to the next", () => {
	const table: [string, SlaFact[], SlaMetric, string, object][] = [
		[
			"met when answered at the due time",
			[opened(MONDAY), reply("08:00")],
			"first_response",
			"09:00",
			{ state: "fulfilled", breachedAt: null, elapsedSec: 3600 },
		],
		[
			"broken right after it",
			[opened(MONDAY)],
			"first_response",
			"08:01",
			{ state: "breached", breachedAt: monday("08:00"), overall: "breached" },
		],
		[
			"not yet broken at the due time",
			[opened(MONDAY)],
			"first_response",
			"08:00",
			{ state: "at_risk", breachedAt: null, overall: "at_risk" },
		],
		[
			"late is late",
			[opened(MONDAY), reply("08:30")],
			"first_response",
			"09:00",
			{ state: "breached", fulfilledAt: monday("08:30"), breachedBySec: 1800, elapsedSec: 5400 },
		],
		[
			"at risk from 80 percent on",
			[opened(MONDAY)],
			"first_response",
			"07:48",
			{ state: "at_risk", atRiskEventAt: monday("07:48") },
		],
		[
			"a first message of staff is no answer, and nobody waits",
			[{ ...opened(MONDAY), opened: { first: "agent" } }, customer("07:30")],
			"first_response",
			"07:40",
			{ startedAt: monday("07:30"), state: "active" },
		],
		[
			"solved by staff counts as answered",
			[opened(MONDAY), change("07:30", { status: "solved", byAgent: true })],
			"first_response",
			"09:00",
			{ state: "fulfilled", fulfilledAt: monday("07:30") },
		],
		[
			"solved by the customer cancels",
			[opened(MONDAY), change("07:30", { status: "solved" })],
			"first_response",
			"09:00",
			{ state: "cancelled" },
		],
		[
			"closed directly",
			[opened(MONDAY), change("07:30", { status: "closed", byAgent: true })],
			"resolution",
			"09:00",
			{ state: "fulfilled" },
		],
		[
			"merged",
			[opened(MONDAY), change("07:30", { status: "closed", merged: true, byAgent: true })],
			"resolution",
			"09:00",
			{ state: "cancelled", cancelReason: "merged" },
		],
		[
			"merged: no answer is owed",
			[opened(MONDAY), change("07:30", { status: "closed", merged: true, byAgent: true })],
			"first_response",
			"09:00",
			{ state: "cancelled" },
		],
		[
			"deleted",
			[opened(MONDAY), change("07:30", { deleted: true })],
			"resolution",
			"09:00",
			{ state: "cancelled", elapsedSec: 1800 },
		],
		[
			"brought back, the time away does not count",
			[opened(MONDAY), change("07:30", { deleted: true }), change("08:30", { deleted: false })],
			"first_response",
			"08:30",
			{ state: "active", dueAt: monday("09:00") },
		],
		[
			"a second answer owed after the first",
			[opened(MONDAY), reply("07:30", "open"), customer("07:40"), reply("07:50"), customer("08:00")],
			"next_response",
			"08:00",
			{ instanceNo: 2, startedAt: monday("08:00"), dueAt: monday("10:00") },
		],
		[
			"no reply needed",
			[opened(MONDAY), reply("07:30", "open"), customer("07:40"), change("07:50", { noReplyNeeded: true })],
			"next_response",
			"09:00",
			{ state: "cancelled" },
		],
		[
			"solving takes the next response back",
			[opened(MONDAY), reply("07:30", "open"), customer("07:40"), change("07:50", { status: "solved", byAgent: true })],
			"next_response",
			"09:00",
			{ state: "cancelled" },
		],
		[
			"an answer that solves is an answer",
			[opened(MONDAY), reply("07:30", "open"), customer("07:40"), reply("07:50", "solved")],
			"next_response",
			"09:00",
			{ state: "fulfilled", elapsedSec: 600 },
		],
		[
			"opened again: 45 minutes used, 30 solved",
			[opened(MONDAY), reply("07:45", "solved"), customer("08:15", "open")],
			"resolution",
			"08:15",
			{
				state: "active",
				elapsedSec: 2700,
				dueAt: at("2026-03-31T07:30:00Z"),
			},
		],
		[
			"what opens it again is waited for",
			[opened(MONDAY), reply("07:45", "solved"), customer("08:15", "open")],
			"next_response",
			"08:15",
			{ startedAt: monday("08:15"), instanceNo: 1 },
		],
		[
			"solved, then closed changes nothing",
			[opened(MONDAY), reply("07:45", "solved"), change("12:00", { status: "closed" })],
			"resolution",
			"13:00",
			{ fulfilledAt: monday("07:45"), elapsedSec: 2700 },
		],
		[
			"first response does not wait for the customer",
			[opened(MONDAY), change("07:30", { status: "pending", byAgent: true })],
			"first_response",
			"07:30",
			{ state: "active", dueAt: monday("08:00") },
		],
		[
			"what is broken stays so when more time is given",
			[
				opened(MONDAY),
				change("08:30", {
					terms: { terms: terms({ id: "t-2", targets: { first_response: all(4 * HOUR) } }), priority: "high" },
				}),
			],
			"first_response",
			"08:30",
			{ state: "breached", breachedAt: monday("08:00"), dueAt: monday("11:00") },
		],
		[
			"more time given before",
			[
				opened(MONDAY),
				change("07:30", {
					terms: { terms: terms({ id: "t-2", targets: { first_response: all(4 * HOUR) } }), priority: "high" },
				}),
			],
			"first_response",
			"09:00",
			{ state: "active", dueAt: monday("11:00") },
		],
		[
			"less time given breaks at once",
			[
				opened(MONDAY),
				change("07:30", {
					terms: { terms: terms({ id: "t-2", targets: { first_response: all(600) } }), priority: "high" },
				}),
			],
			"first_response",
			"07:30",
			{ state: "breached", breachedAt: monday("07:10"), atRiskEventAt: monday("07:08") },
		],
		[
			"forgiven",
			[opened(MONDAY), change("08:30", { waived: "first_response" })],
			"first_response",
			"08:30",
			{ state: "waived", overall: "active" },
		],
		[
			"so much before it is due",
			[opened(MONDAY, terms({ atRisk: { secBefore: 900 } }))],
			"first_response",
			"07:45",
			{ state: "at_risk", atRiskAt: monday("07:45") },
		],
		[
			"less time than the warning takes",
			[opened(MONDAY, terms({ atRisk: { secBefore: 7200 } }))],
			"first_response",
			"07:00",
			{ state: "at_risk", atRiskAt: MONDAY },
		],
		[
			"what ended is not judged by other terms",
			[
				opened(MONDAY),
				reply("07:30", "open"),
				change("08:00", {
					terms: { terms: terms({ id: "t-2", targets: { first_response: all(60) } }), priority: "high" },
				}),
			],
			"first_response",
			"09:00",
			{ state: "fulfilled", targetSec: 3600 },
		],
		[
			"a policy that comes later counts from the start",
			[opened(MONDAY, null), change("07:30", { terms: { terms: GOLD, priority: "high" } })],
			"first_response",
			"07:30",
			{ state: "active", dueAt: monday("08:00"), elapsedSec: 1800 },
		],
		[
			"on hold, then pending is one wait after the other",
			[
				opened(MONDAY),
				change("07:30", { status: "on_hold" }),
				change("08:00", { status: "pending" }),
				change("08:30", { status: "open" }),
			],
			"resolution",
			"08:30",
			{
				state: "active",
				elapsedSec: 1800,
				pauses: [
					{ from: monday("07:30"), to: monday("08:00"), reason: "on_hold" },
					{ from: monday("08:00"), to: monday("08:30"), reason: "pending" },
				],
			},
		],
	];
	test.each(table)("%s", (_name, facts, metric, now, expected) => {
		expect(clock(facts, metric, `2026-03-30T${now}:00Z`)).toMatchObject(expected);
	});

	test("facts that are told late take their place", () => {
		const inOrder = [opened(MONDAY), reply("07:30", "pending"), customer("09:00", "open")];
		const late = [opened(MONDAY), customer("09:00", "open"), reply("07:30", "pending")];
		expect(replay(late, monday("12:00"))).toEqual(replay(inOrder, monday("12:00")));
	});

	test("what is due next is what can still be kept", () => {
		expect(nextDue(replay([opened(MONDAY)], monday("07:30")))).toEqual({
			metric: "first_response",
			at: monday("08:00"),
		});
		expect(nextDue(replay([opened(MONDAY)], monday("08:30")))).toEqual({ metric: "resolution", at: monday("15:00") });
		expect(nextDue(replay([opened(MONDAY)], monday("16:00")))).toEqual({
			metric: "first_response",
			at: monday("08:00"),
		});
	});
});
