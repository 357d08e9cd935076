import type { Client, Desk, DeskTenant } from "../../support/desk.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { MINUTE, must, startRulesDesk } from "./rules-desk.ts";

/*
 * Macros, notifications, and rules about service levels, through the API.
 */

interface Ticket {
	id: string;
	version: number;
	status: string;
	tags: string[];
	assigneeId: string | null;
	escalationLevel: number;
	firstRespondedAt: string | null;
	messages: { authorType: string; body: string }[];
}
interface Notification {
	id: string;
	kind: string;
	title: string;
	text: string | null;
	read: boolean;
	ticketId: string;
	ticket: { subject: string } | null;
}
interface Page<T> {
	data: T[];
	unreadCount: number;
	page: { nextCursor: string | null };
}
interface Result {
	type: string;
	status: string;
	code?: string;
	at?: string;
}

let clock: ManualClock;
let desk: Desk;
let home: DeskTenant;
let owner: Client;
let agent: Client;
let customerId: string;

beforeAll(async () => {
	({ clock, desk } = await startRulesDesk());
	home = await desk.tenant();
	({ owner, agent } = home.as);
	customerId = (
		await must<{ id: string }>(owner, "POST", "/customers", { name: "Cora", email: "cora@customers.example" })
	).id;
}, 60_000);
afterAll(() => desk?.stop());

const open = (fields: object = {}) =>
	must<Ticket>(owner, "POST", "/tickets", {
		...{ subject: "Printer on fire", description: "Please help", customerId, groupId: home.groupId },
		...fields,
	});
const read = (id: string) => must<Ticket>(owner, "GET", `/tickets/${id}`);
const told = async (client: Client, query = "") => must<Page<Notification>>(client, "GET", `/notifications${query}`);
const toldOf = async (client: Client, ticketId: string) =>
	(await told(client)).data.filter((one) => one.ticketId === ticketId);
async function withRule<T>(body: object, work: (id: string) => Promise<T>): Promise<T> {
	const { id } = await must<{ id: string }>(owner, "POST", "/rules", body);
	try {
		return await work(id);
	} finally {
		await owner("DELETE", `/rules/${id}`);
	}
}

