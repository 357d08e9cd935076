import { DASHBOARD_CHANGED } from "../../contracts/dashboard-stream.ts";
import { CREDENTIAL_REVOKED } from "../../contracts/gateway.ts";
import { type EventSourceClient, openEventSource, type ReceivedEvent } from "../support/event-source.ts";
import { type DashboardState, dashboardFixture, dashboardState } from "./dashboard-fixture.ts";
import { CALLERS, home } from "./fixture-service.ts";
import { startGateway, type TestGateway } from "./start.ts";

const PATH = "/api/dashboard/stream";
const pace = { heartbeatMs: 60_000, intervalMs: 5, stallMs: 60_000, retryMs: 1234 };
const viewer = CALLERS["viewer-token"];
const open: EventSourceClient[] = [];
let gateway: TestGateway;
let state: DashboardState;

async function start(options: Parameters<typeof startGateway>[0] = {}): Promise<void> {
	state = dashboardState();
	gateway = await startGateway({ services: [dashboardFixture(state)], streams: { pace }, ...options });
}
afterEach(async () => {
	for (const client of open.splice(0)) client.destroy();
	await gateway?.stop();
	if (viewer) viewer.role = "viewer";
});

async function watch(headers: Record<string, string> = {}, query = "", token = "viewer-token") {
	const client = await openEventSource(`${gateway.origin}${PATH}${query}`, {
		...(token ? { authorization: `Bearer ${token}` } : {}),
		...headers,
	});
	open.push(client);
	return client;
}

const changed = (tenantId = home.id) => gateway.broker.broadcast(DASHBOARD_CHANGED, { tenantId });
function happen(count: number, tenantId = home.id, size = 0): Promise<unknown> {
	for (let i = 0; i < count; i++)
		state.rows.push({ tenantId, text: `row ${state.rows.length + 1}${"x".repeat(size)}` });
	return changed(tenantId);
}
const named = (name: string) => (event: ReceivedEvent) => event.event === name;
const ids = ({ events }: EventSourceClient) => events.filter(named("activity")).map(({ id }) => Number(id));
const until = async (holds: () => boolean) => {
	while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
};

