import type { ListSpec } from "../../lib/list-query.ts";
import { behind, conditionFilters, mongoSort, offsetOf, sortKeys } from "../../mixins/keyset.ts";

const SPEC: ListSpec = {
	filters: {
		status: { type: "string", values: ["new", "open"] },
		tag: { type: "string", path: "tags", array: true },
		assigneeId: { type: "id", nullable: true },
		createdAt: { type: "instant" },
		subject: { type: "string", operators: ["contains"] },
		customFields: { type: "string", map: true },
	},
	sorts: ["createdAt", "priority,createdAt"],
	sortPaths: { priority: "priorityRank" },
	defaultSort: "-createdAt",
};

describe("list conditions", () => {
	test("become filters on document paths with stored types", () => {
		expect(
			conditionFilters(SPEC, {
				status: { in: ["new", "open"] },
				tag: { all: ["a", "b"] },
				assigneeId: { eq: null },
				createdAt: { gte: "2026-01-01T00:00:00Z" },
				customFields: { plan: { eq: "gold" } } as never,
			}),
		).toEqual([
			{ status: { $in: ["new", "open"] } },
			{ tags: { $all: ["a", "b"] } },
			{ assigneeId: { $eq: null } },
			{ createdAt: { $gte: new Date("2026-01-01T00:00:00Z") } },
			{ "customFields.plan": { $eq: "gold" } },
		]);
	});

	test("never turn a client's text into a pattern", () => {
		expect(conditionFilters(SPEC, { subject: { contains: "a.*(b" } })).toEqual([{ subject: { $regex: /a\.\*\(b/i } }]);
	});

	test("of an unknown filter are refused", () => {
		expect(() => conditionFilters(SPEC, { nothing: { eq: 1 } })).toThrow("no filter nothing");
	});
});

describe("sorting", () => {
	test("ends on the id, in the direction of the last key", () => {
		expect(sortKeys(SPEC, undefined)).toEqual([
			{ key: "createdAt", direction: -1 },
			{ key: "_id", direction: -1 },
		]);
		expect(mongoSort(sortKeys(SPEC, "-priority,createdAt"))).toEqual({ priorityRank: -1, createdAt: 1, _id: 1 });
		expect(mongoSort(sortKeys(SPEC, "-priority,createdAt"), true)).toEqual({
			priorityRank: 1,
			createdAt: -1,
			_id: -1,
		});
	});

	test.each(["subject", "createdAt,priority", "", "createdAt,createdAt", "$where"])("by %j is refused", (sort) => {
		expect(() => sortKeys(SPEC, sort)).toThrow(expect.objectContaining({ code: 400 }) as unknown as Error);
	});
});

test("what is behind a position is the keyset disjunction, turned round for a page back", () => {
	const keys = sortKeys(SPEC, "-priority,createdAt");
	expect(behind(keys, { values: [3, 5, "x"], direction: "next" })).toEqual({
		$or: [
			{ priorityRank: { $lt: 3 } },
			{ priorityRank: 3, createdAt: { $gt: 5 } },
			{ priorityRank: 3, createdAt: 5, _id: { $gt: "x" } },
		],
	});
	expect(behind(keys, { values: [3, 5, "x"], direction: "prev" })).toEqual({
		$or: [
			{ priorityRank: { $gt: 3 } },
			{ priorityRank: 3, createdAt: { $lt: 5 } },
			{ priorityRank: 3, createdAt: 5, _id: { $lt: "x" } },
		],
	});
});

test("numbered pages end at ten thousand rows", () => {
	expect(offsetOf({ page: 100 }, 100)).toBe(9900);
	expect(() => offsetOf({ page: 101 }, 100)).toThrow(
		expect.objectContaining({ type: "offset_too_deep" }) as unknown as Error,
	);
});
