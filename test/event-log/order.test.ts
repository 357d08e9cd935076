import fc from "fast-check";
import type { DomainEvent, EventLog, Subscription } from "../../lib/event-log.ts";
import { Lanes } from "../../lib/lanes.ts";
import { domainEvent } from "../support/domain-event.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { IMPLEMENTATIONS } from "./implementations.ts";

const DELAYS = [1_000, 5_000];
const LATER = 10_000;
const RUNS = 60;
const GROUP = "dashboard";

/** What happens to one event: its subject, how often its handler fails, how many turns of the loop it takes. */
interface Fate {
	subject: number;
	failures: number;
	turns: number;
}
type Step = { append: Fate[] } | { advance: number } | "idle" | "rejoin";

const fate: fc.Arbitrary<Fate> = fc.record({
	subject: fc.nat(3),
	failures: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(DELAYS.length + 1) }),
	turns: fc.nat(3),
});
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 4, arbitrary: fc.record({ append: fc.array(fate, { minLength: 1, maxLength: 12 }) }) },
	{ weight: 2, arbitrary: fc.record({ advance: fc.integer({ min: 100, max: 7_000 }) }) },
	{ weight: 1, arbitrary: fc.constantFrom<Step>("idle", "rejoin") },
);

/** Handles events as their fate says and remembers what it saw. */
class Consumer {
	/** In the order of their first success: what a consumer with an inbox takes effect of. */
	readonly handled: DomainEvent[] = [];
	/** What ran at a time and must not. */
	readonly violations: string[] = [];
	readonly attempts = new Map<string, number[]>();
	readonly #running = new Set<string>();
	readonly #log: EventLog;
	readonly #concurrency: number;

	constructor(log: EventLog, concurrency: number) {
		this.#log = log;
		this.#concurrency = concurrency;
	}

	join(): Promise<Subscription> {
		return this.#log.subscribe({
			group: GROUP,
			types: ["*"],
			concurrency: this.#concurrency,
			handler: async (event, { attempt }) => {
				this.#enter(event);
				const { failures, turns } = event.data as Fate;
				this.attempts.set(event.id, [...(this.attempts.get(event.id) ?? []), attempt]);
				for (let turn = 0; turn < turns; turn++) await new Promise((resume) => setImmediate(resume));
				this.#running.delete(event.subject);
				if (attempt <= failures) throw new Error("as it was fated");
				if (!this.handled.some(({ id }) => id === event.id)) this.handled.push(event);
			},
		});
	}

	#enter({ subject }: DomainEvent): void {
		if (this.#running.has(subject)) this.violations.push(`two events of ${subject}`);
		this.#running.add(subject);
		if (this.#running.size > this.#concurrency) this.violations.push(`more than ${this.#concurrency} events`);
	}
}

async function play(steps: Step[], concurrency: number, log: EventLog, clock: ManualClock) {
	const consumer = new Consumer(log, concurrency);
	const appended: DomainEvent[] = [];
	let subscription = await consumer.join();
	for (const one of steps) {
		if (one === "idle") await subscription.idle();
		else if (one === "rejoin") {
			await subscription.stop();
			subscription = await consumer.join();
		} else if ("advance" in one) clock.advance(one.advance);
		else {
			const events = one.append.map((data) => domainEvent({ subject: `ticket/${data.subject}`, data }));
			appended.push(...events);
			await log.append(events);
		}
	}
	for (;;) {
		await subscription.idle();
		const [status] = await log.status();
		if (status?.parked === 0) return { consumer, appended, status };
		clock.advance(LATER);
	}
}

const bySubject = (events: DomainEvent[]) => Object.groupBy(events, ({ subject }) => subject);
const survives = (event: DomainEvent) => (event.data as Fate).failures <= DELAYS.length;

describe.each(IMPLEMENTATIONS)("the event log: $name", (implementation) => {
	beforeAll(() => implementation.start());
	afterAll(() => implementation.stop());

	test("whatever fails, however often members leave: order per subject, every event once handled or buried", async () => {
		const property = fc.asyncProperty(
			fc.array(step, { maxLength: 12 }),
			fc.integer({ min: 1, max: 5 }),
			async (steps, concurrency) => {
				const clock = manualClock();
				const log = await implementation.open({ clock, retryDelays: DELAYS, pollMs: 2 });
				try {
					const { consumer, appended, status } = await play(steps, concurrency, log, clock);
					expect(consumer.violations).toEqual([]);
					expect(bySubject(consumer.handled)).toEqual(bySubject(appended.filter(survives)));
					for (const event of appended) {
						const tries = Math.min((event.data as Fate).failures, DELAYS.length) + 1;
						// A failure is noted before anything goes on. What was done with may come again, from its first attempt to
						// its last, after a member left that had an earlier event still in hand.
						const seen = consumer.attempts.get(event.id) ?? [];
						expect(seen.length).toBeGreaterThan(0);
						expect(seen.length % tries).toBe(0);
						expect(seen).toEqual(seen.map((_, index) => (index % tries) + 1));
					}
					const dead = await log.deadLetters.list({ limit: 1_000 });
					expect(dead.map(({ event }) => event.id).sort()).toEqual(
						appended
							.filter((event) => !survives(event))
							.map(({ id }) => id)
							.sort(),
					);
					expect(status).toMatchObject({ lag: 0, position: appended.length });
				} finally {
					await log.close();
				}
			},
		);
		await fc.assert(property, { numRuns: RUNS, seed: 20_250_115 });
	});
});

test("lanes: order within a lane, fairness between them, a position that passes nothing open", () => {
	const lanes = new Lanes<{ position: number; lane: string }>();
	expect(lanes.watermark(9)).toBe(9);
	for (const [index, lane] of ["a", "a", "b", "a", "c"].entries()) lanes.add({ position: index + 1, lane });
	const busy = new Set<string>();
	const take = () => lanes.take((lane) => busy.has(lane))?.position;
	expect([take(), take(), take(), take()]).toEqual([1, 3, 5, 2]);
	expect(lanes.waiting).toBe(1);
	busy.add("a");
	expect(take()).toBeUndefined();
	expect(lanes.takeLane("a").map(({ position }) => position)).toEqual([4]);
	expect(lanes.takeLane("a")).toEqual([]);
	for (const [concluded, watermark] of [
		[3, 0],
		[1, 1],
		[2, 3],
		[5, 3],
		[4, 9],
	] as const) {
		lanes.conclude(concluded);
		expect(lanes.watermark(9)).toBe(watermark);
	}
});
