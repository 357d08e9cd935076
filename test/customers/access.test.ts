import type { Caller } from "../../contracts/caller.ts";
import { createCompany, deleteCompany, getCompany, listCompanies, updateCompany } from "../../contracts/companies.ts";
import type { ActionContract } from "../../contracts/contract.ts";
import {
	createCustomField,
	deleteCustomField,
	getCustomField,
	listCustomFields,
	updateCustomField,
} from "../../contracts/custom-fields.ts";
import { eraseCustomer } from "../../contracts/customer-erasure.ts";
import { mergeCustomer, previewMerge, unmergeCustomer } from "../../contracts/customer-merge.ts";
import {
	createCustomer,
	createNote,
	customersContracts,
	deleteCustomer,
	deleteNote,
	getCustomer,
	getNote,
	listCustomers,
	listNotes,
	listTags,
	restoreCustomer,
	updateCustomer,
	updateNote,
} from "../../contracts/customers.ts";
import { discard, findOrCreate, snapshots } from "../../contracts/customers-internal.ts";
import { newId } from "../../lib/ids.ts";
import { customer as customerCaller } from "../support/callers.ts";
import { type CustomersDesk, customersDesk, problemOf } from "./desk.ts";

let desk: CustomersDesk;
beforeAll(async () => {
	desk = await customersDesk();
});
afterAll(() => desk?.stop());

/** One of everything in the first tenant, and a call of every action on it. */
async function everything() {
	const company = await desk.company({ name: "Isolated", domains: [`d${newId()}.example`] });
	const customer = await desk.customer({ companyId: company.id, tags: ["isolated"], externalId: newId() });
	const note = await desk.call(createNote, { id: customer.id, body: "Likes tea." }, desk.as.agent);
	const field = await desk.call(
		createCustomField,
		{ target: "customer", key: `k${newId().slice(-8)}`, label: "Field", type: "text" },
		desk.as.admin,
	);
	const calls: [ActionContract<never, never>, object][] = [
		[getCustomer, { id: customer.id }],
		[updateCustomer, { id: customer.id, name: "X" }],
		[deleteCustomer, { id: customer.id }],
		[deleteCustomer, { id: customer.id, force: true }],
		[restoreCustomer, { id: customer.id }],
		[listNotes, { id: customer.id }],
		[createNote, { id: customer.id, body: "x" }],
		[getNote, { id: customer.id, noteId: note.id }],
		[updateNote, { id: customer.id, noteId: note.id, body: "x" }],
		[deleteNote, { id: customer.id, noteId: note.id }],
		[mergeCustomer, { id: customer.id, loserId: newId() }],
		[previewMerge, { id: customer.id, survivorId: newId() }],
		[unmergeCustomer, { id: customer.id }],
		[getCompany, { id: company.id }],
		[updateCompany, { id: company.id, name: "X" }],
		[deleteCompany, { id: company.id, force: true }],
		[getCustomField, { id: field.id }],
		[updateCustomField, { id: field.id, label: "X" }],
		[deleteCustomField, { id: field.id }],
		[eraseCustomer, { id: customer.id }],
	] as never;
	return { company, customer, note, field, calls };
}

describe("another tenant", () => {
	test("finds nothing, by any action, and cannot tell it from what never was", async () => {
		const { calls, customer, company } = await everything();
		const named = new Set(calls.map(([contract]) => contract.name));
		const untested = customersContracts.map((contract) => contract.name).filter((name) => !named.has(name));
		// What has no id to name: the lists below, and what is made.
		expect(untested.sort()).toEqual(
			["create", "createCompany", "createCustomField", "list", "listCompanies", "listCustomFields", "listTags"].map(
				(name) => `customers.${name}`,
			),
		);
		for (const [contract, params] of calls) {
			const theirs = await problemOf(desk.call(contract, params as never, desk.as.stranger));
			const never = Object.fromEntries(
				Object.entries(params).map(([key, value]) => [key, /id$/i.test(key) ? newId() : value]),
			);
			const nobodys = await problemOf(desk.call(contract, never as never, desk.as.stranger));
			expect([contract.name, theirs.status, theirs.message]).toEqual([contract.name, nobodys.status, nobodys.message]);
			expect([contract.name, theirs.code]).toEqual([contract.name, 404]);
		}
		for (const contract of [listCustomers, listCompanies, listCustomFields]) {
			const { data } = await desk.call(contract as ActionContract<object, { data: unknown[] }>, {}, desk.as.stranger);
			expect(data).toEqual([]);
		}
		expect((await desk.call(listTags, {}, desk.as.stranger)).data).toEqual([]);
		expect(await desk.call(getCustomer, { id: customer.id }, desk.as.agent)).toEqual({ ...customer, notesCount: 1 });
		expect(await desk.call(getCompany, { id: company.id }, desk.as.agent)).toEqual(company);
	});

	test("may have the same addresses, ids, domains and keys", async () => {
		const { customer, company, field } = await everything();
		const as = desk.as.stranger;
		await desk.call(createCustomer, { email: customer.email, externalId: customer.externalId }, as);
		await desk.call(createCompany, { name: company.name, domains: company.domains }, as);
		await desk.call(createCustomField, { target: "customer", key: field.key, label: "F", type: "text" }, as);
	});

	test("is not reached by other services either", async () => {
		const { customer, company } = await everything();
		const tenantId = desk.as.stranger.tenant?.id as string;
		const params = { tenantId, customerIds: [customer.id], companyIds: [company.id] };
		expect(await desk.call(snapshots, params)).toEqual({ customers: [], companies: [] });
		expect(await desk.call(discard, { tenantId, customerId: customer.id })).toEqual({ discarded: false });
		const found = await desk.call(findOrCreate, { tenantId, email: customer.email as string });
		expect(found.created).toBe(true);
		expect(found.customer.id).not.toBe(customer.id);
	});
});

