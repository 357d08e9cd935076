import { createCompany, listCompanies } from "../../contracts/companies.ts";
import { createCustomer, getCustomer, listCustomers, updateCustomer } from "../../contracts/customers.ts";
import { findOrCreate } from "../../contracts/customers-internal.ts";
import type { Problem } from "../../lib/problem.ts";
import { type CustomersDesk, customersDesk } from "./desk.ts";

let desk: CustomersDesk;
beforeAll(async () => {
	desk = await customersDesk();
});
afterAll(() => desk?.stop());

const many = <T>(count: number, work: (index: number) => Promise<T>) =>
	Promise.allSettled(Array.from({ length: count }, (_, index) => work(index)));

async function outcomes<T extends { id: string }>(settled: PromiseSettledResult<T>[]) {
	const made = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : []));
	const refused = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as Problem] : []));
	return { made, refused };
}

test("twenty at once with one address make one customer, and the others are told which", async () => {
	const spellings = ["race@mail.example", " RACE@mail.example", "Race@MAIL.example", "race@mail.EXAMPLE "];
	const { made, refused } = await outcomes(
		await many(20, (index) =>
			desk.call(createCustomer, { name: `Racer ${index}`, email: spellings[index % 4] }, desk.as.agent),
		),
	);
	expect(made).toHaveLength(1);
	expect(refused.map((problem) => [problem.code, problem.type, problem.data.extra?.existingId])).toEqual(
		Array.from({ length: 19 }, () => [409, "duplicate", made[0]]),
	);
	const filter = { email: { eq: "race@mail.example" } };
	expect((await desk.call(listCustomers, { filter }, desk.as.agent)).data.map((customer) => customer.id)).toEqual(made);
});

test("twenty at once with one external id make one customer", async () => {
	const { made, refused } = await outcomes(
		await many(20, (index) => desk.call(createCustomer, { name: `${index}`, externalId: "race" }, desk.as.agent)),
	);
	expect(made).toHaveLength(1);
	expect(new Set(refused.map((problem) => problem.data.extra?.existingId))).toEqual(new Set(made));
});

test("twenty at once that name a company make one company", async () => {
	const settled = await many(20, (index) =>
		desk.call(
			createCustomer,
			{ name: `Employee ${index}`, company: index % 2 ? "RACE Inc" : "Race Inc" },
			desk.as.agent,
		),
	);
	const companies = settled.map((one) => (one.status === "fulfilled" ? one.value.companyId : one.reason));
	expect(new Set(companies).size).toBe(1);
	const filter = { name: { eq: "race INC" } };
	expect((await desk.call(listCompanies, { filter }, desk.as.agent)).data).toHaveLength(1);
});

test("twenty at once with one domain make one company", async () => {
	const { made, refused } = await outcomes(
		await many(20, (index) => desk.call(createCompany, { name: `${index}`, domains: ["race.example"] }, desk.as.agent)),
	);
	expect(made).toHaveLength(1);
	expect(new Set(refused.map((problem) => problem.data.extra?.existingId))).toEqual(new Set(made));
});

test("twenty services at once that look for one address find one customer, made once", async () => {
	const tenantId = desk.home.id;
	const settled = await many(20, () => desk.call(findOrCreate, { tenantId, email: "Found@mail.example" }));
	const found = settled.map((one) => (one.status === "fulfilled" ? one.value : null));
	expect(new Set(found.map((one) => one?.customer.id)).size).toBe(1);
	expect(found.filter((one) => one?.created)).toHaveLength(1);
});

test("changes at once to different fields are all there in the end", async () => {
	const { id } = await desk.customer();
	const patches = [{ name: "Both" }, { title: "Dr" }, { phone: "+43 1 5880" }, { locale: "fr" }, { tags: ["kept"] }];
	const settled = await Promise.all(patches.map((patch) => desk.call(updateCustomer, { id, ...patch }, desk.as.agent)));
	expect(settled.map((answer) => answer.version).sort()).toEqual([2, 3, 4, 5, 6]);
	expect(await desk.call(getCustomer, { id }, desk.as.agent)).toMatchObject({
		name: "Both",
		title: "Dr",
		phone: "+43 1 5880",
		locale: "fr",
		tags: ["kept"],
		version: 6,
	});
	const sequences = (await desk.eventsOf(id, 6)).map((event) => event.sequence);
	expect(sequences).toEqual([1, 2, 3, 4, 5, 6]);
});

test("of changes at once to one version only the first takes effect", async () => {
	const { id } = await desk.customer();
	const settled = await many(10, (index) =>
		desk.call(updateCustomer, { id, name: `Writer ${index}`, ifVersion: 1 }, desk.as.agent),
	);
	const { made, refused } = await outcomes(settled);
	expect(made).toHaveLength(1);
	expect(refused.map((problem) => problem.code)).toEqual(Array.from({ length: 9 }, () => 412));
});
