import type { ParamsOf } from "../../contracts/contract.ts";
import { customerUpdated } from "../../contracts/customers-events.ts";
import { ticketDocuments, ticketIds, ticketSearchScope, ticketsByIds } from "../../contracts/search-documents.ts";
import { addMessage, editNote } from "../../contracts/ticket-threads.ts";
import { createTicket, deleteTicket, getTicket } from "../../contracts/tickets.ts";
import { eventually, type Populated, populate, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
let home: Populated;
beforeAll(async () => {
	desk = await startTickets();
	home = populate(desk);
}, 30_000);
afterAll(() => desk?.stop());

const open = (fields: Partial<ParamsOf<typeof createTicket>> = {}) =>
	desk.call(
		createTicket,
		{ subject: "Help", description: "Hello", customerId: home.cora.id, groupId: home.group.id, ...fields },
		home.supervisor,
	);
const say = (id: string, body: string, fields: object = {}) =>
	desk.call(addMessage, { id, body, ...fields }, home.agent);
const documentOf = async (id: string) => {
	const [document] = await desk.call(ticketDocuments.byIds, { tenantId: home.tenant.id, ids: [id] });
	return document;
};

test("a ticket's document holds all that can be found in it, notes apart from what the customer reads", async () => {
	desk.neighbours.searchable = ["serial"];
	const { id, number } = await open({
		subject: "Broken kettle",
		description: "It <b>leaks</b> & hisses",
		tags: ["kitchen"],
		customFields: { serial: ["A1", "B2"], other: "hidden" },
	});
	await say(id, "Please send a **photo**");
	await say(id, "Sounds like the seal", { kind: "internal_note" });
	await say(id, "<p>One</p><p>two &amp; three</p>", { bodyFormat: "html" });
	expect(await documentOf(id)).toEqual({
		id,
		tenantId: home.tenant.id,
		version: 4,
		updatedAt: expect.any(String),
		createdAt: expect.any(String),
		gone: false,
		audience: ["*", `g:${home.group.id}`, `u:${home.agent.id}`],
		customerAudience: [`c:${home.cora.id}`, `k:${home.company.id}`],
		number,
		subject: "Broken kettle",
		status: "open",
		priority: "normal",
		type: "question",
		channel: "web",
		groupId: home.group.id,
		assigneeId: home.agent.id,
		customerId: home.cora.id,
		companyId: home.company.id,
		tags: ["kitchen"],
		requester: { name: home.cora.name, email: home.cora.primaryEmail, nameIsMasked: false },
		custom: ["A1", "B2"],
		publicMessages: ["It <b>leaks</b> & hisses", "Please send a photo", "One\ntwo & three"],
		internalNotes: ["Sounds like the seal"],
	});
});

test("many messages are read in portions, in order", async () => {
	const tickets = await Promise.all([open(), open(), open()]);
	for (const ticket of tickets) for (let i = 0; i < 3; i++) await say(ticket.id, `Reply ${i} of ${ticket.number}`);
	const documents = await desk.call(ticketDocuments.byIds, {
		tenantId: home.tenant.id,
		ids: tickets.map(({ id }) => id),
	});
	for (const { number, publicMessages } of documents)
		expect(publicMessages).toEqual(["Hello", ...[0, 1, 2].map((i) => `Reply ${i} of ${number}`)]);
	expect(documents).toHaveLength(3);
});

test("a deleted ticket is gone, and has no text", async () => {
	const { id } = await open();
	await desk.call(deleteTicket, { id }, home.owner);
	expect(await documentOf(id)).toMatchObject({ gone: true, audience: [], customerAudience: [], publicMessages: [] });
});

test("a corrected note is told of, without its text", async () => {
	const { id } = await open();
	const note = await say(id, "Wronng", { kind: "internal_note" });
	await desk.call(editNote, { id, messageId: note.id, body: "Righted" }, home.agent);
	const events = await desk.eventsOf(id);
	const document = await documentOf(id);
	expect(events.at(-1)).toMatchObject({
		type: "message.edited",
		sequence: document?.version,
		data: { messageId: note.id, kind: "internal_note", seq: 2 },
	});
	expect(JSON.stringify(events)).not.toMatch(/Wronng|Righted/);
	expect(document?.internalNotes).toEqual(["Righted"]);
});

test("a renamed customer's tickets are told of once they show the new name, and found page by page", async () => {
	const customer = desk.neighbours.customer(home.tenant.id, { name: "Before" });
	const made: string[] = [];
	for (let i = 0; i < 3; i++) made.push((await open({ customerId: customer.id })).id);
	const { id, tenantId: _, version: __, ...data } = { ...customer, name: "After", changed: ["name"] };
	await desk.publish(customerUpdated, home.tenant.id, { ...customer, version: 2 }, data);
	await desk.publish(customerUpdated, home.tenant.id, { ...customer, version: 3 }, { ...data, changed: ["tags"] });
	const told = async () =>
		(await desk.app.runtime.events.read({ limit: 1000, types: ["requester.*"] }))
			.map(({ event }) => event)
			.filter(({ subject }) => subject === `requester/${id}`);
	await eventually(async () => (await told()).length > 0);
	await desk.call(ticketDocuments.settled, {});
	expect(await told()).toMatchObject([{ data: { name: "After", email: customer.primaryEmail }, sequence: 2 }]);
	expect((await documentOf(made[0] as string))?.requester.name).toBe("After");
	const { ids, next } = await desk.call(ticketIds, { tenantId: home.tenant.id, customerId: id });
	expect([ids, next]).toEqual([made, null]);
});

test("a requester named after the own address is masked for those who may not have it", async () => {
	const customer = desk.neighbours.customer(home.tenant.id, { name: "jo.doe", primaryEmail: "jo.doe@mail.example" });
	const { id } = await open({ customerId: customer.id });
	expect((await documentOf(id))?.requester).toEqual({
		name: "jo.doe",
		email: "jo.doe@mail.example",
		nameIsMasked: true,
	});
});

test("pages go through the tickets of all tenants, each once", async () => {
	const there = populate(desk);
	const foreign = await desk.call(
		createTicket,
		{ subject: "Foreign", description: "x", customerId: there.cora.id },
		there.supervisor,
	);
	const seen: string[] = [];
	for (let after: string | null = null; ; ) {
		const page: { documents: { id: string }[]; next: string | null } = await desk.call(ticketDocuments.page, {
			after,
			limit: 4,
		});
		seen.push(...page.documents.map(({ id }) => id));
		after = page.next;
		if (after === null) break;
	}
	expect(new Set(seen).size).toBe(seen.length);
	expect(seen).toContain(foreign.id);
	expect(await desk.call(ticketDocuments.byIds, { tenantId: home.tenant.id, ids: [foreign.id] })).toEqual([]);
});

test("who finds what, in words, and what each is shown by id", async () => {
	const { id } = await open();
	const elsewhere = await open({ groupId: home.other.id });
	const words = (caller: typeof home.agent) => desk.call(ticketSearchScope, {}, caller);
	expect(await words(home.owner)).toEqual({ kind: "audience", words: ["*"] });
	expect(await words(home.agent)).toEqual({ kind: "audience", words: [`g:${home.group.id}`, `u:${home.agent.id}`] });
	expect(await words(home.customer)).toEqual({ kind: "customerAudience", words: [`c:${home.cora.id}`] });
	const seen = async (caller: typeof home.agent) =>
		(await desk.call(ticketsByIds, { ids: [id, elsewhere.id, "nothing"] }, caller)).map((row) => row.id).sort();
	expect(await seen(home.owner)).toEqual([id, elsewhere.id].sort());
	expect(await seen(home.agent)).toEqual([id]);
	expect(await seen(home.customer)).toEqual([id, elsewhere.id].sort());
	expect(await seen(populate(desk).owner)).toEqual([]);
	const [asCustomer] = await desk.call(ticketsByIds, { ids: [id] }, home.customer);
	const { messages: _, messagesCursor: __, ...shown } = await desk.call(getTicket, { id }, home.customer);
	expect(asCustomer).toEqual(shown);
});
