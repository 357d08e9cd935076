import type { Caller } from "../../contracts/caller.ts";
import { updateCustomer } from "../../contracts/customers.ts";
import { listActivity } from "../../contracts/dashboard-activity.ts";
import { DASHBOARD_CHANGED, streamSince } from "../../contracts/dashboard-stream.ts";
import { updateOwnTenant } from "../../contracts/tenants.ts";
import { addMessage } from "../../contracts/ticket-threads.ts";
import { createTicket, deleteTicket, restoreTicket, updateTicket } from "../../contracts/tickets.ts";
import type { TestBroker } from "../support/broker.ts";
import { service, staff, tenant } from "../support/callers.ts";
import { manualClock } from "../support/manual-clock.ts";
import { caughtUp, collection, type Populated, populate, startServices } from "./desk.ts";

const clock = manualClock("2026-03-02T09:00:00.000Z");
let app: TestBroker;
let people: Populated;

beforeAll(async () => {
	app = await startServices({ clock });
	people = await populate(app);
});
afterAll(() => app.stop());

async function feed(caller: Caller, filter: object = {}, page: object = {}) {
	await caughtUp(app);
	return app.call(listActivity as never, { filter, limit: 100, ...page } as never, caller) as Promise<{
		data: { id: string; type: string; title: string | null; subject: string; at: string; [field: string]: unknown }[];
		page: { nextCursor: string | null; hasMore: boolean };
		asOf: string;
		lagMs: number | null;
		filtersApplied: Record<string, unknown>;
	}>;
}

const typesOf = ({ data }: Awaited<ReturnType<typeof feed>>) => data.map(({ type }) => type);

async function ticket(fields: object = {}) {
	clock.advance(60_000);
	const { cora, first, owner } = people;
	const params = { subject: "Printer", description: "x", customerId: cora.id, asCustomer: true, groupId: first.id };
	return app.call(createTicket, { ...params, ...fields }, owner);
}

test("tells what happened, newest first, with names as they are now", async () => {
	const { owner, agent, cora } = people;
	const { id, number } = await ticket();
	clock.advance(60_000);
	await app.call(addMessage, { id, body: "Try again" }, agent);
	clock.advance(60_000);
	await app.call(updateTicket, { id, status: "solved", subject: "Printer out of ink" }, agent);
	await app.call(updateCustomer, { id: cora.id, name: "Cora Renamed" }, owner);
	const found = await feed(owner, { subject: { eq: `ticket/${id}` } });
	expect(typesOf(found).sort()).toEqual(
		[
			...["message.added", "message.added", "ticket.assigned", "ticket.created", "ticket.solved"],
			...["ticket.status_changed", "ticket.status_changed", "ticket.updated"],
		].sort(),
	);
	expect([...found.data.map(({ at }) => at)].sort().reverse()).toEqual(found.data.map(({ at }) => at));
	expect(
		found.data.every(
			({ title, ticket: one }) => title === "Printer out of ink" && (one as { number: number }).number === number,
		),
	).toBe(true);
	const solved = found.data.find(({ type }) => type === "ticket.solved");
	expect(solved).toMatchObject({
		at: clock.now().toISOString(),
		actor: { type: "user", id: agent.id, name: agent.name },
		details: { calendarSec: 120, reopenCount: 0 },
	});
	expect(found).toMatchObject({ asOf: clock.now().toISOString(), lagMs: 0 });
	const ofCustomer = await feed(owner, { subject: { eq: cora.id } });
	expect(ofCustomer.data[0]).toMatchObject({ type: "customer.updated", title: "Cora Renamed" });
	expect(typesOf(await feed(owner, { types: { in: ["ticket.solved"] }, actorId: { eq: agent.id } }))).toContain(
		"ticket.solved",
	);
	expect((await feed(owner, { actorId: { eq: "nobody" } })).data).toEqual([]);
});

test("gives pages that miss nothing and repeat nothing", async () => {
	const { owner } = people;
	const all = (await feed(owner)).data.map(({ id }) => id);
	const paged: string[] = [];
	for (let cursor: string | null | undefined; cursor !== null; ) {
		const { data, page } = await feed(owner, {}, { limit: 3, ...(cursor ? { cursor } : {}) });
		paged.push(...data.map(({ id }) => id));
		cursor = page.nextCursor;
	}
	expect(paged).toEqual(all);
	expect(new Set(paged).size).toBe(paged.length);
});

test("a ticket's past goes with the ticket: who may see it now sees all of it, and nobody else", async () => {
	const { owner, agent, outsider, second } = people;
	const { id } = await ticket();
	const about = { subject: { eq: `ticket/${id}` } };
	expect((await feed(agent, about)).data.length).toBe(2);
	expect((await feed(outsider, about)).data).toEqual([]);
	await app.call(updateTicket, { id, groupId: second.id }, owner);
	expect((await feed(agent, about)).data).toEqual([]);
	expect((await feed(outsider, about)).data.length).toBe(3);
	await app.call(deleteTicket, { id }, owner);
	for (const caller of [owner, outsider]) expect((await feed(caller, about)).data).toEqual([]);
	await app.call(restoreTicket, { id }, owner);
	expect(typesOf(await feed(owner, about))).toEqual(expect.arrayContaining(["ticket.created", "ticket.deleted"]));
});

