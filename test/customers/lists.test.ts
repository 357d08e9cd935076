import { listCompanies } from "../../contracts/companies.ts";
import { createCustomField, listCustomFields } from "../../contracts/custom-fields.ts";
import { createNote, listCustomers, listNotes } from "../../contracts/customers.ts";
import { newId } from "../../lib/ids.ts";
import { type CustomersDesk, customersDesk } from "./desk.ts";

/*
 * Every filter, alone and with each other one, under every sort, on a store that refuses a query without an index.
 */

let desk: CustomersDesk;
let noteOf: string;
beforeAll(async () => {
	desk = await customersDesk();
	const fields = { label: "Field", type: "integer" as const };
	for (const target of ["customer", "company"] as const)
		await desk.call(createCustomField, { target, key: "seats", ...fields }, desk.as.admin);
	for (let i = 0; i < 3; i++) {
		const company = await desk.company({ tags: ["a", "b"], customFields: { seats: i } });
		noteOf = (await desk.customer({ companyId: company.id, tags: ["a"], customFields: { seats: i } })).id;
		await desk.call(createNote, { id: noteOf, body: "x" }, desk.as.agent);
	}
});
afterAll(() => desk?.stop());

type Conditions = [string, Record<string, unknown>][];

const INSTANT = "2025-01-01T00:00:00.000Z";
const shared: Conditions = [
	["tag", { eq: "a" }],
	["tag", { all: ["a", "b"] }],
	["tag", { ne: "c" }],
	["tagAny", { in: ["a", "b"] }],
	["externalId", { in: ["x", "y"] }],
	["createdAt", { gte: INSTANT }],
	["updatedAt", { gte: INSTANT, lt: "2030-01-01T00:00:00.000Z" }],
	["customFields", { seats: { eq: "1" } }],
	["customFields", { seats: { gt: "1" } }],
	["customFields", { seats: { exists: false } }],
];
const lists: [string, { name: string; list: { sorts: readonly string[] } }, () => object, Conditions][] = [
	[
		"customers",
		listCustomers,
		() => ({}),
		[
			...shared,
			["status", { eq: "lead" }],
			["status", { in: ["lead", "active"] }],
			["status", { ne: "blocked" }],
			["companyId", { eq: newId() }],
			["companyId", { in: [newId(), newId()] }],
			["companyId", { eq: null }],
			["email", { eq: "a@mail.example" }],
			["email", { in: ["a@mail.example", "b@mail.example"] }],
			["deleted", { eq: true }],
		],
	],
	[
		"companies",
		listCompanies,
		() => ({}),
		[...shared, ["name", { eq: "x" }], ["name", { in: ["x", "y"] }], ["domain", { in: ["a.example", "b.example"] }]],
	],
	[
		"custom fields",
		listCustomFields,
		() => ({}),
		[
			["target", { eq: "customer" }],
			["target", { in: ["customer", "company"] }],
			["key", { eq: "seats" }],
			["key", { in: ["seats", "plan"] }],
			["type", { eq: "text" }],
			["archived", { eq: false }],
		],
	],
	[
		"notes",
		listNotes,
		() => ({ id: noteOf }),
		[
			["authorId", { eq: newId() }],
			["createdAt", { gt: INSTANT }],
		],
	],
];

test.each(lists)(
	"the list of %s",
	async (_name, contract, path, conditions) => {
		const filters: Record<string, unknown>[] = [{}, ...conditions.map(([name, value]) => ({ [name]: value }))];
		for (const [i, [name, value]] of conditions.entries())
			for (const [other, second] of conditions.slice(i + 1))
				if (other !== name) filters.push({ [name]: value, [other]: second });
		for (const filter of filters)
			for (const sort of contract.list.sorts.flatMap((key) => [key, `-${key}`])) {
				const params = { ...path(), filter, sort, count: true };
				await desk.call(contract as never, params as never, desk.as.owner).catch((error: Error) => {
					throw new Error(`${JSON.stringify({ filter, sort })}: ${error.message}`);
				});
			}
	},
	60_000,
);
