import type { EventHandler, EventLog, SubscribeOptions } from "../../lib/event-log.ts";
import { domainEvent } from "../support/domain-event.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { IMPLEMENTATIONS } from "./implementations.ts";

const DELAYS = [1_000, 5_000, 30_000];
/** Beyond the longest delay with its jitter. */
const LATER = 60_000;

describe.each(IMPLEMENTATIONS)("the event log: $name", (implementation) => {
	let clock: ManualClock;
	let log: EventLog;

	beforeAll(() => implementation.start());
	afterAll(() => implementation.stop());

	beforeEach(async () => {
		clock = manualClock();
		log = await implementation.open({ clock, random: () => 0.5, retryDelays: DELAYS, pollMs: 5 });
	});

	afterEach(() => log.close());

	function subscribe(handler: EventHandler, options: Partial<SubscribeOptions> = {}) {
		return log.subscribe({ group: "dashboard", types: ["*"], handler, ...options });
	}

	async function statusOf(group = "dashboard") {
		const found = (await log.status()).find((status) => status.group === group);
		if (!found) throw new Error(`no group ${group}`);
		return found;
	}

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
				log = await implementation.open({ clock, random: () => random, retryDelays: [1_000], pollMs: 5 });
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
