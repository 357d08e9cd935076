import {
	deleteCustomer,
	getCustomer,
	listCustomers,
	restoreCustomer,
	updateCustomer,
} from "../../contracts/customers.ts";
import { openTicketCount } from "../../contracts/tickets-internal.ts";
import { newId } from "../../lib/ids.ts";
import { action } from "../../mixins/action.ts";
import { type CustomersDesk, customersDesk, problemOf } from "./desk.ts";

/** What the tickets service beside this one answers. */
const open = new Map<string, number>();
let desk: CustomersDesk;
beforeAll(async () => {
	desk = await customersDesk([
		() => ({
			name: "tickets",
			actions: {
				openCountOfCustomer: action(openTicketCount, async (ctx) => ({
					open: open.get(ctx.params.customerId) ?? 0,
				})),
			},
		}),
	]);
});
afterAll(() => desk?.stop());

const DAY = 86_400_000;

describe("a deletion", () => {
	test("hides the customer, can be undone for 30 days, and is recorded", async () => {
		const made = await desk.customer({ email: "gone@mail.example" });
		expect(await desk.call(deleteCustomer, { id: made.id }, desk.as.admin)).toBeNull();
		for (const call of [
			() => desk.call(getCustomer, { id: made.id }, desk.as.owner),
			() => desk.call(updateCustomer, { id: made.id, name: "X" }, desk.as.owner),
			() => desk.call(deleteCustomer, { id: made.id }, desk.as.owner),
		])
			expect(await problemOf(call())).toMatchObject({ status: "404 not_found" });
		const filter = { email: { eq: "gone@mail.example" } };
		expect((await desk.call(listCustomers, { filter }, desk.as.owner)).data).toEqual([]);
		const deleted = { ...filter, deleted: { eq: true } };
		expect((await desk.call(listCustomers, { filter: deleted }, desk.as.owner)).data).toHaveLength(1);
		expect(await problemOf(desk.call(listCustomers, { filter: deleted }, desk.as.agent))).toMatchObject({ code: 403 });
		expect((await desk.call(getCustomer, { id: made.id, deleted: true }, desk.as.owner)).deletedAt).not.toBeNull();

		desk.clock.advance(30 * DAY);
		const back = await desk.call(restoreCustomer, { id: made.id }, desk.as.admin);
		expect(back).toMatchObject({ deletedAt: null, version: 3, email: "gone@mail.example" });
		expect(await desk.call(restoreCustomer, { id: made.id }, desk.as.admin)).toEqual(back);
		expect((await desk.eventsOf(made.id, 3)).map(({ type, data }) => [type, data.deleted])).toEqual([
			["customer.created", false],
			["customer.deleted", true],
			["customer.restored", false],
		]);
	});

	test("after 30 days is for good, and the address is free again", async () => {
		const made = await desk.customer({ email: "long-gone@mail.example", externalId: "long-gone" });
		await desk.call(deleteCustomer, { id: made.id }, desk.as.admin);
		desk.clock.advance(30 * DAY + 1);
		expect(await problemOf(desk.call(restoreCustomer, { id: made.id }, desk.as.admin))).toMatchObject({
			status: "410 gone",
		});
		if (!desk.freesUniqueValues) return;
		const next = await desk.customer({ email: "long-gone@mail.example", externalId: "long-gone" });
		expect(next.id).not.toBe(made.id);
	});

	test("waits for open tickets, unless forced", async () => {
		const made = await desk.customer();
		open.set(made.id, 2);
		expect(await problemOf(desk.call(deleteCustomer, { id: made.id }, desk.as.admin))).toMatchObject({
			status: "409 customer_has_open_tickets",
			data: { extra: { openTickets: 2 } },
		});
		expect(await problemOf(desk.call(deleteCustomer, { id: made.id, ifVersion: 9 }, desk.as.admin))).toMatchObject({
			code: 412,
		});
		expect(await desk.call(deleteCustomer, { id: made.id, force: true }, desk.as.admin)).toBeNull();
	});

	test("named by the same command twice is done once", async () => {
		const made = await desk.customer();
		const meta = { commandId: `delete ${newId()}` };
		expect(await desk.call(deleteCustomer, { id: made.id }, desk.as.admin, meta)).toBeNull();
		expect(await desk.call(deleteCustomer, { id: made.id }, desk.as.admin, meta)).toBeNull();
	});
});
