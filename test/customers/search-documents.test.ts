import { updateCompany } from "../../contracts/companies.ts";
import { createCustomField, updateCustomField } from "../../contracts/custom-fields.ts";
import {
	createCustomer,
	createNote,
	deleteCustomer,
	deleteNote,
	updateCustomer,
	updateNote,
} from "../../contracts/customers.ts";
import { customerDocuments, customerIds, customersByIds, searchableFields } from "../../contracts/search-documents.ts";
import { customer as customerCaller } from "../support/callers.ts";
import { type CustomersDesk, customersDesk } from "./desk.ts";

let desk: CustomersDesk;
beforeAll(async () => {
	desk = await customersDesk();
});
afterAll(() => desk?.stop());

const documentsOf = (ids: string[], tenantId = desk.home.id) => desk.call(customerDocuments.byIds, { tenantId, ids });

test("a customer's document holds all that can be found in it", async () => {
	const company = await desk.company({ name: "Lovelace Ltd" });
	await desk.call(
		createCustomField,
		{ target: "customer", key: "plan", label: "Plan", type: "text", searchable: true },
		desk.as.owner,
	);
	await desk.call(createCustomField, { target: "customer", key: "secret", label: "S", type: "text" }, desk.as.owner);
	const { id } = await desk.customer({
		name: "Ada Lovelace",
		email: "Ada@Lovelace.example",
		phone: "+49 30 123456",
		companyId: company.id,
		externalId: "crm-7",
		tags: ["VIP"],
		customFields: { plan: "golden", secret: "hidden" },
	});
	for (const body of ["First remark", "Second remark"]) {
		desk.clock.advance(1000);
		await desk.call(createNote, { id, body }, desk.as.agent);
	}
	expect(await documentsOf([id, id])).toEqual([
		{
			id,
			tenantId: desk.home.id,
			version: 1,
			updatedAt: expect.any(String),
			createdAt: expect.any(String),
			gone: false,
			name: "Ada Lovelace",
			externalId: "crm-7",
			masked: [],
			emails: ["ada@lovelace.example"],
			phones: ["+49 30 123456", "+4930123456"],
			companies: ["Lovelace Ltd"],
			companyIds: [company.id],
			status: expect.any(String),
			tags: ["vip"],
			custom: ["golden"],
			notes: ["First remark", "Second remark"],
		},
	]);
	expect(await desk.call(searchableFields, { tenantId: desk.home.id, target: "customer" })).toEqual(["plan"]);
	expect(await documentsOf([id], "another-tenant")).toEqual([]);
});

test("what would give an address away is named as masked", async () => {
	const { id } = await desk.call(
		createCustomer,
		{ email: "grace.hopper@navy.example", externalId: "grace.hopper@navy.example" },
		desk.as.agent,
	);
	expect(await documentsOf([id])).toMatchObject([{ masked: ["name", "externalId"] }]);
});

test("a deleted customer is gone", async () => {
	const { id } = await desk.customer();
	await desk.call(deleteCustomer, { id }, desk.as.owner);
	expect(await documentsOf([id])).toMatchObject([{ id, gone: true, version: 2, notes: [] }]);
});

test("notes are told of without their text, and bring no new version", async () => {
	const { id } = await desk.customer();
	const note = await desk.call(createNote, { id, body: "Whispered" }, desk.as.agent);
	await desk.call(updateNote, { id, noteId: note.id, body: "Spoken" }, desk.as.agent);
	await desk.call(updateNote, { id, noteId: note.id, body: "Spoken" }, desk.as.agent);
	await desk.call(deleteNote, { id, noteId: note.id }, desk.as.agent);
	const events = await desk.eventsOf(id, 4);
	expect(events.map(({ type, sequence, data }) => [type, sequence, data.changed])).toEqual([
		["customer.created", 1, []],
		...Array(3).fill(["customer.updated", 1, ["notes"]]),
	]);
	expect(JSON.stringify(events)).not.toMatch(/Whispered|Spoken/);
});

test("a custom field tells when it can be searched from now on", async () => {
	const field = await desk.call(
		createCustomField,
		{ target: "ticket", key: "serial", label: "Serial", type: "text" },
		desk.as.owner,
	);
	await desk.call(updateCustomField, { id: field.id, searchable: true, label: "Serial number" }, desk.as.owner);
	const [event] = await desk.eventsOf(field.id, 1);
	expect(event).toMatchObject({
		type: "custom_field.updated",
		data: { target: "ticket", key: "serial", searchable: true, changed: ["label", "searchable"] },
	});
});

test("pages go through the customers of all tenants, each once, and ids through those of a company", async () => {
	const company = await desk.company({ name: "Many" });
	const made: string[] = [];
	for (let i = 0; i < 5; i++) made.push((await desk.customer({ companyId: company.id })).id);
	await desk.call(updateCustomer, { id: made[4] as string, companyIds: [] }, desk.as.agent);
	await desk.call(updateCompany, { id: company.id, name: "Many more" }, desk.as.agent);
	const foreign = await desk.call(createCustomer, { name: "Foreign", email: "f@foreign.example" }, desk.as.stranger);
	const seen: string[] = [];
	for (let after: string | null = null; ; ) {
		const page: { documents: { id: string }[]; next: string | null } = await desk.call(customerDocuments.page, {
			after,
			limit: 3,
		});
		seen.push(...page.documents.map(({ id }) => id));
		after = page.next;
		if (after === null) break;
	}
	expect(new Set(seen).size).toBe(seen.length);
	expect(seen).toEqual(expect.arrayContaining([...made, foreign.id]));
	const { ids, next } = await desk.call(customerIds, { tenantId: desk.home.id, companyId: company.id });
	expect([ids.sort(), next]).toEqual([made.slice(0, 4).sort(), null]);
});

test("customers by id are what their reader may see", async () => {
	const { id, email } = await desk.customer();
	const other = await desk.customer();
	const ids = [id, other.id, "nobody"];
	const seen = async (caller: (typeof desk.as)["agent"]) => desk.call(customersByIds, { ids }, caller);
	expect((await seen(desk.as.agent)).map((row) => row.email).sort()).toEqual([email, other.email].sort());
	for (const row of await seen(desk.as.viewer)) expect(row.email).toMatch(/^.\*\*\*@/);
	expect((await seen(customerCaller(desk.home, id))).map((row) => row.id)).toEqual([id]);
	expect(await seen(desk.as.stranger)).toEqual([]);
});
