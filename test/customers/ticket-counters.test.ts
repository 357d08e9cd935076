import fc from "fast-check";
import { deleteCustomer, getCustomer, updateCustomer } from "../../contracts/customers.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";
import { domainEvent } from "../support/domain-event.ts";
import { type CustomersDesk, customersDesk, problemOf, until } from "./desk.ts";

let desk: CustomersDesk;
beforeAll(async () => {
	desk = await customersDesk();
});
afterAll(() => desk?.stop());

interface TicketState {
	id: string;
	customerId: string;
	status: string;
	sequence: number;
	createdAt?: string;
}

function ticketEvent(what: string, { id, customerId, status, sequence, createdAt }: TicketState): DomainEvent {
	return domainEvent({
		type: `ticket.${what}`,
		tenantId: desk.home.id,
		subject: `ticket/${id}`,
		sequence,
		data: {
			ticket: {
				number: 1,
				subject: "S",
				status,
				priority: "normal",
				type: "question",
				channel: "web",
				customerId,
				companyId: null,
				groupId: null,
				assigneeId: null,
				followerIds: [],
				tags: [],
				createdAt: createdAt ?? "2025-01-10T00:00:00.000Z",
			},
		},
	});
}

/** Puts events into the log and waits until this service has handled them. */
async function heard(events: DomainEvent[]): Promise<void> {
	await desk.runtime.events.append(events);
	await until(
		async () => (await desk.runtime.events.status()).find((group) => group.group === "customers"),
		(group) => group?.lag === 0 && group.parked === 0,
	);
	expect(await desk.runtime.events.deadLetters.list({ limit: 10 })).toEqual([]);
}

const countersOf = async (id: string) => (await desk.call(getCustomer, { id }, desk.as.agent)).ticketCounters;

test("the first ticket makes an active customer of a lead, and is counted without another version", async () => {
	const { id } = await desk.customer();
	const ticket = { id: newId(), customerId: id, status: "new", sequence: 1 };
	await heard([ticketEvent("created", { ...ticket, createdAt: "2025-01-10T08:00:00.000Z" })]);
	expect(await desk.call(getCustomer, { id }, desk.as.agent)).toMatchObject({
		status: "active",
		version: 2,
		ticketCounters: { open: 1, total: 1, lastTicketAt: "2025-01-10T08:00:00.000Z" },
	});
	const [, updated] = await desk.eventsOf(id, 2);
	expect(updated).toMatchObject({ type: "customer.updated", actor: { type: "system" }, data: { changed: ["status"] } });
	await heard([ticketEvent("status_changed", { ...ticket, status: "solved", sequence: 2 })]);
	expect(await countersOf(id)).toMatchObject({ open: 0, total: 1 });
	expect((await desk.call(getCustomer, { id }, desk.as.agent)).version).toBe(2);
});

test("only the first ticket does: a customer made inactive or blocked stays so", async () => {
	const { id } = await desk.customer({ status: "blocked" });
	await heard([ticketEvent("created", { id: newId(), customerId: id, status: "new", sequence: 1 })]);
	expect((await desk.call(getCustomer, { id }, desk.as.agent)).status).toBe("blocked");
});

test("a ticket that moves to another customer, goes and comes back, is counted where it is", async () => {
	const [one, two] = [await desk.customer(), await desk.customer()];
	const ticket = { id: newId(), customerId: one.id, status: "open", sequence: 1 };
	const other = { ...ticket, id: newId(), createdAt: "2025-01-01T00:00:00.000Z" };
	await heard([ticketEvent("created", ticket), ticketEvent("created", other)]);
	await heard([ticketEvent("updated", { ...ticket, customerId: two.id, sequence: 2 })]);
	expect(await countersOf(one.id)).toEqual({ open: 1, total: 1, lastTicketAt: "2025-01-01T00:00:00.000Z" });
	expect(await countersOf(two.id)).toEqual({ open: 1, total: 1, lastTicketAt: "2025-01-10T00:00:00.000Z" });
	await heard([ticketEvent("deleted", { ...ticket, customerId: two.id, sequence: 3 })]);
	expect(await countersOf(two.id)).toEqual({ open: 0, total: 0, lastTicketAt: null });
	await heard([ticketEvent("restored", { ...ticket, customerId: two.id, sequence: 4 })]);
	expect(await countersOf(two.id)).toMatchObject({ open: 1, total: 1 });
});

test("in whatever order and however often events come, the counters are those of the newest of each ticket", async () => {
	const statuses = ["new", "open", "pending", "on_hold", "solved", "closed"];
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.array(fc.constantFrom(...statuses), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
			fc.infiniteStream(fc.nat(1000)),
			async (histories, numbers) => {
				const { id: customerId } = await desk.customer();
				const events = histories.flatMap((history) => {
					const id = newId();
					return history.map((status, index) =>
						ticketEvent(index === 0 ? "created" : "status_changed", { id, customerId, status, sequence: index + 1 }),
					);
				});
				// The same events once more under other ids, as a replay of them would be, and all of them shuffled.
				const again = events.map((event) => ({ ...event, id: newId() }));
				const shuffled = [...events, ...again]
					.map((event) => [numbers.next().value, event] as const)
					.sort(([a], [b]) => a - b)
					.map(([, event]) => event);
				await heard(shuffled);
				const open = histories.filter((history) => !["solved", "closed"].includes(history.at(-1) as string)).length;
				expect(await countersOf(customerId)).toMatchObject({ open, total: histories.length });
			},
		),
		{ seed: 20260115, numRuns: 15 },
	);
});

test("while the tickets service is away, the own counters say whether a customer can be deleted", async () => {
	const { id } = await desk.customer();
	const ticket = { id: newId(), customerId: id, status: "open", sequence: 1 };
	await heard([ticketEvent("created", ticket)]);
	expect(await problemOf(desk.call(deleteCustomer, { id }, desk.as.admin))).toMatchObject({
		status: "409 customer_has_open_tickets",
	});
	await heard([ticketEvent("status_changed", { ...ticket, status: "closed", sequence: 2 })]);
	expect(await desk.call(deleteCustomer, { id }, desk.as.admin)).toBeNull();
});

test("counting and editing at once lose nothing", async () => {
	const { id } = await desk.customer({ status: "active" });
	const events = Array.from({ length: 10 }, () =>
		ticketEvent("created", { id: newId(), customerId: id, status: "open", sequence: 1 }),
	);
	await Promise.all([
		heard(events),
		...Array.from({ length: 5 }, (_, index) =>
			desk.call(updateCustomer, { id, title: `Title ${index}` }, desk.as.agent),
		),
	]);
	expect(await desk.call(getCustomer, { id }, desk.as.agent)).toMatchObject({
		version: 6,
		ticketCounters: { open: 10, total: 10 },
	});
});
