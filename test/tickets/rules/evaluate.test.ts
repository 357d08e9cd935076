import type { Condition, Conditions } from "../../../contracts/conditions.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { Change } from "../../../models/ticket-audit.ts";
import { type Evaluated, explain, oneHolds, ruleHolds, valuesOn } from "../../../services/tickets/rules/evaluate.ts";
import { ruleConditionProblems } from "../../../services/tickets/rules/fields.ts";
import { ticketWith } from "../ticket.ts";

const NOW = new Date("2026-03-02T12:00:00.000Z");
const ago = (hours: number) => new Date(NOW.getTime() - hours * 3600 * 1000);

interface Case {
	ticket?: Partial<Ticket>;
	changes?: Change[];
	message?: Evaluated["occasion"]["message"];
	metric?: string;
	rating?: number;
	sla?: Evaluated["sla"];
	customerTags?: string[];
}

function asked({ ticket, changes = [], message = null, metric, rating, sla, customerTags = [] }: Case) {
	return valuesOn({
		ticket: ticketWith(ticket),
		customerTags,
		sla: sla ?? { state: "none", nextMetric: null },
		occasion: { now: NOW, changes, message, metric: metric ?? null, rating: rating ?? null },
	});
}

const change = (field: string, from: unknown, to: unknown): Change => ({ field, from, to });
const message = (
	kind: "public_reply" | "internal_note",
	body: string,
	authorType: "customer" | "agent" | "system",
) => ({
	...{ kind, body, authorType },
});

const TABLE: [string, Condition, Case, boolean][] = [
	["status is", { field: "status", operator: "is", value: "open" }, { ticket: { status: "open" } }, true],
	[
		"status by its order",
		{ field: "status", operator: "lt", value: "solved" },
		{ ticket: { status: "on_hold" } },
		true,
	],
	["assignee none", { field: "assigneeId", operator: "is", value: "none" }, {}, true],
	[
		"assignee none, but somebody",
		{ field: "assigneeId", operator: "is", value: "none" },
		{ ticket: { assigneeId: "a" } },
		false,
	],
	[
		"assignee not none",
		{ field: "assigneeId", operator: "is_not", value: "none" },
		{ ticket: { assigneeId: "a" } },
		true,
	],
	["assignee not none, but nobody", { field: "assigneeId", operator: "is_not", value: "none" }, {}, false],
	["assignee in, with none", { field: "assigneeId", operator: "in", value: ["b", "none"] }, {}, true],
	[
		"assignee in, with another",
		{ field: "assigneeId", operator: "in", value: ["b", "none"] },
		{ ticket: { assigneeId: "b" } },
		true,
	],
	[
		"assignee in, not",
		{ field: "assigneeId", operator: "in", value: ["b", "none"] },
		{ ticket: { assigneeId: "c" } },
		false,
	],
	["assignee not in, with none", { field: "assigneeId", operator: "not_in", value: ["b", "none"] }, {}, false],
	[
		"assignee not in",
		{ field: "assigneeId", operator: "not_in", value: ["b", "none"] },
		{ ticket: { assigneeId: "c" } },
		true,
	],
	["assignee absent", { field: "assigneeId", operator: "absent" }, {}, true],
	["group is", { field: "groupId", operator: "is", value: "g" }, { ticket: { groupId: "g" } }, true],
	[
		"reopened more than twice",
		{ field: "reopenCount", operator: "gt", value: 2 },
		{ ticket: { reopenCount: 3 } },
		true,
	],
	[
		"sla state",
		{ field: "slaState", operator: "in", value: ["at_risk", "breached"] },
		{ sla: { state: "breached", nextMetric: null } },
		true,
	],
	[
		"sla metric of the event",
		{ field: "slaMetric", operator: "is", value: "resolution" },
		{ metric: "resolution", sla: { state: "active", nextMetric: "first_response" } },
		true,
	],
	[
		"sla metric of the ticket",
		{ field: "slaMetric", operator: "is", value: "first_response" },
		{ sla: { state: "active", nextMetric: "first_response" } },
		true,
	],
	[
		"hours since created",
		{ field: "hoursSinceCreated", operator: "gt", value: 1.5 },
		{ ticket: { createdAt: ago(2) } },
		true,
	],
	[
		"hours since by its instant's name",
		{ field: "hoursSinceCreatedAt", operator: "gt", value: 1.5 },
		{ ticket: { createdAt: ago(2) } },
		true,
	],
	[
		"hours since created, too few",
		{ field: "hoursSinceCreated", operator: "gt", value: 2 },
		{ ticket: { createdAt: ago(2) } },
		false,
	],
	["hours since a message there was not", { field: "hoursSinceLastAgentMessage", operator: "gt", value: 1 }, {}, false],
	[
		"hours since the status",
		{ field: "hoursSinceStatusChanged", operator: "lt", value: 5 },
		{ ticket: { statusChangedAt: ago(4) } },
		true,
	],
	[
		"message kind",
		{ field: "messageKind", operator: "is", value: "internal_note" },
		{ message: message("internal_note", "x", "agent") },
		true,
	],
	["message kind without one", { field: "messageKind", operator: "is", value: "public_reply" }, {}, false],
	[
		"body of a public message",
		{ field: "messageBody", operator: "contains", value: "REFund" },
		{ message: message("public_reply", "a refund", "customer") },
		true,
	],
	[
		"body of a note",
		{ field: "messageBody", operator: "contains", value: "refund" },
		{ message: message("internal_note", "a refund", "agent") },
		false,
	],
	[
		"author",
		{ field: "messageAuthor", operator: "is", value: "system" },
		{ message: message("public_reply", "x", "system") },
		true,
	],
	[
		"rating of the event",
		{ field: "csatRating", operator: "lt", value: 3 },
		{ rating: 2, ticket: { csat: { rating: 5, comment: null, at: NOW } } },
		true,
	],
	[
		"rating of the ticket",
		{ field: "csatRating", operator: "is", value: 5 },
		{ ticket: { csat: { rating: 5, comment: null, at: NOW } } },
		true,
	],
	["customer's tags", { field: "customerTags", operator: "contains", value: "vip" }, { customerTags: ["vip"] }, true],
	[
		"custom field",
		{ field: "customFields.plan", operator: "is", value: "gold" },
		{ ticket: { customFields: { plan: "gold" } } },
		true,
	],
	["escalation of an early ticket", { field: "escalationLevel", operator: "is", value: 0 }, {}, true],
	[
		"changed",
		{ field: "changed(priority)", operator: "is", value: true },
		{ changes: [change("priority", "low", "high")] },
		true,
	],
	[
		"changed, not",
		{ field: "changed(priority)", operator: "is", value: true },
		{ changes: [change("status", "new", "open")] },
		false,
	],
	["not changed", { field: "changed(priority)", operator: "is", value: false }, {}, true],
	["no change there", { field: "changed(priority)", operator: "present" }, {}, false],
	["no change absent", { field: "changed(priority)", operator: "absent" }, {}, true],
	[
		"changed and back",
		{ field: "changed(status)", operator: "is", value: true },
		{ changes: [change("status", "a", "b"), change("status", "b", "a")] },
		false,
	],
	[
		"changed from",
		{ field: "changedFrom(status)", operator: "is", value: "new" },
		{ changes: [change("status", "new", "open"), change("status", "open", "solved")] },
		true,
	],
	[
		"changed to",
		{ field: "changedTo(status)", operator: "is", value: "solved" },
		{ changes: [change("status", "new", "open"), change("status", "open", "solved")] },
		true,
	],
	[
		"changed to in order",
		{ field: "changedTo(priority)", operator: "gt", value: "normal" },
		{ changes: [change("priority", "low", "urgent")] },
		true,
	],
	["changed from, without a change", { field: "changedFrom(status)", operator: "is_not", value: "new" }, {}, false],
	[
		"assigned from nobody",
		{ field: "changedFrom(assigneeId)", operator: "is", value: "none" },
		{ changes: [change("assigneeId", null, "a")] },
		true,
	],
	[
		"unassigned",
		{ field: "changedTo(assigneeId)", operator: "absent" },
		{ changes: [change("assigneeId", "a", null)] },
		true,
	],
	["nobody, but no change", { field: "changedTo(assigneeId)", operator: "is", value: "none" }, {}, false],
	[
		"custom field changed",
		{ field: "changedTo(customFields.plan)", operator: "is", value: "gold" },
		{ changes: [change("customFields", { a: 1 }, { a: 1, plan: "gold" })] },
		true,
	],
	[
		"another custom field changed",
		{ field: "changed(customFields.plan)", operator: "is", value: true },
		{ changes: [change("customFields", { a: 1 }, { a: 2 })] },
		false,
	],
	[
		"tags changed to",
		{ field: "changedTo(tags)", operator: "contains", value: "b" },
		{ changes: [change("tags", ["a"], ["a", "b"])] },
		true,
	],
];