describe("a stream", () => {
	beforeEach(() => start({ env: { CORS_ORIGINS: "https://shop.example" } }));

	test("begins with the counters of now, then tells what happens and by how much they changed", async () => {
		state.rows.push({ tenantId: home.id, text: "long ago" });
		const client = await watch({ origin: "https://shop.example" });
		expect(client.status).toBe(200);
		expect(client.headers).toMatchObject({
			"content-type": "text/event-stream; charset=utf-8",
			"cache-control": "no-store, no-transform",
			"x-accel-buffering": "no",
			"access-control-allow-origin": "https://shop.example",
			"ratelimit-policy": expect.stringContaining('"default"'),
		});
		expect(await client.next(named("retry"))).toEqual({ event: "retry", data: 1234 });
		expect(await client.next(named("stats.delta"))).toEqual({
			event: "stats.delta",
			id: "1",
			data: { now: state.now, delta: {}, asOf: expect.any(String) },
		});
		state.now = { open: 5, byStatus: { new: 1, open: 4 }, at: "y" };
		await happen(2);
		expect((await client.next(named("activity"))).data).toEqual({ text: "row 2", by: "viewer" });
		expect((await client.next(named("activity"))).id).toBe("3");
		const { data } = await client.next(named("stats.delta"));
		expect(data).toMatchObject({ now: state.now, delta: { open: 2, byStatus: { open: 2 } } });
		await happen(1);
		await client.next(named("activity"));
		expect(client.events.filter(named("stats.delta")).length).toBe(2);
		expect(state.asked.map(({ after }) => after).slice(0, 3)).toEqual([null, "1", "3"]);
	});

	test("tells nothing of another tenant and asks nothing for its sake", async () => {
		const client = await watch();
		await client.next(named("stats.delta"));
		await happen(3, "another tenant");
		await happen(1);
		expect((await client.next(named("activity"))).id).toBe("4");
		expect(ids(client)).toEqual([4]);
		expect(state.asked.length).toBe(2);
	});

	test("goes on after the last id, from wherever it was broken off, with nothing left out or twice", async () => {
		const first = await watch();
		await first.next(named("stats.delta"));
		await happen(120);
		await first.next((event) => event.id === "37");
		first.destroy();
		const last = ids(first).at(-1) as number;
		await happen(150);
		const second = await watch({ "last-event-id": String(last) });
		await second.next((event) => event.id === "270");
		expect([...ids(first), ...ids(second)]).toEqual(Array.from({ length: 270 }, (_, index) => index + 1));
		const third = await watch({}, "?lastEventId=268");
		await third.next(named("stats.delta"));
		expect(ids(third)).toEqual([269, 270]);
		const both = await watch({ "last-event-id": "269" }, "?lastEventId=1");
		await both.next(named("stats.delta"));
		expect(ids(both)).toEqual([270]);
	});

	test("an id that was sent before anything happened leads on as well", async () => {
		const first = await watch();
		const { id = "" } = await first.next(named("stats.delta"));
		first.destroy();
		await happen(2);
		const second = await watch({ "last-event-id": id });
		await second.next(named("stats.delta"));
		expect(ids(second)).toEqual([1, 2]);
	});

	test("is for those who may read the dashboard, by token or session", async () => {
		const statuses = [
			(await watch({}, "", "")).status,
			(await watch({}, "", "nobody")).status,
			(await watch({}, "", "customer-token")).status,
			(await watch({}, "", "platform-token")).status,
			(await watch({ cookie: "conductor_session=viewer-token" }, "", "")).status,
		];
		expect(statuses).toEqual([401, 401, 403, 403, 200]);
	});

	test("refuses what it does not know, before it asks anybody", async () => {
		const problem = ({ status, text }: EventSourceClient) => [status, JSON.parse(text).code];
		expect(problem(await watch({}, "?nobodyKnowsThis=1"))).toEqual([400, "unknown_parameter"]);
		expect(problem(await watch({}, "?lastEventId=1&lastEventId=2"))).toEqual([400, "invalid_request"]);
		expect(problem(await watch({}, `?lastEventId=${"1".repeat(501)}`))).toEqual([400, "invalid_request"]);
		expect(problem(await watch({ accept: "application/json" }))).toEqual([406, "not_acceptable"]);
		expect(state.asked).toEqual([]);
		for (const accept of ["text/event-stream", "*/*", "text/*;q=0.5", "text/html, */*;q=0.1"])
			expect((await watch({ accept })).status).toBe(200);
		const head = await gateway.ask("HEAD", PATH, { token: "viewer-token" });
		expect([head.status, head.headers.get("content-type"), head.text]).toEqual([
			200,
			"text/event-stream; charset=utf-8",
			"",
		]);
		expect((await gateway.ask("POST", PATH)).status).toBe(405);
	});

	test("does not begin where the dashboard cannot be asked, and goes on where it cannot for a while", async () => {
		state.fails = "down";
		const refused = await watch();
		expect([refused.status, JSON.parse(refused.text).code]).toEqual([503, "unavailable"]);
		state.fails = null;
		const client = await watch();
		await client.next(named("stats.delta"));
		state.fails = "down";
		const asked = state.asked.length;
		await happen(1);
		await until(() => state.asked.length > asked);
		state.fails = null;
		await happen(1);
		await client.next((event) => event.id === "2");
		expect(ids(client)).toEqual([1, 2]);
	});

	test("ends at once when the credential is revoked, and says so", async () => {
		const [revoked, session, bystander] = [
			await watch(),
			await watch({ cookie: "conductor_session=viewer-token" }, "", ""),
			await watch({}, "", "owner-token"),
		];
		await Promise.all([revoked, session, bystander].map((client) => client.next(named("stats.delta"))));
		gateway.state.revoked.add("viewer-token");
		const since = performance.now();
		await gateway.broker.broadcast(CREDENTIAL_REVOKED, { credentialId: "x", credentialHash: "y" });
		for (const client of [revoked, session]) {
			expect((await client.next(named("closed"))).data).toEqual({ reason: "revoked" });
			await client.ended;
		}
		expect(performance.now() - since).toBeLessThan(1000);
		await happen(1);
		await bystander.next(named("activity"));
		expect(ids(revoked)).toEqual([]);
	});

	test("shows what the caller may see now, and ends when that is nothing", async () => {
		const client = await watch();
		await client.next(named("stats.delta"));
		if (viewer) viewer.role = "agent";
		await gateway.broker.broadcast(CREDENTIAL_REVOKED, {});
		await happen(1);
		expect((await client.next(named("activity"))).data.by).toBe("agent");
		if (viewer) viewer.role = "customer";
		await gateway.broker.broadcast(CREDENTIAL_REVOKED, {});
		expect((await client.next(named("closed"))).data).toEqual({ reason: "forbidden" });
		await client.ended;
	});

	test("asks one question at a time, however many hints come", async () => {
		const client = await watch();
		await client.next(named("stats.delta"));
		state.held = [];
		await happen(1);
		await until(() => state.held?.length === 1);
		for (let i = 0; i < 50; i++) await happen(1);
		const asked = state.asked.length;
		const held = state.held.splice(0);
		state.held = null;
		for (const go of held) go();
		await client.next((event) => event.id === "51");
		expect(state.asked.length - asked).toBeLessThanOrEqual(2);
		expect(state.atOnce).toBe(1);
		expect(ids(client)).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
	});
});

