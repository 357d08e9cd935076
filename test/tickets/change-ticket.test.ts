import {
	addFollower,
	addLink,
	addTags,
	removeFollower,
	removeLink,
	removeTags,
} from "../../contracts/ticket-relations.ts";
import { addMessage, listAudit } from "../../contracts/ticket-threads.ts";
import {
	assignTicket,
	createTicket,
	deleteTicket,
	getTicket,
	listTickets,
	noReplyNeeded,
	restoreTicket,
	updateTicket,
} from "../../contracts/tickets.ts";
import { openTicketCount } from "../../contracts/tickets-internal.ts";
import { service } from "../support/callers.ts";
import { type Populated, populate, refusal, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
let home: Populated;
beforeAll(async () => {
	desk = await startTickets();
	home = populate(desk);
}, 30_000);
afterAll(() => desk?.stop());

const open = (fields: object = {}) =>
	desk.call(
		createTicket,
		{
			subject: "Help",
			description: "Hello",
			customerId: home.cora.id,
			groupId: home.group.id,
			asCustomer: true,
			...fields,
		},
		home.supervisor,
	);
const change = (id: string, fields: object, caller = home.agent) => desk.call(updateTicket, { id, ...fields }, caller);
const assign = (id: string, fields: object, caller = home.agent) => desk.call(assignTicket, { id, ...fields }, caller);
const read = (id: string, caller = home.owner) => desk.call(getTicket, { id }, caller);

describe("a change", () => {
	test("of every field is there, in the trail and in the events", async () => {
		const ticket = await open({ customFields: { a: 1, b: 2 } });
		const changed = await change(ticket.id, {
			...{ subject: " New subject ", priority: "urgent", type: "incident", subStatus: "waiting for parts" },
			...{ tags: ["B", "a"], customFields: { b: null, c: [3] }, ccEmails: ["Bob@Mail.Example"], locale: "de-at" },
			...{ dueAt: "2026-03-01T00:00:00.000Z", status: "on_hold" },
		});
		expect(changed).toMatchObject({
			...{ subject: "New subject", priority: "urgent", type: "incident", subStatus: "waiting for parts" },
			...{ tags: ["b", "a"], customFields: { a: 1, c: [3] }, ccEmails: ["bob@mail.example"], locale: "de-AT" },
			...{ dueAt: "2026-03-01T00:00:00.000Z", status: "on_hold", version: ticket.version + 1 },
		});
		const { data } = await desk.call(listAudit, { id: ticket.id }, home.supervisor);
		expect(data).toMatchObject([
			{ seq: 1, action: "ticket.created" },
			{
				seq: 2,
				action: "ticket.updated",
				actor: { type: "user", id: home.agent.id, name: home.agent.name },
				cause: { type: "user", id: home.agent.id },
			},
		]);
		const [, row] = data;
		expect(row?.changes).toContainEqual({ field: "subject", from: "Help", to: "New subject" });
		expect(row?.changes).toContainEqual({ field: "status", from: "new", to: "on_hold" });
		const events = await desk.eventsOf(ticket.id);
		expect(events.slice(2).map(({ type }) => type)).toEqual(["ticket.updated", "ticket.status_changed"]);
		expect(await change(ticket.id, { subStatus: null, locale: null, dueAt: null })).toMatchObject({
			...{ subStatus: null, locale: null, dueAt: null },
		});
		expect((await change(ticket.id, { status: "open", priority: "urgent" })).version).toBe(ticket.version + 3);
	});

	test("to null empties a list or map", async () => {
		const ticket = await open({ tags: ["a"], customFields: { b: 2 }, ccEmails: ["bob@mail.example"] });
		const changed = await change(ticket.id, { tags: null, customFields: null, ccEmails: null });
		expect(changed).toMatchObject({ tags: [], customFields: {}, ccEmails: [] });
	});

	test("of nothing writes nothing", async () => {
		const ticket = await open();
		const { subject, priority, type, status, groupId, assigneeId, tags } = ticket;
		const same = await change(ticket.id, { subject, priority, type, status, groupId, assigneeId, tags });
		expect(same.version).toBe(ticket.version);
		expect((await desk.call(listAudit, { id: ticket.id }, home.supervisor)).data).toHaveLength(1);
		expect(await desk.eventsOf(ticket.id)).toHaveLength(2);
	});

	test("is refused on a stale version, to a customer in its own numbering", async () => {
		const ticket = await open();
		await change(ticket.id, { tags: ["a"] });
		expect(await refusal(change(ticket.id, { ifVersion: ticket.version, priority: "low" }))).toMatchObject({
			code: 412,
		});
		const once = { id: ticket.id, ifVersion: ticket.version + 1, priority: "high" } as const;
		const repeat = () => desk.call(updateTicket, once, home.agent, { commandId: "change once" });
		expect(await repeat()).toEqual(await repeat());
		const seen = await read(ticket.id, home.customer);
		expect(await refusal(change(ticket.id, { ifVersion: 99, status: "solved" }, home.customer))).toMatchObject({
			code: 412,
		});
		const solved = await change(ticket.id, { ifVersion: seen.version, status: "solved" }, home.customer);
		expect(solved).toMatchObject({ status: "solved", assigneeId: null, version: seen.version + 1 });
	});

	test.each(["subject", "priority", "tags", "assigneeId"])("of %s is not for customers", async (field) => {
		const ticket = await open();
		const value = { subject: "x", priority: "low", tags: [], assigneeId: null }[field];
		expect(await refusal(change(ticket.id, { [field]: value }, home.customer))).toMatchObject({ code: 403 });
		expect(await refusal(change(ticket.id, { status: "open" }, home.customer))).toMatchObject({ code: 403 });
		expect(await refusal(change(ticket.id, { [field]: value }, home.viewer))).toMatchObject({ code: 403 });
	});

	test("to closed solves and closes, and leaves only the tags", async () => {
		const ticket = await open();
		const closed = await change(ticket.id, { status: "closed" });
		expect(closed).toMatchObject({ status: "closed", assigneeId: home.agent.id, solvedAt: closed.closedAt });
		const types = (await desk.eventsOf(ticket.id)).slice(2).map(({ type }) => type);
		expect(types).toEqual([
			...["ticket.status_changed", "ticket.assigned", "ticket.solved"],
			...["ticket.status_changed", "ticket.closed"],
		]);
		expect(await change(ticket.id, { tags: ["done"] })).toMatchObject({ tags: ["done"] });
		expect(await refusal(change(ticket.id, { tags: [], subject: "x" }))).toMatchObject({
			code: 409,
			type: "ticket_closed",
		});
		expect(await refusal(assign(ticket.id, { assigneeId: null }))).toMatchObject({ code: 409, type: "ticket_closed" });
	});

	test("by an integration needs an assignee to solve", async () => {
		const integration = service(home.tenant, ["tickets.*"]);
		const ticket = await open();
		expect(await refusal(change(ticket.id, { status: "solved" }, integration))).toMatchObject({
			code: 422,
			type: "assignee_required",
		});
		const solved = await change(ticket.id, { status: "solved", assigneeId: home.agent.id }, integration);
		expect(solved).toMatchObject({ status: "solved", assignee: { id: home.agent.id, name: home.agent.name } });
		expect(await refusal(change(ticket.id, { status: "pending" }, integration))).toMatchObject({
			code: 409,
			type: "invalid_transition",
		});
	});
});

describe("assignment", () => {
	test("opens, hands over and takes back", async () => {
		const ticket = await open();
		expect(await assign(ticket.id, { assigneeId: home.agent.id })).toMatchObject({
			status: "open",
			assigneeId: home.agent.id,
		});
		expect(await assign(ticket.id, { assigneeId: home.colleague.id })).toMatchObject({
			assignee: { name: home.colleague.name },
		});
		expect(await assign(ticket.id, { assigneeId: null })).toMatchObject({
			assigneeId: null,
			assignee: null,
			assignedAt: null,
		});
		const told = (await desk.eventsOf(ticket.id)).filter(({ type }) => /assigned$/.test(type));
		expect(told.map(({ type, data: { from, to } }) => [type, from, to])).toEqual([
			["ticket.assigned", null, home.agent.id],
			["ticket.assigned", home.agent.id, home.colleague.id],
			["ticket.unassigned", home.colleague.id, null],
		]);
	});

	test("to another group keeps the assignee only where it is a member", async () => {
		const ticket = await open({ assigneeId: home.agent.id });
		const moved = await assign(ticket.id, { groupId: home.other.id }, home.supervisor);
		expect(moved).toMatchObject({ groupId: home.other.id, group: { name: "Second line" }, assigneeId: null });
		const both = home.someone("agent", [home.group.id, home.other.id]);
		await assign(ticket.id, { assigneeId: both.id }, home.supervisor);
		expect(await assign(ticket.id, { groupId: home.group.id }, home.supervisor)).toMatchObject({ assigneeId: both.id });
	});

	test("is refused where it does not fit", async () => {
		const ticket = await open();
		const gone = desk.neighbours.person(home.tenant.id, "agent", [home.group.id], { status: "deactivated" });
		for (const assigneeId of [home.outsider.id, home.viewer.id, gone.id, "nobody", home.cora.id])
			expect(await refusal(assign(ticket.id, { assigneeId }, home.owner))).toMatchObject({ code: 422 });
		expect(await refusal(assign(ticket.id, { auto: true }))).toMatchObject({ code: 422 });
		expect(await refusal(assign(ticket.id, {}))).toMatchObject({ code: 422 });
		expect(await refusal(assign(ticket.id, { groupId: "nothing" }, home.owner))).toMatchObject({ code: 422 });
	});

	test("by an agent stays within its own groups", async () => {
		const ticket = await open();
		expect(await refusal(assign(ticket.id, { groupId: home.other.id }))).toMatchObject({ code: 403 });
		const free = await desk.call(createTicket, { subject: "x", customerId: home.cora.id }, home.agent);
		expect(await refusal(assign(free.id, { assigneeId: home.outsider.id }))).toMatchObject({ code: 403 });
		await expect(assign(free.id, { assigneeId: home.colleague.id })).resolves.toMatchObject({ status: "open" });
		await expect(assign(free.id, { assigneeId: home.agent.id })).resolves.toBeDefined();
		expect(await refusal(assign(ticket.id, { assigneeId: null }, home.customer))).toMatchObject({ code: 403 });
		expect(await refusal(assign(ticket.id, { assigneeId: home.viewer.id }, home.viewer))).toMatchObject({ code: 403 });
	});

	test("by two at once ends with one of them, and the trail tells both", async () => {
		const ticket = await open();
		await Promise.all([
			assign(ticket.id, { assigneeId: home.agent.id }),
			assign(ticket.id, { assigneeId: home.colleague.id }, home.colleague),
		]);
		const told = (await desk.eventsOf(ticket.id)).filter(({ type }) => type === "ticket.assigned");
		expect(told).toHaveLength(2);
		const [first, second] = told.map(({ data }) => data as { from: string | null; to: string });
		expect([first?.from, second?.from]).toEqual([null, first?.to]);
		expect((await read(ticket.id)).assigneeId).toBe(second?.to);
	});

	test("asks the own copy where identity does not answer", async () => {
		const ticket = await open({ assigneeId: home.agent.id });
		await desk.app.broker.destroyService("identity");
		try {
			await expect(assign(ticket.id, { assigneeId: null })).resolves.toBeDefined();
			await expect(assign(ticket.id, { assigneeId: home.agent.id })).resolves.toMatchObject({
				assigneeId: home.agent.id,
			});
			const stranger = home.someone("agent");
			expect(await refusal(assign(ticket.id, { assigneeId: stranger.id }, home.owner))).toMatchObject({ code: 503 });
		} finally {
			desk.app.broker.createService(desk.neighbours.identityService());
			await desk.app.broker.waitForServices("identity");
		}
	});
});

test("tags are added and taken away, also from a closed ticket", async () => {
	const ticket = await open({ tags: ["a"] });
	await change(ticket.id, { status: "closed" });
	expect((await desk.call(addTags, { id: ticket.id, tags: ["B", "a", "c"] }, home.agent)).tags).toEqual([
		"a",
		"b",
		"c",
	]);
	expect((await desk.call(removeTags, { id: ticket.id, tags: ["A", "x"] }, home.agent)).tags).toEqual(["b", "c"]);
	expect(await refusal(desk.call(addTags, { id: ticket.id, tags: ["b b"] }, home.agent))).toMatchObject({ code: 422 });
	const many = Array.from({ length: 50 }, (_, i) => `t${i}`);
	expect(await refusal(desk.call(addTags, { id: ticket.id, tags: many }, home.agent))).toMatchObject({ code: 422 });
});

describe("links", () => {
	const link = (id: string, type: "parent" | "child" | "related" | "duplicate_of" | "caused_by", ticketId: string) =>
		desk.call(addLink, { id, type, ticketId }, home.agent);

	test("between family and relatives show on both sides, once", async () => {
		const [a, b] = [await open(), await open()];
		await link(a.id, "parent", b.id);
		await link(a.id, "parent", b.id);
		await link(a.id, "related", b.id);
		await link(a.id, "duplicate_of", b.id);
		expect((await read(a.id)).links).toEqual([
			{ type: "parent", ticketId: b.id },
			{ type: "related", ticketId: b.id },
			{ type: "duplicate_of", ticketId: b.id },
		]);
		expect((await read(b.id)).links).toEqual([
			{ type: "child", ticketId: a.id },
			{ type: "related", ticketId: a.id },
		]);
		await desk.call(removeLink, { id: b.id, linkId: a.id, type: "child" }, home.agent);
		expect((await read(a.id)).links).toHaveLength(2);
		await desk.call(removeLink, { id: a.id, linkId: b.id }, home.agent);
		expect([(await read(a.id)).links, (await read(b.id)).links]).toEqual([[], []]);
		expect(await refusal(desk.call(removeLink, { id: a.id, linkId: b.id }, home.agent))).toMatchObject({ code: 404 });
	});

	test("never make a ticket its own ancestor", async () => {
		const family = [await open(), await open(), await open(), await open()];
		for (let i = 1; i < 4; i++) await link(family[i]!.id, "parent", family[i - 1]!.id);
		expect(await refusal(link(family[0]!.id, "parent", family[3]!.id))).toMatchObject({
			code: 409,
			type: "link_cycle",
		});
		expect(await refusal(link(family[3]!.id, "child", family[0]!.id))).toMatchObject({ code: 409, type: "link_cycle" });
		await expect(link(family[3]!.id, "parent", family[0]!.id)).resolves.toBeDefined();
	});

	test("lead to other tickets that the caller can see", async () => {
		const ticket = await open();
		expect(await refusal(link(ticket.id, "related", ticket.id))).toMatchObject({ code: 422 });
		const foreign = populate(desk);
		const theirs = await desk.call(createTicket, { subject: "x", customerId: foreign.cora.id }, foreign.owner);
		const hidden = await open({ groupId: home.other.id });
		for (const id of [theirs.id, hidden.id, "nothing"])
			expect(await refusal(link(ticket.id, "related", id))).toMatchObject({ code: 404 });
		await change(ticket.id, { status: "closed" });
		expect(await refusal(link(ticket.id, "related", (await open()).id))).toMatchObject({ code: 409 });
	});
});

test("followers see a ticket wherever it goes, until they leave", async () => {
	const ticket = await open({ groupId: home.other.id });
	expect(await refusal(read(ticket.id, home.agent))).toMatchObject({ code: 404 });
	await desk.call(addFollower, { id: ticket.id, userId: home.agent.id }, home.supervisor);
	await expect(read(ticket.id, home.agent)).resolves.toMatchObject({ followerIds: [home.agent.id] });
	const following = await desk.call(listTickets, { filter: { followerId: { eq: home.agent.id } } }, home.agent);
	expect(following.data.map(({ id }) => id)).toContain(ticket.id);
	await desk.call(addFollower, { id: ticket.id }, home.outsider);
	await desk.call(removeFollower, { id: ticket.id, userId: "me" }, home.agent);
	expect((await read(ticket.id)).followerIds).toEqual([home.outsider.id]);
	expect(await refusal(read(ticket.id, home.agent))).toMatchObject({ code: 404 });
	expect(await refusal(desk.call(addFollower, { id: ticket.id, userId: home.agent.id }, home.outsider))).toMatchObject({
		code: 403,
	});
	expect(await refusal(desk.call(addFollower, { id: ticket.id, userId: home.cora.id }, home.owner))).toMatchObject({
		code: 422,
	});
});

test("no reply needed ends the customer's wait", async () => {
	const ticket = await open();
	const after = await desk.call(noReplyNeeded, { id: ticket.id }, home.agent);
	expect([ticket.waitingSince, after.waitingSince]).toEqual([ticket.createdAt, null]);
	const { data } = await desk.call(listAudit, { id: ticket.id, sort: "-seq" }, home.supervisor);
	expect(data[0]).toMatchObject({ action: "ticket.no_reply_needed", changes: [{ field: "waitingSince" }] });
});

test("a deleted ticket is gone for everybody, and comes back whole", async () => {
	const ticket = await open({ priority: "urgent" });
	const before = await read(ticket.id);
	expect(await refusal(desk.call(deleteTicket, { id: ticket.id }, home.supervisor))).toMatchObject({ code: 403 });
	expect(await refusal(desk.call(deleteTicket, { id: ticket.id, ifVersion: 9 }, home.admin))).toMatchObject({
		code: 412,
	});
	expect(await desk.call(deleteTicket, { id: ticket.id }, home.admin)).toBeNull();
	for (const caller of [home.owner, home.agent, home.customer]) {
		expect(await refusal(read(ticket.id, caller))).toMatchObject({ code: 404 });
		expect(await refusal(desk.call(addMessage, { id: ticket.id, body: "x" }, caller))).toMatchObject({ code: 404 });
		const { data } = await desk.call(listTickets, { filter: { number: { eq: ticket.number } } }, caller);
		expect(data).toEqual([]);
	}
	expect(await refusal(desk.call(deleteTicket, { id: ticket.id }, home.admin))).toMatchObject({ code: 404 });
	expect(await desk.call(restoreTicket, { id: ticket.id }, home.admin)).toMatchObject({ id: ticket.id });
	expect(await refusal(desk.call(restoreTicket, { id: ticket.id }, home.admin))).toMatchObject({ code: 404 });
	const { version: _v, updatedAt: _u, ...after } = await read(ticket.id);
	expect(before).toMatchObject(after);
	const types = (await desk.eventsOf(ticket.id)).map(({ type }) => type);
	expect(types.slice(-2)).toEqual(["ticket.deleted", "ticket.restored"]);
});

test("a customer's open tickets are counted", async () => {
	const customer = desk.neighbours.customer(home.tenant.id);
	const count = async (tenantId = home.tenant.id) =>
		(await desk.call(openTicketCount, { tenantId, customerId: customer.id })).open;
	const made = [];
	for (let i = 0; i < 4; i++) made.push(await open({ customerId: customer.id }));
	await change(made[0]!.id, { status: "solved" });
	await desk.call(deleteTicket, { id: made[1]!.id }, home.admin);
	expect([await count(), await count("elsewhere")]).toEqual([2, 0]);
});
