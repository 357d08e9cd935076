import fc from "fast-check";
import type { TicketPriority, TicketStatus } from "../../../models/ticket.ts";
import type { SlaMetric } from "../../../models/ticket-sla.ts";
import { compileCalendar } from "../../../services/tickets/sla/business-time.ts";
import { replay, type SlaFact, withFact } from "../../../services/tickets/sla/clocks.ts";
import type { Terms } from "../../../services/tickets/sla/promise-calculation.ts";
import { instanceOf, nextMoment, stateOf } from "../../../services/tickets/sla/promise-states.ts";

/*
 * The clocks against a model that counts minute by minute what the spec says, with a calendar that it looks at as a table
 * of minutes: no due times, no pauses, no formulas.
 */

const MINUTE = 60_000;
const DAYS = 4;
/** a Monday, 00:00 UTC */
const START = Date.parse("2026-03-02T00:00:00.000Z");
const OPEN = (minute: number) => {
	const ofDay = minute % (24 * 60);
	return (ofDay >= 9 * 60 && ofDay < 12 * 60) || (ofDay >= 13 * 60 && ofDay < 17 * 60);
};
const hours: [string, string][] = [
	["09:00", "12:00"],
	["13:00", "17:00"],
];
const TIME = compileCalendar({
	timeZone: "UTC",
	hours: { mon: hours, tue: hours, wed: hours, thu: hours, fri: hours, sat: hours, sun: hours },
	holidays: [],
	exceptions: [],
});

const PAUSE: Record<SlaMetric, string[]> = { first_response: [], next_response: ["on_hold"], resolution: ["pending"] };
/** in minutes, by priority */
const TARGET: Record<SlaMetric, Record<"high" | "urgent", number>> = {
	first_response: { high: 90, urgent: 30 },
	next_response: { high: 120, urgent: 45 },
	resolution: { high: 500, urgent: 240 },
};

const seconds = (metric: SlaMetric) => {
	const { high, urgent } = TARGET[metric];
	return { low: null, normal: null, high: high * 60, urgent: urgent * 60 };
};
const TERMS: Terms = {
	...{ id: "t", policyId: "p", policyVersion: 1, policyName: "P", calendarId: "c", time: TIME },
	targets: {
		first_response: seconds("first_response"),
		next_response: seconds("next_response"),
		resolution: seconds("resolution"),
	},
	pauseOn: PAUSE,
	atRisk: { percent: 80 },
};

type What = "customer" | "agent" | "calm" | "urgent" | "high" | TicketStatus;
interface Act {
	minute: number;
	what: What;
}

/** What the model knows of one clock. */
interface Counter {
	used: number;
	running: boolean;
	brokenAt: number | null;
	end: "fulfilled" | "cancelled" | null;
}

const counter = (): Counter => ({ used: 0, running: true, brokenAt: null, end: null });

/** The ticket minute by minute. */
class Model {
	status: TicketStatus = "new";
	priority: "high" | "urgent" = "high";
	first: Counter = counter();
	next: Counter | null = null;
	resolution: Counter = counter();
	private readonly doneAt = new Set(["solved", "closed"]);

	tick(minute: number): void {
		for (const [metric, one] of this.all()) {
			if (!one.running) continue;
			const target = TARGET[metric][this.priority];
			if (PAUSE[metric].includes(this.status)) continue;
			// By the end of this minute the instant at which it was due has gone by, open or not.
			if (one.used >= target) one.brokenAt ??= minute;
			if (!OPEN(minute)) continue;
			one.used += 1;
		}
	}

	all(): [SlaMetric, Counter][] {
		return [
			["first_response", this.first],
			...(this.next ? ([["next_response", this.next]] as [SlaMetric, Counter][]) : []),
			["resolution", this.resolution],
		];
	}

	private end(one: Counter | null, how: "fulfilled" | "cancelled"): void {
		if (!one?.running) return;
		one.running = false;
		one.end = how;
	}

	/** False where the lifecycle would not allow it. */
	act(what: What): boolean {
		const done = this.doneAt.has(this.status);
		if (this.status === "closed") return false;
		switch (what) {
			case "customer":
				if (this.status !== "new") this.move("open");
				if (!this.first.running && !this.next?.running) this.next = counter();
				return true;
			case "agent":
				this.end(this.first, "fulfilled");
				this.end(this.next, "fulfilled");
				return true;
			case "calm":
				this.end(this.next, "cancelled");
				return true;
			case "urgent":
			case "high":
				this.priority = what;
				// Less time than was used is too little at once, also while the clock stands.
				for (const [metric, one] of this.all()) if (one.running && one.used > TARGET[metric][what]) one.brokenAt ??= -1;
				return true;
			case "new":
				return false;
			default:
				if (done && what !== "open" && what !== "closed") return false;
				this.move(what);
				return true;
		}
	}

