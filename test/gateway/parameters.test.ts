import fc from "fast-check";
import { listParameters } from "../../lib/list-parameters.ts";
import type { ListSpec } from "../../lib/list-query.ts";
import { parseQueryString } from "../../lib/query-string.ts";

const SPEC: ListSpec = {
	filters: {
		status: { type: "string", values: ["open", "pending", "closed"] },
		assigneeId: { type: "id", nullable: true, me: true },
		tag: { type: "string", array: true },
		createdAt: { type: "instant" },
		size: { type: "number" },
		hot: { type: "boolean" },
		customFields: { type: "string", map: true },
		email: { type: "string", operators: ["contains"] },
	},
	sorts: ["createdAt", "priority,createdAt"],
	defaultSort: "-createdAt",
	includes: ["customer", "group"],
};

const read = (query: string, callerId: string | null = "me-id") =>
	listParameters(SPEC, parseQueryString(query), callerId);

function refusal(query: string, callerId: string | null = "me-id"): string {
	try {
		read(query, callerId);
		return "accepted";
	} catch (error) {
		const { code, type } = error as { code: number; type: string };
		return `${code} ${type}`;
	}
}

test.each([
	["", {}],
	["status=open", { filter: { status: { eq: "open" } } }],
	["status=open,pending", { filter: { status: { in: ["open", "pending"] } } }],
	["status[in]=open", { filter: { status: { in: ["open"] } } }],
	["status[ne]=open&status[nin]=closed", { filter: { status: { ne: "open", nin: ["closed"] } } }],
	["assigneeId=none", { filter: { assigneeId: { eq: null } } }],
	["assigneeId=me", { filter: { assigneeId: { eq: "me-id" } } }],
	["assigneeId=me,none,u1", { filter: { assigneeId: { in: ["me-id", null, "u1"] } } }],
	["assigneeId[ne]=me", { filter: { assigneeId: { ne: "me-id" } } }],
	["assigneeId[exists]=false", { filter: { assigneeId: { exists: false } } }],
	["tag=a", { filter: { tag: { eq: "a" } } }],
	["tag=a&tag=b&tag=c", { filter: { tag: { all: ["a", "b", "c"] } } }],
	["tag[in]=a,b", { filter: { tag: { in: ["a", "b"] } } }],
	["createdAt[gte]=2026-01-31", { filter: { createdAt: { gte: "2026-01-31T00:00:00.000Z" } } }],
	[
		"createdAt[gt]=2026-01-31T10:00:00%2B02:00&createdAt[lt]=2026-02-01T00:00Z",
		{ filter: { createdAt: { gt: "2026-01-31T08:00:00.000Z", lt: "2026-02-01T00:00:00.000Z" } } },
	],
	["createdAt[gt]=2026-01-31T10:00:00+02:00", { filter: { createdAt: { gt: "2026-01-31T08:00:00.000Z" } } }],
	["size[gte]=3&size[lt]=7.5", { filter: { size: { gte: 3, lt: 7.5 } } }],
	["size=1,2", { filter: { size: { in: [1, 2] } } }],
	["hot=true", { filter: { hot: { eq: true } } }],
	["email=a,b@c", { filter: { email: { contains: "a,b@c" } } }],
	["customFields[plan]=gold", { filter: { customFields: { plan: { eq: "gold" } } } }],
	[
		"customFields[plan][in]=gold,silver&customFields[seats][exists]=true",
		{ filter: { customFields: { plan: { in: ["gold", "silver"] }, seats: { exists: true } } } },
	],
	["sort=-priority,createdAt", { sort: "-priority,createdAt" }],
	["sort=+createdAt", { sort: "createdAt" }],
	["limit=100&count=true&cursor=abc", { limit: 100, count: true, cursor: "abc" }],
	["page=3&limit=10", { page: 3, limit: 10 }],
	["include=customer,group&fields=id,subject", { include: ["customer", "group"], fields: ["id", "subject"] }],
	["status=open&&", { filter: { status: { eq: "open" } } }],
])("%s", (query, expected) => {
	expect(read(query)).toEqual(expected);
});

