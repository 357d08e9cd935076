import { type Client, type Desk, type DeskTenant, startDesk } from "../../support/desk.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";

/*
 * Rules through the API, from what is saved to what has become of the ticket.
 */

interface Rule {
	id: string;
	version: number;
	position: number;
	active: boolean;
	name: string;
	warnings: { pointer: string; code: string }[];
}
interface Ticket {
	id: string;
	version: number;
	status: string;
	priority: string;
	tags: string[];
	assigneeId: string | null;
	groupId: string | null;
	followerIds: string[];
	customFields: Record<string, unknown>;
	escalationLevel: number;
	escalatedAt: string | null;
	firstRespondedAt: string | null;
	waitingSince: string | null;
	messages: { kind: string; authorType: string; body: string; bodyHtml: string; authorId: string | null }[];
}
interface Page<T> {
	data: T[];
	unreadCount?: number;
}
interface Run {
	ticketId: string;
	matched: boolean;
	depth: number;
	level: number | null;
	actionResults: { type: string; status: string; code?: string }[];
}
interface AuditRow {
	action: string;
	cause: { type: string; id: string | null };
	actor: { type: string };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let clock: ManualClock;
let desk: Desk;
let home: DeskTenant;
let owner: Client;
let customerId: string;

beforeAll(async () => {
	clock = manualClock("2026-03-02T10:00:00.000Z");
	desk = await startDesk({ clock });
	await newTenant();
}, 60_000);
afterAll(() => desk?.stop());

async function newTenant(): Promise<void> {
	home = await desk.tenant();
	owner = home.as.owner;
	const cora = { name: "Cora <b>Customer</b>", email: "cora@customers.example" };
	customerId = (await must<{ id: string }>(owner, "POST", "/customers", cora)).id;
}

// Each test has its own rules and tickets.
afterEach(async () => {
	const { data } = await must<Page<Rule>>(owner, "GET", "/rules?limit=100");
	for (const { id, active, name } of data) if (active || name === "off") await owner("DELETE", `/rules/${id}`);
});

async function must<T>(client: Client, method: string, route: string, body?: unknown): Promise<T> {
	const answer = await client<T>(method, route, body === undefined ? {} : { body });
	if (answer.status >= 300) throw new Error(`${method} ${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
	return answer.body;
}

const rule = (body: object) => must<Rule>(owner, "POST", "/rules", body);
const open = (fields: object = {}) =>
	must<Ticket>(owner, "POST", "/tickets", {
		...{ subject: "Printer on fire", description: "Please help", customerId, groupId: home.groupId },
		...fields,
	});
const read = (id: string) => must<Ticket>(owner, "GET", `/tickets/${id}`);
const change = (id: string, body: object) => must<Ticket>(owner, "PUT", `/tickets/${id}`, body);
const say = (id: string, body: object) => must(owner, "POST", `/tickets/${id}/messages`, body);
const runsOf = async (id: string) => (await must<Page<Run>>(owner, "GET", `/rules/${id}/runs`)).data;
const auditOf = async (id: string) => (await must<Page<AuditRow>>(owner, "GET", `/tickets/${id}/audit?limit=100`)).data;

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

describe("event triggers", () => {
	test("do every kind of action, as the system, for the rule", async () => {
		const field = { target: "ticket", key: "plan", label: "Plan", type: "text" };
		await must(owner, "POST", "/custom-fields", field);
		const { agent, supervisor } = home.userIds;
		const macro = await must<{ id: string }>(owner, "POST", "/macros", {
			name: "Tag it",
			actions: [{ type: "add_tags", tags: ["from-macro"] }],
		});
		const made = await rule({
			name: "Everything",
			trigger: "ticket.created",
			conditions: { all: [{ field: "priority", operator: "is", value: "high" }] },
			actions: [
				{ type: "set_priority", priority: "urgent" },
				{ type: "assign", userId: agent },
				{ type: "set_status", status: "pending" },
				{ type: "add_tags", tags: ["Hot", "vip"] },
				{ type: "remove_tags", tags: ["vip"] },
				{ type: "add_internal_note", template: "From {{customer.name}}: #{{ticket.number}}" },
				{ type: "send_public_reply", template: "We got *{{ticket.subject}}*. {{nothing.here}}" },
				{ type: "notify", users: ["assignee", supervisor], template: "Look at {{ticket.subject}}" },
				{ type: "add_follower", userId: supervisor },
				{ type: "set_field", field: "plan", value: "gold" },
				{ type: "apply_macro", macroId: macro.id },
			],
		});
		const quiet = await open();
		const { id } = await open({ priority: "high", subject: "A <script> & [link](http://x.example)", asCustomer: true });
		await desk.settle();
		const ticket = await read(id);
		expect(ticket).toMatchObject({
			...{ priority: "urgent", status: "pending", assigneeId: agent, followerIds: [supervisor] },
			...{ customFields: { plan: "gold" }, firstRespondedAt: null, waitingSince: expect.any(String) },
		});
		expect(ticket.tags.sort()).toEqual(["from-macro", "hot"]);
		const [, note, reply] = ticket.messages;
		expect(note).toMatchObject({ kind: "internal_note", authorType: "system", authorId: null });
		expect(note?.body).toMatch(/^From Cora &lt;b&gt;Customer&lt;\/b&gt;: #\d+$/);
		expect(reply).toMatchObject({ kind: "public_reply", authorType: "system" });
		expect(reply?.bodyHtml).not.toMatch(/<script|>link</);
		const [row] = (await auditOf(id)).filter(({ action }) => action === "rule.ran");
		expect(row).toMatchObject({ actor: { type: "system" }, cause: { type: "rule", id: made.id } });
		const runs = await runsOf(made.id);
		expect(runs).toHaveLength(1);
		expect(runs[0]).toMatchObject({ ticketId: id, matched: true, depth: 1, level: null });
		expect(runs[0]?.actionResults.map(({ status }) => status)).toEqual(Array(11).fill("done"));
		expect((await read(quiet.id)).tags).toEqual([]);
		for (const role of ["agent", "supervisor"] as const) {
			const { data } = await must<Page<{ kind: string; text: string; title: string }>>(
				home.as[role],
				"GET",
				"/notifications",
			);
			const told = data.find(({ kind }) => kind === "rule");
			expect(told?.text).toContain("Look at A &lt;script&gt;");
		}
	});

	test("see changes of one commit as one, and messages", async () => {
		const changed = await rule({
			name: "Both",
			trigger: "ticket.updated",
			conditions: {
				all: [
					{ field: "changedTo(status)", operator: "is", value: "pending" },
					{ field: "changed(priority)", operator: "is", value: true },
					{ field: "changedFrom(priority)", operator: "is", value: "normal" },
				],
			},
			actions: [{ type: "add_tags", tags: ["both"] }],
			maxRunsPerTicket: 10,
		});
		const refund = await rule({
			name: "Refund",
			trigger: "message.added",
			conditions: {
				all: [
					{ field: "messageBody", operator: "contains", value: "REFUND" },
					{ field: "messageKind", operator: "is", value: "public_reply" },
				],
			},
			actions: [{ type: "add_tags", tags: ["refund"] }],
		});
		const { id } = await open();
		await change(id, { status: "pending" });
		await desk.settle();
		expect((await read(id)).tags).toEqual([]);
		await say(id, { body: "A refund, internally", kind: "internal_note" });
		await desk.settle();
		expect(await runsOf(refund.id)).toHaveLength(0);
		await change(id, { status: "open" });
		await change(id, { status: "pending", priority: "high" });
		await say(id, { body: "I want a refund", asCustomer: true });
		await desk.settle();
		expect((await read(id)).tags.sort()).toEqual(["both", "refund"]);
		expect(await runsOf(changed.id)).toHaveLength(1);
	});

	test("run in order, stop where told, and note what fails", async () => {
		const all = { trigger: "ticket.created", conditions: { all: [] } };
		await rule({
			...all,
			name: "2",
			position: 20,
			actions: [
				{ type: "set_status", status: "solved" },
				{ type: "add_tags", tags: ["two"] },
			],
			stopProcessing: true,
		});
		await rule({ ...all, name: "3", position: 30, actions: [{ type: "add_tags", tags: ["three"] }] });
		await rule({ ...all, name: "1", position: 10, actions: [{ type: "add_tags", tags: ["one"] }] });
		const { id } = await open();
		await desk.settle();
		const ticket = await read(id);
		expect(ticket).toMatchObject({ tags: ["one", "two"], status: "new" });
		const second = (await must<Page<Rule>>(owner, "GET", "/rules")).data.find(({ name }) => name === "2");
		const [run] = await runsOf(second?.id ?? "");
		expect(run?.actionResults).toMatchObject([{ status: "failed", code: "assignee_required" }, { status: "done" }]);
	});

	test("do not follow themselves, and a chain of rules is cut", async () => {
		const on = (from: string, to: string) => ({
			...{ name: `${from}-${to}`, trigger: "ticket.updated", maxRunsPerTicket: 1000 },
			conditions: { all: [{ field: "changedTo(priority)", operator: "is", value: from }] },
			actions: [{ type: "set_priority", priority: to }],
		});
		const up = await rule(on("low", "high"));
		const down = await rule(on("high", "low"));
		const { id } = await open();
		await change(id, { priority: "low" });
		await desk.settle();
		const runs = [...(await runsOf(up.id)), ...(await runsOf(down.id))];
		expect(runs.map(({ depth }) => depth).sort()).toEqual([1, 2, 3, 4, 5]);
		const cut = (await auditOf(id)).filter(({ action }) => action === "rule_loop_cut");
		expect(cut).toHaveLength(1);
		expect(cut[0]?.cause).toEqual({ type: "rule", id: down.id });
		const own = await rule({
			...{ name: "own", trigger: "ticket.updated", maxRunsPerTicket: 1000, position: 0 },
			actions: [{ type: "set_field", field: "subStatus", value: "seen" }],
		});
		const other = await open();
		await change(other.id, { tags: ["x"] });
		await desk.settle();
		expect(await runsOf(own.id)).toHaveLength(1);
	});

	test("give tickets to somebody by a strategy", async () => {
		await must(home.as.agent, "PUT", "/me/availability", { availability: "online" });
		await rule({
			name: "Give",
			trigger: "ticket.created",
			conditions: { all: [{ field: "groupId", operator: "is", value: home.groupId }] },
			actions: [{ type: "assign", strategy: "round_robin" }],
		});
		const { id } = await open();
		await desk.settle();
		expect(await read(id)).toMatchObject({ assigneeId: home.userIds.agent, status: "open" });
		await must(home.as.agent, "PUT", "/me/availability", { availability: "offline" });
		const waiting = await open();
		await desk.settle();
		expect(await read(waiting.id)).toMatchObject({ assigneeId: null });
	});

	test("hold to how often and how soon again", async () => {
		const often = await rule({
			...{ name: "twice", trigger: "ticket.updated", maxRunsPerTicket: 2, cooldownSec: 600 },
			conditions: { all: [{ field: "changed(tags)", operator: "is", value: true }] },
			actions: [{ type: "notify", roles: ["supervisor"] }],
		});
		const { id } = await open();
		const retag = async (tag: string) => {
			await change(id, { tags: [tag] });
			await desk.settle();
			return (await runsOf(often.id)).length;
		};
		expect(await retag("a")).toBe(1);
		expect(await retag("b")).toBe(1);
		clock.advance(11 * MINUTE);
		expect(await retag("c")).toBe(2);
		clock.advance(11 * MINUTE);
		expect(await retag("d")).toBe(2);
	});

	test("leave other tenants, imports and inactive rules alone", async () => {
		const mine = await rule({
			name: "mine",
			trigger: "ticket.created",
			actions: [{ type: "add_tags", tags: ["mine"] }],
		});
		const off = await rule({
			name: "off",
			trigger: "ticket.created",
			active: false,
			actions: [{ type: "add_tags", tags: ["off"] }],
		});
		const foreign = await desk.tenant();
		const elsewhere = await foreign.as.owner<Ticket>("POST", "/tickets", {
			body: { subject: "There", description: "x", customer: { email: "dora@customers.example" } },
		});
		const imported = await open({ createdAt: "2026-01-01T00:00:00.000Z" });
		await desk.settle();
		expect((await foreign.as.owner<Ticket>("GET", `/tickets/${elsewhere.body.id}`)).body.tags).toEqual([]);
		expect((await read(imported.id)).tags).toEqual([]);
		expect(await runsOf(off.id)).toHaveLength(0);
		expect((await foreign.as.owner("GET", `/rules/${mine.id}`)).status).toBe(404);
		expect((await owner("POST", `/rules/${mine.id}/dry-run`, { body: { ticketId: elsewhere.body.id } })).status).toBe(
			404,
		);
		expect(
			(await foreign.as.owner("POST", `/rules/${mine.id}/dry-run`, { body: { ticketId: imported.id } })).status,
		).toBe(404);
	});
});

describe("time triggers", () => {
	// They count for the tickets of the tests before, too.
	beforeEach(newTenant);

	const levels = (roles: string[]) =>
		roles.map((role, index) => ({ after: (index + 1) * 600, actions: [{ type: "notify", roles: [role] }] }));

	test("escalate level by level, and solving resets", async () => {
		const { id: ruleId } = await rule({
			name: "Nobody cares",
			trigger: { since: "createdAt", clock: "calendar", levels: levels(["supervisor", "admin"]) },
			conditions: { all: [{ field: "assigneeId", operator: "is", value: "none" }] },
		});
		const { id } = await open({ priority: "urgent" });
		await desk.settle();
		clock.advance(10 * MINUTE - 1);
		await desk.settle();
		expect(await read(id)).toMatchObject({ escalationLevel: 0 });
		clock.advance(1);
		const at = clock.now().toISOString();
		await desk.settle();
		expect(await read(id)).toMatchObject({ escalationLevel: 1, escalatedAt: at });
		clock.advance(10 * MINUTE);
		await desk.settle();
		expect(await read(id)).toMatchObject({ escalationLevel: 2 });
		expect((await runsOf(ruleId)).map(({ level }) => level)).toEqual([2, 1]);
		await change(id, { assigneeId: home.userIds.agent });
		await say(id, { body: "On it" });
		expect(await read(id)).toMatchObject({ escalationLevel: 2 });
		await change(id, { status: "solved" });
		expect(await read(id)).toMatchObject({ escalationLevel: 0, escalatedAt: null });
	});

	test("are moved where their instant moves, and skip what does not match any more", async () => {
		const { id: ruleId } = await rule({
			name: "Silence",
			trigger: { after: 3600, since: "statusChangedAt", clock: "calendar" },
			conditions: { all: [{ field: "status", operator: "is", value: "pending" }] },
			actions: [{ type: "add_tags", tags: ["silent"] }],
		});
		const { id } = await open();
		await change(id, { status: "pending" });
		await desk.settle();
		clock.advance(HOUR / 2);
		await change(id, { status: "open" });
		await change(id, { status: "pending" });
		await desk.settle();
		clock.advance(HOUR / 2);
		await desk.settle();
		expect((await read(id)).tags).toEqual([]);
		clock.advance(HOUR / 2);
		await desk.settle();
		expect((await read(id)).tags).toEqual(["silent"]);
		const other = await open();
		await change(other.id, { status: "pending" });
		await desk.settle();
		clock.advance(HOUR / 2);
		await change(other.id, { status: "open" });
		await desk.settle();
		clock.advance(HOUR);
		await desk.settle();
		expect((await runsOf(ruleId)).map(({ ticketId }) => ticketId)).toEqual([id]);
	});

	test("count for the tickets that are there already, in business time too", async () => {
		const { id } = await open();
		const late = await open();
		clock.advance(HOUR);
		const trigger = { after: 7200, since: "createdAt", clock: "business" };
		await rule({ name: "Later", trigger, actions: [{ type: "add_tags", tags: ["later"] }] });
		await rule({
			name: "Past due",
			trigger: { after: 60, since: "createdAt", clock: "calendar" },
			conditions: { all: [{ field: "tags", operator: "absent" }] },
			actions: [{ type: "add_internal_note", template: "past due" }],
		});
		await desk.settle();
		expect((await read(id)).messages.map(({ body }) => body)).toContain("past due");
		expect((await read(late.id)).tags).toEqual([]);
		clock.advance(HOUR);
		await desk.settle();
		expect((await read(id)).tags).toEqual(["later"]);
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
