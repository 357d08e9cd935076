import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { DueWork } from "../../mixins/due-work.ts";
import { until } from "../support/until.ts";

/** So long that no look of a test comes from it. */
const NEVER = 60_000;
const SHORT = 20;

/** A promise that a test settles. */
function deferred<T = void>() {
	return Promise.withResolvers<T>();
}

/** A worker whose looks are counted, and answered by `look`. */
function worker(look: (number: number) => number | Promise<number> = () => NEVER, everyMs = NEVER) {
	const errors: unknown[] = [];
	let looks = 0;
	const due = new DueWork({
		everyMs,
		look: async () => {
			looks++;
			return look(looks);
		},
		failed: (error) => errors.push(error),
	});
	opened.push(due);
	return { due, errors, looks: () => looks };
}

const opened: DueWork[] = [];
afterEach(async () => {
	for (const due of opened.splice(0)) await due.stop();
});

test("looks when it is started, and not before", async () => {
	const { due, looks } = worker();
	due.nudge();
	due.nudgeIn(0);
	await due.idle();
	expect(due.isWorking).toBe(false);
	expect(looks()).toBe(0);
	due.start();
	expect(due.isWorking).toBe(true);
	expect(looks()).toBe(1);
});

test("nudged while it looks, looks once more, however often; no two looks overlap", async () => {
	const first = deferred<number>();
	const { due, looks } = worker((number) => (number === 1 ? first.promise : NEVER));
	due.start();
	for (let times = 0; times < 5; times++) due.nudge();
	expect(looks()).toBe(1);
	first.resolve(NEVER);
	await until(() => looks() === 2);
	due.nudge();
	await due.idle();
	expect(looks()).toBe(4);
});

test("sleeps until more is due", async () => {
	const { due, looks } = worker((number) => (number < 3 ? SHORT : NEVER));
	const before = performance.now();
	due.start();
	await until(() => looks() === 3);
	expect(performance.now() - before).toBeGreaterThan(2 * SHORT - 2);
});

test("looks again and again, even where it is told that nothing is due for long", async () => {
	const { due, looks } = worker(() => NEVER, SHORT);
	due.start();
	await until(() => looks() === 3);
});

test("a nudge ends its sleep, of which nothing is left", async () => {
	const { due, looks } = worker((number) => (number === 1 ? 2 * SHORT : NEVER));
	due.start();
	await nextTurn();
	due.nudge();
	expect(looks()).toBe(2);
	await pause(3 * SHORT);
	expect(looks()).toBe(2);
});

test("told when something will be due, wakes for it, and never later than it would anyway", async () => {
	const { due, looks } = worker((number) => (number === 1 ? NEVER : SHORT));
	due.start();
	await nextTurn();
	due.nudgeIn(SHORT);
	due.nudgeIn(NEVER - 1);
	await until(() => looks() === 2);
	await nextTurn();
	due.nudgeIn(NEVER - 1);
	await until(() => looks() === 3);
});

test("told so while it looks, looks again only for what is due before it would look anyway", async () => {
	const [first, second] = [deferred<number>(), deferred<number>()];
	const { due, looks } = worker((number) => [first.promise, second.promise][number - 1] ?? NEVER);
	due.start();
	due.nudgeIn(NEVER - 1);
	first.resolve(NEVER);
	await until(() => looks() === 2);
	due.nudgeIn(NEVER);
	second.resolve(NEVER);
	await pause(SHORT);
	expect(looks()).toBe(2);
});

test("a look that fails is told, and done again after a while", async () => {
	const gone = new Error("the database is away");
	const { due, looks, errors } = worker((number) => {
		if (number < 3) throw gone;
		return NEVER;
	}, SHORT);
	const before = performance.now();
	due.start();
	await until(() => looks() >= 3);
	expect(errors).toEqual([gone, gone]);
	expect(performance.now() - before).toBeGreaterThan(2 * SHORT - 2);
});

test("knows what is under way, and looks when it has ended", async () => {
	const work = deferred();
	const { due, looks } = worker();
	due.start();
	due.takeOn(["a", "b"], work.promise);
	expect([due.size, due.has("a"), due.has("c"), due.ids()]).toEqual([2, true, false, ["a", "b"]]);
	await until(() => due.size === 2);
	expect(looks()).toBe(1);
	work.resolve();
	await due.idle();
	expect(due.size).toBe(0);
	await until(() => looks() >= 2);
});

test("does not look for work that says there is no need", async () => {
	const { due, looks } = worker();
	due.start();
	await due.idle();
	const before = looks();
	const sizes: number[] = [];
	const work = deferred();
	due.takeOn(["a"], work.promise, () => {
		sizes.push(due.size);
		return false;
	});
	work.resolve();
	await until(() => due.size === 0);
	expect(sizes).toEqual([0]);
	expect(looks()).toBe(before);
});

test("idle waits for what a look takes on, and for the look after it", async () => {
	const done: number[] = [];
	const { due } = worker((number) => {
		const work = pause(SHORT).then(() => void done.push(number));
		if (number <= 3) due.takeOn([`work ${number}`], work);
		return NEVER;
	});
	due.start();
	await due.idle();
	expect(done).toEqual([1, 2, 3]);
});

test("stop waits for the look and for what runs, even what that look takes on; afterwards nobody looks", async () => {
	const [look, work] = [deferred(), deferred()];
	const ended: string[] = [];
	const { due, looks } = worker(async () => {
		await look.promise;
		due.takeOn(["a"], work.promise);
		ended.push("look");
		return 1;
	}, SHORT);
	due.start();
	due.nudge();
	const stopped = due.stop().then(() => ended.push("stop"));
	expect(due.isWorking).toBe(false);
	look.resolve();
	await until(() => due.size === 1);
	ended.push("work");
	work.resolve();
	await stopped;
	expect(ended).toEqual(["look", "work", "stop"]);
	due.nudge();
	due.nudgeIn(1);
	await pause(2 * SHORT);
	expect(looks()).toBe(1);
});

test("stop leaves no timer, and those before it keep no process alive", async () => {
	const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
	const { due, looks } = worker(() => SHORT);
	const before = timers();
	due.start();
	await until(() => looks() === 2);
	await due.idle();
	expect(timers()).toBe(before);
	await due.stop();
	const at = looks();
	await pause(2 * SHORT);
	expect(looks()).toBe(at);
});

test("can be started again", async () => {
	const { due, looks } = worker();
	due.start();
	await due.stop();
	due.start();
	await until(() => looks() === 2);
});