test.each([
	["unknown=1", "400 unknown_parameter"],
	["status[$ne]=open", "400 unknown_parameter"],
	["status[gt]=open", "400 unknown_parameter"],
	["status[in][in]=open", "400 unknown_parameter"],
	["customFields=gold", "400 unknown_parameter"],
	["customFields[Plan]=gold", "400 unknown_parameter"],
	["customFields[constructor]=gold", "400 unknown_parameter"],
	["customFields[__proto__]=gold", "400 unknown_parameter"],
	["__proto__=1", "400 unknown_parameter"],
	["constructor=1", "400 unknown_parameter"],
	["limit[gt]=1", "400 unknown_parameter"],
	["status=nothing", "400 invalid_request"],
	["status=", "400 invalid_request"],
	["status=open&status=closed", "400 invalid_request"],
	["status=open,", "400 invalid_request"],
	["status=none", "400 invalid_request"],
	["createdAt=yesterday", "400 invalid_request"],
	["createdAt=2026-13-45", "400 invalid_request"],
	["size=1e9", "400 invalid_request"],
	["size=0x10", "400 invalid_request"],
	["hot=1", "400 invalid_request"],
	["limit=0", "400 invalid_request"],
	["limit=101", "400 invalid_request"],
	["limit=-1", "400 invalid_request"],
	["limit=1.5", "400 invalid_request"],
	["limit=5&limit=6", "400 invalid_request"],
	["page=0", "400 invalid_request"],
	["page=1&cursor=x", "400 invalid_request"],
	["cursor=", "400 invalid_cursor"],
	["sort=status", "400 invalid_request"],
	["sort=createdAt,priority", "400 invalid_request"],
	["include=nobody", "400 invalid_request"],
	["fields=a%20b", "400 invalid_request"],
	[`tag=${"x".repeat(256)}`, "400 invalid_request"],
	[`assigneeId=${Array(101).fill("u").join(",")}`, "400 invalid_request"],
	["status=%E0%A4%A", "400 invalid_request"],
	["x".repeat(20_000), "400 invalid_request"],
])("%s is refused", (query, code) => {
	expect(refusal(query)).toBe(code);
});

test("me is nobody without a caller", () => {
	expect(refusal("assigneeId=me", null)).toBe("400 invalid_request");
});

test("whatever is sent, it is understood or a 400, and no name reaches beyond the spec", () => {
	const names = fc.oneof(
		fc.constantFrom(...Object.keys(SPEC.filters), "sort", "limit", "cursor", "page", "count", "include", "fields"),
		fc.string(),
	);
	const brackets = fc.constantFrom(
		"",
		"[in]",
		"[ne]",
		"[gt]",
		"[exists]",
		"[__proto__]",
		"[plan]",
		"[plan][in]",
		"[$x]",
		"[",
	);
	const values = fc.oneof(
		fc.string(),
		fc.constantFrom("open", "none", "me", "a,b", "true", "7", "2026-01-01", "%", "+"),
	);
	const parameter = fc.tuple(names, brackets, values).map(([name, inner, value]) => `${name}${inner}=${value}`);
	fc.assert(
		fc.property(fc.array(parameter, { maxLength: 6 }), (parameters) => {
			const query = parameters.join("&");
			const outcome = refusal(query);
			expect(outcome).toMatch(/^(accepted|400 (unknown_parameter|invalid_request|invalid_cursor))$/);
			if (outcome !== "accepted") return;
			const { filter = {} } = read(query);
			for (const name of Object.keys(filter)) expect(Object.keys(SPEC.filters)).toContain(name);
		}),
		{ numRuns: 2000, seed: 20261122 },
	);
	expect(Object.keys(Object.prototype)).toEqual([]);
});
