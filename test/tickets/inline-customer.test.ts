import { getCustomer } from "../../contracts/customers.ts";
import { getSagaOf } from "../../contracts/sagas.ts";
import { createTicket } from "../../contracts/tickets.ts";
import { newId } from "../../lib/ids.ts";
import { customerModel } from "../../models/customer.ts";
import { sagaModel } from "../../models/saga.ts";
import customersService from "../../services/customers/customers.service.ts";
import ticketsService from "../../services/tickets/tickets.service.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { staff, tenant } from "../support/callers.ts";
import { manualClock } from "../support/manual-clock.ts";

/*
 * A ticket for somebody who was not known before, with the real customers service: what is made stays exactly where the
 * ticket came to be.
 */

const clock = manualClock();
const home = tenant();
const owner = staff(home, "owner");
let desk: TestBroker;
beforeAll(async () => {
	desk = await startBroker([ticketsService, customersService], { clock });
}, 60_000);
afterAll(() => desk?.stop());

const store = (service: string) =>
	(desk.broker.getLocalService(service) as unknown as { adapter: { conn: import("mongoose").Connection } }).adapter
		.conn;
const sagas = () =>
	store("tickets").model(sagaModel.name).find({ tenantId: home.id }).sort({ createdAt: 1, _id: 1 }).lean();
const customers = (email: string) =>
	store("customers").model(customerModel.name).find({ tenantId: home.id, liveEmails: email }).lean();
const open = (email: string, fields: object = {}, meta: object = {}) =>
	desk.call(createTicket, { subject: "Drips", customer: { email, name: "Nina" }, ...fields } as never, owner, meta);
const refused = (work: Promise<unknown>) =>
	work.then(
		() => 0,
		(error: { code: number }) => error.code,
	);

test("one saga for a new customer, completed with the ticket; none for a known one", async () => {
	const before = (await sagas()).length;
	const first = await open("nina@new.example");
	const second = await open("Nina@New.example");
	expect(second.customerId).toBe(first.customerId);
	const made = (await sagas()).slice(before) as unknown as { _id: string; status: string; type: string }[];
	expect(made).toMatchObject([{ type: "ticket.create", status: "completed" }]);
	expect(await desk.call(getSagaOf("tickets"), { tenantId: home.id, id: made[0]?._id ?? "" })).toMatchObject({
		result: { customerId: first.customerId },
	});
});

test("a request that is refused makes nothing; one refused after that leaves nothing", async () => {
	const before = (await sagas()).length;
	expect(await refused(open("early@new.example", { tags: ["a b"] }))).toBe(422);
	expect((await sagas()).length).toBe(before);
	const late = { message: { body: "x", messageId: "<one@mail.example>" } };
	await open("first@mail.example", late);
	expect(await refused(open("late@new.example", late))).toBeGreaterThanOrEqual(400);
	expect(await customers("late@new.example")).toEqual([]);
	expect((await sagas()).at(-1)).toMatchObject({ status: "compensated" });
});

test("whoever was found by somebody else meanwhile is not taken back", async () => {
	const { findOrCreate, discard } = await import("../../contracts/customers-internal.ts");
	const [sagaId, id] = [newId(), newId()];
	const asked = { tenantId: home.id, email: "wanted@new.example" };
	await desk.call(findOrCreate, { ...asked, id, sagaId }, owner);
	const ticket = await open("wanted@new.example");
	expect(ticket.customerId).toBe(id);
	expect(await desk.call(discard, { tenantId: home.id, customerId: id, sagaId })).toEqual({ discarded: false });
	const alone = { ...asked, email: "alone@new.example", id: newId(), sagaId };
	await desk.call(findOrCreate, alone, owner);
	expect(await desk.call(discard, { tenantId: home.id, customerId: alone.id, sagaId })).toEqual({ discarded: true });
	expect(await refused(desk.call(getCustomer, { id: alone.id }, owner))).toBe(404);
});

test("a repeated command opens one ticket for one customer", async () => {
	const meta = { commandId: `key ${newId()}` };
	const first = await open("again@new.example", {}, meta);
	const second = await open("again@new.example", {}, meta);
	expect(second.id).toBe(first.id);
	expect(await customers("again@new.example")).toHaveLength(1);
});

test("many at once for one new address are one customer, and every saga ends well", async () => {
	const before = (await sagas()).length;
	const tickets = await Promise.all(Array.from({ length: 4 }, () => open("crowd@new.example")));
	expect(new Set(tickets.map(({ customerId }) => customerId)).size).toBe(1);
	expect(await customers("crowd@new.example")).toHaveLength(1);
	for (const saga of (await sagas()).slice(before)) expect(saga).toMatchObject({ status: "completed" });
});

test("a request that died before its ticket leaves nobody behind, and its repeat makes its own", async () => {
	const { findOrCreate } = await import("../../contracts/customers-internal.ts");
	const tickets = desk.broker.getLocalService("tickets") as unknown as { settleSagas(): Promise<void> };
	// The process of the first request dies where the customer is made: from then on nobody does its steps.
	const call = desk.broker.call.bind(desk.broker);
	let made: { customer: { id: string } } | undefined;
	desk.broker.call = (async (name: string, params: { create?: boolean }, options: object) => {
		const answer = await call(name as never, params as never, options as never);
		if (name !== findOrCreate.name || params.create === false) return answer;
		made = answer as never;
		return new Promise(() => undefined);
	}) as never;
	const meta = { commandId: `key ${newId()}` };
	void call(
		createTicket.name as never,
		{ subject: "x", customer: { email: "lost@new.example" } } as never,
		{
			meta: { ...meta, caller: owner },
		} as never,
	).catch(() => undefined);
	for (const end = Date.now() + 10_000; !made; await new Promise((resolve) => setTimeout(resolve, 10)))
		if (Date.now() > end) throw new Error("no customer was made");
	desk.broker.call = call as never;
	clock.advance(31_000);
	await tickets.settleSagas();
	expect(await customers("lost@new.example")).toEqual([]);
	const ticket = await open("lost@new.example", {}, meta);
	expect(ticket.customerId).not.toBe(made.customer.id);
	expect(await customers("lost@new.example")).toMatchObject([{ _id: ticket.customerId }]);
});
