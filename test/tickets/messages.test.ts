import { customerUpdated } from "../../contracts/customers-events.ts";
import { addMessage, editNote, listAudit, listMessages } from "../../contracts/ticket-threads.ts";
import { createTicket, getTicket, listTickets, updateTicket } from "../../contracts/tickets.ts";
import { service } from "../support/callers.ts";
import { eventually, type Populated, populate, refusal, startTickets, type TicketsDesk } from "./desk.ts";

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
const say = (id: string, body: string, caller = home.agent, fields: object = {}) =>
	desk.call(addMessage, { id, body, ...fields }, caller);
const read = (id: string, caller = home.owner) => desk.call(getTicket, { id }, caller);

describe("a reply", () => {
	test("of an agent answers, opens and takes the ticket", async () => {
		const ticket = await open();
		desk.clock.advance(90_000);
		const reply = await say(ticket.id, "We are **on it**", home.agent, { status: "pending" });
		expect(reply).toMatchObject({
			seq: 2,
			kind: "public_reply",
			authorType: "agent",
			author: { id: home.agent.id, name: home.agent.name },
			bodyHtml: "<p>We are <strong>on it</strong></p>\n",
			followUp: false,
			ticket: { id: ticket.id, status: "pending", assigneeId: home.agent.id },
		});
		const after = await read(ticket.id);
		expect(after).toMatchObject({
			firstRespondedAt: reply.createdAt,
			lastAgentMessageAt: reply.createdAt,
			waitingSince: null,
			assignee: { name: home.agent.name },
		});
		const events = await desk.eventsOf(ticket.id);
		expect(events.map(({ type }) => type)).toEqual([
			...["ticket.created", "message.added"],
			...["ticket.assigned", "ticket.status_changed", "message.added"],
		]);
		expect(events.at(-1)?.data).toMatchObject({ isFirstResponse: true, responseSec: 90, kind: "public_reply", seq: 2 });
	});

	test("of the customer brings a ticket back", async () => {
		const ticket = await open();
		await say(ticket.id, "Done", home.agent, { status: "solved" });
		const reply = await say(ticket.id, "No!", home.customer);
		expect(reply).toMatchObject({ authorType: "customer", channel: "portal", ticket: { status: "open" } });
		expect(await read(ticket.id)).toMatchObject({ reopenCount: 1, solvedAt: null, waitingSince: reply.createdAt });
		expect((await desk.eventsOf(ticket.id)).map(({ type }) => type)).toContain("ticket.reopened");
		expect(await say(ticket.id, "Fine after all", home.customer, { status: "solved" })).toMatchObject({
			ticket: { status: "solved" },
		});
		expect(await refusal(say(ticket.id, "x", home.customer, { status: "pending" }))).toMatchObject({ code: 403 });
	});

	test("of a customer on a closed ticket opens a follow-up", async () => {
		const ticket = await open({ tags: ["billing"], assigneeId: home.agent.id });
		await desk.call(updateTicket, { id: ticket.id, status: "closed" }, home.agent);
		const reply = await say(ticket.id, "Again!", home.customer);
		expect(reply).toMatchObject({ followUp: true, seq: 1, authorType: "customer" });
		expect(reply.ticketId).not.toBe(ticket.id);
		expect(addMessage.headers?.(reply)).toEqual({
			Location: `/api/tickets/${reply.ticketId}`,
			"x-conductor-follow-up": "true",
		});
		const next = await read(reply.ticketId);
		expect(next).toMatchObject({
			subject: "Re: Help",
			status: "new",
			followUpOfId: ticket.id,
			customerId: home.cora.id,
			companyId: home.company.id,
			groupId: home.group.id,
			assigneeId: null,
			tags: ["billing"],
			waitingSince: reply.createdAt,
		});
		await desk.call(updateTicket, { id: next.id, status: "closed" }, home.supervisor);
		const third = await say(next.id, "And again", home.supervisor, { asCustomer: true });
		expect(await read(third.ticketId)).toMatchObject({ subject: "Re: Help", followUpOfId: next.id });
		const refused = await refusal(say(ticket.id, "x", home.agent));
		expect(refused).toMatchObject({ code: 409, type: "ticket_closed" });
		const followUpOfId = ticket.id;
		expect(refused.data.extra?.followUpUrl).toBe(`/api/tickets?followUpOfId=${followUpOfId}`);
		const made = await desk.call(createTicket, { followUpOfId, subject: "Once more" }, home.agent);
		expect(made).toMatchObject({ followUpOfId, customerId: home.cora.id, groupId: home.group.id, tags: ["billing"] });
	});

	test("opens a follow-up that is marked only while the customer is blocked", async () => {
		const closedOf = async (status: "active" | "blocked") => {
			const { id } = desk.neighbours.customer(home.tenant.id, { status });
			const ticket = await open({ customerId: id, tags: ["billing"] });
			await desk.call(updateTicket, { id: ticket.id, status: "closed" }, home.supervisor);
			return { ticket, customer: home.as(id) };
		};
		const turn = async (id: string, status: "active" | "blocked") => {
			const row = desk.neighbours.customers.get(id) as (typeof home)["cora"];
			const { tenantId: _tenant, id: _id, version: _version, ...data } = row;
			await desk.publish(customerUpdated, home.tenant.id, { ...row, version: 2 }, { ...data, name: "Turned", status });
			const seen = async () => (await desk.call(listTickets, { filter: { customerId: { eq: id } } }, home.owner)).data;
			await eventually(async () => (await seen())[0]?.requester.name === "Turned");
		};
		const before = await closedOf("active");
		await turn(before.customer.id, "blocked");
		const marked = await say(before.ticket.id, "Again", before.customer);
		expect(await read(marked.ticketId)).toMatchObject({ status: "new", tags: ["billing", "blocked-customer"] });
		const after = await closedOf("blocked");
		await turn(after.customer.id, "active");
		const plain = await say(after.ticket.id, "Again", after.customer);
		expect((await read(plain.ticketId)).tags).toEqual(["billing"]);
		const continued = { followUpOfId: after.ticket.id, subject: "Again" };
		expect((await desk.call(createTicket, continued, home.agent)).tags).toEqual(["billing"]);
	});

	test("repeated with its key is one message, on a closed ticket one follow-up", async () => {
		const ticket = await open();
		const meta = { commandId: "reply once" };
		const [first, second] = await Promise.all(
			[1, 2].map(() => desk.call(addMessage, { id: ticket.id, body: "Once" }, home.agent, meta)),
		);
		expect(second).toEqual(first);
		expect((await read(ticket.id)).messageCount).toBe(2);
		await desk.call(updateTicket, { id: ticket.id, status: "closed" }, home.agent);
		const again = { commandId: "follow up once" };
		const answers = [];
		for (let i = 0; i < 3; i++)
			answers.push(await desk.call(addMessage, { id: ticket.id, body: "x" }, home.customer, again));
		expect(new Set(answers.map(({ ticketId }) => ticketId)).size).toBe(1);
	});

	test("does not collide with one that its author has not seen", async () => {
		const ticket = await open();
		await say(ticket.id, "note", home.colleague, { kind: "internal_note" });
		await expect(say(ticket.id, "a", home.agent, { lastSeenSeq: 1, failOnNew: true })).resolves.toMatchObject({
			seq: 3,
		});
		await say(ticket.id, "b", home.customer, { lastSeenSeq: 2, failOnNew: true });
		const refused = await refusal(say(ticket.id, "c", home.agent, { lastSeenSeq: 3, failOnNew: true }));
		expect(refused).toMatchObject({ code: 409, type: "newer_messages" });
		await expect(say(ticket.id, "c", home.agent, { lastSeenSeq: 3 })).resolves.toMatchObject({ seq: 5 });
		expect(await refusal(say(ticket.id, "c", home.agent, { failOnNew: true }))).toMatchObject({ code: 422 });
	});

	test.each([
		["text", "<b>&\nx", "<p>&lt;b&gt;&amp;<br />x</p>"],
		[
			"markdown",
			"<script>alert(1)</script> [a](javascript:alert(1))",
			"<p>&lt;script&gt;alert(1)&lt;/script&gt; [a](javascript:alert(1))</p>\n",
		],
		[
			"html",
			'<p onclick="x()">a<script>b</script><a href="javascript:c">d</a></p>',
			'<p>a<a rel="noopener noreferrer nofollow">d</a></p>',
		],
	])("in %s comes out as safe HTML", async (bodyFormat, body, bodyHtml) => {
		const ticket = await open();
		expect(await say(ticket.id, body, home.agent, { bodyFormat })).toMatchObject({ body, bodyHtml });
	});

	test.each([
		["an empty text", { body: "  " }, 422],
		["more than 64 KB", { body: "é".repeat(33_000) }, 422],
		["attachments", { attachments: [{}] }, 422],
		["a status with a note", { kind: "internal_note", status: "solved" }, 422],
		["a note as the customer", { kind: "internal_note", asCustomer: true }, 422],
		["words of the customer from an agent", { asCustomer: true }, 403],
		["another author", { authorId: "x" }, 403],
		["another time", { createdAt: "2026-01-01T00:00:00.000Z" }, 403],
	])("with %s is refused", async (_name, fields, status) => {
		const ticket = await open();
		const caller = (fields as { asCustomer?: boolean; kind?: string }).kind ? home.supervisor : home.agent;
		expect(await refusal(say(ticket.id, "Hello", caller, fields))).toMatchObject({ code: status });
	});
});

