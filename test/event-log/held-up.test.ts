import type { EventLog } from "../../lib/event-log.ts";
import { domainEvent } from "../support/domain-event.ts";
import { manualClock } from "../support/manual-clock.ts";
import { until } from "../support/until.ts";
import { IMPLEMENTATIONS, type LogOptions, type Place } from "./implementations.ts";

/*
 * Two processes on one log, of which the first is held up for longer than its lease.
 */

const LEASE = 400;
const GROUP = "dashboard";

const turns = async (count: number) => {
	for (let turn = 0; turn < count; turn++) await new Promise((resume) => setImmediate(resume));
};

describe.each(IMPLEMENTATIONS)("the event log: $name", (implementation) => {
	let place: Place;
	let logs: EventLog[];

	beforeAll(() => implementation.start());
	afterAll(() => implementation.stop());

	beforeEach(async () => {
		place = await implementation.place();
		logs = [];
	});

	afterEach(async () => {
		await Promise.all(logs.map((log) => log.close()));
		await place.remove();
	});

	async function open(options: LogOptions): Promise<EventLog> {
		const log = await place.open({ pollMs: 5, leaseMs: LEASE, ...options });
		logs.push(log);
		return log;
	}

	test("a member that was held up cannot undo what its successor has noted, and may come back", async () => {
		const clock = manualClock();
		// Looks after its lease only when it is asked to be idle.
		const slow = await open({ clock, pollMs: 1_000_000 });
		const quick = await open({ clock });
		const fail = new Map<string, () => void>();
		const seenBySlow: number[] = [];
		await slow.append([1, 2].map((sequence) => domainEvent({ subject: `ticket/${sequence}`, sequence })));
		const member = await slow.subscribe({
			group: GROUP,
			types: ["*"],
			handler: ({ subject, sequence }) => {
				seenBySlow.push(sequence);
				if (sequence > 2) return Promise.resolve();
				return new Promise((_, reject) => fail.set(subject, () => reject(new Error("too late"))));
			},
		});
		await until(() => fail.size === 2);
		clock.advance(LEASE + 1);
		const seenByQuick: number[] = [];
		const successor = await quick.subscribe({
			group: GROUP,
			types: ["*"],
			handler: async ({ sequence }) => void seenByQuick.push(sequence),
		});
		await successor.idle();
		expect(seenByQuick.sort()).toEqual([1, 2]);
		// The first outcome finds the lease gone, the second one comes after that.
		fail.get("ticket/1")?.();
		await turns(50);
		fail.get("ticket/2")?.();
		await turns(50);
		await successor.stop();
		await slow.append([1, 2].map((ticket) => domainEvent({ subject: `ticket/${ticket}`, sequence: ticket + 2 })));
		await member.idle();
		expect(seenBySlow.sort()).toEqual([1, 2, 3, 4]);
		expect(await quick.status()).toMatchObject([{ position: 4, parked: 0, dead: 0, active: true }]);
	});

	test("an event that dies again because its group had to repeat it is one dead letter", async () => {
		const clock = manualClock();
		const slow = await open({ clock, pollMs: 1_000_000, retryDelays: [] });
		const failing = async () => {
			throw new Error("down");
		};
		let finish = () => {};
		const stuck = new Promise<void>((resolve) => {
			finish = resolve;
		});
		// The first event is never done with, so the group's position stays before both.
		await slow.append([domainEvent({ subject: "ticket/1" }), domainEvent({ subject: "ticket/2" })]);
		await slow.subscribe({
			group: GROUP,
			types: ["*"],
			handler: ({ subject }) => (subject === "ticket/1" ? stuck : failing()),
		});
		const letters = () => slow.deadLetters.list({ limit: 10 });
		await until(async () => (await letters()).length === 1);
		expect(await slow.status()).toMatchObject([{ position: 0, dead: 1 }]);
		clock.advance(LEASE + 1);
		const quick = await open({ clock, retryDelays: [] });
		let again = 0;
		const successor = await quick.subscribe({
			group: GROUP,
			types: ["*"],
			handler: ({ subject }) => (subject === "ticket/1" ? Promise.resolve() : failing().finally(() => again++)),
		});
		await successor.idle();
		expect(again).toBe(1);
		expect(await letters()).toMatchObject([{ position: 2, lastFailedAt: clock.now().toISOString() }]);
		finish();
	});
});
