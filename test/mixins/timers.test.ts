import type { ServiceSchema } from "moleculer";
import { Problem } from "../../lib/problem.ts";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { Store } from "../../mixins/store.ts";
import { readTimedWork } from "../../mixins/timed-work.ts";
import { type TimerHandler, Timers } from "../../mixins/timers.ts";
import { defineModel, type Entity } from "../../models/model.ts";
import { timerModel } from "../../models/timer.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { systemCommand } from "../support/command.ts";
import { until } from "../support/until.ts";

interface Note extends Entity {
	text: string;
}
const noteModel = defineModel<Note>("notes", { text: String }, [[{ tenantId: 1, text: 1 }, {}]]);

/** A clock that a test moves to and fro. */
const clock = { ms: Date.parse("2025-01-15T09:00:00Z"), now: () => new Date(clock.ms) };
const tenantId = "tenant";
const command = systemCommand(tenantId);
const errors: string[] = [];
const refused: string[] = [];
const stores: Store[] = [];
const timers: Timers[] = [];
/** what the handlers of a test do besides leaving a note */
let effect: (text: string, process: number) => Promise<void> = async () => undefined;

/** One of two processes of a service: a store with timers of its own, on the same database. */
function process(runtime: Runtime): ServiceSchema {
	const number = stores.length;
	const store = new Store(runtime, "notes", [noteModel, timerModel] as never, () => undefined);
	const mine = new Timers(store, clock, (error) => errors.push((error as Error).message));
	const notes = store.repository(noteModel, "note");
	const handler: TimerHandler = {
		async fire(tx, { subjectId, key, dueAt }) {
			const text = `${subjectId}/${key}`;
			await notes.create(tx, { _id: `${text} ${dueAt.toISOString()} ${tx.now.toISOString()}`, tenantId, text });
			await effect(text, number);
		},
		async refused(_tx, _timer, problem) {
			refused.push(problem.type);
		},
	};
	mine.handle("note", handler);
	mine.handle("small", { ...handler, together: true });
	stores.push(store);
	timers.push(mine);
	return { name: `process${number}`, mixins: [collectionMixin(store)] };
}

let app: TestBroker;
let [here, there]: Timers[] = [];
let store: Store;
beforeAll(async () => {
	app = await startBroker([process, process], { clock });
	[here, there] = timers;
	store = stores[0] as Store;
}, 30_000);
beforeEach(() => {
	errors.length = 0;
	effect = async () => undefined;
});
afterEach(async () => {
	await Promise.all(timers.map((one) => one.stop()));
	await store.model(timerModel).deleteMany({ tenantId });
});
afterAll(() => app?.stop());

const at = (ms: number) => new Date(clock.ms + ms);
const set = (subjectId: string, dueAt: Date, key?: string) =>
	store.commit(command, (tx) =>
		(here as Timers).set(tx, { tenantId, kind: "note", subjectId, ...(key ? { key } : {}) }, dueAt),
	);
const fired = async (text: string) => store.model(noteModel).countDocuments({ tenantId, text });
const left = () => store.model(timerModel).countDocuments({ tenantId });

test("a timer fires once it is due, not before, and is gone then", async () => {
	here?.start();
	await set("due", at(60_000));
	await here?.idle();
	expect(await fired("due/")).toBe(0);
	clock.ms += 59_999;
	await here?.idle();
	expect(await fired("due/")).toBe(0);
	clock.ms += 1;
	await here?.idle();
	expect(await fired("due/")).toBe(1);
	expect(await left()).toBe(0);
});

