import fc from "fast-check";
import { REPLAY_WINDOW, ReplayWindow } from "../../../cluster/nats/replay-window.ts";

test("takes growing numbers, each once", () => {
	const window = new ReplayWindow();
	for (let number = 0; number < 10_000; number++) expect(window.accept(number)).toBe(true);
	for (let number = 0; number < 10_000; number++) expect(window.accept(number)).toBe(false);
});

test("takes one that was overtaken, if not by too many", () => {
	const window = new ReplayWindow();
	window.accept(10_000);
	expect(window.accept(10_000 - REPLAY_WINDOW + 1)).toBe(true);
	expect(window.accept(10_000 - REPLAY_WINDOW)).toBe(false);
	expect(window.accept(9999)).toBe(true);
});

test("stays right over gaps and beyond 32 bits", () => {
	const window = new ReplayWindow();
	const far = 2 ** 40;
	for (const number of [0, 31, 32, 5000, far, far + 64 * 32]) expect(window.accept(number)).toBe(true);
	for (const number of [0, 5000, far]) expect(window.accept(number)).toBe(false);
	expect(window.accept(far + 64 * 32 - 1)).toBe(true);
});

test("does as a set of everything seen does, for whatever comes in any order within the window", () => {
	fc.assert(
		fc.property(fc.array(fc.integer({ min: 0, max: REPLAY_WINDOW - 1 }), { maxLength: 400 }), (numbers) => {
			const window = new ReplayWindow();
			const seen = new Set<number>();
			for (const number of numbers) {
				expect(window.accept(number)).toBe(!seen.has(number));
				seen.add(number);
			}
		}),
		{ seed: 6 },
	);
});