describe("at once", () => {
	test("fifty replies stand in one row, without gaps", async () => {
		const ticket = await open();
		await Promise.all(
			Array.from({ length: 50 }, (_, i) => say(ticket.id, `reply ${i}`, i % 2 ? home.agent : home.customer)),
		);
		const seqs: number[] = [];
		let cursor: string | undefined;
		do {
			const { data, page } = await desk.call(
				listMessages,
				{ id: ticket.id, limit: 20, ...(cursor ? { cursor } : {}) },
				home.agent,
			);
			seqs.push(...data.map(({ seq }) => seq));
			cursor = page.nextCursor ?? undefined;
		} while (cursor);
		expect(seqs).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
		expect((await read(ticket.id)).messageCount).toBe(51);
	});

	test("a reply and a change lose nothing of each other", async () => {
		const ticket = await open();
		await Promise.all([
			...Array.from({ length: 8 }, (_, i) => say(ticket.id, `reply ${i}`)),
			...Array.from({ length: 8 }, (_, i) =>
				desk.call(updateTicket, { id: ticket.id, customFields: { [`k${i}`]: i } }, home.agent),
			),
		]);
		const after = await read(ticket.id);
		expect(after).toMatchObject({ messageCount: 9, version: ticket.version + 16 });
		expect(Object.keys(after.customFields ?? {})).toHaveLength(8);
	});
});