test("one that is set again moves, one that is cancelled does not fire, and keys are timers of their own", async () => {
	here?.start();
	await set("moved", at(1000));
	await set("moved", at(5000));
	await set("kept", at(1000), "a");
	await set("kept", at(1000), "b");
	await set("dropped", at(1000), "a");
	await set("dropped", at(1000), "b");
	await set("one less", at(1000));
	await store.commit(command, async (tx) => {
		await here?.cancelAll(tx, tenantId, "dropped", "note");
		await here?.cancelAll(tx, tenantId, "kept", "another kind");
		await here?.cancel(tx, { tenantId, kind: "note", subjectId: "one less" });
	});
	clock.ms += 1000;
	await here?.idle();
	expect(await fired("moved/")).toBe(0);
	expect([await fired("kept/a"), await fired("kept/b")]).toEqual([1, 1]);
	expect([await fired("dropped/a"), await fired("dropped/b"), await fired("one less/")]).toEqual([0, 0, 0]);
	clock.ms += 4000;
	await here?.idle();
	expect(await fired("moved/")).toBe(1);
});

test("setting the same again writes nothing", async () => {
	const dueAt = at(60_000);
	await set("same", dueAt);
	const before = await store.model(timerModel).find({ tenantId }).lean();
	await set("same", dueAt);
	expect(await store.model(timerModel).find({ tenantId }).lean()).toEqual(before);
});

test("a transaction that fails sets no timer", async () => {
	const failing = store.commit(command, async (tx) => {
		await here?.set(tx, { tenantId, kind: "note", subjectId: "nothing" }, at(0));
		throw new Error("no");
	});
	await expect(failing).rejects.toThrow("no");
	expect(await left()).toBe(0);
});

test("of two processes that work at once each timer is fired by one", async () => {
	const by = [0, 0];
	effect = async (_text, number) => {
		by[number] = (by[number] ?? 0) + 1;
	};
	await store.commit(command, async (tx) => {
		for (let i = 0; i < 200; i++) await here?.set(tx, { tenantId, kind: "note", subjectId: `both${i}` }, at(i));
	});
	clock.ms += 1000;
	here?.start();
	there?.start();
	await Promise.all([here?.idle(), there?.idle()]);
	await until(async () => (await left()) === 0);
	const texts = await store.model(noteModel).find({ tenantId, text: /^both/ }).limit(1000).lean<Note[]>();
	expect(new Set(texts.map(({ text }) => text)).size).toBe(200);
	expect(texts).toHaveLength(200);
	expect(Math.min(...by)).toBeGreaterThan(0);
});

test("one whose process was killed is taken by another, and fires once even if the first one comes back", async () => {
	let release = () => {};
	const stands = new Promise<void>((resolve) => {
		release = resolve;
	});
	let reached = false;
	effect = async (_text, number) => {
		if (number !== 0) return;
		reached = true;
		await stands;
		throw new Error("killed");
	};
	await set("orphan", at(0));
	here?.start();
	await until(() => reached);
	there?.start();
	await there?.idle();
	expect(await fired("orphan/")).toBe(0);
	release();
	await here?.stop();
	clock.ms += 20_000;
	await there?.idle();
	expect(await fired("orphan/")).toBe(1);
	expect(await left()).toBe(0);
});

test("one that fails is tried again later and later, says so, and holds up no other", async () => {
	let broken = true;
	effect = async (text) => {
		if (broken && text === "bad/") throw new Error("it cannot be done");
	};
	await set("bad", at(0));
	await set("good", at(1));
	clock.ms += 10;
	here?.start();
	await here?.idle();
	expect(await fired("good/")).toBe(1);
	expect(errors).toEqual([expect.stringContaining("it cannot be done")]);
	clock.ms += 1000;
	await here?.idle();
	expect(errors).toHaveLength(2);
	clock.ms += 1000;
	await here?.idle();
	expect(errors).toHaveLength(2);
	clock.ms += 1000;
	await here?.idle();
	expect(errors).toHaveLength(3);
	expect(await fired("bad/")).toBe(0);
	broken = false;
	clock.ms += 60_000;
	await here?.idle();
	expect(await fired("bad/")).toBe(1);
});

