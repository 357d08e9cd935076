import { LaneSlots } from "../../lib/lane-slots.ts";

test("counts the lanes whose handlers run, each once", () => {
	const slots = new LaneSlots(2);
	expect([slots.free, slots.taken, slots.has("a")]).toEqual([2, 0, false]);
	slots.take("a");
	slots.take("a");
	slots.take("b");
	expect([slots.free, slots.taken, slots.has("a"), slots.has("c")]).toEqual([0, 2, true, false]);
	slots.leave("a");
	expect([slots.free, slots.taken, slots.has("a")]).toEqual([1, 1, false]);
});

test("is quiet when no handler runs: at once, or after the last one", async () => {
	const slots = new LaneSlots();
	await slots.quiet();
	slots.take("a");
	slots.take("b");
	const told: string[] = [];
	const quiet = slots.quiet().then(() => told.push("quiet"));
	slots.leave("a");
	await Promise.resolve();
	told.push("one left");
	slots.leave("b");
	await quiet;
	expect(told).toEqual(["one left", "quiet"]);
});
