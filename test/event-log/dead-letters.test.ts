import type { EventLog } from "../../lib/event-log.ts";
import { domainEvent } from "../support/domain-event.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { IMPLEMENTATIONS } from "./implementations.ts";
import { DELAYS, LATER, type OpenLog, openLog } from "./open-log.ts";

/*
 * What becomes of events that a handler fails at.
 */

describe.each(IMPLEMENTATIONS)("the event log: $name", (implementation) => {
	let clock: ManualClock;
	let log: EventLog;
	let subscribe: OpenLog["subscribe"];
	let statusOf: OpenLog["statusOf"];

	beforeAll(() => implementation.start());
	afterAll(() => implementation.stop());

	beforeEach(async () => {
		({ clock, log, subscribe, statusOf } = await openLog(implementation));
	});

	afterEach(() => log.close());

	describe("a failing event", () => {
		test("is retried after growing delays; its subject waits, others go on", async () => {
			let broken = true;
			const seen: string[] = [];
			const attempts: number[] = [];
			const subscription = await subscribe(async (event, { attempt }) => {
				if (event.subject === "ticket/1" && event.sequence === 1) {
					attempts.push(attempt);
					if (broken) throw new Error("down");
				}
				seen.push(`${event.subject}#${event.sequence}`);
			});
			const append = (subject: string, sequence: number) => log.append([domainEvent({ subject, sequence })]);
			await append("ticket/1", 1);
			await append("ticket/1", 2);
			await append("ticket/2", 1);
			await subscription.idle();
			expect(seen).toEqual(["ticket/2#1"]);
			expect(await statusOf()).toMatchObject({ position: 3, lag: 0, parked: 2, dead: 0 });

			for (const [index, delay] of DELAYS.slice(0, 2).entries()) {
				clock.advance(delay - 1);
				await subscription.idle();
				expect(attempts).toHaveLength(index + 1);
				clock.advance(1);
				await subscription.idle();
				expect(attempts).toHaveLength(index + 2);
			}
			await append("ticket/1", 3);
			broken = false;
			clock.advance(LATER);
			await subscription.idle();
			expect(attempts).toEqual([1, 2, 3, 4]);
			expect(seen).toEqual(["ticket/2#1", "ticket/1#1", "ticket/1#2", "ticket/1#3"]);
			expect(await statusOf()).toMatchObject({ lag: 0, parked: 0, dead: 0 });
		});

		test("becomes a dead letter after the last retry, and its subject goes on", async () => {
			const seen: number[] = [];
			const subscription = await subscribe(async (event) => {
				if (event.sequence === 1) throw new RangeError("no such group");
				seen.push(event.sequence);
			});
			const event = domainEvent({ sequence: 1, data: { a: 1 } });
			await log.append([event, domainEvent({ sequence: 2 })]);
			await subscription.idle();
			for (const _ of DELAYS) {
				expect(seen).toEqual([]);
				clock.advance(LATER);
				await subscription.idle();
			}
			expect(seen).toEqual([2]);
			expect(await statusOf()).toMatchObject({ parked: 0, dead: 1 });
			const letter = {
				id: 1,
				group: "dashboard",
				position: 1,
				event,
				error: "RangeError: no such group",
				attempts: 4,
				firstFailedAt: "2025-01-15T09:00:00.000Z",
				lastFailedAt: "2025-01-15T09:03:00.000Z",
			};
			expect(await log.deadLetters.list({ limit: 10 })).toEqual([letter]);
			expect(await log.deadLetters.get(1)).toEqual(letter);
		});

		test("jitter keeps within a fifth of the delay", async () => {
			await log.close();
			for (const [random, offset] of [
				[0, -0.2],
				[0.999_999, 0.2],
			] as const) {
				const options = { random: () => random, retryDelays: [1_000] };
				({ clock, log, subscribe, statusOf } = await openLog(implementation, options));
				let calls = 0;
				const subscription = await subscribe(async () => {
					calls++;
					throw new Error("down");
				});
				await log.append([domainEvent()]);
				await subscription.idle();
				clock.advance(1_000 * (1 + offset) - 1);
				await subscription.idle();
				expect(calls).toBe(1);
				clock.advance(1);
				await subscription.idle();
				expect(calls).toBe(2);
				await log.close();
			}
		});
	});

	describe("dead letters", () => {
		let broken: boolean;
		let seen: string[];

		/** Three events of two tenants that the group gave up, and one it handled. */
		async function bury() {
			broken = true;
			seen = [];
			const subscription = await subscribe(async (event, { attempt }) => {
				if (broken && event.type === "ticket.created") throw new Error("down");
				seen.push(`${event.subject}#${event.sequence}/${attempt}`);
			});
			await log.append([
				domainEvent({ subject: "ticket/1", sequence: 1 }),
				domainEvent({ subject: "ticket/2", tenantId: "other" }),
				domainEvent({ subject: "ticket/3" }),
				domainEvent({ subject: "ticket/1", sequence: 2, type: "ticket.solved" }),
			]);
			await subscription.idle();
			for (const _ of DELAYS) {
				clock.advance(LATER);
				await subscription.idle();
			}
			expect(seen).toEqual(["ticket/1#2/1"]);
			return subscription;
		}

		test("are listed by group, tenant and page", async () => {
			await bury();
			const ids = async (options: { group?: string; tenantId?: string; after?: number; limit: number }) =>
				(await log.deadLetters.list(options)).map(({ id }) => id);
			expect(await ids({ limit: 10 })).toEqual([1, 2, 3]);
			expect(await ids({ limit: 2 })).toEqual([1, 2]);
			expect(await ids({ limit: 2, after: 2 })).toEqual([3]);
			expect(await ids({ limit: 10, group: "search" })).toEqual([]);
			expect(await ids({ limit: 10, tenantId: "other" })).toHaveLength(1);
		});

		test("replay hands the event to its group again, discard gives it up", async () => {
			const subscription = await bury();
			const [first, second, third] = (await log.deadLetters.list({ limit: 3 })).map(({ id }) => id) as [
				number,
				number,
				number,
			];
			broken = false;
			expect(await log.deadLetters.replay(first)).toBe(true);
			expect(await log.deadLetters.replay(first)).toBe(false);
			expect(await log.deadLetters.discard(second)).toBe(true);
			expect(await log.deadLetters.discard(second)).toBe(false);
			await subscription.idle();
			expect(seen).toHaveLength(2);
			broken = true;
			expect(await log.deadLetters.replay(third)).toBe(true);
			await subscription.idle();
			expect(await statusOf()).toMatchObject({ parked: 1, dead: 0 });
			for (const _ of DELAYS) {
				clock.advance(LATER);
				await subscription.idle();
			}
			expect(await statusOf()).toMatchObject({ parked: 0, dead: 1 });
			expect(await log.deadLetters.get(third)).toBeNull();
		});

		test("a replay goes before a later event of its subject that waits for a retry", async () => {
			const subscription = await bury();
			seen.length = 0;
			await log.append([domainEvent({ subject: "ticket/1", sequence: 3 })]);
			await subscription.idle();
			clock.advance(DELAYS[0]! / 2);
			const [letter] = await log.deadLetters.list({ limit: 1 });
			const subject = letter?.event.subject;
			await log.deadLetters.replay(letter?.id ?? 0);
			await subscription.idle();
			broken = false;
			// Now the later event is due, the replayed one, which failed once more, is not.
			clock.advance(DELAYS[0]! / 2);
			await subscription.idle();
			expect(seen).toEqual([]);
			clock.advance(LATER);
			await subscription.idle();
			expect({ subject, seen }).toEqual({ subject: "ticket/1", seen: ["ticket/1#1/2", "ticket/1#3/2"] });
		});
	});
});