test("signs of life come while nothing happens, with a look at the credential and at what is new", async () => {
	await start({ streams: { pace: { ...pace, heartbeatMs: 30 } } });
	const client = await watch();
	await client.next(named("stats.delta"));
	for (let i = 0; i < 3; i++) expect((await client.next(named(":"))).data).toBe("heartbeat");
	state.rows.push({ tenantId: home.id, text: "nobody gave a hint" });
	expect((await client.next(named("activity"))).id).toBe("1");
	gateway.state.revoked.add("viewer-token");
	expect((await client.next(named("closed"))).data).toEqual({ reason: "revoked" });
	await client.ended;
});

test("hints are bundled", async () => {
	await start({ streams: { pace: { ...pace, intervalMs: 1000 } } });
	const client = await watch();
	await client.next(named("stats.delta"));
	for (let i = 0; i < 10; i++) await happen(1);
	await client.next((event) => event.id === "10");
	expect(state.asked.length).toBeLessThanOrEqual(3);
});

test("there are only so many at a time, for a credential, a tenant and the process", async () => {
	await start({ streams: { pace, limits: { perCredential: 2, perTenant: 3, perProcess: 4 } } });
	const refusal = ({ status, text, headers }: EventSourceClient) => [
		status,
		JSON.parse(text).code,
		headers["retry-after"],
	];
	const first = await watch();
	await watch();
	expect(refusal(await watch())).toEqual([429, "rate_limited", "15"]);
	await watch({}, "", "owner-token");
	expect(refusal(await watch({}, "", "second-token"))).toEqual([429, "rate_limited", "15"]);
	await watch({}, "", "strict-token");
	expect(refusal(await watch({}, "", "small-token"))).toEqual([503, "unavailable", "15"]);
	first.destroy();
	let again = await watch();
	while (again.status !== 200) again = await watch();
	expect((await watch()).status).not.toBe(200);
});

test("a reader that takes nothing is asked for nothing more, and is cut off in the end", async () => {
	await start({ streams: { pace: { ...pace, stallMs: 700, heartbeatMs: 40 }, limits: { perCredential: 1 } } });
	const slow = await watch();
	await slow.next(named("stats.delta"));
	slow.pause();
	let calls = -1;
	const quick = await watch({}, "", "owner-token");
	// Larger than what the sockets between us hold: in the end nothing of it is taken.
	for (let i = 0; i < 40; i++) {
		await happen(50, home.id, 40_000);
		await quick.next((event) => event.id === String(state.rows.length), 20_000);
		const asked = state.asked.filter(({ caller }) => caller.id === viewer?.id).length;
		if (asked === calls) break;
		calls = asked;
	}
	const asked = state.asked.filter(({ caller }) => caller.id === viewer?.id);
	expect(Number(asked.at(-1)?.after)).toBeLessThan(state.rows.length);
	let next = await watch();
	while (next.status === 429) next = await watch();
	slow.resume();
	await slow.ended;
	expect(slow.events.length).toBeLessThan(state.rows.length);
	expect(quick.events.filter(named("activity")).length).toBe(state.rows.length);
}, 60_000);

test("a reader that was slow for a while gets everything, in order", async () => {
	await start();
	const slow = await watch();
	await slow.next(named("stats.delta"));
	slow.pause();
	for (let i = 0; i < 5; i++) await happen(60, home.id, 10_000);
	slow.resume();
	await slow.next((event) => event.id === "300", 20_000);
	expect(ids(slow)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
}, 30_000);

test("a stop ends all streams at once, also one whose client does not read", async () => {
	await start();
	const [client, deaf] = [await watch(), await watch({}, "", "owner-token")];
	await Promise.all([client.next(named("stats.delta")), deaf.next(named("stats.delta"))]);
	deaf.pause();
	await happen(2000, home.id, 5000);
	const since = performance.now();
	const stopped = gateway.stop();
	expect((await client.next(named("closed"))).data).toEqual({ reason: "stopping" });
	await client.ended;
	await stopped;
	expect(performance.now() - since).toBeLessThan(3000);
});
