import fc from "fast-check";
import { averagePrecision, mean, ndcg, recall, reciprocalRank } from "../../bench/ranking-metrics.ts";

const grades = (given: Record<string, number>) => new Map(Object.entries(given));

describe("against values worked out by hand", () => {
	test("nDCG with graded judgements", () => {
		// Found a b c d e f with gains 3 2 3 0 1 2: DCG@6 = 3 + 2/1.58496 + 3/2 + 0 + 1/2.58496 + 2/2.80735 = 6.8611;
		// the ideal order 3 3 2 2 1 0 has 3 + 3/1.58496 + 2/2 + 2/2.32193 + 1/2.58496 = 7.1410.
		const judged = grades({ a: 3, b: 2, c: 3, d: 0, e: 1, f: 2 });
		expect(ndcg(["a", "b", "c", "d", "e", "f"], judged, 6)).toBeCloseTo(0.9608, 4);
	});

	test("nDCG is cut at k, and counts relevant documents that were not found", () => {
		const judged = grades({ a: 1, b: 1 });
		expect(ndcg(["x", "a"], judged, 1)).toBe(0);
		// 1/log2(3) of 1 + 1/log2(3)
		expect(ndcg(["x", "a"], judged, 10)).toBeCloseTo(0.6309 / 1.6309, 4);
	});

	test("average precision", () => {
		// Relevant at ranks 1, 3 and 6 of three found, and one never found: (1/1 + 2/3 + 3/6) / 4
		const judged = grades({ a: 1, c: 2, f: 1, z: 1 });
		expect(averagePrecision(["a", "b", "c", "d", "e", "f"], judged)).toBeCloseTo((1 + 2 / 3 + 0.5) / 4, 10);
	});

	test("recall and reciprocal rank", () => {
		const judged = grades({ a: 1, b: 1, c: 1, d: 0 });
		expect(recall(["d", "a", "x", "b"], judged, 2)).toBeCloseTo(1 / 3, 10);
		expect(recall(["d", "a", "x", "b"], judged, 4)).toBeCloseTo(2 / 3, 10);
		expect(reciprocalRank(["d", "x", "a"], judged)).toBeCloseTo(1 / 3, 10);
		expect(reciprocalRank(["d", "x"], judged)).toBe(0);
	});

	test("nothing relevant, nothing found, nothing measured", () => {
		for (const metric of [ndcg, recall]) {
			expect(metric(["a"], grades({ a: 0 }), 10)).toBe(0);
			expect(metric([], grades({ a: 1 }), 10)).toBe(0);
		}
		expect(averagePrecision(["a"], grades({}))).toBe(0);
		expect(mean([])).toBe(0);
	});
});

test("the ideal order has 1 everywhere, and no order has more", () => {
	const judged = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 3 })), {
		selector: ([id]) => id,
		minLength: 1,
		maxLength: 20,
	});
	fc.assert(
		fc.property(judged, fc.infiniteStream(fc.nat()), (pairs, numbers) => {
			const map = new Map(pairs);
			const ideal = [...pairs].sort((a, b) => b[1] - a[1]).map(([id]) => id);
			expect(ndcg(ideal, map, 100)).toBeCloseTo(1, 10);
			expect(averagePrecision(ideal, map)).toBeCloseTo(1, 10);
			expect(recall(ideal, map, 100)).toBe(1);
			const shuffled = ideal.map((id) => ({ id, at: numbers.next().value })).sort((a, b) => a.at - b.at);
			expect(
				ndcg(
					shuffled.map(({ id }) => id),
					map,
					10,
				),
			).toBeLessThanOrEqual(1 + 1e-12);
		}),
		{ seed: 7, numRuns: 200 },
	);
});
