import { type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";

interface View {
	id: string;
	version: number;
	name: string;
	filter: Record<string, string | string[]>;
	sort: string;
	columns: string[];
	sharedWith: string;
	groupId: string | null;
	position: number;
	createdBy: { id: string; name: string } | null;
	errors?: { pointer: string }[];
}
interface List<T> {
	data: T[];
	page: { nextCursor: string | null; total?: number };
}

let desk: Desk;
let tenant: DeskTenant;
let customerId: string;
let elsewhere: string;

beforeAll(async () => {
	desk = await startDesk();
	tenant = await desk.tenant();
	customerId = await made("/customers", { name: "Cora" });
	elsewhere = await made("/groups", { name: "Elsewhere" });
	for (let n = 0; n < 8; n++)
		await made("/tickets", {
			...{ subject: `Ticket ${n}`, customerId, groupId: n < 6 ? tenant.groupId : elsewhere },
			...{ priority: n % 2 ? "high" : "low", tags: n % 3 ? ["a"] : ["a", "b"] },
		});
}, 30_000);
afterAll(() => desk?.stop());

async function made(route: string, body: unknown): Promise<string> {
	const answer = await tenant.as.owner<{ id: string }>("POST", route, { body });
	expect(answer.status).toBe(201);
	return answer.body.id;
}

const save = (body: unknown, client: Client = tenant.as.agent) => client<View>("POST", "/views", { body });
const tickets = async (id: string, client: Client, query = "") => {
	const answer = await client<List<{ subject: string; priority: string }>>("GET", `/views/${id}/tickets?${query}`);
	if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
	return answer.body;
};
const names = async (client: Client) =>
	(await client<List<View>>("GET", "/views?limit=100")).body.data.map(({ name }) => name);

test("every tenant begins with six, which mean whoever looks", async () => {
	expect(await names(tenant.as.agent)).toEqual([
		"My open tickets",
		"Unassigned tickets",
		"Urgent tickets",
		"All tickets that are not solved",
		"Waiting for the customer",
		"Recently solved",
	]);
	const { body } = await tenant.as.agent<List<View>>("GET", "/views");
	const [mine, unassigned] = body.data as [View, View];
	expect(mine).toMatchObject({ filter: { assigneeId: "me", status: "new,open,pending,on_hold" }, createdBy: null });
	expect((await tickets(mine.id, tenant.as.agent)).data).toEqual([]);
	expect((await tickets(unassigned.id, tenant.as.agent)).data).toHaveLength(6);
	expect((await tickets(unassigned.id, tenant.as.owner)).data).toHaveLength(8);
	const count = await tenant.as.agent("GET", `/views/${unassigned.id}/count`);
	expect(count.body).toEqual({ total: 6 });
});

test("a view is asked as the list is, page by page", async () => {
	const forms = [
		"priority=high&tag=a&status=new,open",
		"?priority=high&tag=a&status=new,open",
		{ priority: "high", tag: "a", status: ["new", "open"] },
		{ priority: ["high"], tag: ["a"], status: "new,open" },
		{ priority: { eq: "high" }, tagAny: ["a", "x"], "createdAt[gte]": "2020-01-01" },
	];
	for (const filter of forms) {
		const { status, body: view } = await save({ name: "High", filter, sort: "number" });
		expect(status).toBe(201);
		const first = await tickets(view.id, tenant.as.agent, "limit=2&count=true");
		expect(first.page.total).toBe(3);
		const cursor = encodeURIComponent(first.page.nextCursor ?? "");
		const rest = await tickets(view.id, tenant.as.agent, `limit=2&cursor=${cursor}`);
		const subjects = [...first.data, ...rest.data].map(({ subject }) => subject);
		expect(subjects).toEqual(["Ticket 1", "Ticket 3", "Ticket 5"]);
	}
	const { body: both } = await save({ name: "Both", filter: { tag: ["a", "b"] }, sharedWith: "private" });
	expect(both.filter).toEqual({ tag: ["a", "b"] });
	const seen = await tickets(both.id, tenant.as.agent, "sort=number&fields=subject");
	expect(seen.data.map(({ subject, priority }) => [subject, priority])).toEqual([
		["Ticket 0", undefined],
		["Ticket 3", undefined],
	]);
});

test("what the list would not take is refused when it is saved", async () => {
	for (const filter of [
		"nobody=1",
		{ nobody: 1 },
		{ status: "sleeping" },
		"sort=number",
		"limit=3",
		{ createdAt: "soon" },
		{ customFields: { nothing: 1 } },
	]) {
		const { status, body } = await save({ name: "Wrong", filter });
		expect([status, body.errors?.[0]?.pointer]).toEqual([422, "/filter"]);
	}
	expect((await save({ name: "Wrong", sort: "subject" })).body.errors?.[0]?.pointer).toBe("/sort");
	expect((await save({ name: "Wrong", columns: ["id", "nothing"] })).body.errors?.[0]?.pointer).toBe("/columns/1");
	expect((await save({ name: "  " })).body.errors?.[0]?.pointer).toBe("/name");
	expect((await save({ name: "Wrong", sharedWith: "group" })).body.errors?.[0]?.pointer).toBe("/groupId");
	expect((await save({ name: "Right", columns: ["number", "customFields.plan"] })).status).toBe(201);
});

test("views are seen by those they are shared with, and changed by fewer", async () => {
	const { agent, supervisor, viewer, owner } = tenant.as;
	const mine = (await save({ name: "Private" })).body;
	const ours = (await save({ name: "Group", sharedWith: "group", groupId: tenant.groupId })).body;
	expect((await save({ name: "Theirs", sharedWith: "group", groupId: elsewhere })).status).toBe(403);
	expect((await save({ name: "All", sharedWith: "tenant" })).status).toBe(403);
	expect((await save({ name: "Any" }, viewer)).status).toBe(403);
	const theirs = (await save({ name: "Theirs", sharedWith: "group", groupId: elsewhere }, owner)).body;
	const all = (await save({ name: "All", sharedWith: "tenant" }, supervisor)).body;
	const status = async (client: Client, id: string) => (await client("GET", `/views/${id}`)).status;
	expect(await Promise.all([mine, ours, theirs, all].map(({ id }) => status(agent, id)))).toEqual([200, 200, 404, 200]);
	expect(await Promise.all([mine, ours, theirs, all].map(({ id }) => status(viewer, id)))).toEqual([
		404, 200, 404, 200,
	]);
	expect(await Promise.all([mine, ours, theirs, all].map(({ id }) => status(owner, id)))).toEqual([404, 200, 200, 200]);
	const stranger = await desk.tenant();
	expect(await status(stranger.as.owner, all.id)).toBe(404);
	const rename = async (client: Client, id: string) =>
		(await client("PATCH", `/views/${id}`, { body: { name: "Renamed", position: 0 } })).status;
	expect([await rename(agent, mine.id), await rename(owner, mine.id)]).toEqual([200, 404]);
	expect([await rename(agent, all.id), await rename(owner, all.id)]).toEqual([403, 200]);
	expect([await rename(agent, ours.id), await rename(supervisor, ours.id)]).toEqual([200, 200]);
	const shared = await agent<View>("PATCH", `/views/${mine.id}`, {
		body: { sharedWith: "group", groupId: tenant.groupId },
	});
	expect(shared.body).toMatchObject({ sharedWith: "group", groupId: tenant.groupId });
	const cora = await tenant.customer(customerId);
	expect((await cora("GET", "/views")).status).toBe(403);
	const stale = await agent("PATCH", `/views/${ours.id}`, { body: { name: "x" }, headers: { "if-match": '"v1"' } });
	expect(stale.status).toBe(412);
	expect((await agent("DELETE", `/views/${ours.id}`)).status).toBe(204);
	expect(await status(agent, ours.id)).toBe(404);
});