describe("macros", () => {
	const macro = (client: Client, body: object) =>
		client<{ id: string; scope: string; warnings: object[] }>("POST", "/macros", { body });

	test("do all of their actions as the person, or none", async () => {
		const { body: made, status } = await macro(owner, {
			name: "Answer",
			actions: [
				{ type: "add_tags", tags: ["answered"] },
				{ type: "send_public_reply", template: "Dear {{customer.name}}, it is #{{ticket.number}}" },
				{ type: "set_status", status: "pending" },
			],
		});
		expect(status).toBe(201);
		const { id, version } = await open({ asCustomer: true });
		const route = `/tickets/${id}/macros/${made.id}`;
		const previewed = await must<{ ticket: Ticket; actionResults: Result[] }>(agent, "POST", route, { preview: true });
		expect(previewed.ticket).toMatchObject({ status: "pending", tags: ["answered"] });
		expect(await read(id)).toMatchObject({ version, status: "new", tags: [] });
		const stale = await agent("POST", route, { body: {}, headers: { "if-match": `"v${version + 1}"` } });
		expect(stale.status).toBe(412);
		const applied = await must<{ ticket: Ticket; actionResults: Result[] }>(agent, "POST", route, {});
		expect(applied.actionResults.map((one) => one.status)).toEqual(["done", "done", "done"]);
		expect(applied.ticket.version).toBe(version + 1);
		const ticket = await read(id);
		// The agent's own answer: it counts as one, and takes the ticket.
		expect(ticket).toMatchObject({
			status: "pending",
			assigneeId: home.userIds.agent,
			firstRespondedAt: clock.now().toISOString(),
		});
		expect(ticket.messages.at(-1)).toMatchObject({
			authorType: "agent",
			body: expect.stringMatching(/^Dear Cora, it is #\d+$/),
		});
		const audit = await must<{ data: { action: string; actor: { id: string } }[] }>(
			owner,
			"GET",
			`/tickets/${id}/audit`,
		);
		expect(audit.data.filter((row) => row.action === "macro.applied")).toMatchObject([
			{ actor: { id: home.userIds.agent } },
		]);
	});

	test("take back everything where one action is not to be", async () => {
		const { body: made } = await macro(owner, {
			name: "Reopen",
			actions: [
				{ type: "add_tags", tags: ["again"] },
				{ type: "set_status", status: "pending" },
			],
		});
		const { id } = await open({ assigneeId: home.userIds.agent });
		await must(agent, "PATCH", `/tickets/${id}`, { status: "solved" });
		const refused = await agent<{ type: string }>("POST", `/tickets/${id}/macros/${made.id}`, { body: {} });
		expect(refused).toMatchObject({ status: 409, body: { type: "/problems/invalid_transition" } });
		expect(await read(id)).toMatchObject({ tags: [], status: "solved" });
	});

	test("belong to all, to groups, or to one", async () => {
		const actions = [{ type: "unassign" }];
		const { body: personal } = await macro(agent, { name: "Mine", actions });
		expect(personal.scope).toBe("personal");
		expect((await macro(agent, { name: "Ours", scope: "shared", actions })).status).toBe(403);
		expect((await owner("GET", `/macros/${personal.id}`)).status).toBe(404);
		const elsewhere = await must<{ id: string }>(owner, "POST", "/groups", { name: "Elsewhere" });
		const { body: others } = await macro(owner, { name: "Theirs", scope: "groups", groupIds: [elsewhere.id], actions });
		expect((await agent("GET", `/macros/${others.id}`)).status).toBe(404);
		expect((await home.as.supervisor("GET", `/macros/${others.id}`)).status).toBe(200);
		expect((await macro(owner, { name: "No group", scope: "groups", actions })).status).toBe(422);
		expect(
			(await macro(owner, { name: "Nested", actions: [{ type: "apply_macro", macroId: others.id }] })).status,
		).toBe(422);
		const foreign = await desk.tenant();
		expect((await foreign.as.owner("GET", `/macros/${others.id}`)).status).toBe(404);
		const rule = { name: "Applies", trigger: "csat.submitted", actions: [{ type: "apply_macro", macroId: others.id }] };
		await withRule(rule, async () => {
			const refused = await owner<{ type: string }>("DELETE", `/macros/${others.id}`);
			expect(refused).toMatchObject({ status: 409, body: { type: "/problems/macro_in_use" } });
		});
		expect((await owner("DELETE", `/macros/${others.id}`)).status).toBe(204);
	});
});

describe("notifications", () => {
	test("tell of a ticket that somebody else gave, and of what its customer wrote; each reads their own", async () => {
		const { id } = await open({ assigneeId: home.userIds.agent });
		const own = await must<Ticket>(agent, "POST", `/tickets/${(await open()).id}/assign`, {
			assigneeId: home.userIds.agent,
		});
		await must(owner, "POST", `/tickets/${id}/messages`, { body: "Are you there?", asCustomer: true });
		await desk.settle();
		const mine = await toldOf(agent, id);
		expect(mine.map(({ kind, read }) => [kind, read])).toEqual([
			["customer_message", false],
			["assigned", false],
		]);
		expect(mine[1]?.title).toMatch(/^Assigned to you: #\d+ Printer on fire$/);
		expect(await toldOf(agent, own.id)).toEqual([]);
		expect(await toldOf(owner, id)).toEqual([]);
		const before = await told(agent);
		expect((await owner("POST", `/notifications/${mine[0]?.id}/read`)).status).toBe(404);
		expect(await must(agent, "POST", `/notifications/${mine[0]?.id}/read`)).toMatchObject({ read: true });
		await must(agent, "POST", `/notifications/${mine[0]?.id}/read`);
		expect((await told(agent)).unreadCount).toBe(before.unreadCount - 1);
		expect((await told(agent, "?unread=true")).data.map((one) => one.id)).not.toContain(mine[0]?.id);
		const first = await told(agent, "?limit=1");
		const second = await told(agent, `?limit=1&cursor=${first.page.nextCursor}`);
		expect([first.data[0]?.id, second.data[0]?.id]).toEqual(before.data.slice(0, 2).map((one) => one.id));
		expect(await must(agent, "POST", "/notifications/read-all")).toEqual({ read: before.unreadCount - 1 });
		expect((await told(agent)).unreadCount).toBe(0);
	});

	test("say nothing of a ticket that their reader may not see, and follow what becomes of it", async () => {
		const rule = {
			name: "All agents",
			trigger: "ticket.created",
			actions: [{ type: "notify", roles: ["agent"], template: "{{ticket.subject}}" }],
		};
		await withRule(rule, async () => {
			const elsewhere = await must<{ id: string }>(owner, "POST", "/groups", { name: "Far away" });
			const seen = await open({ subject: "Seen" });
			const hidden = await open({ subject: "Hidden", groupId: elsewhere.id });
			await desk.settle();
			expect(await toldOf(agent, hidden.id)).toMatchObject([
				{ ticket: null, text: null, title: expect.not.stringContaining("Hidden") },
			]);
			expect(await toldOf(agent, seen.id)).toMatchObject([{ text: "Seen", ticket: { subject: "Seen" } }]);
			await must(owner, "PATCH", `/tickets/${seen.id}`, { subject: "Renamed" });
			expect(await toldOf(agent, seen.id)).toMatchObject([{ text: "Renamed" }]);
			await owner("DELETE", `/tickets/${seen.id}`);
			expect(await toldOf(agent, seen.id)).toMatchObject([{ ticket: null, text: null }]);
		});
	});

	test("bother nobody for blocked customers", async () => {
		const blocked = await must<{ id: string }>(owner, "POST", "/customers", {
			name: "Bob",
			email: "bob@customers.example",
		});
		await must(owner, "PATCH", `/customers/${blocked.id}`, { status: "blocked" });
		await desk.settle();
		const rule = { name: "Tell", trigger: "ticket.created", actions: [{ type: "notify", roles: ["agent"] }] };
		await withRule(rule, async (ruleId) => {
			const { id } = await open({ customerId: blocked.id, assigneeId: home.userIds.agent });
			await desk.settle();
			expect(await toldOf(agent, id)).toEqual([]);
			const { data } = await must<{ data: { actionResults: Result[] }[] }>(owner, "GET", `/rules/${ruleId}/runs`);
			expect(data[0]?.actionResults).toMatchObject([{ status: "unchanged", code: "blocked_customer" }]);
		});
	});

	test("outside of the product are events", async () => {
		const rule = {
			name: "Mail",
			trigger: "ticket.created",
			actions: [{ type: "notify", email: "boss@desk.example", webhookId: "hook1", template: "{{ticket.subject}}" }],
		};
		await withRule(rule, async (ruleId) => {
			const { id } = await open();
			await desk.settle();
			const { data } = await must<{ data: { actionResults: Result[] }[] }>(owner, "GET", `/rules/${ruleId}/runs`);
			expect(data[0]?.actionResults).toMatchObject([{ status: "done", recipients: 2 }]);
			const log = await desk.app.runtime.events.read({ limit: 100_000, types: ["notification.*"], tenantId: home.id });
			const events = log.map(({ event }) => event).filter(({ subject }) => subject === `ticket/${id}`);
			expect(events.map(({ data }) => data)).toMatchObject([
				{ target: "email", email: "boss@desk.example", template: "{{ticket.subject}}" },
				{ target: "webhook", webhookId: "hook1" },
			]);
		});
	});
});

describe("rules about service levels", () => {
	test("follow a breach, and wait for the calendar to tell of it", async () => {
		const calendar = await must<{ id: string }>(owner, "POST", "/calendars", {
			name: "Late",
			timeZone: "UTC",
			hours: { mon: [["12:00", "17:00"]] },
		});
		const seconds = { low: 600, normal: 600, high: 600, urgent: 600 };
		await must(owner, "POST", "/sla-policies", {
			name: "Fast",
			isDefault: true,
			calendarId: "always",
			targets: { first_response: seconds, resolution: { ...seconds, normal: 6000 } },
		});
		const breached = {
			name: "Broken",
			trigger: "sla.breached",
			conditions: {
				all: [
					{ field: "slaMetric", operator: "is", value: "first_response" },
					{ field: "slaState", operator: "is", value: "breached" },
				],
			},
			actions: [
				{ type: "notify", users: ["supervisor_of_group"], template: "Broken: {{sla.metric}}" },
				{ type: "add_tags", tags: ["sla-breached"] },
				{ type: "send_public_reply", template: "We are sorry." },
			],
			scheduleCalendarId: calendar.id,
		};
		const later = {
			name: "Still broken",
			trigger: { after: 300, since: "breachedAt:first_response", clock: "calendar", level: 3 },
			actions: [{ type: "assign", strategy: "supervisor_of_group" }],
		};
		await withRule(breached, (breachedId) =>
			withRule(later, async () => {
				const { id } = await open({ asCustomer: true });
				clock.advance(10 * MINUTE + 1000);
				await desk.settle();
				const ticket = await read(id);
				expect(ticket).toMatchObject({ tags: ["sla-breached"], firstRespondedAt: null });
				expect(ticket.messages.at(-1)).toMatchObject({ authorType: "system", body: "We are sorry." });
				expect(await toldOf(home.as.supervisor, id)).toEqual([]);
				const { data } = await must<{ data: { actionResults: Result[] }[] }>(owner, "GET", `/rules/${breachedId}/runs`);
				expect(data[0]?.actionResults[0]).toMatchObject({ status: "scheduled", at: "2026-03-02T12:00:00.000Z" });
				clock.advance(5 * MINUTE);
				await desk.settle();
				expect(await read(id)).toMatchObject({ assigneeId: home.userIds.supervisor, escalationLevel: 3 });
				const log = await desk.app.runtime.events.read({
					limit: 100_000,
					types: ["ticket.escalated"],
					tenantId: home.id,
				});
				expect(log.map(({ event }) => event.data)).toMatchObject([
					{ level: 3, reason: expect.stringContaining("Still broken") },
				]);
				clock.advance(105 * MINUTE);
				await desk.settle();
				const texts = (await toldOf(home.as.supervisor, id)).map(({ text }) => text);
				expect(texts.filter((text) => text !== null)).toEqual(["Broken: first_response"]);
			}),
		);
	});
});

test("a rule follows what a customer says of the work, and what will soon be late", async () => {
	const { data } = await must<{ data: { id: string; name: string }[] }>(owner, "GET", "/rules?active=false");
	const atRisk = data.find(({ name }) => name.startsWith("Promise at risk"));
	await must(owner, "PATCH", `/rules/${atRisk?.id}`, { active: true });
	const unhappy = {
		name: "Unhappy",
		trigger: "csat.submitted",
		conditions: { all: [{ field: "csatRating", operator: "lt", value: 3 }] },
		actions: [{ type: "add_tags", tags: ["unhappy"] }],
	};
	await withRule(unhappy, async () => {
		const { id } = await open({ assigneeId: home.userIds.agent, asCustomer: true });
		clock.advance(8 * MINUTE);
		await desk.settle();
		const texts = (await toldOf(agent, id)).map(({ text }) => text);
		expect(texts).toContainEqual(expect.stringMatching(/^#\d+ will soon break its promise: first_response$/));
		await must(agent, "PATCH", `/tickets/${id}`, { status: "solved" });
		const cora = await home.customer(customerId);
		await must(cora, "POST", `/tickets/${id}/csat`, { rating: 1 });
		await desk.settle();
		expect((await read(id)).tags).toEqual(["unhappy"]);
	});
});

test("what a tenant begins with works when it is switched on", async () => {
	const { data } = await must<{ data: { id: string; name: string; actions: object[] }[] }>(
		owner,
		"GET",
		"/rules?active=false",
	);
	const pending = data.find(({ name }) => name.startsWith("Pending"));
	await must(owner, "PATCH", `/rules/${pending?.id}`, { active: true });
	const { id } = await open({ assigneeId: home.userIds.agent });
	await must(agent, "POST", `/tickets/${id}/messages`, { body: "Which one?", status: "pending" });
	await desk.settle();
	clock.advance(72 * 60 * MINUTE);
	await desk.settle();
	const reminded = await read(id);
	expect(reminded).toMatchObject({ status: "pending", escalationLevel: 0 });
	expect(reminded.messages.at(-1)).toMatchObject({ authorType: "system" });
	clock.advance(48 * 60 * MINUTE);
	await desk.settle();
	expect(await read(id)).toMatchObject({ status: "solved" });
});
