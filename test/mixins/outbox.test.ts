import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { Type } from "typebox";
import { loadConfig } from "../../config.ts";
import { defineEvent } from "../../contracts/event-contract.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";
import { Leases } from "../../mixins/lease.ts";
import { OutboxRelay } from "../../mixins/outbox.ts";
import { PublishedEvents } from "../../mixins/published-events.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { type Command, Store } from "../../mixins/store.ts";
import { leaseModel } from "../../models/lease.ts";
import { defineModel, type Entity } from "../../models/model.ts";
import { outboxModel, publishedModel } from "../../models/outbox.ts";
import { openRuntime } from "../../runtime.ts";
import { testEnvironment } from "../support/broker.ts";
import { manualClock } from "../support/manual-clock.ts";
import { logLike, type StartedStore, startStore, withLog } from "../support/store.ts";
import { until } from "../support/until.ts";

interface Box extends Entity {
	count: number;
}
const boxModel = defineModel<Box>("boxes", { count: Number }, [[{ tenantId: 1, _id: 1 }, {}]]);
const boxChanged = defineEvent({ type: "box.changed", aggregate: "box", summary: "", data: Type.Object({}) });
const boxSealed = defineEvent({ type: "box.sealed", aggregate: "box", summary: "", data: Type.Object({}) });

const clock = manualClock();
let runtime: Runtime;
let cleanup: () => Promise<void>;
const started: StartedStore[] = [];
const errors: unknown[] = [];

beforeAll(async () => {
	const environment = await testEnvironment();
	cleanup = environment.cleanup;
	runtime = await openRuntime(loadConfig(environment.env), clock, { strictQueries: true });
}, 30_000);
afterEach(async () => {
	release();
	for (const one of started.splice(0)) await one.stop();
	errors.length = 0;
});
afterAll(async () => {
	await runtime.close();
	await cleanup();
});

/** How long an append takes before and after it is done, in turns of the event loop, and whether it seems to fail. */
interface Pace {
	before: number;
	after: number;
	fails: "before" | "after" | null;
}

/** One copy of a service that keeps boxes, on the log that it is given. */
async function copy(service: string, own: Runtime = runtime): Promise<Store> {
	const store = new Store(own, service, [boxModel as never], (error) => errors.push(error));
	started.push(await startStore(store));
	return store;
}

const command = (tenantId: string): Command => ({
	tenantId,
	actor: { type: "system", id: "test", name: "Test" },
	correlationId: "test",
	causationId: null,
	id: null,
});

/** Changes a box, which is made where there is none, and tells of it with one or two events. */
function change(store: Store, tenantId: string, _id: string): Promise<number> {
	const boxes = store.repository(boxModel, "box");
	return store.commit(command(tenantId), async (tx) => {
		const before = await boxes.get({ tenantId }, _id, tx);
		const after = before
			? await boxes.update(tx, before, { ...before, count: before.count + 1 })
			: await boxes.create(tx, { _id, tenantId, count: 1 });
		await tx.emit(boxChanged, after, {});
		if (after.version % 3 === 0) await tx.emit(boxSealed, after, {});
		return after.version;
	});
}

async function logged(tenantId: string): Promise<DomainEvent[]> {
	const found = await runtime.events.read({ tenantId, types: ["box.*"], limit: 1000 });
	return found.map(({ event }) => event);
}

const shown = (events: DomainEvent[]) => events.map((event) => `${event.sequence} ${event.type}`);

/** A log that gives no answer until the test is over. */
let release = () => {};
function hanging() {
	const over = new Promise<never>((_, reject) => {
		release = () => reject(new Error("the test is over"));
	});
	over.catch(() => undefined);
	return logLike(runtime.events, { append: () => over });
}

/** A relay as another process of the service has one, which looks every few ms for what is left. */
function sweeper(store: Store, log = runtime.events): OutboxRelay {
	return new OutboxRelay({
		rows: () => store.model(outboxModel),
		log,
		published: new PublishedEvents(() => store.model(publishedModel), log, clock),
		leases: new Leases(() => store.model(leaseModel), clock),
		onError: (error) => errors.push(error),
		sweepMs: 20,
	});
}

