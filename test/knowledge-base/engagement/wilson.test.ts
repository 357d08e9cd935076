import fc from "fast-check";
import { wilsonLowerBound } from "../../../services/knowledge-base/engagement/wilson.ts";

const seed = { seed: 7, numRuns: 500 };
const votes = fc.nat(100_000);

/*
 * Expected values solved independently from the definition: the smaller root p of (share - p)² = z² p (1 - p) / n with
 * z = 1.959963984540054.
 */
function bySolving(positive: number, negative: number): number {
	const n = positive + negative;
	const share = positive / n;
	let [low, high] = [0, share];
	for (let i = 0; i < 200; i++) {
		const p = (low + high) / 2;
		if ((share - p) ** 2 > (1.959963984540054 ** 2 * p * (1 - p)) / n) low = p;
		else high = p;
	}
	return (low + high) / 2;
}

test.each([
	[0, 0, 0],
	[0, 5, 0],
	[1, 0, 0.206549],
	[1, 1, 0.094531],
	[9, 1, 0.59585],
	[10, 0, 0.722467],
	[95, 5, 0.88825],
	[500, 500, 0.46907],
])("%i helpful and %i not are %d", (positive, negative, expected) => {
	expect(wilsonLowerBound(positive, negative)).toBeCloseTo(expected, 5);
});

test("is the root of the interval's equation", () => {
	fc.assert(
		fc.property(votes, votes, (positive, negative) => {
			fc.pre(positive + negative > 0);
			expect(wilsonLowerBound(positive, negative)).toBeCloseTo(bySolving(positive, negative), 8);
		}),
		seed,
	);
});

test("lies between 0 and the share, grows with each helpful vote and falls with each other", () => {
	fc.assert(
		fc.property(votes, votes, (positive, negative) => {
			const score = wilsonLowerBound(positive, negative);
			expect(score).toBeGreaterThanOrEqual(0);
			expect(score).toBeLessThanOrEqual(positive / Math.max(1, positive + negative));
			expect(wilsonLowerBound(positive + 1, negative)).toBeGreaterThan(score);
			if (positive > 0) expect(wilsonLowerBound(positive, negative + 1)).toBeLessThan(score);
		}),
		seed,
	);
});