describe("roles", () => {
	const may: Record<string, string[]> = {
		"customers.get": ["owner", "admin", "supervisor", "agent", "viewer"],
		"customers.update": ["owner", "admin", "supervisor", "agent"],
		"customers.delete": ["owner", "admin"],
		"customers.restore": ["owner", "admin"],
		"customers.listNotes": ["owner", "admin", "supervisor", "agent"],
		"customers.createNote": ["owner", "admin", "supervisor", "agent"],
		"customers.getNote": ["owner", "admin", "supervisor", "agent"],
		"customers.updateNote": ["owner", "admin", "supervisor", "agent"],
		"customers.deleteNote": ["owner", "admin", "supervisor", "agent"],
		"customers.merge": ["owner", "admin", "supervisor", "agent"],
		"customers.previewMerge": ["owner", "admin", "supervisor", "agent"],
		"customers.unmerge": ["owner", "admin", "supervisor", "agent"],
		"customers.erase": ["owner", "admin"],
		"customers.getCompany": ["owner", "admin", "supervisor", "agent", "viewer"],
		"customers.updateCompany": ["owner", "admin", "supervisor", "agent"],
		"customers.deleteCompany": ["owner", "admin"],
		"customers.getCustomField": ["owner", "admin", "supervisor", "agent"],
		"customers.updateCustomField": ["owner", "admin"],
		"customers.deleteCustomField": ["owner", "admin"],
	};
	test.each(["owner", "admin", "supervisor", "agent", "viewer"] as const)(
		"%s does what the matrix says",
		async (role) => {
			const { calls } = await everything();
			for (const [contract, params] of calls) {
				const outcome = await desk.call(contract, params as never, desk.as[role]).then(
					() => "done",
					(error: { code: number }) => (error.code === 403 ? "refused" : "done"),
				);
				expect([contract.name, outcome]).toEqual([
					contract.name,
					may[contract.name]?.includes(role) ? "done" : "refused",
				]);
			}
		},
	);
});

describe("a viewer", () => {
	const view = async (fields: object) => {
		const made = await desk.call(createCustomer, fields, desk.as.agent);
		return { made, seen: await desk.call(getCustomer, { id: made.id }, desk.as.viewer) };
	};

	test("sees addresses and numbers masked, in every answer", async () => {
		const { made, seen } = await view({
			email: "secret.name@mail.example",
			emails: ["other.secret@mail.example"],
			phone: "+43 664 9876543",
			externalId: "secret.name@crm.example",
		});
		expect(seen).toMatchObject({
			name: "s***",
			email: "s***@mail.example",
			phone: "***543",
			phones: [{ value: "***543", e164: "***543" }],
			externalId: "s***@crm.example",
		});
		const listed = await desk.call(
			listCustomers,
			{ limit: 100, include: ["company"], sort: "createdAt" },
			desk.as.viewer,
		);
		const texts = JSON.stringify([seen, listed.data, listed.included]);
		for (const secret of ["secret.name", "other.secret", "9876543", "98765"]) expect(texts).not.toContain(secret);
		expect(listed.data.find((customer) => customer.id === made.id)).toEqual(seen);
	});

	test("cannot find out by filters what it does not see", async () => {
		for (const filter of [
			{ email: { eq: "secret.name@mail.example" } },
			{ email: { in: ["a@b.example"] } },
			{ externalId: { eq: "secret.name@crm.example" } },
			{ deleted: { eq: true } },
		] as Record<string, object>[])
			expect(await problemOf(desk.call(listCustomers, { filter } as never, desk.as.viewer))).toMatchObject({
				code: 403,
			});
		expect(await problemOf(desk.call(listCustomers, { sort: "email" }, desk.as.viewer))).toMatchObject({ code: 400 });
	});

	test("sees no notes, of customers or companies", async () => {
		const company = await desk.company({ notes: "Pays late." });
		expect(company.notes).toBe("Pays late.");
		expect(await desk.call(getCompany, { id: company.id }, desk.as.viewer)).not.toHaveProperty("notes");
	});
});

