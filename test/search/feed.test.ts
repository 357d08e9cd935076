import { rm } from "node:fs/promises";
import path from "node:path";
import { createCompany, updateCompany } from "../../contracts/companies.ts";
import { createCustomField, updateCustomField } from "../../contracts/custom-fields.ts";
import { createCustomer, createNote, deleteNote, updateCustomer, updateNote } from "../../contracts/customers.ts";
import { indexStatus, rebuildIndex, searchCustomers, searchTickets } from "../../contracts/search.ts";
import { addMessage, editNote } from "../../contracts/ticket-threads.ts";
import { createTicket } from "../../contracts/tickets.ts";
import customersService from "../../services/customers/customers.service.ts";
import { meaningOf } from "../../services/search/feed.ts";
import searchService from "../../services/search/search.service.ts";
import ticketsService from "../../services/tickets/tickets.service.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { staff, tenant } from "../support/callers.ts";
import { domainEvent } from "../support/domain-event.ts";
import { articlesStandIn } from "./articles-stand-in.ts";

const home = tenant();
const owner = staff(home, "owner");

describe("what an event means", () => {
	const of = (type: string, subject: string, data: unknown = {}) => meaningOf(domainEvent({ type, subject, data }));
	test.each([
		["ticket.created", "ticket/1", {}, { kind: "ticket", id: "1" }],
		["message.added", "ticket/1", {}, { kind: "ticket", id: "1" }],
		["customer.updated", "customer/2", {}, { kind: "customer", id: "2" }],
		["article.viewed", "article/3", {}, { kind: "article", id: "3" }],
		["company.updated", "company/4", {}, { kind: "customer", companyId: "4" }],
		["requester.updated", "requester/5", {}, { kind: "ticket", customerId: "5" }],
		["custom_field.updated", "custom-field/6", { target: "ticket", changed: ["searchable"] }, { kind: "ticket" }],
		["custom_field.updated", "custom-field/6", { target: "ticket", changed: ["label"] }, null],
		["custom_field.updated", "custom-field/6", { target: "company", changed: ["searchable"] }, null],
	])("%s of %s", (type, subject, data, meaning) => {
		expect(of(type, subject, data)).toEqual(meaning);
	});
});

