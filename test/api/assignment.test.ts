import { type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { manualClock } from "../support/manual-clock.ts";

/* Tickets given to people automatically, through the API. */

interface Ticket {
	id: string;
	status: string;
	groupId: string | null;
	assigneeId: string | null;
	assignmentState: string | null;
	version: number;
}
interface Workload {
	strategy: string;
	waitingCount: number;
	waiting: { id: string }[];
	agents: { userId: string; openCount: number; capacity: number; availability: string; canTake: boolean }[];
}

// A Wednesday morning: the default calendar is open from nine to five.
const clock = manualClock("2026-02-04T10:00:00.000Z");
let desk: Desk;
beforeAll(async () => {
	desk = await startDesk({ clock });
}, 60_000);
afterAll(() => desk?.stop());

/** Two agents in a group of their own, both offline, as they are when they are new. */
async function team(assignment: object, settings?: object) {
	const home = await desk.tenant(settings as never);
	const { owner } = home.as;
	const made = await owner<{ id: string }>("POST", "/groups", { body: { name: "Queue", assignment } });
	expect(made.status).toBe(201);
	const groupId = made.body.id;
	const agent = async (name: string, fields: object = {}) => {
		const email = `${name}@${home.slug}.example`;
		const body = { name, email, role: "agent", groupIds: [groupId], ...fields };
		const user = await owner<{ id: string }>("POST", "/users", { body });
		expect(user.status).toBe(201);
		const { id } = user.body;
		const token = await owner<{ token: string }>("POST", "/tokens", { body: { name, userId: id } });
		const as = desk.client(token.body.token);
		const goes = async (availability: string) => {
			expect((await as("PUT", "/me/availability", { body: { availability } })).status).toBe(200);
			await desk.settle();
		};
		return { id, as, goes, email };
	};
	const customer = await owner<{ id: string }>("POST", "/customers", { body: { name: "Cora" } });
	const open = async (fields: object = {}): Promise<Ticket> => {
		const body = { subject: "Help", description: "please", customerId: customer.body.id, groupId, ...fields };
		const answer = await owner<Ticket>("POST", "/tickets", { body });
		expect(answer.status).toBe(201);
		return answer.body;
	};
	const ticket = async (id: string) => (await owner<Ticket>("GET", `/tickets/${id}`)).body;
	const workload = async () => (await owner<Workload>("GET", `/groups/${groupId}/workload`)).body;
	const customerId = customer.body.id;
	return { home, owner, groupId, agent, open, ticket, workload, customerId };
}

const patch = async (as: Client, id: string, body: object) => {
	const answer = await as<Ticket>("PATCH", `/tickets/${id}`, { body });
	expect(answer.status).toBe(200);
	return answer.body;
};

test("two agents get tickets in turn; whoever goes away gets none; what waits is given to who comes back", async () => {
	const { agent, open, ticket, workload } = await team({ strategy: "round_robin", maxOpenPerAgent: 2 });
	const [anna, bert] = [await agent("anna"), await agent("bert")];
	const waiting = await open();
	expect(waiting).toMatchObject({ assigneeId: null, status: "new", assignmentState: "waiting" });
	await anna.goes("online");
	expect(await ticket(waiting.id)).toMatchObject({ assigneeId: anna.id, status: "open", assignmentState: null });
	await bert.goes("online");
	const second = await open();
	expect(second).toMatchObject({ assigneeId: bert.id, status: "open", assignmentState: null });
	expect(await open()).toMatchObject({ assigneeId: anna.id });
	await bert.goes("away");
	// Anna has two, which is all she takes, and Bert is away.
	const third = await open();
	const urgent = await open({ priority: "urgent" });
	expect([third.assigneeId, urgent.assigneeId]).toEqual([null, null]);
	expect(await workload()).toMatchObject({
		strategy: "round_robin",
		waitingCount: 2,
		waiting: [{ id: urgent.id }, { id: third.id }],
		agents: expect.arrayContaining([
			expect.objectContaining({ userId: anna.id, openCount: 2, capacity: 2, availability: "online", canTake: false }),
			expect.objectContaining({ userId: bert.id, openCount: 1, capacity: 2, availability: "away", canTake: false }),
		]),
	});
	// She has room again: the urgent one goes first.
	await patch(anna.as, waiting.id, { status: "solved" });
	await desk.settle();
	expect(await ticket(urgent.id)).toMatchObject({ assigneeId: anna.id });
	expect(await ticket(third.id)).toMatchObject({ assigneeId: null, assignmentState: "waiting" });
	await bert.goes("online");
	expect(await ticket(third.id)).toMatchObject({ assigneeId: bert.id, assignmentState: null });
	expect(await workload()).toMatchObject({ waitingCount: 0, waiting: [] });
});

test("events and history say by which strategy", async () => {
	const { home, agent, open, owner } = await team({ strategy: "load_balanced" });
	const anna = await agent("anna");
	await anna.goes("online");
	const { id } = await open();
	await desk.settle();
	const events = await desk.app.runtime.events.read({ limit: 10_000, tenantId: home.id, types: ["ticket.assigned"] });
	const mine = events.map(({ event }) => event).filter(({ subject }) => subject === `ticket/${id}`);
	expect(mine).toMatchObject([{ data: { from: null, to: anna.id, strategy: "load_balanced" } }]);
	const audit = await owner<{ data: { action: string }[] }>("GET", `/tickets/${id}/audit`);
	expect(audit.body.data.map(({ action }) => action)).toEqual(["ticket.created"]);
});

test("load is balanced by what each can take, and each person's own limit counts", async () => {
	const { agent, open } = await team({ strategy: "load_balanced", maxOpenPerAgent: 4 });
	const [big, small] = [await agent("big"), await agent("small", { maxOpenTickets: 2 })];
	await big.goes("online");
	await small.goes("online");
	const given: (string | null)[] = [];
	for (let i = 0; i < 7; i++) given.push((await open()).assigneeId);
	expect(given.filter((id) => id === big.id)).toHaveLength(4);
	expect(given.filter((id) => id === small.id)).toHaveLength(2);
	expect(given[6]).toBeNull();
	// After one each, the other half of the small one's load is a quarter of the big one's.
	expect(given.slice(2, 4)).toEqual([big.id, expect.anything()]);
});

test("skills that a ticket asks for are needed, at their level", async () => {
	const { agent, open } = await team({ strategy: "skill" });
	const novice = await agent("novice", { skills: [{ name: "German", level: 1 }] });
	const expert = await agent("expert", { skills: [{ name: "german", level: 4 }] });
	await novice.goes("online");
	expect(await open({ tags: ["skill:german:3"] })).toMatchObject({ assigneeId: null, assignmentState: "waiting" });
	expect(await open({ tags: ["skill:german"] })).toMatchObject({ assigneeId: novice.id });
	await expert.goes("online");
	expect(await open({ tags: ["skill:german:3"] })).toMatchObject({ assigneeId: expert.id });
	expect(await open({ tags: ["skill:french"] })).toMatchObject({ assigneeId: null });
});

test("POST /assign {auto: true}, by a group that gives tickets by hand or by itself", async () => {
	const { home, agent, open, owner, groupId } = await team({ strategy: "round_robin" });
	const byHand = await open({ groupId: home.groupId });
	expect(byHand).toMatchObject({ assigneeId: null, assignmentState: null });
	const assign = (id: string, body: object, as = owner) => as<Ticket>("POST", `/tickets/${id}/assign`, { body });
	expect(await assign(byHand.id, { auto: true })).toMatchObject({ status: 422 });
	expect(await assign(byHand.id, { auto: true, groupId })).toMatchObject({
		status: 200,
		body: { groupId, assigneeId: null, assignmentState: "waiting" },
	});
	const anna = await agent("anna");
	await anna.goes("online");
	const other = await open({ groupId: home.groupId });
	expect(await assign(other.id, { auto: true, groupId })).toMatchObject({
		body: { assigneeId: anna.id, status: "open" },
	});
	expect(await assign(other.id, { auto: true, assigneeId: anna.id })).toMatchObject({ status: 422 });
	const third = await open({ groupId: home.groupId });
	expect(await assign(third.id, { groupId })).toMatchObject({ body: { groupId, assigneeId: anna.id } });
	const nowhere = await open({ groupId: null });
	expect(await assign(nowhere.id, { auto: true })).toMatchObject({ status: 422 });
});

test("who opened the ticket as a customer does not get it", async () => {
	const { agent, owner, groupId } = await team({ strategy: "round_robin" });
	const anna = await agent("anna");
	await anna.goes("online");
	const body = { subject: "Mine", description: "x", customer: { email: anna.email }, groupId };
	expect((await owner<Ticket>("POST", "/tickets", { body })).body).toMatchObject({ assigneeId: null });
});

test("a group that begins to give tickets away gives those that are there, and a ticket let go finds somebody", async () => {
	const { home, agent, open, owner, groupId, ticket } = await team({ strategy: "manual" });
	const anna = await agent("anna");
	await anna.goes("online");
	const { id } = await open();
	expect(await ticket(id)).toMatchObject({ assigneeId: null, assignmentState: null });
	const assignment = { strategy: "round_robin" };
	expect((await owner("PATCH", `/groups/${groupId}`, { body: { assignment } })).status).toBe(200);
	await desk.settle();
	expect(await ticket(id)).toMatchObject({ assigneeId: anna.id });
	const bert = await agent("bert");
	await bert.goes("online");
	expect((await owner("PATCH", `/users/${anna.id}`, { body: { status: "deactivated" } })).status).toBe(200);
	await desk.settle();
	expect(await ticket(id)).toMatchObject({ assigneeId: bert.id, groupId });
	expect(home.groupId).not.toBe(groupId);
});

test("a reopened ticket stays with who is there, and finds somebody else when they are away for too long", async () => {
	const { agent, open, ticket, owner, customerId, home } = await team({ strategy: "round_robin", maxOpenPerAgent: 1 });
	const anna = await agent("anna");
	await anna.goes("online");
	const { id, assigneeId } = await open();
	expect(assigneeId).toBe(anna.id);
	await patch(anna.as, id, { status: "solved" });
	await open();
	const self = await home.customer(customerId);
	const reply = async () => {
		expect((await self("POST", `/tickets/${id}/messages`, { body: { body: "still broken" } })).status).toBe(201);
		await desk.settle();
	};
	// She has another one by now, which is all she takes: her own comes back to her all the same.
	await reply();
	expect(await ticket(id)).toMatchObject({ status: "open", assigneeId: anna.id });
	await patch(anna.as, id, { status: "solved" });
	await anna.goes("away");
	clock.advance(600_000);
	await reply();
	expect(await ticket(id)).toMatchObject({ status: "open", assigneeId: anna.id });
	const bert = await agent("bert");
	await bert.goes("online");
	clock.advance(299_000);
	await desk.settle();
	expect(await ticket(id)).toMatchObject({ assigneeId: anna.id });
	clock.advance(2000);
	await desk.settle();
	expect(await ticket(id)).toMatchObject({ assigneeId: bert.id });
	await patch(owner, id, { status: "solved" });
	await bert.goes("offline");
	clock.advance(3_600_000);
	await anna.goes("online");
	await reply();
	const { assigneeId: last, assignmentState } = await ticket(id);
	// Anna still has the other one.
	expect([last, assignmentState]).toEqual([null, "waiting"]);
});

test("agents see the workload of their own groups, others of none, and nobody that of another tenant", async () => {
	const { agent, home, groupId } = await team({ strategy: "round_robin" });
	const anna = await agent("anna");
	const read = (as: Client, id: string) => as("GET", `/groups/${id}/workload`);
	expect((await read(anna.as, groupId)).status).toBe(200);
	expect((await read(anna.as, home.groupId)).status).toBe(403);
	expect((await read(home.as.supervisor, groupId)).status).toBe(200);
	const stranger: DeskTenant = await desk.tenant();
	expect((await read(stranger.as.owner, groupId)).status).toBe(404);
	expect(await read(home.as.viewer, groupId)).toMatchObject({ status: 200, body: { agents: [{ name: null }] } });
});
