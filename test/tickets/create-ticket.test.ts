import { createTicket, getTicket, listTickets } from "../../contracts/tickets.ts";
import { service } from "../support/callers.ts";
import { eventually, type Populated, populate, refusal, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
let home: Populated;
beforeAll(async () => {
	desk = await startTickets();
	home = populate(desk);
}, 30_000);
afterAll(() => desk?.stop());

const ticketOf = (fields: object = {}) => ({ subject: "Help", description: "It does not work", ...fields });
const newTicket = (fields: object = {}) => ticketOf({ customerId: home.cora.id, ...fields });

describe("a ticket opened by a customer", () => {
	test("is its own, new, and waits from the first message on", async () => {
		const ticket = await desk.call(createTicket, ticketOf(), home.customer);
		expect(ticket).toMatchObject({
			status: "new",
			priority: "normal",
			type: "question",
			channel: "portal",
			customerId: home.cora.id,
			requester: { id: home.cora.id, name: "Cora Customer", email: home.cora.primaryEmail },
			companyId: home.company.id,
			company: { id: home.company.id, name: "ACME" },
			waitingSince: ticket.createdAt,
			messageCount: 1,
		});
		expect(ticket.messages).toMatchObject([
			{
				seq: 1,
				authorType: "customer",
				authorId: home.cora.id,
				author: { name: "Cora Customer" },
				kind: "public_reply",
			},
		]);
		expect(ticket).not.toHaveProperty("tags");
		expect(await desk.call(getTicket, { id: ticket.id }, home.customer)).toEqual(ticket);
	});

	test.each([
		["customerId", { customerId: "somebody" }],
		["customer", { customer: { email: "a@b.example" } }],
		["tags", { tags: ["vip"] }],
		["groupId", { groupId: "g" }],
		["assigneeId", { assigneeId: "u" }],
		["customFields", { customFields: { plan: "gold" } }],
		["asCustomer", { asCustomer: true }],
		["createdAt", { createdAt: "2026-01-01T00:00:00.000Z" }],
	])("cannot set %s", async (_name, fields) => {
		expect(await refusal(desk.call(createTicket, ticketOf(fields), home.customer))).toMatchObject({
			code: 403,
			type: "forbidden",
		});
	});
});

describe("a ticket opened by staff", () => {
	test("begins with staff's message, for which nobody waits and which answers nothing", async () => {
		const ticket = await desk.call(createTicket, newTicket(), home.supervisor);
		expect(ticket).toMatchObject({ status: "new", waitingSince: null, firstRespondedAt: null, channel: "web" });
		expect(ticket.messages).toMatchObject([{ authorType: "agent", authorId: home.supervisor.id }]);
	});

	test("records the customer's words where it says so", async () => {
		const ticket = await desk.call(createTicket, newTicket({ asCustomer: true, channel: "phone" }), home.supervisor);
		expect(ticket).toMatchObject({ waitingSince: ticket.createdAt, lastCustomerMessageAt: ticket.createdAt });
		expect(ticket.messages).toMatchObject([{ authorType: "customer", authorId: home.cora.id, channel: "phone" }]);
		expect(await refusal(desk.call(createTicket, newTicket({ asCustomer: true }), home.agent))).toMatchObject({
			code: 403,
		});
	});

	test("with an assignee is open", async () => {
		const ticket = await desk.call(
			createTicket,
			newTicket({ assigneeId: home.agent.id, groupId: home.group.id, tags: ["VIP", "vip", " Öl "] }),
			home.owner,
		);
		expect(ticket).toMatchObject({
			status: "open",
			assignee: { id: home.agent.id, name: home.agent.name },
			group: { id: home.group.id, name: "First line" },
			tags: ["vip", "öl"],
			assignedAt: ticket.createdAt,
		});
	});

	test("finds or makes the customer with an address", async () => {
		const fields = { customer: { email: "nina@new.example", name: "Nina" } };
		const first = await desk.call(createTicket, ticketOf(fields), home.agent);
		const second = await desk.call(createTicket, ticketOf(fields), home.agent);
		expect(first.requester).toMatchObject({ name: "Nina", email: "nina@new.example" });
		expect(second.customerId).toBe(first.customerId);
	});

	test("gives a customer back that was made for nothing", async () => {
		const fields = { customer: { email: "lost@new.example" }, assigneeId: home.outsider.id, groupId: home.group.id };
		expect(await refusal(desk.call(createTicket, ticketOf(fields), home.owner))).toMatchObject({ code: 422 });
		const made = [...desk.neighbours.customers.values()].find((row) => row.primaryEmail === "lost@new.example");
		expect(desk.neighbours.discarded).toEqual([made?.id]);
	});

	test("may be imported with its time and author by admins only", async () => {
		const fields = { createdAt: "2025-11-01T10:00:00.000Z", authorId: home.agent.id };
		const ticket = await desk.call(createTicket, newTicket(fields), home.admin);
		expect(ticket).toMatchObject({ createdAt: fields.createdAt, lastAgentMessageAt: fields.createdAt });
		expect(ticket.messages).toMatchObject([{ authorId: home.agent.id, createdAt: fields.createdAt }]);
		expect(await refusal(desk.call(createTicket, newTicket(fields), home.supervisor))).toMatchObject({ code: 403 });
		const tomorrow = { createdAt: "2026-12-01T00:00:00.000Z" };
		expect(await refusal(desk.call(createTicket, newTicket(tomorrow), home.admin))).toMatchObject({ code: 422 });
	});

	test.each([
		["nobody's", {}, "/customerId"],
		["an unknown customer's", { customerId: "00000000-0000-7000-8000-000000000000" }, "/customerId"],
		["two customers'", { customerId: "x", customer: { email: "a@b.example" } }, "/customer"],
		["without a subject", { customerId: "CORA", subject: "  " }, "/subject"],
		["with two first messages", { customerId: "CORA", message: { body: "x" } }, "/description"],
		[
			"with files that nobody uploaded",
			{ customerId: "CORA", description: undefined, message: { body: "x", attachments: ["nothing"] } },
			"/message/attachments/0",
		],
		["too long", { customerId: "CORA", description: "é".repeat(40_000) }, "/description"],
		["with a strange tag", { customerId: "CORA", tags: ["a b"] }, "/tags/0"],
		["with a strange address", { customerId: "CORA", ccEmails: ["a@b..c"] }, "/ccEmails/0"],
		[
			"with a field that is not defined",
			{ customerId: "CORA", customFields: { forbidden: 1 } },
			"/customFields/forbidden",
		],
		["of an unknown group", { customerId: "CORA", groupId: "nothing" }, "/groupId"],
		["for an unknown person", { customerId: "CORA", assigneeId: "nobody" }, "/assigneeId"],
	])("that is %s is refused", async (_name, fields: Record<string, unknown>, pointer) => {
		const params = ticketOf(JSON.parse(JSON.stringify(fields).replace('"CORA"', JSON.stringify(home.cora.id))));
		if ("description" in fields && fields.description === undefined)
			delete (params as Record<string, unknown>).description;
		const refused = await refusal(desk.call(createTicket, params, home.owner));
		expect([refused.code, refused.data.errors?.[0]?.pointer]).toEqual([422, pointer]);
	});
});

test("an agent keeps in sight what it opened outside of its groups", async () => {
	const ticket = await desk.call(createTicket, newTicket(), home.agent);
	expect(ticket.followerIds).toEqual([home.agent.id]);
	await expect(desk.call(getTicket, { id: ticket.id }, home.agent)).resolves.toMatchObject({ id: ticket.id });
	expect(await refusal(desk.call(createTicket, newTicket({ groupId: home.other.id }), home.agent))).toMatchObject({
		code: 403,
	});
	expect(await refusal(desk.call(createTicket, newTicket(), home.viewer))).toMatchObject({ code: 403 });
});

test("a blocked customer's ticket stays new and is marked", async () => {
	const blocked = desk.neighbours.customer(home.tenant.id, { status: "blocked" });
	const ticket = await desk.call(
		createTicket,
		newTicket({ customerId: blocked.id, assigneeId: home.agent.id }),
		home.owner,
	);
	expect(ticket).toMatchObject({ status: "new", tags: ["blocked-customer"] });
});

test("numbers count up for each tenant from 1, and events tell of the beginning", async () => {
	const there = populate(desk);
	const integration = service(there.tenant, ["tickets.*"]);
	const tickets = [];
	for (let i = 0; i < 3; i++)
		tickets.push(
			await desk.call(createTicket, ticketOf({ customerId: there.cora.id, assigneeId: there.agent.id }), integration),
		);
	expect(tickets.map(({ number }) => number)).toEqual([1, 2, 3]);
	expect(tickets[0]).toMatchObject({ channel: "api" });
	const events = await desk.eventsOf(tickets[0]?.id ?? "");
	expect(events.map(({ type }) => type)).toEqual(["ticket.created", "message.added", "ticket.assigned"]);
	expect(events[0]).toMatchObject({
		tenantId: there.tenant.id,
		sequence: 1,
		data: { ticket: { number: 1, customerId: there.cora.id, assigneeId: there.agent.id, status: "open" } },
	});
	expect(JSON.stringify(events)).not.toContain("It does not work");
});

test("a repeated command opens one ticket and answers the same", async () => {
	const answers = await Promise.all(
		Array.from({ length: 4 }, () => desk.call(createTicket, newTicket(), home.owner, { commandId: "open once" })),
	);
	for (const answer of answers) expect(answer).toEqual(answers[0]);
	const { data } = await desk.call(listTickets, { filter: { number: { eq: answers[0]?.number } } }, home.owner);
	expect(data).toHaveLength(1);
});

test("without the customers service, known customers can still open and be read", async () => {
	const first = await desk.call(createTicket, newTicket(), home.owner);
	await desk.app.broker.destroyService("customers");
	try {
		const second = await desk.call(createTicket, newTicket(), home.owner);
		expect(second.requester).toMatchObject({ name: "Cora Customer", stale: true });
		const unknown = desk.neighbours.customer(home.tenant.id);
		expect(await refusal(desk.call(createTicket, newTicket({ customerId: unknown.id }), home.owner))).toMatchObject({
			code: 503,
			type: "unavailable",
		});
		const read = await desk.call(getTicket, { id: first.id }, home.owner);
		expect(read.requester.stale).toBe(true);
	} finally {
		desk.app.broker.createService(desk.neighbours.customersService());
	}
	await eventually(async () => !(await desk.call(getTicket, { id: first.id }, home.owner)).requester.stale);
});
