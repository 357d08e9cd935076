import type { EventHandler, EventLog } from "../../lib/event-log.ts";
import { domainEvent } from "../support/domain-event.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { IMPLEMENTATIONS } from "./implementations.ts";
import { LATER, type OpenLog, openLog } from "./open-log.ts";

/*
 * What goes in comes out: once at least, in order, for every group.
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

	describe("append", () => {
		test.each(["id", "type", "tenantId", "subject"])(
			"refuses an event without %s, and those beside it",
			async (field) => {
				for (const value of [undefined, "", null, 7]) {
					const bad = domainEvent({ [field]: value });
					await expect(log.append([domainEvent(), bad])).rejects.toThrow(`it has no ${field}`);
				}
				expect(await log.read({ limit: 10 })).toEqual([]);
			},
		);

		test("keeps an event as it was given, once per id", async () => {
			const event = domainEvent({ data: { text: "naïve ☃", nested: [1, { a: null }] } });
			await log.append([event, event]);
			await Promise.all([log.append([event]), log.append([{ ...event, data: "changed" }])]);
			expect(await log.read({ limit: 10 })).toEqual([{ position: 1, event }]);
		});

		test("keeps the order of calls and of events within a call", async () => {
			const events = Array.from({ length: 30 }, (_, sequence) => domainEvent({ sequence }));
			await Promise.all([
				log.append(events.slice(0, 10)),
				log.append(events.slice(10, 11)),
				log.append(events.slice(11)),
			]);
			const read = await log.read({ limit: 100 });
			expect(read.map(({ event }) => event.sequence)).toEqual(events.map(({ sequence }) => sequence));
		});
	});

	describe("read", () => {
		test("filters by type, family and tenant, and goes on after a position", async () => {
			const types = ["ticket.created", "ticket.solved", "ticketing.created", "customer.created"];
			await log.append(types.flatMap((type) => [domainEvent({ type }), domainEvent({ type, tenantId: "other" })]));
			const read = async (options: { types?: string[]; tenantId?: string; after?: number; limit?: number }) =>
				(await log.read({ limit: 100, ...options })).map(({ position }) => position);
			expect(await read({})).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
			expect(await read({ types: ["ticket.*"] })).toEqual([1, 2, 3, 4]);
			expect(await read({ types: ["ticket.solved", "customer.*"] })).toEqual([3, 4, 7, 8]);
			expect(await read({ types: ["*"], tenantId: "other", after: 2 })).toEqual([4, 6, 8]);
			expect(await read({ types: ["ticket.*"], limit: 2, after: 1 })).toEqual([2, 3]);
			expect(await read({ after: 8 })).toEqual([]);
		});

		test("finds a rare type behind thousands of others", async () => {
			await log.append(Array.from({ length: 5_000 }, () => domainEvent()));
			await log.append([domainEvent({ type: "tenant.offboarded" })]);
			const read = await log.read({ types: ["tenant.offboarded"], limit: 5 });
			expect(read.map(({ position }) => position)).toEqual([5_001]);
		});

		test("refuses malformed types and limits", async () => {
			await expect(log.read({ types: [], limit: 1 })).rejects.toThrow("must not be empty");
			await expect(log.read({ types: ["Ticket.*"], limit: 1 })).rejects.toThrow("is not an event type");
			await expect(log.read({ limit: 0 })).rejects.toThrow(RangeError);
		});
	});

	describe("a consumer group", () => {
		test("that is new begins at the beginning, or now", async () => {
			await log.append([domainEvent({ sequence: 1 }), domainEvent({ sequence: 2 })]);
			const all: number[] = [];
			const fresh: number[] = [];
			const first = await subscribe(async (event) => void all.push(event.sequence));
			const second = await subscribe(async (event) => void fresh.push(event.sequence), { group: "late", from: "now" });
			await log.append([domainEvent({ sequence: 3 })]);
			await Promise.all([first.idle(), second.idle()]);
			expect(all).toEqual([1, 2, 3]);
			expect(fresh).toEqual([3]);
		});

		test("goes on where it left off, whatever it asks for", async () => {
			const seen: number[] = [];
			const handler: EventHandler = async (event) => void seen.push(event.sequence);
			await log.append([domainEvent({ sequence: 1 })]);
			const first = await subscribe(handler);
			await first.idle();
			await first.stop();
			await log.append([domainEvent({ sequence: 2 })]);
			const second = await subscribe(handler, { from: "now" });
			await second.idle();
			expect(seen).toEqual([1, 2]);
		});

		test("gets only its types, and its lag counts only those", async () => {
			const seen: string[] = [];
			const subscription = await subscribe(async (event) => void seen.push(event.type), {
				types: ["sla.*", "csat.submitted"],
			});
			await subscription.stop();
			await log.append(
				["sla.breached", "ticket.created", "csat.requested", "csat.submitted"].map((type) => domainEvent({ type })),
			);
			expect(await statusOf()).toMatchObject({ position: 0, head: 4, lag: 2, active: false });
			const again = await subscribe(async (event) => void seen.push(event.type), {
				types: ["sla.*", "csat.submitted"],
			});
			await again.idle();
			expect(seen).toEqual(["sla.breached", "csat.submitted"]);
			expect(await statusOf()).toMatchObject({ position: 4, head: 4, lag: 0, active: true });
		});

		test("handles several subjects at a time, never two events of one", async () => {
			const running = new Map<string, number>();
			let most = 0;
			const release: (() => void)[] = [];
			const subscription = await subscribe(
				async ({ subject }) => {
					running.set(subject, (running.get(subject) ?? 0) + 1);
					expect(running.get(subject)).toBe(1);
					most = Math.max(
						most,
						[...running.values()].reduce((sum, count) => sum + count, 0),
					);
					await new Promise<void>((resolve) => release.push(resolve));
					running.set(subject, 0);
				},
				{ concurrency: 3 },
			);
			await log.append(Array.from({ length: 24 }, (_, index) => domainEvent({ subject: `ticket/${index % 6}` })));
			let idle = false;
			const done = subscription.idle().then(() => {
				idle = true;
			});
			while (!idle) {
				await new Promise((resume) => setImmediate(resume));
				release.shift()?.();
			}
			await done;
			expect(most).toBe(3);
			expect(await statusOf()).toMatchObject({ lag: 0, parked: 0, dead: 0 });
		});

		test("one subject of two tenants is two subjects", async () => {
			const seen: string[] = [];
			const subscription = await subscribe(async (event) => {
				if (event.tenantId === "acme") throw new Error("down");
				seen.push(event.tenantId);
			});
			await log.append([domainEvent(), domainEvent({ tenantId: "other" })]);
			await subscription.idle();
			expect(seen).toEqual(["other"]);
		});

		test("a second member stands by and takes over when the first stops", async () => {
			const seen: string[] = [];
			const first = await subscribe(async () => void seen.push("first"));
			const second = await subscribe(async () => void seen.push("second"));
			await log.append([domainEvent()]);
			await Promise.all([first.idle(), second.idle()]);
			await first.stop();
			await log.append([domainEvent()]);
			await second.idle();
			expect(seen).toEqual(["first", "second"]);
		});

		test("two members that join at once do not both get it", async () => {
			await log.append([domainEvent()]);
			const seen: string[] = [];
			const members = await Promise.all(["first", "second"].map((name) => subscribe(async () => void seen.push(name))));
			await Promise.all(members.map((member) => member.idle()));
			expect(seen).toHaveLength(1);
		});

		test("is woken by an append, without waiting for the next look", async () => {
			const lazy = await implementation.open({ clock, pollMs: 1_000_000 });
			await new Promise<void>((resolve) => {
				lazy
					.subscribe({ group: "dashboard", types: ["*"], handler: async () => resolve() })
					.then(() => new Promise((resume) => setTimeout(resume)))
					.then(() => lazy.append([domainEvent()]));
			});
			await lazy.close();
		});

		test("stop waits for the running handler, takes nothing new and loses nothing", async () => {
			let finish = () => {};
			const seen: number[] = [];
			const begun = new Promise<void>((begin) => {
				subscribe(async (event) => {
					begin();
					await new Promise<void>((resolve) => {
						finish = resolve;
					});
					seen.push(event.sequence);
				});
			});
			await log.append([domainEvent({ sequence: 1 }), domainEvent({ sequence: 2 })]);
			await begun;
			let stopped = false;
			const closing = log.close().then(() => {
				stopped = true;
			});
			for (let turn = 0; turn < 20; turn++) await new Promise((resume) => setImmediate(resume));
			expect({ stopped, seen }).toEqual({ stopped: false, seen: [] });
			finish();
			await closing;
			expect({ stopped, seen }).toEqual({ stopped: true, seen: [1] });
		});

		test("stop notes what was handled a moment ago", async () => {
			let count = 0;
			const subscription = await subscribe(async () => void count++);
			await log.append([domainEvent(), domainEvent({ subject: "ticket/2" })]);
			while (count < 2) await new Promise((resume) => setImmediate(resume));
			await subscription.stop();
			expect(await statusOf()).toMatchObject({ position: 2, active: false });
		});

		test("idle rejects when the subscription is stopped", async () => {
			const subscription = await subscribe(async () => {});
			await subscription.stop();
			await expect(subscription.idle()).rejects.toThrow("is stopped");
			await subscription.stop();
		});

		test("can be dropped when nobody consumes it", async () => {
			const subscription = await subscribe(async () => {
				throw new Error("down");
			});
			await log.append([domainEvent()]);
			await subscription.idle();
			expect(await log.dropGroup("dashboard")).toBe(false);
			await subscription.stop();
			expect(await log.dropGroup("dashboard")).toBe(true);
			expect(await log.dropGroup("dashboard")).toBe(false);
			expect(await log.status()).toEqual([]);
		});
	});

	describe("the oldest event a group has still to handle", () => {
		test("is one it has not come to, or one that is parked; none for what is handled, given up or of other types", async () => {
			const oldest = () => log.oldestUnhandled("dashboard");
			expect(await oldest()).toBeNull();
			let fails = true;
			const subscription = await subscribe(
				async (event) => {
					if (fails && event.type === "ticket.created") throw new Error("not now");
				},
				{ types: ["ticket.*"] },
			);
			await log.append([domainEvent({ type: "user.created", subject: "user/1" })]);
			await subscription.idle();
			expect(await oldest()).toBeNull();
			const failed = clock.now();
			await log.append([domainEvent({ subject: "ticket/2" })]);
			await subscription.idle();
			clock.advance(100);
			await log.append([domainEvent({ type: "ticket.updated", subject: "ticket/3" })]);
			await subscription.idle();
			expect(await oldest()).toEqual(failed);
			fails = false;
			clock.advance(LATER);
			await subscription.idle();
			expect(await oldest()).toBeNull();
			await subscription.stop();
			const waiting = clock.now();
			await log.append([domainEvent({ subject: "ticket/4" })]);
			clock.advance(5_000);
			await log.append([domainEvent({ subject: "ticket/5" })]);
			expect(await oldest()).toEqual(waiting);
		});
	});

	test("a closed log refuses everything", async () => {
		await log.ping();
		await log.close();
		await log.close();
		const calls = [
			() => log.append([domainEvent()]),
			() => subscribe(async () => {}),
			() => log.read({ limit: 1 }),
			() => log.status(),
			() => log.ping(),
		];
		for (const call of calls) await expect(call()).rejects.toThrow("the event log is closed");
	});

	test("ten thousand events pass through", async () => {
		const events = Array.from({ length: 10_000 }, (_, index) =>
			domainEvent({ subject: `ticket/${index % 100}`, sequence: index }),
		);
		const last = new Map<string, number>();
		const begin = performance.now();
		await Promise.all(events.map((event) => log.append([event])));
		const appended = performance.now();
		let count = 0;
		const subscription = await subscribe(async ({ subject, sequence }) => {
			if (sequence <= (last.get(subject) ?? -1)) throw new Error(`${subject} out of order`);
			last.set(subject, sequence);
			count++;
		});
		await subscription.idle();
		const consumed = performance.now();
		expect(count).toBe(10_000);
		expect(await statusOf()).toMatchObject({ lag: 0, parked: 0, dead: 0 });
		console.info(
			`10k events: appended in ${Math.round(appended - begin)} ms, consumed in ${Math.round(consumed - appended)} ms`,
		);
	});
});
