import { type Desk, startDesk } from "../support/desk.ts";
import { manualClock } from "../support/manual-clock.ts";

/* What becomes of tickets by itself, through the API. */

interface Ticket {
	id: string;
	status: string;
	snoozedUntil: string | null;
	solvedAt: string | null;
	closedAt: string | null;
	version: number;
}

const HOUR = 3600;
const clock = manualClock("2026-02-02T09:00:00.000Z");
let desk: Desk;
beforeAll(async () => {
	desk = await startDesk({ clock });
}, 60_000);
afterAll(() => desk?.stop());

async function start(settings?: Record<string, unknown>) {
	const home = await desk.tenant(settings);
	const { agent, owner } = home.as;
	const made = await owner<{ id: string }>("POST", "/customers", {
		body: { name: "Cora", email: "cora@mail.example" },
	});
	const customerId = made.body.id;
	const cora = await home.customer(customerId);
	const open = async (): Promise<Ticket> => {
		const body = { subject: "Help", description: "please", customerId, groupId: home.groupId };
		const { body: ticket, status } = await agent<Ticket>("POST", "/tickets", { body });
		expect(status).toBe(201);
		return ticket;
	};
	const ticket = async (id: string) => (await agent<Ticket>("GET", `/tickets/${id}`)).body;
	const set = async (id: string, body: object) => {
		expect((await agent("PATCH", `/tickets/${id}`, { body })).status).toBe(200);
	};
	const snooze = (id: string, until: string | null) =>
		agent<Ticket>("POST", `/tickets/${id}/snooze`, { body: { until } });
	const messages = async (id: string) =>
		(await agent<{ data: { authorType: string; body: string; kind: string }[] }>("GET", `/tickets/${id}/messages`)).body
			.data;
	const eventsOf = async (id: string) => {
		const log = await desk.app.runtime.events.read({ limit: 10_000, tenantId: home.id, types: ["ticket.*"] });
		return log.map(({ event }) => event).filter(({ subject }) => subject === `ticket/${id}`);
	};
	const passes = async (seconds: number) => {
		clock.advance(seconds * 1000);
		await desk.settle();
	};
	return { home, owner, agent, cora, open, ticket, set, snooze, messages, eventsOf, passes };
}

const later = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000).toISOString();

test("a solved ticket is closed by the system after the tenant's time, unless it was reopened", async () => {
	const { open, set, passes, ticket, owner, cora, eventsOf } = await start({ autoCloseAfterSec: 2 * HOUR });
	const [kept, reopened] = [await open(), await open()];
	await set(kept.id, { status: "solved" });
	await set(reopened.id, { status: "solved" });
	await passes(2 * HOUR - 1);
	expect(await ticket(kept.id)).toMatchObject({ status: "solved", closedAt: null });
	expect((await cora("POST", `/tickets/${reopened.id}/messages`, { body: { body: "no" } })).status).toBe(201);
	await passes(1);
	expect(await ticket(kept.id)).toMatchObject({ status: "closed", closedAt: clock.now().toISOString() });
	expect(await ticket(reopened.id)).toMatchObject({ status: "open" });
	const audit = await owner<{ data: object[] }>("GET", `/tickets/${kept.id}/audit`);
	expect(audit.body.data).toContainEqual(
		expect.objectContaining({
			action: "ticket.closed",
			actor: expect.objectContaining({ type: "system" }),
			cause: { type: "system", id: "auto_close" },
		}),
	);
	expect((await eventsOf(kept.id)).map(({ type }) => type)).toContain("ticket.closed");
});

test("another setting counts for the tickets that are solved already, later as well as sooner", async () => {
	const { open, set, passes, ticket, owner } = await start({ autoCloseAfterSec: 10 * HOUR });
	const { id } = await open();
	await set(id, { status: "solved" });
	const change = async (autoCloseAfterSec: number) => {
		expect((await owner("PATCH", "/tenant", { body: { settings: { autoCloseAfterSec } } })).status).toBe(200);
		await desk.settle();
	};
	await change(20 * HOUR);
	await passes(10 * HOUR);
	expect(await ticket(id)).toMatchObject({ status: "solved" });
	await change(12 * HOUR);
	expect(await ticket(id)).toMatchObject({ status: "solved" });
	await passes(2 * HOUR);
	expect(await ticket(id)).toMatchObject({ status: "closed" });
});