describe("a customer's own token", () => {
	async function signedIn(fields: object = {}): Promise<{ id: string; me: Caller }> {
		const made = await desk.customer({ tags: ["difficult"], ...fields });
		return { id: made.id, me: customerCaller(desk.home, made.id) };
	}

	test("sees its own profile, whole but for what is the desk's business", async () => {
		const { id, me } = await signedIn({ email: "self@mail.example", phone: "+43 664 1112223", externalId: "crm-self" });
		await desk.call(createNote, { id, body: "Is difficult." }, desk.as.agent);
		const seen = await desk.call(getCustomer, { id }, me);
		expect(seen).toMatchObject({ id, email: "self@mail.example", phone: "+43 664 1112223" });
		for (const hidden of ["tags", "notesCount", "customFields", "externalId"]) expect(seen).not.toHaveProperty(hidden);
		const { data, page } = await desk.call(listCustomers, { count: true }, me);
		expect(data).toEqual([seen]);
		expect(page.total).toBe(1);
	});

	test("sees nobody else", async () => {
		const [{ me }, other] = [await signedIn(), await desk.customer()];
		for (const call of [
			() => desk.call(getCustomer, { id: other.id }, me),
			() => desk.call(updateCustomer, { id: other.id, name: "X" }, me),
			() => desk.call(getCustomer, { id: newId() }, me),
		])
			expect(await problemOf(call())).toMatchObject({ status: "404 not_found", message: "There is no such customer." });
		const filter = { email: { eq: other.email } };
		expect((await desk.call(listCustomers, { filter } as never, me)).data).toEqual([]);
	});

	test("changes its profile and nothing else", async () => {
		const { id, me } = await signedIn();
		const mine = { name: "New Me", phone: "+43 664 3332221", locale: "fr", timeZone: "Europe/Paris", title: "Mme" };
		expect(await desk.call(updateCustomer, { id, ...mine }, me)).toMatchObject({ ...mine, version: 2 });
		for (const [field, value] of Object.entries({
			email: "x@mail.example",
			emails: [],
			status: "active",
			tags: [],
			externalId: null,
			customFields: {},
			companyId: null,
			company: "Mine",
			companyIds: [],
			companies: [],
		})) {
			const refused = await problemOf(desk.call(updateCustomer, { id, name: "No", [field]: value } as never, me));
			expect([field, refused.status, refused.data.errors?.[0]?.pointer]).toEqual([field, "403 forbidden", `/${field}`]);
		}
		expect((await desk.call(getCustomer, { id }, desk.as.agent)).name).toBe("New Me");
	});

	test("gets nothing of the desk's own", async () => {
		const { id, me } = await signedIn();
		const company = await desk.company();
		for (const call of [
			() => desk.call(createCustomer, { name: "Friend" }, me),
			() => desk.call(deleteCustomer, { id }, me),
			() => desk.call(getCustomer, { id, deleted: true }, me),
			() => desk.call(listNotes, { id }, me),
			() => desk.call(getNote, { id, noteId: newId() }, me),
			() => desk.call(createNote, { id, body: "x" }, me),
			() => desk.call(getCompany, { id: company.id }, me),
			() => desk.call(listCompanies, {}, me),
			() => desk.call(createCompany, { name: "Mine" }, me),
			() => desk.call(listTags, {}, me),
			() => desk.call(listCustomFields, {}, me),
			...["tag", "tagAny", "externalId"].map(
				(name) => () => desk.call(listCustomers, { filter: { [name]: { eq: "difficult" } } } as never, me),
			),
			() => desk.call(listCustomers, { filter: { customFields: { plan: { eq: "gold" } } } } as never, me),
		])
			expect(await problemOf(call())).toMatchObject({ status: "403 forbidden" });
	});

	test("is nobody any more once the customer is deleted", async () => {
		const { id, me } = await signedIn();
		await desk.call(deleteCustomer, { id }, desk.as.admin);
		expect(await problemOf(desk.call(getCustomer, { id }, me))).toMatchObject({ code: 404 });
		expect((await desk.call(listCustomers, {}, me)).data).toEqual([]);
	});
});

test("nobody without a credential gets in", async () => {
	for (const contract of customersContracts)
		expect(await problemOf(desk.call(contract as ActionContract, { id: newId(), noteId: newId() }))).toMatchObject({
			code: expect.any(Number),
			type: expect.stringMatching(/unauthenticated|validation_failed|unknown_field/),
		});
});
