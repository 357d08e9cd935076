import type { EventLog } from "../../lib/event-log.ts";
import { domainEvent } from "../support/domain-event.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { IMPLEMENTATIONS } from "./implementations.ts";
import { DELAYS, LATER, type OpenLog, openLog } from "./open-log.ts";

/*
 * Going back to what was, and what a log need not keep any longer.
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

	describe("a group that is taken back", () => {
		test("gets everything after a position again, and gives its dead letters from there on another chance", async () => {
			const seen: number[] = [];
			let broken = true;
			const subscription = await subscribe(async ({ sequence }) => {
				if (broken && sequence === 2) throw new Error("down");
				seen.push(sequence);
			});
			for (const sequence of [1, 2, 3]) await log.append([domainEvent({ subject: `ticket/${sequence}`, sequence })]);
			await subscription.idle();
			for (const _ of DELAYS) {
				clock.advance(LATER);
				await subscription.idle();
			}
			expect(await statusOf()).toMatchObject({ position: 3, dead: 1 });
			broken = false;
			seen.length = 0;
			expect(await log.rewind("dashboard", 1)).toBe(true);
			await subscription.idle();
			expect(seen).toEqual([2, 3]);
			expect(await statusOf()).toMatchObject({ position: 3, parked: 0, dead: 0, lag: 0, active: true });
			expect(await log.rewind("dashboard", 99)).toBe(true);
			await subscription.idle();
			expect(seen).toEqual([2, 3]);
			expect(await log.rewind("nobody", 0)).toBe(false);
		});

		test("gets what was appended since an instant, also when nobody consumes it", async () => {
			const seen: number[] = [];
			const join = () => subscribe(async ({ sequence }) => void seen.push(sequence));
			for (const sequence of [1, 2, 3]) {
				await log.append([domainEvent({ sequence })]);
				clock.advance(1_000);
			}
			const first = await join();
			await first.idle();
			await first.stop();
			seen.length = 0;
			expect(await log.rewind("dashboard", new Date("2025-01-15T09:00:01.000Z"))).toBe(true);
			expect(await statusOf()).toMatchObject({ position: 1, lag: 2 });
			const second = await join();
			await second.idle();
			expect(seen).toEqual([2, 3]);
		});

		test("keeps order and the retries of what is parked", async () => {
			const seen: string[] = [];
			let broken = true;
			const subscription = await subscribe(async ({ sequence }, { attempt }) => {
				if (broken && sequence === 2) throw new Error("down");
				seen.push(`${sequence}/${attempt}`);
			});
			for (const sequence of [1, 2, 3]) await log.append([domainEvent({ sequence })]);
			await subscription.idle();
			expect(seen).toEqual(["1/1"]);
			broken = false;
			await log.rewind("dashboard", 0);
			await subscription.idle();
			clock.advance(LATER);
			await subscription.idle();
			expect(seen).toEqual(["1/1", "1/1", "2/2", "3/1"]);
		});

		test("drops the outcome of what its handler had in hand", async () => {
			const finish: (() => void)[] = [];
			let calls = 0;
			const subscription = await subscribe(() => {
				calls++;
				return new Promise<void>((resolve) => finish.push(resolve));
			});
			await log.append([domainEvent()]);
			while (finish.length < 1) await new Promise((resume) => setImmediate(resume));
			await log.rewind("dashboard", 0);
			finish[0]?.();
			while (finish.length < 2) await new Promise((resume) => setImmediate(resume));
			finish[1]?.();
			await subscription.idle();
			expect(calls).toBe(2);
		});
	});

	describe("pruning", () => {
		test("removes what is old and every group has passed, and keeps what is parked or dead", async () => {
			const quick = await subscribe(async () => {});
			const slow = await subscribe(
				async ({ sequence }) => {
					if (sequence > 1) throw new Error("down");
				},
				{ group: "slow" },
			);
			const append = (sequence: number) => log.append([domainEvent({ subject: `ticket/${sequence}`, sequence })]);
			const idle = () => Promise.all([quick.idle(), slow.idle()]);
			const positions = async () => (await log.read({ limit: 10 })).map(({ position }) => position);
			await append(1);
			await append(2);
			await idle();
			for (const _ of DELAYS) {
				clock.advance(LATER);
				await idle();
			}
			const instant = clock.now();
			await append(3);
			await idle();
			expect(await statusOf("slow")).toMatchObject({ position: 3, parked: 1, dead: 1 });
			await slow.stop();
			clock.advance(1_000);
			await append(4);
			await quick.idle();

			expect(await log.prune(new Date("2025-01-15T09:00:00.000Z"))).toBe(0);
			expect(await log.prune(instant)).toBe(1);
			clock.advance(1_000);
			expect(await log.prune(clock.now())).toBe(0);
			expect(await positions()).toEqual([2, 3, 4]);
			await log.dropGroup("slow");
			expect(await log.prune(clock.now())).toBe(3);
			await append(5);
			expect(await positions()).toEqual([5]);
		});

		test("goes through more than one step and stops at what is new", async () => {
			await log.append(Array.from({ length: 2_500 }, () => domainEvent()));
			clock.advance(1);
			await log.append([domainEvent()]);
			expect(await log.prune(clock.now())).toBe(2_500);
			expect(await log.read({ limit: 10 })).toHaveLength(1);
		});
	});

	test("a group of one process is forgotten when nobody has consumed it for long enough, others stay", async () => {
		const own = await subscribe(async () => {}, { group: "search-1", expireAfterMs: 60_000 });
		await own.stop();
		const kept = await subscribe(async () => {});
		await kept.stop();
		await log.append([domainEvent()]);
		clock.advance(59_999);
		expect((await log.status()).map(({ group }) => group)).toEqual(["dashboard", "search-1"]);
		clock.advance(1);
		expect((await log.status()).map(({ group }) => group)).toEqual(["dashboard"]);
	});

	test("a tenant is forgotten with what was parked and buried of it, and groups go on", async () => {
		const seen: string[] = [];
		const subscription = await subscribe(async ({ tenantId, subject }) => {
			if (tenantId === "gone") throw new Error("down");
			seen.push(subject);
		});
		await log.append([domainEvent({ tenantId: "gone" }), domainEvent()]);
		await subscription.idle();
		for (const _ of DELAYS) {
			clock.advance(LATER);
			await subscription.idle();
		}
		await log.append([domainEvent({ tenantId: "gone" }), domainEvent({ tenantId: "gone" })]);
		await subscription.idle();
		expect(await statusOf()).toMatchObject({ parked: 2, dead: 1 });
		expect(await log.forget("gone")).toBe(3);
		expect(await log.forget("gone")).toBe(0);
		clock.advance(LATER);
		await log.append([domainEvent({ subject: "ticket/2" })]);
		await subscription.idle();
		expect(seen).toEqual(["ticket/1", "ticket/2"]);
		expect(await statusOf()).toMatchObject({ parked: 0, dead: 0, lag: 0 });
		expect((await log.read({ limit: 10 })).map(({ event }) => event.tenantId)).toEqual(["acme", "acme"]);
	});
});
