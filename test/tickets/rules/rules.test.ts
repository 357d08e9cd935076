import type { Client, Desk, DeskTenant } from "../../support/desk.ts";
import { must, type Page, type Rule, type RulesTenant, rulesTenant, startRulesDesk } from "./rules-desk.ts";

/*
 * Rules through the API: what is saved, and what they would do.
 */

let desk: Desk;
let tenant: RulesTenant;
let home: DeskTenant;
let owner: Client;
let rule: RulesTenant["rule"];
let open: RulesTenant["open"];
let read: RulesTenant["read"];
let change: RulesTenant["change"];
let runsOf: RulesTenant["runsOf"];

beforeAll(async () => {
	({ desk } = await startRulesDesk());
	await newTenant();
}, 60_000);
afterAll(() => desk?.stop());

async function newTenant(): Promise<void> {
	tenant = await rulesTenant(desk);
	({ home, owner, rule, open, read, change, runsOf } = tenant);
}

// Each test has its own rules and tickets.
afterEach(() => tenant.clear());

describe("saving a rule", () => {
	test("keeps it, tells what is wrong with where, and warns of unknown variables", async () => {
		const made = await rule({
			name: "Greet",
			trigger: "ticket.created",
			actions: [{ type: "add_internal_note", template: "Hi {{customer.name}} {{customer.shoeSize}}" }],
		});
		expect(made).toMatchObject({ active: true, maxRunsPerTicket: 1, cooldownSec: 0, stopProcessing: false });
		expect(made.warnings).toEqual([
			{
				pointer: "/actions/0/template",
				code: "unknown_variable",
				message: expect.stringContaining("customer.shoeSize"),
			},
		]);
	});

	test.each([
		["an unknown trigger", { trigger: "ticket.exploded" }, "/trigger"],
		[
			"an unknown field",
			{ conditions: { all: [{ field: "mood", operator: "is", value: "x" }] } },
			"/conditions/all/0/field",
		],
		[
			"an operator that does not fit",
			{ conditions: { any: [{ field: "status", operator: "contains", value: "new" }] } },
			"/conditions/any/0/operator",
		],
		[
			"a value that is none",
			{ conditions: { all: [{ field: "status", operator: "is", value: "lost" }] } },
			"/conditions/all/0/value",
		],
		[
			"a change of what does not change",
			{ conditions: { all: [{ field: "changed(hoursSinceCreated)", operator: "is", value: true }] } },
			"/conditions/all/0/field",
		],
		["no action", { actions: [] }, "/actions"],
		["an unknown action", { actions: [{ type: "explode" }] }, "/actions/0"],
		["a priority there is not", { actions: [{ type: "set_priority", priority: "huge" }] }, "/actions/0/priority"],
		["a field too many", { actions: [{ type: "unassign", userId: "x" }] }, "/actions/0/userId"],
		["nobody to assign to", { actions: [{ type: "assign" }] }, "/actions/0/userId"],
		["a person who is not there", { actions: [{ type: "assign", userId: "nobody" }] }, "/actions/0/userId"],
		["a group that is not there", { actions: [{ type: "assign", groupId: "nowhere" }] }, "/actions/0/groupId"],
		["nobody to notify", { actions: [{ type: "notify", template: "x" }] }, "/actions/0/users"],
		["a macro that is not there", { actions: [{ type: "apply_macro", macroId: "none" }] }, "/actions/0/macroId"],
		["a tag that is none", { actions: [{ type: "add_tags", tags: ["no good"] }] }, "/actions/0/tags/0"],
		[
			"a field that rules do not set",
			{ actions: [{ type: "set_field", field: "number", value: 1 }] },
			"/actions/0/field",
		],
		[
			"a custom field that is not there",
			{ actions: [{ type: "set_field", field: "customFields.nothing", value: 1 }] },
			"/actions/0/field",
		],
		["an empty subject", { actions: [{ type: "set_field", field: "subject", value: " " }] }, "/actions/0/value"],
		["a type there is not", { actions: [{ type: "set_field", field: "type", value: "x" }] }, "/actions/0/value"],
		["a calendar that is not there", { scheduleCalendarId: "none" }, "/scheduleCalendarId"],
		["a time without after", { trigger: { since: "createdAt", clock: "calendar" } }, "/trigger/after"],
		[
			"levels out of order",
			{
				trigger: {
					since: "createdAt",
					clock: "calendar",
					levels: [
						{ after: 20, actions: [{ type: "unassign" }] },
						{ after: 10, actions: [{ type: "unassign" }] },
					],
				},
			},
			"/trigger/levels/1/after",
		],
		[
			"six levels",
			{
				trigger: {
					since: "createdAt",
					levels: [1, 2, 3, 4, 5, 6].map((after) => ({ after, actions: [{ type: "unassign" }] })),
				},
			},
			"/trigger/levels",
		],
	])("refuses %s", async (_what, wrong, pointer) => {
		const sound = { name: "Wrong", trigger: "ticket.created", actions: [{ type: "unassign" }] };
		const { status, body } = await owner<{ errors: { pointer: string }[] }>("POST", "/rules", {
			body: { ...sound, ...wrong },
		});
		expect(status).toBe(422);
		expect(body.errors.map((error) => error.pointer)).toContain(pointer);
	});

	test("is for admins; supervisors and agents read", async () => {
		const body = { name: "R", trigger: "ticket.created", actions: [{ type: "unassign" }] };
		const { id } = await rule(body);
		expect((await home.as.admin("POST", "/rules", { body })).status).toBe(201);
		for (const role of ["supervisor", "agent"] as const) {
			expect((await home.as[role]("GET", `/rules/${id}`)).status).toBe(200);
			expect((await home.as[role]("GET", `/rules/${id}/runs`)).status).toBe(200);
			expect((await home.as[role]("PATCH", `/rules/${id}`, { body: { active: false } })).status).toBe(403);
			expect((await home.as[role]("POST", "/rules", { body })).status).toBe(403);
		}
		expect((await home.as.viewer("GET", "/rules")).status).toBe(403);
	});

	test("lists by position, new ones last, and keeps ETags", async () => {
		const trigger = "ticket.created";
		const actions = [{ type: "unassign" }];
		const shipped = (await must<Page<Rule>>(owner, "GET", "/rules")).data;
		expect(shipped.map(({ active, position }) => [active, position])).toEqual([
			[false, 1],
			[false, 2],
			[false, 3],
			[false, 4],
		]);
		const [a, b] = [
			await rule({ name: "A", trigger, actions }),
			await rule({ name: "B", trigger, actions, position: 0 }),
		];
		const { data } = await must<Page<Rule>>(owner, "GET", "/rules");
		expect(data.map(({ name }) => name)).toEqual(["B", ...shipped.map(({ name }) => name), "A"]);
		const stale = await owner("PATCH", `/rules/${a.id}`, { body: { name: "C" }, headers: { "if-match": '"v9"' } });
		expect(stale.status).toBe(412);
		expect((await must<Rule>(owner, "PATCH", `/rules/${b.id}`, { position: 9 })).version).toBe(2);
		expect((await owner("DELETE", `/rules/${b.id}`)).status).toBe(204);
		expect((await owner("GET", `/rules/${b.id}`)).status).toBe(404);
	});
});