test("two copies that commit to the same subjects and publish at any pace never let an event overtake an earlier one", async () => {
	let calls = 0;
	let paces: readonly Pace[] = [];
	const log = logLike(runtime.events, {
		async append(events) {
			const pace = paces[calls++ % paces.length] as Pace;
			for (let i = 0; i < pace.before; i++) await turn();
			// Fails a bounded number of times, or nothing would ever be published.
			if (pace.fails === "before" && calls < 20) throw new Error("the log is away");
			await runtime.events.append(events);
			for (let i = 0; i < pace.after; i++) await turn();
			if (pace.fails === "after" && calls < 20) throw new Error("the answer of the log was lost");
		},
	});
	const copies = [await copy("boxes", withLog(runtime, log)), await copy("boxes", withLog(runtime, log))];
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.record({ copy: fc.nat(1), box: fc.nat(2), wait: fc.boolean() }), { minLength: 4, maxLength: 24 }),
			fc.array(
				fc.record({
					before: fc.nat(6),
					after: fc.nat(6),
					fails: fc.constantFrom<Pace["fails"]>(null, null, "before", "after"),
				}),
				{
					minLength: 1,
					maxLength: 12,
				},
			),
			async (commits, given) => {
				const tenantId = newId();
				calls = 0;
				paces = given;
				const waiting: Promise<unknown>[] = [];
				for (const one of commits) {
					const done = change(copies[one.copy] as Store, tenantId, `${tenantId}-${one.box}`);
					waiting.push(done);
					if (one.wait) await done;
				}
				await Promise.all(waiting);
				for (const one of copies) await until(() => one.flush().then(() => true));
				const events = await logged(tenantId);
				const versions = commits.reduce(
					(all, { box }) => all.set(box, (all.get(box) ?? 0) + 1),
					new Map<number, number>(),
				);
				const wanted = [...versions.values()].reduce((sum, count) => sum + count + Math.floor(count / 3), 0);
				expect(events).toHaveLength(wanted);
				for (const own of Map.groupBy(events, ({ subject }) => subject).values()) {
					const places = shown(own).map((place) => place.replace("changed", "0").replace("sealed", "1"));
					const inOrder = [...own].sort((x, y) => x.sequence - y.sequence || (x.id < y.id ? -1 : 1));
					expect(own.map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id));
					expect(places).toEqual(
						[...places].sort((x, y) => Number.parseInt(x, 10) - Number.parseInt(y, 10) || (x < y ? -1 : 1)),
					);
				}
			},
		),
		{ seed: 20250115, numRuns: process.env.TEST_STORE === "mongo" ? 6 : 15 },
	);
}, 60_000);

test("what a process committed and never published goes ahead of what the next one commits to the same subject", async () => {
	const tenantId = newId();
	const dead = await copy("orphans", withLog(runtime, hanging()));
	for (let i = 0; i < 3; i++) await change(dead, tenantId, `${tenantId}-box`);
	expect(await logged(tenantId)).toEqual([]);
	const alive = await copy("orphans", withLog(runtime, logLike(runtime.events, {})));
	await change(alive, tenantId, `${tenantId}-box`);
	await until(async () => (await logged(tenantId)).length === 5);
	expect(shown(await logged(tenantId))).toEqual([
		"1 box.changed",
		"2 box.changed",
		"3 box.changed",
		"3 box.sealed",
		"4 box.changed",
	]);
}, 20_000);

test("what nobody comes back to is swept by another process, at its second look, and by one at a time", async () => {
	const tenantId = newId();
	const dead = await copy("swept", withLog(runtime, hanging()));
	let appends = 0;
	const counting = logLike(runtime.events, {
		append: (events) => {
			appends++;
			return runtime.events.append(events);
		},
	});
	const relays = [sweeper(dead, counting), sweeper(dead, counting)];
	for (const relay of relays) relay.start();
	await change(dead, tenantId, `${tenantId}-box`);
	await until(async () => (await logged(tenantId)).length === 1);
	await until(async () => (await dead.model(outboxModel).find({}).sort({ _id: 1 }).limit(1)).length === 0);
	expect(appends).toBe(1);
	for (const relay of relays) await relay.stop();
	expect(errors).toEqual([]);
}, 20_000);