test("one that is moved while it is being fired does not take effect at the old time", async () => {
	await set("late change", at(0));
	const [row] = await store.model(timerModel).find({ tenantId }).lean();
	expect(row).toBeDefined();
	there?.start();
	let moved = false;
	effect = async () => {
		if (moved) return;
		moved = true;
		throw new Error("not this time");
	};
	await there?.idle();
	await set("late change", at(30_000));
	clock.ms += 10_000;
	await there?.idle();
	expect(await fired("late change/")).toBe(0);
	clock.ms += 20_000;
	await there?.idle();
	expect(await fired("late change/")).toBe(1);
});

test("a clock that jumps forwards or backwards loses nothing and does nothing twice", async () => {
	effect = async (text, number) => {
		if (number === 0 && text === "ahead/") throw new Error("fails while the clock is ahead");
	};
	await set("ahead", at(3_600_000));
	await set("passed over", at(1_800_000));
	here?.start();
	clock.ms += 24 * 3_600_000;
	await here?.idle();
	expect(await fired("passed over/")).toBe(1);
	await here?.stop();
	// It was put off by a clock a day ahead, and is not to wait for a day now that it is set right.
	clock.ms -= 24 * 3_600_000 - 3_600_000;
	there?.start();
	await there?.idle();
	expect(await fired("ahead/")).toBe(1);
	expect(await fired("passed over/")).toBe(1);
});

test("small ones share transactions, and one of them that fails holds up no other", async () => {
	effect = async (text) => {
		if (text === "small7/") throw new Error("this one cannot be done");
	};
	await store.commit(command, async (tx) => {
		for (let i = 0; i < 40; i++) await here?.set(tx, { tenantId, kind: "small", subjectId: `small${i}` }, at(i % 3));
		await here?.set(tx, { tenantId, kind: "small", subjectId: "small1", key: "again" }, at(1));
	});
	clock.ms += 10;
	here?.start();
	there?.start();
	await Promise.all([here?.idle(), there?.idle()]);
	await until(async () => (await left()) === 1);
	const texts = await store
		.model(noteModel)
		.find({ tenantId, text: /^small/ })
		.limit(1000)
		.lean<Note[]>();
	expect(texts).toHaveLength(40);
	expect(new Set(texts.map(({ text }) => text)).size).toBe(40);
	expect(await fired("small7/")).toBe(0);
	expect(errors).toEqual([expect.stringContaining("this one cannot be done")]);
});

test("what is refused for good is given up, and nothing of it is written", async () => {
	effect = async (text) => {
		if (text === "refused/") throw new Problem(404, "not_found", "It is gone.");
	};
	await set("refused", at(0));
	here?.start();
	await here?.idle();
	expect(await left()).toBe(0);
	expect(await fired("refused/")).toBe(0);
	expect(refused).toEqual(["not_found"]);
	expect(errors).toHaveLength(1);
});

test("what is due is done without being asked for, when it is due", async () => {
	here?.start();
	const shift = Date.now() - clock.ms;
	const running = setInterval(() => {
		clock.ms = Date.now() - shift;
	}, 1);
	try {
		await set("by itself", at(300));
		const dueAt = clock.ms + 300;
		await until(async () => (await fired("by itself/")) === 1);
		expect(clock.ms - dueAt).toBeLessThan(500);
	} finally {
		clearInterval(running);
	}
});

test("operators are told how many are late", async () => {
	await set("late", at(-5000));
	await set("to come", at(5000));
	const work = await readTimedWork(store);
	expect(work).toEqual([{ kind: "timers", due: 1, lateMs: 5000, nextAt: at(5000).toISOString() }]);
});

test("timers of a kind that this process does not know are left to others", async () => {
	await store.commit(command, (tx) => (here as Timers).set(tx, { tenantId, kind: "unknown", subjectId: "x" }, at(0)));
	here?.start();
	await here?.idle();
	expect(await left()).toBe(1);
	expect(errors).toEqual([]);
});