describe("trying a rule", () => {
	test("says what would happen and does nothing", async () => {
		const { id } = await open({ priority: "high" });
		const made = await rule({
			name: "Try",
			trigger: "ticket.created",
			conditions: {
				all: [{ field: "priority", operator: "is", value: "high" }],
				any: [
					{ field: "status", operator: "is", value: "solved" },
					{ field: "status", operator: "is", value: "new" },
				],
			},
			actions: [
				{ type: "set_priority", priority: "urgent" },
				{ type: "send_public_reply", template: "Hello" },
			],
		});
		const before = await read(id);
		const tried = await must<{
			matched: boolean;
			wouldRun: boolean;
			conditions: { actual: unknown; holds: boolean }[];
			actions: object[];
		}>(owner, "POST", `/rules/${made.id}/dry-run`, { ticketId: id });
		expect(tried).toMatchObject({ matched: true, wouldRun: true, blockedBy: null });
		expect(tried.conditions).toMatchObject([
			{ list: "all", actual: "high", holds: true },
			{ list: "any", actual: "new", holds: false },
			{ list: "any", actual: "new", holds: true },
		]);
		expect(tried.actions).toMatchObject([
			{ type: "set_priority", status: "done", changes: [{ field: "priority", from: "high", to: "urgent" }] },
			{ type: "send_public_reply", status: "done" },
		]);
		await desk.settle();
		expect(await read(id)).toEqual(before);
		expect(await runsOf(made.id)).toEqual([]);
	});

	test("counts what matches now", async () => {
		await newTenant();
		await open({ priority: "low" });
		await open({ priority: "low", tags: ["a"] });
		const closed = await open({ priority: "low", assigneeId: home.userIds.agent });
		await change(closed.id, { status: "closed" });
		const count = (conditions: object) =>
			must<{ count: number; ignored: string[] }>(owner, "POST", "/rules/preview", { conditions });
		const low = { field: "priority", operator: "is", value: "low" };
		expect(await count({ all: [low] })).toMatchObject({ count: 2, exact: true, ignored: [] });
		expect(await count({ all: [low, { field: "tags", operator: "contains", value: "a" }] })).toMatchObject({
			count: 1,
		});
		expect(await count({ all: [{ field: "status", operator: "is", value: "closed" }] })).toMatchObject({ count: 1 });
		expect(await count({ all: [low, { field: "messageBody", operator: "contains", value: "x" }] })).toMatchObject({
			count: 2,
			ignored: ["/conditions/all/1"],
		});
	});
});
