import { newId } from "../../lib/ids.ts";
import { type Desk, type DeskTenant, startDesk } from "../support/desk.ts";

interface Letter {
	id: string;
	group: string;
	tenantId: string;
	type: string;
	event?: { id: string; type: string; data: object };
}

interface Page {
	data: Letter[];
	page: { nextCursor: string | null; hasMore: boolean; total?: number };
}

let desk: Desk;
let home: DeskTenant;
let foreign: DeskTenant;
beforeAll(async () => {
	desk = await startDesk({ eventRetryDelays: [] });
	[home, foreign] = await Promise.all([desk.tenant(), desk.tenant()]);
}, 60_000);
afterAll(() => desk?.stop());

const LETTERS = "/operations/dead-letters";

test("a tenant's administrators see their own dead letters, the platform sees all", async () => {
	const [own, other] = [await home.deadLetter(), await foreign.deadLetter()];
	const seenBy = async (client: Desk["platform"], query = "") => {
		const { status, body } = await client<Page>("GET", `${LETTERS}?limit=100${query}`);
		expect(status).toBe(200);
		return body.data;
	};
	for (const client of [home.as.owner, home.as.admin]) {
		const letters = await seenBy(client);
		expect(letters.map(({ id }) => id)).toContain(own);
		expect(new Set(letters.map(({ tenantId }) => tenantId))).toEqual(new Set([home.id]));
	}
	expect(await seenBy(home.as.owner, `&tenant=${foreign.id}`)).toEqual([]);
	const all = (await seenBy(desk.platform)).map(({ id }) => id);
	expect(all).toEqual(expect.arrayContaining([own, other]));
	expect((await seenBy(desk.platform, `&tenant=${foreign.id}`)).map(({ id }) => id)).toContain(other);
	for (const role of ["supervisor", "agent", "viewer"] as const)
		expect((await home.as[role]("GET", LETTERS)).status).toBe(403);
	for (const [method, route] of [
		["GET", `${LETTERS}/${other}`],
		["POST", `${LETTERS}/${other}/replay`],
		["DELETE", `${LETTERS}/${other}`],
	] as const)
		expect((await home.as.owner(method, route)).status).toBe(404);
	expect((await desk.platform<Letter>("GET", `${LETTERS}/${other}`)).body.event).toMatchObject({
		type: "fixture.unwanted",
	});
});

test("the list is gone through by cursor, and counted", async () => {
	const tenant = await desk.tenant();
	const made: string[] = [];
	for (let i = 0; i < 5; i++) made.push(await tenant.deadLetter());
	const seen: string[] = [];
	for (let cursor: string | null = ""; cursor !== null; ) {
		const more: string = cursor === "" ? "" : `&cursor=${cursor}`;
		const { body } = await tenant.as.owner<Page>("GET", `${LETTERS}?limit=2&count=true${more}`);
		expect(body.page.total).toBe(5);
		seen.push(...body.data.map(({ id }) => id));
		cursor = body.page.nextCursor;
	}
	expect(seen).toEqual(made);
	const { body } = await tenant.as.owner<Page>("GET", `${LETTERS}?limit=2`);
	const stolen = await home.as.owner("GET", `${LETTERS}?limit=2&cursor=${body.page.nextCursor}`);
	expect(stolen.status).toBe(400);
	const [first] = body.data;
	const ofGroup = await tenant.as.owner<Page>("GET", `${LETTERS}?group=${first?.group}`);
	expect(ofGroup.body.data.map(({ id }) => id)).toEqual([first?.id]);
});

test("a dead letter that is replayed is handled, one that is discarded is gone", async () => {
	const id = await home.deadLetter();
	const { body: letter } = await home.as.owner<Letter>("GET", `${LETTERS}/${id}`);
	const replayed = await home.as.owner<Letter>("POST", `${LETTERS}/${id}/replay`);
	expect([replayed.status, replayed.body.id]).toEqual([200, id]);
	expect((await home.as.owner("GET", `${LETTERS}/${id}`)).status).toBe(404);
	const handled = await new Promise<string>((resolve) => {
		void desk.app.runtime.events.subscribe({
			group: letter.group,
			types: [letter.type],
			handler: async (event) => resolve(event.id),
		});
	});
	expect(handled).toBe(letter.event?.id);
	const other = await home.deadLetter();
	expect((await home.as.admin("DELETE", `${LETTERS}/${other}`)).status).toBe(200);
	expect((await home.as.admin("DELETE", `${LETTERS}/${other}`)).status).toBe(404);
});

test("how far consumers are behind is for the platform", async () => {
	const { status, body } = await desk.platform<{ data: { group: string; lag: number; active: boolean }[] }>(
		"GET",
		"/operations/event-groups",
	);
	expect(status).toBe(200);
	expect(body.data.find(({ group }) => group === "tickets")).toMatchObject({ active: true, lag: expect.any(Number) });
	expect((await home.as.owner("GET", "/operations/event-groups")).status).toBe(403);
});

test("read models are made anew: a tenant's own dashboard, everything for the platform", async () => {
	const rebuild = (client: Desk["platform"], body: object) =>
		client<{ status: string; outcome: Record<string, number> }>("POST", "/operations/rebuild", { body });
	expect(await rebuild(home.as.owner, { what: "dashboard" })).toMatchObject({
		status: 202,
		body: { what: "dashboard", status: "done", outcome: { replaced: 0, removed: 0 } },
	});
	expect((await rebuild(desk.platform, { what: "search" })).body).toMatchObject({ status: "done" });
	expect((await rebuild(home.as.owner, { what: "search" })).status).toBe(403);
	expect((await rebuild(home.as.owner, { what: "dashboard", tenantId: foreign.id })).status).toBe(403);
	expect((await rebuild(desk.platform, { what: "search", tenantId: newId() })).status).toBe(422);
	expect((await rebuild(home.as.agent, { what: "dashboard" })).status).toBe(403);
});