describe("an internal note", () => {
	test("is nowhere to be found for a customer, nor does anything tell of it", async () => {
		const ticket = await open();
		await say(ticket.id, "First answer");
		const thread = async () => ({
			ticket: await read(ticket.id, home.customer),
			messages: await desk.call(listMessages, { id: ticket.id, count: true }, home.customer),
			list: await desk.call(listTickets, { sort: "-updatedAt", include: ["lastMessage"] }, home.customer),
		});
		const before = await thread();
		desk.clock.advance(60_000);
		const note = await say(ticket.id, "The customer is a **pain**", home.agent, { kind: "internal_note" });
		await desk.call(editNote, { id: ticket.id, messageId: note.id, body: "No, a dear" }, home.agent);
		await desk.call(updateTicket, { id: ticket.id, tags: ["pain"] }, home.agent);
		expect(await thread()).toEqual(before);
		expect(JSON.stringify(await thread())).not.toMatch(/pain|dear/);
		const next = await say(ticket.id, "Second", home.customer);
		expect(next).toMatchObject({ seq: 3, ticket: { version: before.ticket.version + 1 } });
		expect((await read(ticket.id, home.customer)).messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
		expect(await read(ticket.id, home.agent)).toMatchObject({ messageCount: 4 });
		expect(await read(ticket.id, home.viewer)).toMatchObject({ messageCount: 4 });
		expect(await refusal(say(ticket.id, "x", home.customer, { kind: "internal_note" }))).toMatchObject({ code: 403 });
		expect(
			await refusal(desk.call(editNote, { id: ticket.id, messageId: note.id, body: "x" }, home.customer)),
		).toMatchObject({ code: 403 });
		const integration = service(home.tenant, ["tickets.read", "tickets.reply", "tickets.audit"]);
		expect((await read(ticket.id, integration)).messages).toHaveLength(3);
		const audit = await desk.call(listAudit, { id: ticket.id }, integration);
		expect(JSON.stringify(audit)).not.toMatch(/pain\*|dear/);
		expect(JSON.stringify(await desk.eventsOf(ticket.id))).not.toMatch(/pain\*|dear/);
	});

	test("changes neither status nor clocks, and tells staff only", async () => {
		const ticket = await open();
		desk.clock.advance(1000);
		const note = await say(ticket.id, "psst", home.agent, { kind: "internal_note" });
		const { version: _v, updatedAt: _u, messageCount: _m, messages: _a, ...after } = await read(ticket.id);
		const { version, updatedAt: _b, messageCount: _c, messages: _d, ...before } = await read(ticket.id);
		expect(after).toEqual(before);
		expect([after.status, version, note.ticket.assigneeId]).toEqual(["new", ticket.version + 1, null]);
		const [, , told] = await desk.eventsOf(ticket.id);
		expect(told).toMatchObject({
			type: "message.added",
			data: { kind: "internal_note", isFirstResponse: false, responseSec: null },
		});
	});

	test("is corrected by its author, for 15 minutes, and the trail keeps the old text", async () => {
		const ticket = await open();
		const note = await say(ticket.id, "old", home.agent, { kind: "internal_note" });
		const edit = (caller: typeof home.agent, messageId = note.id) =>
			desk.call(editNote, { id: ticket.id, messageId, body: "new" }, caller);
		expect(await refusal(edit(home.supervisor))).toMatchObject({ code: 403 });
		expect(await refusal(edit(home.agent, ticket.messages[0]?.id))).toMatchObject({ code: 409 });
		expect(await refusal(edit(home.agent, "nothing"))).toMatchObject({ code: 404 });
		desk.clock.advance(15 * 60_000);
		expect(await edit(home.agent)).toMatchObject({
			body: "new",
			bodyHtml: "<p>new</p>\n",
			editedAt: expect.any(String),
		});
		desk.clock.advance(1);
		expect(await refusal(edit(home.agent))).toMatchObject({ code: 409 });
		const { data } = await desk.call(listAudit, { id: ticket.id, sort: "-seq" }, home.supervisor);
		expect(data[0]).toMatchObject({
			action: "note.edited",
			actor: { type: "user", id: home.agent.id },
			changes: [{ field: "message" }, { field: "body", from: "old", to: "new" }],
		});
	});

	test("is added to a closed ticket by supervisors only", async () => {
		const ticket = await open();
		await desk.call(updateTicket, { id: ticket.id, status: "closed" }, home.agent);
		const note = { kind: "internal_note" };
		expect(await refusal(say(ticket.id, "x", home.agent, note))).toMatchObject({ code: 409, type: "ticket_closed" });
		await expect(say(ticket.id, "x", home.supervisor, note)).resolves.toMatchObject({ seq: 2, followUp: false });
	});
});

test("a long thread comes from its end, and the cursor leads to its beginning", async () => {
	const ticket = await open();
	for (let i = 2; i <= 120; i++)
		await say(
			ticket.id,
			`m${i}`,
			i % 3 ? home.agent : home.customer,
			i % 4 ? {} : i % 3 ? { kind: "internal_note" } : {},
		);
	for (const caller of [home.agent, home.customer]) {
		const shown = await read(ticket.id, caller);
		const total = shown.messageCount;
		expect(shown.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, i) => total - 49 + i));
		const seen = shown.messages.map(({ seq }) => seq);
		let cursor = shown.messagesCursor;
		while (cursor) {
			const { data, page } = await desk.call(listMessages, { id: ticket.id, cursor, limit: 30 }, caller);
			seen.unshift(...data.map(({ seq }) => seq));
			cursor = page.prevCursor;
		}
		expect(seen).toEqual(Array.from({ length: total }, (_, i) => i + 1));
	}
	expect((await open()).messagesCursor).toBeNull();
}, 60_000);