	private move(to: TicketStatus): void {
		const was = this.doneAt.has(this.status);
		const is = this.doneAt.has(to);
		this.status = to;
		if (is && !was) {
			this.end(this.first, "fulfilled");
			this.end(this.next, "cancelled");
			this.end(this.resolution, "fulfilled");
		}
		if (was && !is) Object.assign(this.resolution, { running: true, end: null });
	}
}

const acts = fc
	.array(
		fc.record({
			minute: fc.integer({ min: 9 * 60 + 1, max: DAYS * 24 * 60 - 1 }),
			what: fc.constantFrom<What>(
				...(["customer", "customer", "agent", "agent", "calm", "urgent", "high"] as const),
				...(["open", "pending", "on_hold", "solved", "closed"] as const),
			),
		}),
		{ maxLength: 12 },
	)
	// At one minute each, so that the order is the same for both.
	.map((all) => [...new Map(all.map((act) => [act.minute, act])).values()].sort((a, b) => a.minute - b.minute));

const at = (minute: number) => new Date(START + minute * MINUTE);
const OPENED = 9 * 60;

function factsOf(played: readonly Act[]): SlaFact[] {
	const model = new Model();
	const facts: SlaFact[] = [
		{
			at: at(OPENED),
			opened: { first: "customer" },
			status: "new",
			terms: { terms: TERMS, priority: "high" },
		},
	];
	for (const { minute, what } of played) {
		const before = { status: model.status, priority: model.priority };
		if (!model.act(what)) continue;
		facts.push({
			at: at(minute),
			byAgent: what !== "customer",
			...(what === "customer" || what === "agent" ? { message: what } : {}),
			...(what === "calm" ? { noReplyNeeded: true } : {}),
			...(model.status === before.status ? {} : { status: model.status }),
			...(model.priority === before.priority ? {} : { terms: { terms: TERMS, priority: model.priority } }),
		});
	}
	return facts;
}

test("what has been used, what is broken and what has ended is what counting minutes says", () => {
	fc.assert(
		fc.property(acts, fc.integer({ min: OPENED, max: DAYS * 24 * 60 }), (all, until) => {
			const played = all.filter(({ minute }) => minute <= until);
			const model = new Model();
			for (let minute = OPENED; minute < until; minute++) {
				for (const act of played) if (act.minute === minute) model.act(act.what);
				model.tick(minute);
			}
			for (const act of played) if (act.minute === until) model.act(act.what);
			const now = at(until);
			const sla = replay(factsOf(played), now);
			for (const [metric, expected] of model.all()) {
				const one = sla && instanceOf(sla, metric);
				if (!one || one.targetSec === null) throw new Error(`there is no ${metric}`);
				const state = stateOf(one, now);
				// The model sees that something is broken in the first open minute after it was due.
				const broken = expected.brokenAt !== null;
				if (broken) expect(state).toBe("breached");
				else if (expected.end) expect([expected.end, "breached"]).toContain(state);
				else expect(["active", "at_risk", "paused", "breached"]).toContain(state);
				expect(one.fulfilledAt !== null).toBe(expected.end === "fulfilled");
				expect(one.cancelledAt !== null).toBe(expected.end === "cancelled");
				if (state === "breached" && !broken) expect(expected.used * 60).toBeGreaterThanOrEqual(one.targetSec);
				if (state === "paused") expect(one.elapsedSec).toBe(expected.used * 60);
				if (expected.end) expect(one.elapsedSec).toBe(expected.used * 60);
			}
		}),
		{ seed: 7, numRuns: 300 },
	);
});

test("step by step and all at once are the same, however often the time is looked at in between", () => {
	fc.assert(
		fc.property(acts, (played) => {
			const facts = factsOf(played);
			let priority: TicketPriority = "high";
			let sla: ReturnType<typeof replay> = null;
			let terms: Terms | null = null;
			for (const fact of facts) {
				sla = withFact(sla, fact, terms, priority);
				if (fact.terms) ({ terms, priority } = fact.terms);
			}
			const last = facts.at(-1)?.at ?? at(OPENED);
			expect(sla).toEqual(replay(facts, last));
			expect(replay([...facts].reverse(), last)).toEqual(replay(facts, last));
		}),
		{ seed: 7, numRuns: 200 },
	);
});

test("nothing happens before the moment that is announced, and something at it", () => {
	fc.assert(
		fc.property(acts, (played) => {
			const facts = factsOf(played);
			const last = facts.at(-1)?.at ?? at(OPENED);
			const sla = replay(facts, last);
			const moment = sla && nextMoment(sla);
			if (!moment || moment <= last) return;
			expect(replay(facts, new Date(moment.getTime() - 1))).toEqual(sla);
			expect(replay(facts, moment)).not.toEqual(sla);
		}),
		{ seed: 7, numRuns: 200 },
	);
});
