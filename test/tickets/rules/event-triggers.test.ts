import type { Client, Desk, DeskTenant } from "../../support/desk.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import {
	MINUTE,
	must,
	type Page,
	type Rule,
	type RulesTenant,
	rulesTenant,
	startRulesDesk,
	type Ticket,
} from "./rules-desk.ts";

/*
 * Rules that begin with an event, from what is saved to what has become of the ticket.
 */

let clock: ManualClock;
let desk: Desk;
let tenant: RulesTenant;
let home: DeskTenant;
let owner: Client;
let rule: RulesTenant["rule"];
let open: RulesTenant["open"];
let read: RulesTenant["read"];
let change: RulesTenant["change"];
let say: RulesTenant["say"];
let runsOf: RulesTenant["runsOf"];
let auditOf: RulesTenant["auditOf"];

beforeAll(async () => {
	({ clock, desk } = await startRulesDesk());
	tenant = await rulesTenant(desk);
	({ home, owner, rule, open, read, change, say, runsOf, auditOf } = tenant);
}, 60_000);
afterAll(() => desk?.stop());

// Each test has its own rules and tickets.
afterEach(() => tenant.clear());

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