test.each(TABLE)("%s", (_what, condition, given, expected) => {
	expect(ruleConditionProblems({ all: [condition] })).toEqual([]);
	expect(oneHolds(condition, asked(given))).toBe(expected);
});

describe("all and any", () => {
	const yes: Condition = { field: "status", operator: "is", value: "new" };
	const no: Condition = { field: "status", operator: "is", value: "closed" };
	test.each<[Conditions, boolean]>([
		[{ all: [], any: [] }, true],
		[{ all: [yes], any: [] }, true],
		[{ all: [yes, no], any: [] }, false],
		[{ all: [], any: [no, yes] }, true],
		[{ all: [], any: [no, no] }, false],
		[{ all: [yes], any: [no] }, false],
	])("%j", (conditions, expected) => {
		const ask = asked({});
		expect(ruleHolds(conditions, ask)).toBe(expected);
		const explained = explain(conditions, ask);
		expect(explained.map(({ holds, actual }) => [holds, actual])).toEqual(
			[...conditions.all, ...conditions.any].map(({ value }) => [value === "new", "new"]),
		);
	});
});

test.each([
	["nobody's change", { field: "changed(nothing)", operator: "is", value: true }, "/conditions/all/0/field"],
	[
		"a rating from which it changed",
		{ field: "changedFrom(csatRating)", operator: "is", value: 1 },
		"/conditions/all/0/field",
	],
	["a change that is a word", { field: "changed(status)", operator: "is", value: "new" }, "/conditions/all/0/value"],
	["hours that are a word", { field: "hoursSinceCreated", operator: "gt", value: "two" }, "/conditions/all/0/value"],
	["a state there is not", { field: "slaState", operator: "is", value: "fine" }, "/conditions/all/0/value"],
	["a list where one is asked", { field: "status", operator: "in", value: "new" }, "/conditions/all/0/value"],
] as [string, Condition, string][])("refuses %s", (_what, condition, pointer) => {
	expect(ruleConditionProblems({ all: [condition] }).map((problem) => problem.pointer)).toEqual([pointer]);
});