test("a snoozed ticket wakes at its time", async () => {
	const { open, set, passes, ticket, snooze, eventsOf } = await start();
	const { id } = await open();
	expect(await snooze(id, later(60))).toMatchObject({ status: 409 });
	await set(id, { status: "pending" });
	expect(await snooze(id, later(-60))).toMatchObject({ status: 422 });
	expect(await snooze(id, later(60))).toMatchObject({
		status: 200,
		body: { status: "pending", snoozedUntil: later(60) },
	});
	await passes(59);
	expect(await ticket(id)).toMatchObject({ status: "pending" });
	await passes(1);
	expect(await ticket(id)).toMatchObject({ status: "open", snoozedUntil: null });
	expect((await eventsOf(id)).map(({ type }) => type).slice(-2)).toEqual(["ticket.status_changed", "ticket.woke"]);
	await passes(3600);
	expect((await eventsOf(id)).filter(({ type }) => type === "ticket.woke")).toHaveLength(1);
});

test("a message of the customer, solving and null end a snooze; pending and on hold keep it", async () => {
	const { open, set, passes, ticket, snooze, cora, eventsOf } = await start();
	const ids: string[] = [];
	for (let i = 0; i < 4; i++) {
		const { id } = await open();
		await set(id, { status: "on_hold" });
		expect((await snooze(id, later(60))).status).toBe(200);
		ids.push(id);
	}
	const [answered, solved, ended, kept] = ids as [string, string, string, string];
	await cora("POST", `/tickets/${answered}/messages`, { body: { body: "hello" } });
	await set(solved, { status: "solved" });
	expect(await snooze(ended, null)).toMatchObject({ status: 200, body: { status: "on_hold", snoozedUntil: null } });
	await set(kept, { status: "pending" });
	for (const id of [answered, solved, ended]) expect(await ticket(id)).toMatchObject({ snoozedUntil: null });
	await passes(60);
	expect(await ticket(answered)).toMatchObject({ status: "open" });
	expect(await ticket(solved)).toMatchObject({ status: "solved" });
	expect(await ticket(ended)).toMatchObject({ status: "on_hold" });
	expect(await ticket(kept)).toMatchObject({ status: "open", snoozedUntil: null });
	for (const id of [answered, solved, ended])
		expect((await eventsOf(id)).map(({ type }) => type)).not.toContain("ticket.woke");
});

test("a closed ticket is not snoozed, and one cannot snooze it with an old version", async () => {
	const { open, set, snooze, agent } = await start();
	const { id } = await open();
	await set(id, { status: "pending" });
	const stale = await agent("POST", `/tickets/${id}/snooze`, {
		body: { until: later(60) },
		headers: { "if-match": '"v1"' },
	});
	expect(stale.status).toBe(412);
	await set(id, { status: "closed" });
	expect(await snooze(id, later(60))).toMatchObject({ status: 409, body: { code: "ticket_closed" } });
});

test("the customer of a pending ticket is reminded once, and it is solved when nobody answers", async () => {
	const settings = { pendingReminderAfterSec: 2 * HOUR, autoSolvePendingAfterSec: 5 * HOUR };
	const { open, set, passes, ticket, messages, cora, home, agent } = await start(settings);
	const { id } = await open();
	const other = await open();
	await set(id, { status: "pending", assigneeId: home.userIds.agent });
	await set(other.id, { status: "pending" });
	await passes(2 * HOUR);
	expect((await messages(id)).filter(({ authorType }) => authorType === "system")).toHaveLength(1);
	expect(await ticket(id)).toMatchObject({ status: "pending" });
	await passes(2 * HOUR);
	expect((await messages(id)).filter(({ authorType }) => authorType === "system")).toHaveLength(1);
	// An answer opens it; pending again, it begins anew.
	await cora("POST", `/tickets/${other.id}/messages`, { body: { body: "here I am" } });
	await passes(HOUR);
	expect(await ticket(id)).toMatchObject({ status: "solved" });
	expect(await ticket(other.id)).toMatchObject({ status: "open" });
	// One that nobody has is not solved by the system, until somebody has it.
	await set(other.id, { status: "pending" });
	await passes(6 * HOUR);
	expect(await ticket(other.id)).toMatchObject({ status: "pending" });
	expect((await messages(other.id)).filter(({ authorType }) => authorType === "system")).toHaveLength(2);
	await agent("POST", `/tickets/${other.id}/assign`, { body: { assigneeId: home.userIds.agent } });
	await desk.settle();
	expect(await ticket(other.id)).toMatchObject({ status: "solved" });
});