test("all staff sees what is about no ticket; viewers see no names; customers and other tenants see nothing", async () => {
	const hidden = await ticket({ groupId: people.second.id });
	expect((await feed(people.viewer, { subject: { eq: hidden.id } })).data).toEqual([]);
	const integration = service(people.owner.tenant as never, ["dashboard.read", "kb.read"]);
	expect((await feed(integration)).data).toEqual([]);
	const { outsider, viewer, customer, cora } = people;
	expect(typesOf(await feed(outsider, { subject: { eq: `customer/${cora.id}` } }))).toContain("customer.created");
	const { data } = await feed(viewer);
	expect(data.some(({ type }) => type === "ticket.created")).toBe(true);
	expect(JSON.stringify(data)).not.toMatch(/Cora|Printer|Olga|The agent/);
	await expect(feed(customer)).rejects.toMatchObject({ code: 403 });
	const stranger = staff(tenant(), "owner");
	expect((await feed(stranger)).data).toEqual([]);
});

describe("the stream", () => {
	const ask = (caller: Caller, after: string | null, limit = 100) => app.call(streamSince, { after, limit }, caller);

	test("begins with now, and then has each thing once, in the order in which it became known", async () => {
		const { owner, agent } = people;
		await caughtUp(app);
		const start = await ask(agent, null);
		expect(start).toMatchObject({ activity: [], more: false, now: expect.any(Object) });
		const { id } = await ticket();
		await app.call(addMessage, { id, body: "One" }, agent);
		await app.call(addMessage, { id, body: "Two" }, owner);
		await caughtUp(app);
		const all = await ask(agent, start.id);
		const told = all.activity.map(({ data }) => data.id);
		expect(told.length).toBeGreaterThanOrEqual(5);
		const parts: unknown[] = [];
		for (let after = start.id, more = true; more; ) {
			const part = await ask(agent, after, 2);
			parts.push(...part.activity.map(({ data }) => data.id));
			({ id: after, more } = part);
		}
		expect(parts).toEqual(told);
		const third = all.activity[2];
		expect((await ask(agent, third?.id ?? null)).activity.map(({ data }) => data.id)).toEqual(told.slice(3));
		expect((await ask(agent, all.id)).activity).toEqual([]);
	});

	test("tells only what the caller may see", async () => {
		const { agent, outsider, viewer } = people;
		await caughtUp(app);
		const start = await ask(agent, null);
		const { id } = await ticket();
		await caughtUp(app);
		const ofTicket = async (caller: Caller) =>
			(await ask(caller, start.id)).activity.filter(({ data }) => data.subject === `ticket/${id}`);
		expect(await ofTicket(agent)).toHaveLength(2);
		expect(await ofTicket(outsider)).toEqual([]);
		expect(JSON.stringify(await ofTicket(viewer))).not.toMatch(/Printer/);
	});

	test("an id that cannot be read, or of another tenant, begins with now", async () => {
		const { agent } = people;
		await ticket();
		await caughtUp(app);
		const other = await populate(app);
		const foreign = (await ask(other.owner, null)).id;
		for (const after of ["garbage", foreign]) expect((await ask(agent, after)).activity).toEqual([]);
	});

	test("is hinted at when something changed", async () => {
		const heard: string[] = [];
		app.broker.createService({
			name: "listener",
			events: { [DASHBOARD_CHANGED]: (ctx: { params: { tenantId: string } }) => void heard.push(ctx.params.tenantId) },
		} as never);
		await ticket();
		await caughtUp(app);
		expect(heard).toContain(people.tenantId);
	});
});

test("rows are kept as long as the tenant says", async () => {
	const { owner } = people;
	await app.call(updateOwnTenant, { settings: { retention: { eventDays: 30 } } } as never, owner);
	const rows = async () => (await feed(owner, { types: { in: ["ticket.created"] } })).data.length;
	const before = await rows();
	expect(before).toBeGreaterThan(2);
	clock.advance(20 * 24 * 3_600_000);
	await ticket();
	await app.broker.call("dashboard.sweep");
	expect(await rows()).toBe(before + 1);
	clock.advance(20 * 24 * 3_600_000);
	await app.broker.call("dashboard.sweep");
	expect(await rows()).toBe(1);
	await ticket({ createdAt: "2020-01-01T00:00:00.000Z" });
	expect(await rows()).toBe(1);
	expect(
		await collection(app, "dashboard_tickets").countDocuments({ tenantId: people.tenantId, rev: { $gt: 0 } }),
	).toBeGreaterThan(3);
});

test("says what it was narrowed by, as every answer of the dashboard does", async () => {
	const filter = { types: { in: ["ticket.solved"] }, actorId: { eq: "nobody" } };
	const { data, filtersApplied } = await feed(staff(tenant(), "owner"), filter);
	expect(data).toEqual([]);
	expect(filtersApplied).toEqual({ types: { in: ["ticket.solved"] }, actorId: "nobody" });
});
