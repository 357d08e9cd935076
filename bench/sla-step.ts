// Prints what the clocks of a ticket cost: for every kind of write, from what happened to the clocks after it, and for
// the whole history of a ticket calculated anew.
import type { TicketSla } from "../models/ticket-sla.ts";
import { compileCalendar } from "../services/tickets/sla/business-time.ts";
import type { Window } from "../services/tickets/sla/calendar-days.ts";
import { replay, type SlaFact, withFact } from "../services/tickets/sla/clocks.ts";
import type { Terms } from "../services/tickets/sla/promise-calculation.ts";
import { advance, nextDue, nextMoment, overallState } from "../services/tickets/sla/promise-states.ts";
import { slaView } from "../services/tickets/sla/view.ts";
import { table } from "./measure.ts";

const HOURS: Window[] = [
	["08:30", "12:00"],
	["13:00", "17:30"],
];
const MINUTE = 60_000;
const START = Date.parse("2026-03-02T09:00:00Z");
const every = (seconds: number) => ({ low: seconds, normal: seconds, high: seconds, urgent: seconds / 2 });

const TERMS: Terms = {
	...{ id: "t", policyId: "p", policyVersion: 1, policyName: "Gold", calendarId: "c" },
	targets: { first_response: every(3600), next_response: every(7200), resolution: every(28_800) },
	pauseOn: { first_response: [], next_response: [], resolution: ["pending", "on_hold"] },
	atRisk: { percent: 80 },
	time: compileCalendar({
		timeZone: "Europe/Berlin",
		hours: { mon: HOURS, tue: HOURS, wed: HOURS, thu: HOURS, fri: HOURS },
		holidays: Array.from({ length: 10 }, (_, i) => ({ date: `2026-0${(i % 9) + 1}-1${i}`, name: "H" })),
		exceptions: [],
	}),
};

const at = (minutes: number) => new Date(START + minutes * MINUTE);
const opened = (minutes: number): SlaFact => ({
	...{ at: at(minutes), opened: { first: "customer" }, status: "new" },
	terms: { terms: TERMS, priority: "high" },
});

/** A customer writes and is answered and waits, so many times. */
function exchange(rounds: number): SlaFact[] {
	const facts = [opened(0)];
	for (let round = 0; round < rounds; round++) {
		const from = round * 300;
		facts.push({ at: at(from + 20), message: "agent", byAgent: true, status: "pending" });
		facts.push({ at: at(from + 200), message: "customer", status: "open" });
	}
	return facts;
}

const ROUNDS = 4096;

/** µs for one call, the best of some rounds. */
function microseconds(work: (index: number) => unknown): number {
	let best = Infinity;
	for (let round = 0; round < 7; round++) {
		const begun = performance.now();
		for (let index = 0; index < ROUNDS; index++) work(index);
		best = Math.min(best, ((performance.now() - begun) * 1000) / ROUNDS);
	}
	return best;
}

/** What a write of a ticket asks of its clocks: they after it, how lists find it, and when to look again. */
function step(sla: TicketSla | null, fact: SlaFact): void {
	const next = withFact(sla, fact, TERMS, "high");
	overallState(next, fact.at);
	nextDue(next);
	nextMoment(next);
}

/** Rows of a table: what is done, and µs. */
export function slaStepTimes(): (string | number)[][] {
	const fresh = replay([opened(0)], at(0)) as TicketSla;
	const talked = replay(exchange(4), at(1400)) as TicketSla;
	const long = exchange(50);
	const now = at(1500);
	return [
		["opened", microseconds((i) => step(null, opened(i)))],
		[
			"first answer",
			microseconds((i) => step(fresh, { at: at(20 + (i % 60)), message: "agent", byAgent: true, status: "open" })),
		],
		[
			"pending, after four rounds",
			microseconds((i) => step(talked, { at: at(1400 + (i % 60)), byAgent: true, status: "pending" })),
		],
		[
			"answer, after four rounds",
			microseconds((i) => step(talked, { at: at(1400 + (i % 60)), message: "agent", byAgent: true })),
		],
		[
			"other priority",
			microseconds((i) => step(talked, { at: at(1400 + (i % 60)), terms: { terms: TERMS, priority: "urgent" } })),
		],
		["nothing but time", microseconds(() => advance(talked, now))],
		["shown", microseconds(() => slaView(talked, TERMS, now))],
		["whole history, 9 facts", microseconds(() => replay(exchange(4), now))],
		["whole history, 101 facts", microseconds((i) => (i % 64 === 0 ? replay(long, at(20_000)) : 0)) * 64],
	];
}

if (import.meta.main) console.log(table(["write of a ticket", "µs"], slaStepTimes()));
