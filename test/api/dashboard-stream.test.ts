import { type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { type EventSourceClient, openEventSource, type ReceivedEvent } from "../support/event-source.ts";

/* The dashboard's stream from a write to the event, with every service in between. */

let desk: Desk;
let home: DeskTenant;
let foreign: DeskTenant;
const open: EventSourceClient[] = [];

beforeAll(async () => {
	desk = await startDesk();
	[home, foreign] = await Promise.all([desk.tenant(), desk.tenant()]);
}, 60_000);
afterAll(async () => {
	for (const client of open) client.destroy();
	await desk?.stop();
});

const named = (name: string) => (event: ReceivedEvent) => event.event === name;
const idsOf = ({ events }: EventSourceClient) => events.filter(named("activity")).map(({ data }) => data.id as string);

async function token(of: DeskTenant): Promise<{ id: string; token: string }> {
	const body = { name: "wallboard", scopes: ["dashboard.read", "tickets.read", "customers.read"] };
	return (await of.as.owner<{ id: string; token: string }>("POST", "/tokens", { body })).body;
}

async function watch(secret: string, after?: string): Promise<EventSourceClient> {
	const client = await openEventSource(`${desk.origin}/api/dashboard/stream`, {
		authorization: `Bearer ${secret}`,
		...(after === undefined ? {} : { "last-event-id": after }),
	});
	open.push(client);
	expect(client.status).toBe(200);
	return client;
}

async function ticket(of: DeskTenant, subject: string): Promise<string> {
	const customer = { email: `${subject.toLowerCase().replaceAll(" ", "-")}@example.org`, name: "Ada" };
	const body = { subject, description: "x", customer, groupId: of.groupId };
	const { status, body: made } = await of.as.owner<{ id: string }>("POST", "/tickets", { body });
	expect(status).toBe(201);
	return made.id;
}

interface Feed {
	data: { id: string }[];
	page: { nextCursor: string | null };
}

/** The ids of everything that the activity feed has, oldest first. */
async function feed(): Promise<string[]> {
	const rows: { id: string }[] = [];
	for (let cursor: string | null = ""; cursor !== null; ) {
		const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
		const { body } = await home.as.owner<Feed>("GET", `/dashboard/activity?limit=100${query}`);
		rows.push(...body.data);
		cursor = body.page.nextCursor;
	}
	return rows.map(({ id }) => id).reverse();
}

test("tells what happens in the tenant, and goes on where it was broken off with nothing left out or twice", async () => {
	const { token: secret } = await token(home);
	const first = await watch(secret);
	await first.next(named("stats.delta"));
	const before = await feed();
	await ticket(foreign, "Not ours");
	await ticket(home, "One");
	await first.next(named("activity"));
	const since = performance.now();
	await ticket(home, "Two");
	await first.next(named("activity"));
	expect(performance.now() - since).toBeLessThan(5000);
	const { data } = await first.next(named("stats.delta"));
	expect(data).toMatchObject({ now: expect.any(Object), delta: expect.any(Object), asOf: expect.any(String) });
	first.destroy();
	const lastId = first.events.filter(({ id }) => id !== undefined).at(-1)?.id as string;
	await ticket(home, "Three");
	const second = await watch(secret, lastId);
	const last = await ticket(home, "Four");
	const all = [...before, ...idsOf(first)];
	await second.next((event) => JSON.stringify(event.data ?? null).includes(last), 10_000);
	// The feed may know more by now than the stream has told.
	const told = () => [...all, ...idsOf(second)];
	let known = await feed();
	while (known.some((id) => !told().includes(id))) {
		await second.next(named("activity"), 10_000).catch(() => undefined);
		known = await feed();
	}
	// The feed is in the order in which things happened, the stream in that in which they became known.
	expect(told().sort()).toEqual(known.sort());
}, 60_000);

test("ends within a second of the revocation of its token", async () => {
	const { id, token: secret } = await token(home);
	const client = await watch(secret);
	await client.next(named("stats.delta"));
	const since = performance.now();
	expect((await home.as.owner("DELETE", `/tokens/${id}`)).status).toBeLessThan(300);
	expect((await client.next(named("closed"))).data).toEqual({ reason: "revoked" });
	await client.ended;
	expect(performance.now() - since).toBeLessThan(1000);
}, 30_000);
