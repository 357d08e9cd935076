import fc from "fast-check";
import type { Condition, Operator } from "../../lib/conditions.ts";
import { conditionProblems, holds, isUnconditional, usesFields } from "../../services/tickets/conditions.ts";
import { TICKET_FIELDS, ticketValues } from "../../services/tickets/ticket-values.ts";

const TICKET = {
	priority: "high",
	type: "incident",
	channel: "email",
	groupId: null,
	companyId: "c-1",
	tags: ["vip", "billing"],
	customFields: { plan: "Gold", seats: 25, regions: ["eu", "us"], trial: false, due: "2026-03-02", business_impact: 3 },
	locale: "de-AT",
} as const;

const ask = ticketValues(
	{ ...TICKET, tags: [...TICKET.tags], customFields: structuredClone(TICKET.customFields) as never },
	["partner"],
);

const one = (field: string, operator: Operator, value?: unknown): Condition =>
	value === undefined ? { field, operator } : { field, operator, value };

describe("what holds for a ticket", () => {
	const table: [string, Operator, unknown, boolean][] = [
		["priority", "is", "high", true],
		["priority", "is", "low", false],
		["priority", "is_not", "low", true],
		["priority", "is_not", "high", false],
		["priority", "in", ["high", "urgent"], true],
		["priority", "in", ["low"], false],
		["priority", "not_in", ["high", "urgent"], false],
		["priority", "not_in", ["low"], true],
		["priority", "gt", "normal", true],
		["priority", "gt", "high", false],
		["priority", "lt", "urgent", true],
		["groupId", "absent", undefined, true],
		["groupId", "present", undefined, false],
		["groupId", "is", "g-1", false],
		["groupId", "is_not", "g-1", true],
		["groupId", "is", null, true],
		["groupId", "is_not", null, false],
		["groupId", "in", ["g-1"], false],
		["groupId", "not_in", ["g-1"], true],
		["companyId", "present", undefined, true],
		["companyId", "is", "c-1", true],
		["tags", "is", "vip", true],
		["tags", "is", "VIP", true],
		["tags", "is", "other", false],
		["tags", "is_not", "vip", false],
		["tags", "is_not", "other", true],
		["tags", "is", ["billing", "vip"], true],
		["tags", "is", ["vip"], false],
		["tags", "contains", "vip", true],
		["tags", "contains", ["vip", "billing"], true],
		["tags", "contains", ["vip", "other"], false],
		["tags", "in", ["other", "vip"], true],
		["tags", "in", ["other"], false],
		["tags", "not_in", ["other", "vip"], false],
		["tags", "not_in", ["other"], true],
		["tags", "present", undefined, true],
		["customerTags", "contains", "partner", true],
		["customerTags", "contains", "vip", false],
		["customFields.plan", "is", "gold", true],
		["customFields.plan", "contains", "ol", true],
		["customFields.plan", "is", "silver", false],
		["customFields.seats", "gt", 24, true],
		["customFields.seats", "gt", 25, false],
		["customFields.seats", "lt", 26, true],
		["customFields.seats", "is", 25, true],
		["customFields.regions", "contains", "eu", true],
		["customFields.regions", "in", ["asia", "us"], true],
		["customFields.trial", "is", false, true],
		["customFields.trial", "is", true, false],
		["customFields.trial", "present", undefined, true],
		["customFields.due", "lt", "2026-03-03", true],
		["customFields.due", "gt", "2026-03-03", false],
		["customFields.none", "absent", undefined, true],
		["customFields.none", "gt", 1, false],
		["customFields.none", "lt", 1, false],
		["customFields.constructor", "absent", undefined, true],
		["businessImpact", "gt", 2, true],
		["locale", "is", "de-at", true],
		["locale", "contains", "de", true],
		["locale", "is", "de", false],
	];
	test.each(table)("%s %s %j is %s", (field, operator, value, expected) => {
		const condition = one(field, operator, value);
		expect(conditionProblems({ all: [condition] }, TICKET_FIELDS)).toEqual([]);
		expect(holds({ all: [condition], any: [] }, ask, TICKET_FIELDS)).toBe(expected);
	});
});

describe("both lists", () => {
	const yes = one("priority", "is", "high");
	const no = one("priority", "is", "low");
	test.each([
		[[], [], true],
		[[yes], [], true],
		[[yes, no], [], false],
		[[], [no, yes], true],
		[[], [no], false],
		[[yes], [no, yes], true],
		[[yes], [no], false],
		[[no], [yes], false],
	])("all %j, any %j: %s", (all, any, expected) => {
		expect(holds({ all, any }, ask, TICKET_FIELDS)).toBe(expected);
	});

	test("no condition at all is told apart, and fields are named once", () => {
		expect(isUnconditional({ all: [], any: [] })).toBe(true);
		expect(isUnconditional({ all: [], any: [yes] })).toBe(false);
		expect(usesFields({ all: [yes, one("tags", "is", "a")], any: [no] })).toEqual(["priority", "tags"]);
	});
});

describe("what is refused", () => {
	const table: [Condition, string][] = [
		[one("colour", "is", "red"), "/field"],
		[one("customFields.", "is", "red"), "/field"],
		[one("constructor", "is", "red"), "/field"],
		[one("priority", "contains", "hi"), "/operator"],
		[one("groupId", "gt", "a"), "/operator"],
		[one("tags", "gt", 1), "/operator"],
		[one("priority", "is", "highest"), "/value"],
		[one("priority", "is", 3), "/value"],
		[one("priority", "is"), "/value"],
		[one("priority", "is", ["high"]), "/value"],
		[one("priority", "in", "high"), "/value"],
		[one("priority", "in", []), "/value"],
		[one("priority", "in", ["high", "highest"]), "/value/1"],
		[one("tags", "present", "vip"), "/value"],
		[one("tags", "contains", null), "/value"],
		[one("customFields.seats", "gt", { a: 1 }), "/value"],
	];
	test.each(table)("%j at %s", (condition, at) => {
		const fine = one("priority", "is", "high");
		const problems = conditionProblems({ all: [fine], any: [fine, condition] }, TICKET_FIELDS);
		expect(problems.map(({ pointer }) => pointer)).toEqual([`/conditions/any/1${at}`]);
	});
});

const tags = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 });
const wanted = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 4 });

test("an operator and its opposite never agree", () => {
	const opposites: [Operator, Operator][] = [
		["is", "is_not"],
		["in", "not_in"],
		["present", "absent"],
	];
	fc.assert(
		fc.property(tags, wanted, fc.constantFrom(...opposites), (have, value, [first, second]) => {
			const values = () => have;
			const verdict = (operator: Operator) => holds({ all: [{ field: "tags", operator, value }], any: [] }, values);
			expect(verdict(first)).toBe(!verdict(second));
		}),
		{ seed: 7 },
	);
});

test("`in` is any of, `contains` all of, `is` just these", () => {
	fc.assert(
		fc.property(tags, wanted, (have, value) => {
			const verdict = (operator: Operator) => holds({ all: [{ field: "tags", operator, value }], any: [] }, () => have);
			expect(verdict("in")).toBe(value.some((one) => have.includes(one)));
			expect(verdict("contains")).toBe(value.every((one) => have.includes(one)));
			expect(verdict("is")).toBe([...have].sort().join() === [...value].sort().join());
		}),
		{ seed: 7 },
	);
});
