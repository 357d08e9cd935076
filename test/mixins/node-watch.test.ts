import { NodeWatch, SILENCE_MS, TICK_MS } from "../../mixins/node-watch.ts";

const nobodyLast = () => false;

/** Ticks until something is given up; returns when that was, null where it never was. */
function givenUpAt(watch: NodeWatch, from: number, until: number, isLast = nobodyLast): number | null {
	for (let now = from; now <= until; now += TICK_MS) if (watch.tick(now, isLast).giveUp.length > 0) return now;
	return null;
}

test("a node that owes no answer is left alone, however silent", () => {
	const watch = new NodeWatch();
	watch.begin("a", 0);
	watch.end("a");
	expect(givenUpAt(watch, 0, 20_000)).toBeNull();
});

test("a node that owes an answer and gives no sign of life is asked, then given up", () => {
	const watch = new NodeWatch();
	watch.begin("a", 0);
	expect(watch.tick(SILENCE_MS - 1, nobodyLast).ask).toEqual([]);
	expect(watch.isSilent("a")).toBe(false);
	expect(watch.tick(SILENCE_MS, nobodyLast).ask).toEqual(["a"]);
	expect(watch.isSilent("a")).toBe(true);
	const at = givenUpAt(watch, SILENCE_MS + TICK_MS, 5000);
	expect(at).toBeGreaterThan(2000);
	expect(at).toBeLessThan(3000);
});

test("a slow node that answers when it is asked is kept", () => {
	const watch = new NodeWatch();
	watch.begin("a", 0);
	for (let now = 0; now < 20_000; now += TICK_MS) {
		const { ask, giveUp } = watch.tick(now, nobodyLast);
		expect(giveUp).toEqual([]);
		if (ask.length > 0 && now % 3 === 0) watch.heard("a", now);
	}
});

test("pauses of the own process, in which nothing can be heard, do not count", () => {
	const watch = new NodeWatch();
	watch.begin("a", 0);
	for (let now = 0; now < 60_000; now += 2 * TICK_MS + 1) expect(watch.tick(now, nobodyLast).giveUp).toEqual([]);
});

test("the last copy of a service is kept while it is merely silent", () => {
	const watch = new NodeWatch();
	watch.begin("a", 0);
	expect(givenUpAt(watch, 0, 60_000, () => true)).toBeNull();
	watch.missed("a");
	expect(givenUpAt(watch, 60_000 + TICK_MS, 61_000, () => true)).not.toBeNull();
});

test("a node that something did not reach is asked at once", () => {
	const watch = new NodeWatch();
	watch.begin("a", 0);
	watch.missed("a");
	watch.end("a");
	expect(watch.isSilent("a")).toBe(true);
	expect(givenUpAt(watch, 0, 5000)).toBeLessThanOrEqual(500);
});

test("being called again and again is no sign of life", () => {
	const watch = new NodeWatch();
	let gone: string[] = [];
	for (let now = 0; gone.length === 0 && now < 5000; now += TICK_MS) {
		watch.begin("a", now);
		watch.missed("a");
		watch.end("a");
		gone = watch.tick(now, nobodyLast).giveUp;
	}
	expect(gone).toEqual(["a"]);
});

test("a node that was given up is looked for, and heard of once", () => {
	const watch = new NodeWatch();
	watch.begin("a", 0);
	const at = givenUpAt(watch, 0, 5000) as number;
	watch.end("a");
	expect(watch.tick(at + TICK_MS, nobodyLast)).toEqual({ ask: ["a"], giveUp: [] });
	expect(watch.heard("a", at + 200)).toBe(true);
	expect(watch.heard("a", at + 201)).toBe(false);
	expect(watch.tick(at + 300, nobodyLast).ask).toEqual([]);
});

test("a node that never comes back is forgotten", () => {
	const watch = new NodeWatch();
	watch.begin("a", 0);
	const at = givenUpAt(watch, 0, 5000) as number;
	watch.tick(at + 60_000, nobodyLast);
	expect(watch.tick(at + 60_100, nobodyLast).ask).toEqual([]);
	expect(watch.underWay("a")).toBe(0);
});

test("counts the calls under way", () => {
	const watch = new NodeWatch();
	for (const _ of [1, 2, 3]) watch.begin("a", 0);
	watch.end("a");
	expect(watch.underWay("a")).toBe(2);
	watch.forget("a");
	watch.end("a");
	expect(watch.underWay("a")).toBe(0);
});