test("a process that never stops writing publishes what it is asked for, and sweeps what others left", async () => {
	const [tenantId, others] = [newId(), newId()];
	const dead = await copy("busy", withLog(runtime, hanging()));
	await change(dead, tenantId, `${tenantId}-left`);
	let over = false;
	let written = 0;
	const log = logLike(runtime.events, {
		// Whenever something is published, the next is written already.
		append: async (events) => {
			await turn();
			if (!over) await change(busy, others, `${others}-${written++}`);
			await runtime.events.append(events);
		},
	});
	const busy: Store = await copy("busy", withLog(runtime, log));
	const relay = sweeper(busy, log);
	relay.start();
	const first = `${tenantId}-first`;
	await change(busy, tenantId, first);
	relay.committed([{ tenantId, subject: `box/${first}` }]);
	const published = async (box: string) => (await logged(tenantId)).some(({ subject }) => subject === `box/${box}`);
	await until(() => published(`${tenantId}-left`));
	const asked = `${tenantId}-asked`;
	await change(busy, tenantId, asked);
	await busy.flush();
	expect(await published(asked)).toBe(true);
	over = true;
	await relay.stop();
	expect(written).toBeGreaterThan(2);
	expect(errors).toEqual([]);
}, 20_000);

test("while the log is away commits are answered, everything waits in order, and nothing is lost", async () => {
	const tenantId = newId();
	let away = true;
	const log = logLike(runtime.events, {
		append: (events) => (away ? Promise.reject(new Error("away")) : runtime.events.append(events)),
	});
	const store = await copy("away", withLog(runtime, log));
	for (let i = 0; i < 30; i++) await change(store, tenantId, `${tenantId}-${i % 3}`);
	expect(await logged(tenantId)).toEqual([]);
	await until(() => errors.length > 1);
	const failures = errors.length;
	expect(failures).toBeLessThan(20);
	away = false;
	await until(async () => (await logged(tenantId)).length === 30 + 9);
	for (const own of Map.groupBy(await logged(tenantId), ({ subject }) => subject).values())
		expect(own.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10]);
	expect(await runtime.metrics.text()).toMatch(/conductor_outbox_failures_total{service="away"} [1-9]/);
}, 20_000);

test("where the log is no record, what was published is kept for a week and can be published again", async () => {
	const tenantId = newId();
	const appended: string[] = [];
	let back: ((awaySince?: Date) => void) | undefined;
	const log = logLike(runtime.events, {
		isRecord: false,
		append: async (events) => {
			appended.push(...events.map((event) => `${event.subject.slice(-1)}${event.sequence}`));
		},
		onReturn: (listener) => {
			back = listener;
			return () => undefined;
		},
	});
	const store = await copy("kept", withLog(runtime, log));
	const kept = () => store.model(publishedModel).countDocuments({ tenantId });
	for (const box of ["a", "b", "a", "b", "a"]) await change(store, tenantId, `${tenantId}-${box}`);
	await until(async () => (await kept()) === 6);
	expect(await store.outboxLagMs()).toBe(0);

	appended.length = 0;
	expect(await store.republish(tenantId, `box/${tenantId}-a`, 1, 3)).toBe(1);
	expect(appended).toEqual(["a2"]);
	expect(await store.republish("another tenant", `box/${tenantId}-a`, 0, 9)).toBe(0);

	// The log was away for long, and lost what it was given just before.
	clock.advance(3600_000);
	await change(store, tenantId, `${tenantId}-b`);
	await until(async () => (await kept()) === 8);
	appended.length = 0;
	back?.(new Date(clock.now().getTime() - 3600_000));
	await until(() => appended.length === 8);
	expect(appended.filter((one) => one.startsWith("a"))).toEqual(["a1", "a2", "a3", "a3"]);
	appended.length = 0;
	back?.();
	await until(() => appended.length > 0);
	expect(appended).toEqual(["b3", "b3"]);

	const published = new PublishedEvents(() => store.model(publishedModel), log, clock);
	clock.advance(7 * 24 * 3600_000 - 1000);
	await published.clean();
	expect(await kept()).toBe(2);
	clock.advance(2000);
	await published.clean();
	expect(await kept()).toBe(0);
}, 20_000);
