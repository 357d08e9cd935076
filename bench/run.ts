// Prints what the gateway costs beside the shortest server Node can be, in one run on one machine, and how start, memory
// and lists behave as tickets grow. Read the ratios; absolute figures are those of the machine.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import path from "node:path";
import { benchDashboard } from "./dashboard.ts";
import { fill } from "./fill.ts";
import { lagUnderWrites } from "./lag.ts";
import { type Cost, latencies, load, percentile, residentMegabytes, type Target, table } from "./measure.ts";
import { type Server, serve } from "./processes.ts";
import { indexed, searchTimes } from "./searches.ts";
import { slaEngineTimes } from "./sla-engine.ts";

const TOKEN = "demo-token-of-the-benchmark";
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5);
const SIZES = (process.env.BENCH_TICKETS ?? "10000,100000").split(",").map(Number);
const HEADERS = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

interface Ticket {
	id: string;
}

async function api<T>(server: Server, method: string, route: string, body?: unknown): Promise<T> {
	const response = await fetch(`${server.origin}/api${route}`, {
		method,
		headers: HEADERS,
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	const text = await response.text();
	if (!response.ok) throw new Error(`${method} ${route} answered ${response.status}: ${text}`);
	return JSON.parse(text) as T;
}

/** Lifts the limits that a load would hit. */
async function unlimited(server: Server, platformToken: string): Promise<void> {
	const headers = { authorization: `Bearer ${platformToken}`, "content-type": "application/json" };
	const list = await fetch(`${server.origin}/api/tenants`, { headers });
	const { data } = (await list.json()) as { data: { id: string }[] };
	const body = JSON.stringify({ settings: { rateLimit: { perMinute: 1_000_000, perTokenPerMinute: 1_000_000 } } });
	for (const { id } of data) {
		const answer = await fetch(`${server.origin}/api/tenants/${id}`, { method: "PATCH", headers, body });
		if (!answer.ok) throw new Error(`the limits could not be lifted: ${answer.status} ${await answer.text()}`);
	}
}

async function pair(name: string, gateway: Server, target: Target, answer: string): Promise<(string | number)[][]> {
	const raw = await serve("bench/raw-http.ts", { ANSWER: answer });
	const plain = await load(raw.pid, { ...target, url: raw.origin }, SECONDS);
	await raw.stop();
	const ours = await load(gateway.pid, { ...target, url: `${gateway.origin}${target.url}` }, SECONDS);
	const row = (what: string, cost: Cost) => [
		what,
		cost.requestsPerSecond,
		cost.p50,
		cost.p99,
		cost.cpuPerRequest,
		cost.cpuPerRequest / plain.cpuPerRequest,
		cost.errors.toString(),
	];
	return [row(`${name}: raw node:http`, plain), row(`${name}: gateway`, ours)];
}

async function costs(server: Server, ticket: Ticket, customerId: string): Promise<void> {
	const rows: (string | number)[][] = [];
	const body = { subject: "From the benchmark", description: "Hello", customerId, asCustomer: true };
	const text = async (route: string) => JSON.stringify(await api(server, "GET", route));
	const get = (url: string): Target => ({ url: `/api${url}`, headers: HEADERS });
	rows.push(...(await pair("smallest action (GET /me)", server, get("/me"), await text("/me"))));
	rows.push(
		...(await pair("GET /tickets/:id", server, get(`/tickets/${ticket.id}`), await text(`/tickets/${ticket.id}`))),
	);
	rows.push(...(await pair("list of 25", server, get("/tickets?limit=25"), await text("/tickets?limit=25"))));
	const article = await api<{ id: string }>(server, "POST", "/knowledge-base/articles", {
		title: "Where is my parcel?",
		body: "## Tracking\n\nOpen **Orders** and choose *Track*. A parcel takes up to a week.\n".repeat(10),
		status: "published",
	});
	const [own, public_] = [`/knowledge-base/articles/${article.id}`, `/help/demo/articles/${article.id}`];
	rows.push(...(await pair("read an article", server, get(own), await text(own))));
	rows.push(...(await pair("read it in the help centre", server, get(public_), await text(public_))));
	const created = JSON.stringify(await api(server, "POST", "/tickets", body));
	const post: Target = { url: "/api/tickets", method: "POST", headers: HEADERS, body: JSON.stringify(body) };
	rows.push(...(await pair("create ticket", server, post, created)));
	console.log(table(["10 connections", "req/s", "p50 ms", "p99 ms", "CPU µs/req", "× raw", "errors"], rows));
}

const LISTS: [string, string][] = [
	["newest", "/tickets?limit=25"],
	["open, newest", "/tickets?limit=25&status=open"],
	["urgent", "/tickets/priority/urgent?limit=25"],
	["by priority", "/tickets?limit=25&sort=-priority,createdAt"],
	["unassigned", "/tickets?limit=25&assigneeId=none"],
];

async function listTimes(server: Server): Promise<(string | number)[][]> {
	const rows: (string | number)[][] = [];
	for (const [name, route] of LISTS) {
		const times = await latencies(300, () => api(server, "GET", route));
		rows.push([name, percentile(times, 0.5), percentile(times, 0.99)]);
	}
	let cursor: string | null = null;
	for (let page = 1; page < 1000; page++) {
		const answer: { page: { nextCursor: string | null } } = await api(
			server,
			"GET",
			`/tickets?limit=10${cursor ? `&cursor=${cursor}` : ""}`,
		);
		cursor = answer.page.nextCursor;
		if (cursor === null) break;
	}
	const first = await latencies(300, () => api(server, "GET", "/tickets?limit=10"));
	rows.push(["page 1 of 10", percentile(first, 0.5), percentile(first, 0.99)]);
	if (cursor) {
		const far = await latencies(300, () => api(server, "GET", `/tickets?limit=10&cursor=${cursor}`));
		rows.push(["page 1,000 of 10", percentile(far, 0.5), percentile(far, 0.99)]);
	}
	return rows;
}

const dataDir = await mkdtemp(path.join(tmpdir(), "conductor-bench-"));
const platformToken = "platform-token-of-the-benchmark";
const open = () => serve("start.ts", { DATA_DIR: dataDir, DEMO_TOKEN: TOKEN, PLATFORM_TOKEN: platformToken });
try {
	console.log(`Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? "unknown"}\n`);
	let server = await open();
	await unlimited(server, platformToken);
	const customer = await api<{ id: string }>(server, "POST", "/customers", {
		name: "Bench",
		email: "bench@bench.example",
	});
	const ticket = await api<Ticket>(server, "POST", "/tickets", {
		subject: "A ticket to copy",
		description: "It has been raining for days and the parcel is not here. ".repeat(12),
		customerId: customer.id,
		asCustomer: true,
	});
	await costs(server, ticket, customer.id);
	let filled = 0;
	for (const size of SIZES) {
		await server.stop();
		await fill(dataDir, size, filled);
		filled = size;
		server = await open();
		const rss = residentMegabytes(server.pid);
		const rows = await listTimes(server);
		console.log(
			`\n${size} tickets: ready after ${server.startMs.toFixed(0)} ms, ${rss.toFixed(0)} MB at start, ${residentMegabytes(server.pid).toFixed(0)} MB after the lists\n`,
		);
		console.log(table(["list, one client", "p50 ms", "p99 ms"], rows));
		const get = <T>(route: string) => api<T>(server, "GET", route);
		const buildMs = await indexed(get, size);
		console.log(`\nthe search index was built in another ${(buildMs / 1000).toFixed(1)} s\n`);
		console.log(table(["search, one client", "p50 ms", "p99 ms"], await searchTimes(get)));
	}
	console.log();
	const lags = await lagUnderWrites(dataDir, filled, (route) => api(server, "GET", route));
	console.log(table(["a ticket, under 500 written a second", "p50 ms", "p99 ms"], lags));
	await server.stop();
	console.log();
	await benchDashboard(SIZES);
	console.log();
	console.log(table(["business time", "µs"], slaEngineTimes()));
} finally {
	await rm(dataDir, { recursive: true, force: true });
}
