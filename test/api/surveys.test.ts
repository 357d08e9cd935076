import { type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { manualClock } from "../support/manual-clock.ts";

/* How customers are asked how it went, by a link or signed in, and what becomes of their answers. */

interface Survey {
	requestedAt: string | null;
	expiresAt: string | null;
	open: boolean;
	rating: number | null;
	comment: string | null;
	at: string | null;
	agentId?: string | null;
	groupId?: string | null;
	surveyUrl?: string | null;
}
interface TicketShape {
	id: string;
	number: number;
	version: number;
	csat: { rating: number; comment: string | null; at: string } | null;
}

const DAY = 24 * 3600 * 1000;
const clock = manualClock();
let desk: Desk;
let tenant: DeskTenant;
let customerId: string;
let cora: Client;

beforeAll(async () => {
	desk = await startDesk({ clock });
	tenant = await desk.tenant();
	customerId = await made("/customers", { name: "Cora", email: "cora@surveys.example" });
	cora = await tenant.customer(customerId);
}, 30_000);
afterAll(() => desk?.stop());

async function made(route: string, body: unknown): Promise<string> {
	const answer = await tenant.as.owner<{ id: string }>("POST", route, { body });
	expect(answer.status).toBe(201);
	return answer.body.id;
}

const ticket = (fields: object = {}) =>
	made("/tickets", { subject: "A question", customerId, groupId: tenant.groupId, ...fields });
const set = async (id: string, body: unknown, client: Client = tenant.as.agent) =>
	expect((await client("PATCH", `/tickets/${id}`, { body })).status).toBe(200);
const survey = async (id: string, client: Client = tenant.as.owner) =>
	(await client<Survey>("GET", `/tickets/${id}/csat`)).body;
const linkOf = async (id: string) => ((await survey(id)).surveyUrl ?? "").replace("/api", "");
const answer = (route: string, body: unknown, client: Client = desk.anonymous) =>
	client<Survey & { code?: string }>("POST", route, { body });
const shown = async (id: string, client: Client = tenant.as.agent) =>
	(await client<TicketShape>("GET", `/tickets/${id}`)).body;

/** The events of a ticket's surveys as they were published. */
async function events(id: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
	await desk.settle();
	const logged = await desk.app.runtime.events.read({
		tenantId: tenant.id,
		types: ["csat.requested", "csat.submitted"],
		limit: 1000,
	});
	const found = logged.map(({ event }) => event).filter((event) => event.subject === `ticket/${id}`);
	return found.map(({ type, data }) => ({ type, data: data as Record<string, unknown> }));
}

test("a solved ticket's customer is asked once, and whoever has the link answers", async () => {
	const id = await ticket();
	expect(await survey(id)).toMatchObject({ requestedAt: null, open: false, surveyUrl: null });
	await set(id, { status: "solved" });
	const asked = await survey(id);
	expect(asked).toMatchObject({ open: true, rating: null, agentId: tenant.userIds.agent, groupId: tenant.groupId });
	expect(Date.parse(asked.expiresAt ?? "") - Date.parse(asked.requestedAt ?? "")).toBe(30 * DAY);
	expect(await survey(id, tenant.as.service)).toEqual(asked);
	expect((await survey(id, tenant.as.agent)).surveyUrl).toBeUndefined();
	expect(await survey(id, cora)).toEqual({
		...{ requestedAt: asked.requestedAt, expiresAt: asked.expiresAt, open: true },
		...{ rating: null, comment: null, at: null },
	});
	const link = await linkOf(id);
	const { body: question } = await desk.anonymous("GET", link);
	const { number } = await shown(id);
	expect(question).toEqual({
		ticket: { number, subject: "A question" },
		...{ requestedAt: asked.requestedAt, expiresAt: asked.expiresAt, rating: null, comment: null, at: null },
	});
	for (const [body, status] of [
		[{}, 422],
		[{ rating: 0 }, 422],
		[{ rating: 6 }, 422],
		[{ rating: 4.5 }, 422],
		[{ rating: "5" }, 422],
		[{ rating: 5, comment: "x".repeat(2001) }, 422],
		[{ rating: 5, who: "me" }, 422],
		[{ rating: 4, comment: "  Good  " }, 200],
	] as const)
		expect((await answer(link, body)).status).toBe(status);
	expect((await shown(id)).csat).toMatchObject({ rating: 4, comment: "Good" });
	expect((await shown(id, cora)).csat).toMatchObject({ rating: 4, comment: "Good" });
	const { version } = await shown(id);
	expect((await answer(link, { rating: 4 })).body).toMatchObject({ rating: 4, comment: "Good" });
	expect((await shown(id)).version).toBe(version);
	expect((await answer(link, { rating: 2, comment: null })).body).toMatchObject({ rating: 2, comment: null });
	expect(await events(id)).toEqual([
		{
			type: "csat.requested",
			data: expect.objectContaining({ agentId: tenant.userIds.agent, groupId: tenant.groupId }),
		},
		{ type: "csat.submitted", data: expect.objectContaining({ rating: 4, previousRating: null, hasComment: true }) },
		{ type: "csat.submitted", data: expect.objectContaining({ rating: 2, previousRating: 4, hasComment: false }) },
	]);
	const { body: history } = await tenant.as.owner("GET", `/tickets/${id}/audit?limit=100`);
	expect(JSON.stringify(history)).toContain("csat.submitted");
	expect(JSON.stringify(history)).not.toContain("Good");
});

test("the requester answers signed in; staff and other customers do not", async () => {
	const id = await ticket();
	expect((await answer(`/tickets/${id}/csat`, { rating: 5 }, cora)).status).toBe(409);
	await set(id, { status: "solved" });
	for (const role of ["owner", "admin", "supervisor", "agent", "viewer"] as const)
		expect((await answer(`/tickets/${id}/csat`, { rating: 5 }, tenant.as[role])).status).toBe(403);
	const dora = await tenant.customer(await made("/customers", { name: "Dora" }));
	expect((await answer(`/tickets/${id}/csat`, { rating: 5 }, dora)).status).toBe(404);
	expect((await answer(`/tickets/${id}/csat`, { rating: 5 }, cora)).body).toMatchObject({ rating: 5, open: true });
	const told = await answer(`/tickets/${id}/csat`, { rating: 3 }, tenant.as.service);
	expect(told.body).toMatchObject({ rating: 3 });
	expect((await shown(id)).csat).toMatchObject({ rating: 3, comment: null });
});

test("nobody guesses a link", async () => {
	const id = await ticket();
	await set(id, { status: "solved" });
	const link = await linkOf(id);
	const wrong = link.endsWith("A") ? `${link.slice(0, -1)}B` : `${link.slice(0, -1)}A`;
	const other = await ticket();
	await set(other, { status: "solved" });
	const mixed = link.slice(0, "/csat/".length + 22) + (await linkOf(other)).slice("/csat/".length + 22);
	for (const route of [wrong, mixed, "/csat/short", `/csat/${"A".repeat(54)}`]) {
		expect((await desk.anonymous("GET", route)).status).toBe(404);
		expect((await answer(route, { rating: 1 })).status).toBe(404);
	}
});

test("an answer is taken inside the window, closed or not, and not once the ticket is open again", async () => {
	const [closed, reopened] = [await ticket(), await ticket()];
	await set(closed, { status: "closed" });
	await set(reopened, { status: "solved" });
	const [link, ended] = [await linkOf(closed), await linkOf(reopened)];
	expect((await answer(ended, { rating: 1 })).status).toBe(200);
	await set(reopened, { status: "open" });
	expect((await answer(ended, { rating: 5 })).status).toBe(410);
	expect((await desk.anonymous("GET", ended)).status).toBe(410);
	expect(await survey(reopened)).toMatchObject({ open: false, surveyUrl: null, rating: 1 });
	expect((await shown(reopened)).csat).toMatchObject({ rating: 1 });
	await set(reopened, { status: "solved" });
	expect(await survey(reopened)).toMatchObject({ open: true, rating: null });
	expect(await linkOf(reopened)).not.toBe(ended);
	clock.advance(30 * DAY - 1000);
	expect((await answer(link, { rating: 5, comment: "Late, but good" })).status).toBe(200);
	clock.advance(1000);
	expect((await answer(link, { rating: 1 })).status).toBe(410);
	expect((await answer(`/tickets/${closed}/csat`, { rating: 1 }, cora)).status).toBe(410);
	expect((await shown(closed)).csat).toMatchObject({ rating: 5 });
});

test("who is blocked, what is spam and deleted, and tenants that do not want it, are not asked", async () => {
	const spam = await ticket({ tags: ["spam"] });
	await set(spam, { status: "solved" });
	expect((await survey(spam)).requestedAt).toBeNull();
	const blocked = await made("/customers", { name: "Bert" });
	const his = await ticket({ customerId: blocked });
	expect((await tenant.as.owner("PATCH", `/customers/${blocked}`, { body: { status: "blocked" } })).status).toBe(200);
	await desk.settle();
	await set(his, { status: "solved" });
	expect((await survey(his)).requestedAt).toBeNull();
	const gone = await ticket();
	await set(gone, { status: "solved" });
	const link = await linkOf(gone);
	expect((await tenant.as.owner("DELETE", `/tickets/${gone}`)).status).toBe(204);
	expect((await answer(link, { rating: 1 })).status).toBe(404);
	const settings = { settings: { csatEnabled: false } };
	expect((await tenant.as.owner("PATCH", "/tenant", { body: settings })).status).toBe(200);
	await desk.settle();
	const quiet = await ticket();
	await set(quiet, { status: "solved" });
	expect((await survey(quiet)).requestedAt).toBeNull();
});

test("what somebody said is gone with them", async () => {
	const there = await desk.tenant();
	const { owner } = there.as;
	const { body: emil } = await owner<{ id: string }>("POST", "/customers", { body: { name: "Emil" } });
	const { body: his } = await owner<{ id: string }>("POST", "/tickets", {
		body: { subject: "Hi", customerId: emil.id },
	});
	await owner("PATCH", `/tickets/${his.id}`, { body: { status: "solved" } });
	const { body } = await owner<Survey>("GET", `/tickets/${his.id}/csat`);
	const link = (body.surveyUrl ?? "").replace("/api", "");
	expect((await answer(link, { rating: 2, comment: "I am Emil" })).status).toBe(200);
	const erased = await owner<{ id: string }>("POST", `/customers/${emil.id}/erase`, { body: {} });
	expect(erased.status).toBe(202);
	for (;;) {
		const { body: saga } = await owner<{ status: string }>("GET", `/sagas/${erased.body.id}`);
		if (saga.status === "completed") break;
		expect(saga.status).toBe("running");
		await desk.settle();
	}
	expect((await answer(link, { rating: 2 })).status).toBe(410);
	expect((await owner<TicketShape>("GET", `/tickets/${his.id}`)).body.csat).toMatchObject({ rating: 2, comment: null });
	expect(await (await owner<Survey>("GET", `/tickets/${his.id}/csat`)).body).toMatchObject({
		rating: 2,
		comment: null,
	});
});
