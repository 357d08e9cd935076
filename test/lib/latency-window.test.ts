import fc from "fast-check";
import { LatencyWindow, quantileOf, sumOf } from "../../lib/latency-window.ts";

const MINUTE = 60_000;

function windowOf(times: readonly number[]): LatencyWindow {
	const window = new LatencyWindow(() => 0);
	for (const ms of times) window.add(ms, false);
	return window;
}

test("a quantile is off by less than a fifth", () => {
	const asked = fc.record({
		times: fc.array(fc.double({ min: 0.05, max: 30_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
		share: fc.constantFrom(0.5, 0.9, 0.95, 0.99, 1),
	});
	fc.assert(
		fc.property(asked, ({ times, share }) => {
			const sorted = [...times].sort((a, b) => a - b);
			const exact = sorted[Math.max(1, Math.ceil(share * times.length)) - 1] as number;
			const told = quantileOf(windowOf(times).latencies(), share) as number;
			expect(told / exact).toBeGreaterThan(0.83);
			expect(told / exact).toBeLessThan(1.2);
		}),
		{ seed: 5, numRuns: 300 },
	);
});

test("nothing has no quantile; very short and very long calls are counted at the ends", () => {
	expect(quantileOf(windowOf([]).latencies(), 0.95)).toBeNull();
	expect(quantileOf(windowOf([0, 0.001]).latencies(), 0.95)).toBeLessThanOrEqual(0.05);
	expect(quantileOf(windowOf([3_600_000]).latencies(), 0.95)).toBeGreaterThan(40_000);
	expect(windowOf([Number.NaN]).latencies().calls).toBe(1);
});

test("what is older than five minutes is forgotten, minute by minute", () => {
	let now = 0;
	const window = new LatencyWindow(() => now);
	for (let minute = 0; minute < 7; minute++) {
		now = minute * MINUTE;
		window.add(1, minute % 2 === 0);
	}
	expect(window.latencies()).toMatchObject({ calls: 5, failed: 3 });
	now += 3 * MINUTE;
	expect(window.latencies()).toMatchObject({ calls: 2, failed: 1 });
	now += 100 * MINUTE;
	expect(window.latencies()).toMatchObject({ calls: 0, failed: 0 });
});

test("nodes add up", () => {
	const both = sumOf([windowOf([1, 2, 300]).latencies(), windowOf([4]).latencies()]);
	expect(both).toEqual(windowOf([1, 2, 300, 4]).latencies());
	expect(sumOf([]).calls).toBe(0);
});
