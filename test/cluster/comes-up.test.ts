import { startCluster, type TestCluster } from "../support/cluster.ts";
import { until } from "../support/until.ts";

/*
 * Seven processes on MongoDB, NATS and Redis do what the README shows of one process, and each of them can be missed.
 */

let cluster: TestCluster | null;

beforeAll(async () => {
	cluster = await startCluster();
}, 120_000);
afterAll(async () => {
	await cluster?.end();
}, 60_000);

interface Answer<T = Record<string, unknown>> {
	status: number;
	body: T;
}

async function api<T = Record<string, unknown>>(method: string, route: string, body?: unknown): Promise<Answer<T>> {
	const response = await fetch(`${cluster?.origins[0]}/api${route}`, {
		method,
		headers: {
			authorization: `Bearer ${cluster?.demoToken}`,
			...(body === undefined ? {} : { "content-type": "application/json" }),
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	return { status: response.status, body: (await response.json()) as T };
}

test("what the README shows works on a cluster unchanged", async () => {
	if (!cluster) return;
	expect((await api("GET", "/me")).status).toBe(200);
	const made = await api<{ id: string; number: number; status: string }>("POST", "/tickets", {
		subject: "The parcel is late",
		description: "I ordered a week ago and nothing has arrived.",
		customer: { email: "ada@example.org", name: "Ada Lovelace" },
		asCustomer: true,
	});
	expect(made).toMatchObject({ status: 201, body: { number: 1, status: "new" } });
	const route = `/tickets/${made.body.id}`;
	const reply = await api("POST", `${route}/messages`, { body: "It left **today**.", status: "solved" });
	expect(reply.status).toBe(201);
	expect((await api("GET", route)).body).toMatchObject({ status: "solved", messageCount: 2 });
	const list = await api<{ data: unknown[] }>("GET", "/tickets?status=solved&sort=-createdAt");
	expect(list.body.data).toHaveLength(1);
	expect((await api<{ data: unknown[] }>("GET", `${route}/audit`)).body.data.length).toBeGreaterThan(1);

	const article = await api("POST", "/knowledge-base/articles", {
		title: "Where is my parcel?",
		body: "## Tracking\n\nOpen **Orders** and choose *Track*. A parcel takes up to a week.",
		status: "published",
	});
	expect(article.status).toBe(201);
	await until(async () => {
		const { body } = await api<{ data: unknown[] }>("GET", "/knowledge-base/search?q=parcl&consistency=wait");
		return body.data.length === 1;
	});
	const help = await fetch(`${cluster.origins[0]}/api/help/demo/articles/by-slug/en/where-is-my-parcel`);
	expect(help.status).toBe(200);
	await until(async () => {
		const { body } = await api<{ kpis: { created: number; solveEvents: number } }>("GET", "/dashboard/stats");
		return body.kpis.created === 1 && body.kpis.solveEvents === 1;
	});
}, 60_000);

test("a service without a process answers 503 on its own routes only, and is found again", async () => {
	if (!cluster) return;
	const customers = cluster.process("customers.1");
	await customers.kill();
	await until(async () => (await api("GET", "/customers")).status === 503);
	expect((await api("GET", "/tickets")).status).toBe(200);
	expect((await api("GET", "/knowledge-base/articles")).status).toBe(200);
	expect((await api("GET", "/dashboard/stats")).status).toBe(200);
	await customers.start();
	await until(async () => (await api("GET", "/customers")).status === 200);
}, 60_000);

test("each process says that it is ready", async () => {
	if (!cluster) return;
	const { operations } = cluster;
	await until(async () => {
		const answers = await Promise.all([...operations.values()].map((origin) => fetch(`${origin}/health/ready`)));
		return answers.every(({ status }) => status === 200);
	});
	expect(operations.size).toBe(7);
}, 60_000);

interface Ready {
	status: string;
	checks: Record<string, string>;
}

test("a process says which of its servers is away, and is ready again when that is back", async () => {
	if (!cluster) return;
	const { operations, process } = cluster;
	const ready = async (name: string) => {
		const response = await fetch(`${operations.get(name)}/health/ready`);
		return { code: response.status, ...((await response.json()) as Ready) };
	};
	const tickets = () => ready("tickets.1");
	await process("mongo").kill();
	await until(async () => (await tickets()).checks.tickets === "failed", 20_000);
	expect(await tickets()).toMatchObject({ code: 503, status: "unavailable", checks: { nats: "ok", events: "ok" } });
	await process("mongo").start();
	await until(async () => (await tickets()).code === 200, 20_000);
	await process("nats").kill();
	await until(async () => (await tickets()).checks.nats === "failed", 20_000);
	expect(await tickets()).toMatchObject({ code: 503, checks: { tickets: "ok", events: "failed" } });
	await process("nats").start();
	await until(async () => (await tickets()).code === 200, 20_000);
	// Without Redis the gateways are slower and serve all the same.
	await process("redis").kill();
	await until(async () => (await ready("gateway.1")).checks.redis === "degraded", 20_000);
	expect(await ready("gateway.1")).toMatchObject({ code: 200, status: "ready" });
	expect((await api("GET", "/tickets")).status).toBe(200);
	await process("redis").start();
	await until(async () => (await ready("gateway.1")).checks.redis === "ok", 20_000);
}, 120_000);
