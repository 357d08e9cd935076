import { createCompany, deleteCompany, getCompany, listCompanies, updateCompany } from "../../contracts/companies.ts";
import { deleteCustomer, getCustomer, restoreCustomer } from "../../contracts/customers.ts";
import { snapshots } from "../../contracts/customers-internal.ts";
import { type CustomersDesk, customersDesk, problemOf } from "./desk.ts";

let desk: CustomersDesk;
beforeAll(async () => {
	desk = await customersDesk();
});
afterAll(() => desk?.stop());

test("a company is made, changed and recorded", async () => {
	const made = await desk.call(
		createCompany,
		{ name: " Acme  GmbH ", domains: ["ACME.example", "acme.example"], tags: ["Key"], shareTickets: true, notes: "n" },
		desk.as.agent,
	);
	expect(made).toEqual({
		id: expect.any(String),
		version: 1,
		createdAt: desk.clock.now().toISOString(),
		updatedAt: desk.clock.now().toISOString(),
		externalId: null,
		name: "Acme GmbH",
		domains: ["acme.example"],
		tags: ["key"],
		customFields: {},
		notes: "n",
		shareTickets: true,
	});
	const after = await desk.call(
		updateCompany,
		{ id: made.id, domains: [], notes: null, externalId: "c-1" },
		desk.as.agent,
	);
	expect(after).toEqual({ ...made, version: 2, domains: [], notes: null, externalId: "c-1" });
	expect(await desk.call(getCompany, { id: made.id }, desk.as.agent)).toEqual(after);
	const cleared = { id: made.id, externalId: null, tags: null, domains: null, customFields: null };
	expect(await desk.call(updateCompany, cleared, desk.as.agent)).toMatchObject({
		...{ externalId: null, tags: [], domains: [], customFields: {} },
		version: 3,
	});
	expect((await desk.eventsOf(made.id, 3)).map(({ type, sequence, data }) => [type, sequence, data])).toEqual([
		["company.created", 1, { name: "Acme GmbH", domains: ["acme.example"], shareTickets: true, deleted: false }],
		["company.updated", 2, { name: "Acme GmbH", domains: [], shareTickets: true, deleted: false }],
		["company.updated", 3, { name: "Acme GmbH", domains: [], shareTickets: true, deleted: false }],
	]);
});

test("domains and external ids are one company's only", async () => {
	const first = await desk.company({ domains: ["one.example"], externalId: "one" });
	const byDomain = await problemOf(desk.company({ domains: ["free.example", "ONE.example"] }));
	expect(byDomain).toMatchObject({ status: "409 duplicate", data: { extra: { existingId: first.id } } });
	expect(byDomain.data.errors?.[0]?.pointer).toBe("/domains/1");
	const second = await desk.company({ domains: ["two.example"] });
	for (const patch of [{ domains: ["two.example", "one.example"] }, { externalId: "one" }])
		expect(await problemOf(desk.call(updateCompany, { id: second.id, ...patch }, desk.as.agent))).toMatchObject({
			status: "409 duplicate",
			data: { extra: { existingId: first.id } },
		});
	await desk.call(updateCompany, { id: first.id, domains: ["one.example", "more.example"] }, desk.as.agent);
});

test("companies are listed by every filter and sort", async () => {
	await desk.company({ name: "beta", tags: ["firm"], domains: ["beta.example"] });
	desk.clock.advance(1000);
	await desk.company({ name: "Alpha", tags: ["firm", "big"], externalId: "alpha" });
	const names = async (filter: object, sort = "createdAt") =>
		(
			await desk.call(listCompanies, { filter: { tag: { eq: "FIRM" }, ...filter }, sort } as never, desk.as.agent)
		).data.map((company) => company.name);
	expect(await names({})).toEqual(["beta", "Alpha"]);
	expect(await names({}, "name")).toEqual(["Alpha", "beta"]);
	expect(await names({}, "-updatedAt")).toEqual(["Alpha", "beta"]);
	expect(await names({ name: { eq: "BETA" } })).toEqual(["beta"]);
	expect(await names({ domain: { eq: "Beta.example" } })).toEqual(["beta"]);
	expect(await names({ externalId: { in: ["alpha", "x"] } })).toEqual(["Alpha"]);
	expect(await names({ tagAny: { in: ["big", "small"] } })).toEqual(["Alpha"]);
});

describe("removing a company", () => {
	test("waits for its customers, unless forced, which unlinks them", async () => {
		const [company, other] = [await desk.company(), await desk.company()];
		const member = await desk.customer({ companyIds: [company.id, other.id] });
		const gone = await desk.customer({ companyId: company.id });
		await desk.call(deleteCustomer, { id: gone.id }, desk.as.admin);
		expect(await problemOf(desk.call(deleteCompany, { id: company.id }, desk.as.admin))).toMatchObject({
			status: "409 company_has_customers",
		});
		expect(await desk.call(deleteCompany, { id: company.id, force: true }, desk.as.admin)).toBeNull();
		expect(await problemOf(desk.call(getCompany, { id: company.id }, desk.as.admin))).toMatchObject({ code: 404 });
		const after = await desk.call(getCustomer, { id: member.id }, desk.as.agent);
		expect(after).toMatchObject({ companyIds: [other.id], company: { id: other.id }, version: 2 });
		const back = await desk.call(restoreCustomer, { id: gone.id }, desk.as.admin);
		expect(back).toMatchObject({ companyIds: [], company: null });
		const events = await desk.eventsOf(company.id, 2);
		expect(events[1]).toMatchObject({ type: "company.deleted", sequence: 2, data: { deleted: true } });
		expect((await desk.eventsOf(member.id, 2))[1]?.data).toMatchObject({ changed: ["companies"] });
	});

	test("unlinks more customers than one transaction holds", async () => {
		const company = await desk.company();
		for (let i = 0; i < 130; i++) await desk.customer({ companyId: company.id });
		await desk.call(deleteCompany, { id: company.id, force: true }, desk.as.admin);
		const { companies } = await desk.call(snapshots, { tenantId: desk.home.id, companyIds: [company.id] });
		expect(companies).toEqual([]);
	});

	test("makes its name and domains free", async () => {
		const company = await desk.company({ name: "Phoenix", domains: ["phoenix.example"] });
		await desk.call(deleteCompany, { id: company.id }, desk.as.admin);
		await desk.company({ name: "Phoenix", domains: ["phoenix.example"] });
	});
});

test("a company that a customer named can be renamed, and another of the old name made", async () => {
	const first = await desk.customer({ company: "Rename me" });
	await desk.call(updateCompany, { id: first.companyId as string, name: "Renamed" }, desk.as.agent);
	expect((await desk.call(getCustomer, { id: first.id }, desk.as.agent)).company?.name).toBe("Renamed");
	if (!desk.freesUniqueValues) return;
	const second = await desk.customer({ company: "Rename me" });
	expect(second.companyId).not.toBe(first.companyId);
});
