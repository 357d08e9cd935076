import { createToken, getToken } from "../../contracts/api-tokens.ts";
import { createCustomer, deleteCustomer, updateCustomer } from "../../contracts/customers.ts";
import { authenticate } from "../../contracts/identity-internal.ts";
import { me } from "../../contracts/users.ts";
import customersService from "../../services/customers/customers.service.ts";
import identityService from "../../services/identity/identity.service.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { PLATFORM_TOKEN, problemOf, provision, type Tenancy } from "./tenancy.ts";

let desk: TestBroker;
let one: Tenancy;
let two: Tenancy;
beforeAll(async () => {
	desk = await startBroker([customersService, identityService], { env: { PLATFORM_TOKEN } });
	one = await provision(desk);
	two = await provision(desk);
});
afterAll(() => desk.stop());

const who = (bearer: string) => desk.call(authenticate, { bearer });

/** Waits until a call answers as it shall, at most 5 s. */
async function until(holds: () => Promise<boolean>): Promise<void> {
	for (const end = Date.now() + 5000; !(await holds()); await new Promise((resolve) => setImmediate(resolve)))
		if (Date.now() > end) throw new Error("it never came to be");
}

async function customerWithToken(email: string) {
	const customer = await desk.call(createCustomer, { name: "Carla", email }, one.owner);
	const made = await desk.call(createToken, { name: "Portal", customerId: customer.id }, one.owner);
	return { customer, made };
}

test("a customer's token is that customer in self-service", async () => {
	const { customer, made } = await customerWithToken("carla@buyer.example");
	expect(made).toMatchObject({ kind: "customer", customerId: customer.id, userId: null, role: null });
	const caller = await who(made.token);
	expect(caller).toMatchObject({ kind: "customer", id: customer.id, role: "customer", groupIds: [] });
	const shown = await desk.call(me, {}, caller);
	expect(shown).toMatchObject({ kind: "customer", id: customer.id, name: "Carla", email: "carla@buyer.example" });
	expect(shown.permissions).toContain("tickets.create");
	expect(shown.permissions).not.toContain("tickets.notes.read");
});

test("a customer of another tenant is as unknown as one that never was", async () => {
	const { id } = await desk.call(createCustomer, { name: "Hidden" }, two.owner);
	const refused = { status: 422, code: "validation_failed", pointers: ["/customerId"] };
	for (const customerId of [id, "0190a0a0-0000-7000-8000-000000000000"])
		expect(await problemOf(desk.call(createToken, { name: "T", customerId }, one.owner))).toEqual(refused);
});

test("the token follows the customer's name and address and ends with the customer", async () => {
	const { customer, made } = await customerWithToken("follow@buyer.example");
	await desk.call(updateCustomer, { id: customer.id, name: "Clara", email: "clara@buyer.example" }, one.owner);
	await until(async () => (await who(made.token)).name === "Clara");
	expect(await who(made.token)).toMatchObject({ email: "clara@buyer.example" });
	await desk.call(deleteCustomer, { id: customer.id }, one.owner);
	await until(async () => (await desk.call(getToken, { id: made.id }, one.owner)).revokedAt !== null);
	expect(await problemOf(who(made.token))).toMatchObject({ status: 401 });
	const again = desk.call(createToken, { name: "T", customerId: customer.id }, one.owner);
	expect(await problemOf(again)).toMatchObject({ status: 422, pointers: ["/customerId"] });
});