describe("the index follows", () => {
	let app: TestBroker;
	beforeAll(async () => {
		app = await startBroker([customersService, ticketsService, articlesStandIn, searchService]);
	}, 30_000);
	afterAll(() => app?.stop());

	const find = async (contract: typeof searchCustomers | typeof searchTickets, q: string) => {
		const { data } = await app.call(contract as typeof searchTickets, { q, consistency: "wait" }, owner);
		return data.map(({ id }) => id);
	};
	const customers = (q: string) => find(searchCustomers, q);
	const tickets = (q: string) => find(searchTickets, q);
	let n = 0;
	const person = (fields: object = {}) =>
		app.call(createCustomer, { name: `Person ${n}`, email: `person-${n++}@feed.example`, ...fields }, owner);

	test("notes on a customer: written, rewritten, removed", async () => {
		const { id } = await person();
		const note = await app.call(createNote, { id, body: "allergic to peanuts" }, owner);
		expect(await customers("peanuts")).toEqual([id]);
		await app.call(updateNote, { id, noteId: note.id, body: "allergic to shellfish" }, owner);
		expect([await customers("peanuts"), await customers("shellfish")]).toEqual([[], [id]]);
		await app.call(deleteNote, { id, noteId: note.id }, owner);
		expect(await customers("shellfish")).toEqual([]);
	});

	test("a company's new name finds its customers", async () => {
		const company = await app.call(createCompany, { name: "Aardvark" }, owner);
		const members = await Promise.all(Array.from({ length: 3 }, () => person({ companyId: company.id })));
		await app.call(updateCompany, { id: company.id, name: "Wombat" }, owner);
		expect((await customers("wombat")).sort()).toEqual(members.map(({ id }) => id).sort());
		expect(await customers("aardvark")).toEqual([]);
	});

	test("a customer's new name finds its tickets, once they show it", async () => {
		const { id } = await person({ name: "Quentin" });
		const made = [];
		for (let i = 0; i < 3; i++)
			made.push(await app.call(createTicket, { subject: `Matter ${i}`, description: "x", customerId: id }, owner));
		expect((await tickets("quentin")).length).toBe(3);
		await app.call(updateCustomer, { id, name: "Rosalind" }, owner);
		expect((await tickets("rosalind")).sort()).toEqual(made.map((ticket) => ticket.id).sort());
		expect(await tickets("quentin")).toEqual([]);
	});

	test("a custom field is searched from when it is searchable until it is not", async () => {
		const field = await app.call(
			createCustomField,
			{ target: "ticket", key: "model", label: "M", type: "text" },
			owner,
		);
		const { id: customerId } = await person();
		const { id } = await app.call(
			createTicket,
			{ subject: "Matter", description: "x", customerId, customFields: { model: "xylophone" } },
			owner,
		);
		expect(await tickets("xylophone")).toEqual([]);
		await app.call(updateCustomField, { id: field.id, searchable: true }, owner);
		expect(await tickets("xylophone")).toEqual([id]);
		await app.call(updateCustomField, { id: field.id, searchable: false }, owner);
		expect(await tickets("xylophone")).toEqual([]);
	});

	test("messages: added, and a note corrected", async () => {
		const { id: customerId } = await person();
		const { id } = await app.call(createTicket, { subject: "Matter", description: "begonia", customerId }, owner);
		const note = await app.call(addMessage, { id, body: "geranium", kind: "internal_note" }, owner);
		expect([await tickets("begonia"), await tickets("geranium")]).toEqual([[id], [id]]);
		await app.call(editNote, { id, messageId: note.id, body: "petunia" }, owner);
		expect([await tickets("geranium"), await tickets("petunia")]).toEqual([[], [id]]);
	});

	test("a build of one kind, or of all, changes nothing that is found", async () => {
		const { id } = await person({ name: "Constance" });
		expect(await customers("constance")).toEqual([id]);
		const one = await app.call(rebuildIndex, { kind: "customer" });
		expect(Object.keys(one.documents)).toEqual(["customer"]);
		const all = await app.call(rebuildIndex, {});
		expect(all.documents.customer).toBe(one.documents.customer);
		expect(await customers("constance")).toEqual([id]);
		const status = await app.call(indexStatus, {});
		expect(status).toMatchObject({ state: "ready", lag: 0, parked: 0, dead: 0 });
		expect(status.entries.customer).toBe(one.documents.customer);
		expect(status.bytes).toBeGreaterThan(0);
	});

	test("a file that is lost is built anew from what the owners hold", async () => {
		const { id } = await person({ name: "Phoenix" });
		expect(await customers("phoenix")).toEqual([id]);
		const { dataDir } = app.runtime.config;
		await app.broker.destroyService("search");
		for (const end of ["", "-wal", "-shm"]) await rm(path.join(dataDir, `search.db${end}`), { force: true });
		app.broker.createService(searchService(app.runtime));
		await app.broker.waitForServices("search");
		await until(async () => (await app.call(indexStatus, {})).state === "ready");
		expect(await customers("phoenix")).toEqual([id]);
	});
});

test("an owner that is away keeps nobody else waiting, and is caught up with when it is back", async () => {
	const app = await startBroker([customersService, ticketsService, articlesStandIn, searchService]);
	try {
		const { id } = await app.call(createCustomer, { name: "Wanda", email: "wanda@away.example" }, owner);
		const ticket = await app.call(createTicket, { subject: "Lanterns", description: "x", customerId: id }, owner);
		const find = async (q: string, consistency = {}) =>
			(await app.call(searchTickets, { q, ...consistency }, owner)).data.map((hit) => hit.id);
		expect(await find("lanterns", { consistency: "wait" })).toEqual([ticket.id]);
		await app.call(updateCustomer, { id, name: "Winona" }, owner);
		await app.broker.destroyService("customers");
		const other = await app.call(createTicket, { subject: "Candles", description: "x", customerId: id }, owner);
		await until(async () => (await find("candles")).length === 1);
		expect(await find("candles")).toEqual([other.id]);
		app.broker.createService(customersService(app.runtime));
		await app.broker.waitForServices("customers");
		await until(async () => {
			const { data } = await app.call(searchCustomers, { q: "winona" }, owner);
			return data.length === 1;
		});
		const [group] = (await app.runtime.events.status()).filter(({ group }) => group === "search");
		expect(group).toMatchObject({ parked: 0, dead: 0 });
	} finally {
		await app.stop();
	}
}, 60_000);

async function until(holds: () => Promise<boolean>): Promise<void> {
	for (let i = 0; i < 1000; i++) {
		if (await holds()) return;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error("it did not come to hold");
}
