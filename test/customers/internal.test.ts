import { createNote, deleteCustomer, getCustomer } from "../../contracts/customers.ts";
import { discard, findOrCreate, snapshots } from "../../contracts/customers-internal.ts";
import { newId } from "../../lib/ids.ts";
import { type CustomersDesk, customersDesk, problemOf } from "./desk.ts";

let desk: CustomersDesk;
beforeAll(async () => {
	desk = await customersDesk();
});
afterAll(() => desk?.stop());

const find = (email: string, name?: string | null, meta = {}) =>
	desk.call(
		findOrCreate,
		{ tenantId: desk.home.id, email, ...(name === undefined ? {} : { name }) },
		desk.as.agent,
		meta,
	);

describe("find or create", () => {
	test("makes a lead, named and linked like any other, in the name of the caller", async () => {
		const company = await desk.company({ domains: ["inbound.example"] });
		const { customer, created } = await find(" New@Inbound.example ", "New Person");
		expect({ customer, created }).toEqual({
			created: true,
			customer: {
				id: expect.any(String),
				version: 1,
				name: "New Person",
				primaryEmail: "New@Inbound.example",
				status: "lead",
				companies: [{ id: company.id, role: "member" }],
				tags: [],
				deleted: false,
				mergedIntoId: null,
				changed: [],
			},
		});
		expect((await desk.eventsOf(customer.id, 1))[0]?.actor).toMatchObject({ id: desk.as.agent.id });
		expect((await find("local.part@inbound.example", null)).customer.name).toBe("local.part");
	});

	test("finds by any address, whatever its spelling, and changes nothing", async () => {
		const made = await desk.customer({ name: "Known", emails: ["a1@mail.example", "a2@mail.example"] });
		const found = await find("A2@MAIL.example", "Somebody else");
		expect(found).toMatchObject({ created: false, customer: { id: made.id, version: 1, name: "Known" } });
	});

	test("brings back a customer that was deleted", async () => {
		const made = await desk.customer({ email: "returns@mail.example" });
		await desk.call(deleteCustomer, { id: made.id }, desk.as.admin);
		expect(await find("returns@mail.example")).toMatchObject({
			created: false,
			customer: { id: made.id, deleted: false, version: 3 },
		});
		expect((await desk.eventsOf(made.id, 3))[2]?.type).toBe("customer.restored");
	});

	test("makes a new customer where the old one was deleted too long ago", async () => {
		const made = await desk.customer({ email: "ancient@mail.example" });
		await desk.call(deleteCustomer, { id: made.id }, desk.as.admin);
		desk.clock.advance(31 * 86_400_000);
		if (!desk.freesUniqueValues) return;
		expect(await find("ancient@mail.example")).toMatchObject({ created: true });
	});

	test("refuses what is no address", async () => {
		expect(await problemOf(find("nonsense"))).toMatchObject({
			status: "422 validation_failed",
			data: { errors: [{ pointer: "/email" }] },
		});
	});

	test("answers a repeat of the same command as the first time", async () => {
		const meta = { commandId: newId() };
		const first = await find("repeat@mail.example", "Repeat", meta);
		expect(first.created).toBe(true);
		expect(await find("repeat@mail.example", "Repeat", meta)).toEqual(first);
	});
});

test("snapshots show customers, deleted ones too, and companies; unknown ids are left out", async () => {
	const company = await desk.company({ name: "Snap", shareTickets: true });
	const [one, two] = [await desk.customer({ companyId: company.id }), await desk.customer()];
	await desk.call(deleteCustomer, { id: two.id }, desk.as.admin);
	const params = {
		tenantId: desk.home.id,
		customerIds: [one.id, two.id, newId(), one.id],
		companyIds: [company.id, newId()],
	};
	const { customers, companies } = await desk.call(snapshots, params);
	expect(customers).toHaveLength(2);
	expect(customers.find((customer) => customer.id === one.id)).toMatchObject({
		version: 1,
		primaryEmail: one.email,
		companies: [{ id: company.id, role: "member" }],
		deleted: false,
	});
	expect(customers.find((customer) => customer.id === two.id)).toMatchObject({ version: 2, deleted: true });
	expect(companies).toEqual([
		{ id: company.id, version: 1, name: "Snap", domains: [], shareTickets: true, deleted: false },
	]);
	expect(await desk.call(snapshots, { tenantId: desk.home.id })).toEqual({ customers: [], companies: [] });
});

describe("taking a customer back", () => {
	const takeBack = (customerId: string) => desk.call(discard, { tenantId: desk.home.id, customerId });

	test("leaves nothing, and frees the address", async () => {
		const { customer } = await find("mistake@mail.example");
		expect(await takeBack(customer.id)).toEqual({ discarded: true });
		expect(await problemOf(desk.call(getCustomer, { id: customer.id, deleted: true }, desk.as.owner))).toMatchObject({
			code: 404,
		});
		expect((await desk.eventsOf(customer.id, 2))[1]).toMatchObject({ type: "customer.deleted", sequence: 2 });
		expect(await takeBack(customer.id)).toEqual({ discarded: false });
		expect((await find("mistake@mail.example")).created).toBe(true);
	});

	test("spares one that somebody has worked with", async () => {
		const { customer } = await find("worked@mail.example");
		await desk.call(createNote, { id: customer.id, body: "Called." }, desk.as.agent);
		expect(await takeBack(customer.id)).toEqual({ discarded: false });
	});
});
