import fc from "fast-check";
import { conditionsOf, filterOfQuery, queryOfFilter } from "../../services/tickets/saved-views/view-query.ts";

const SEED = 20_261_107;

test.each([
	["status=open,pending", { status: { in: ["open", "pending"] } }],
	["?assigneeId=me&tag=a&tag=b", { assigneeId: { eq: "somebody" }, tag: { all: ["a", "b"] } }],
	[
		{ status: ["open"], assigneeId: null },
		{ status: { eq: "open" }, assigneeId: { eq: null } },
	],
	[
		{ tag: ["a", "b"], number: { gte: 5, lt: 9 } },
		{ tag: { all: ["a", "b"] }, number: { gte: 5, lt: 9 } },
	],
	[{ "createdAt[gte]": "2026-01-01" }, { createdAt: { gte: "2026-01-01T00:00:00.000Z" } }],
	[
		{ customFields: { plan: "gold", seats: { gt: 3 }, vip: true } },
		{ customFields: { plan: { eq: "gold" }, seats: { gt: "3" }, vip: { eq: "true" } } },
	],
	[{ "customFields[plan]": ["gold", "silver"] }, { customFields: { plan: { in: ["gold", "silver"] } } }],
	[{ tag: "50% & more=1" }, { tag: { eq: "50% & more=1" } }],
])("%j asks for %j", (filter, conditions) => {
	expect(conditionsOf(queryOfFilter(filter), "somebody")).toEqual({ filter: conditions });
});

test("nothing asks for everything", () => {
	for (const filter of ["", "?", {}, undefined, null]) {
		expect(queryOfFilter(filter)).toBe("");
		expect(conditionsOf("", "x")).toEqual({});
	}
});

test("what is shown of a filter can be saved again and means the same", () => {
	const parameter = fc.oneof(
		fc.constantFrom("new", "open", "closed").map((value) => ["status", value] as const),
		fc.string({ minLength: 1, maxLength: 20 }).map((value) => ["tag", value.replaceAll(",", ";")] as const),
		fc.nat(1000).map((value) => ["number[gte]", String(value)] as const),
		fc.constantFrom("me", "none").map((value) => ["assigneeId", value] as const),
	);
	fc.assert(
		fc.property(
			fc.uniqueArray(parameter, { selector: ([name, value]) => (name === "tag" ? value : name) }),
			(given) => {
				const text = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
				const query = queryOfFilter(text);
				expect(conditionsOf(queryOfFilter(filterOfQuery(query)), "x")).toEqual(conditionsOf(query, "x"));
			},
		),
		{ seed: SEED, numRuns: 300 },
	);
});
