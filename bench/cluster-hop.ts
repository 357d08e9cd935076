// Prints what a request costs that a gateway hands on to a service in another process through NATS, beside the shortest
// server Node can be and beside a gateway and a service of Nest that do the same with less: one run, one machine. Read the
// CPU for each request; it needs nats-server on the PATH.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../scripts/cluster/free-port.ts";
import { type Cost, cpuMicroseconds, load, type Target, table } from "./measure.ts";
import { type Server, serve } from "./processes.ts";

const root = path.resolve(import.meta.dirname, "..");
const TOKEN = "demo-token-of-the-benchmark";
const PLATFORM_TOKEN = "platform-token-of-the-benchmark";
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const CONNECTIONS = 50;
const HEADERS = { authorization: `Bearer ${TOKEN}` };

/** Processes whose CPU time a target uses, by what they are. */
type Parts = Record<string, number>;

async function launch(command: string, args: string[], env: Record<string, string> = {}): Promise<ChildProcess> {
	const child = spawn(command, args, {
		cwd: root,
		env: { ...process.env, ...env },
		stdio: ["ignore", "ignore", "inherit"],
	});
	await once(child, "spawn");
	return child;
}

async function end(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	child.kill("SIGTERM");
	await once(child, "exit");
}

/** Waits until a gateway answers with what its service says. */
async function answered(url: string): Promise<string> {
	for (let attempt = 0; attempt < 300; attempt++) {
		const answer = await fetch(url, { headers: HEADERS }).catch(() => null);
		if (answer?.ok) return answer.text();
		await answer?.body?.cancel();
		await pause(100);
	}
	throw new Error(`${url} was not answered within 30 s`);
}

/** Lifts the limits that a load would hit. */
async function unlimited(origin: string): Promise<void> {
	const headers = { authorization: `Bearer ${PLATFORM_TOKEN}`, "content-type": "application/json" };
	const list = await fetch(`${origin}/api/tenants`, { headers });
	const { data } = (await list.json()) as { data: { id: string }[] };
	const body = JSON.stringify({ settings: { rateLimit: { perMinute: 1_000_000, perTokenPerMinute: 1_000_000 } } });
	for (const { id } of data) await fetch(`${origin}/api/tenants/${id}`, { method: "PATCH", headers, body });
}

interface Measured extends Cost {
	/** µs of each request in each process */
	parts: Record<string, number>;
}

async function measure(url: string, parts: Parts): Promise<Measured> {
	const target: Target = { url, headers: HEADERS };
	const pids = Object.entries(parts);
	// The warm-up of `load` would count for the other processes: it is done here, and again there.
	await load(pids[0]?.[1] as number, target, 1, CONNECTIONS);
	const before = pids.map(([, pid]) => cpuMicroseconds(pid));
	const began = performance.now();
	const cost = await load(pids[0]?.[1] as number, target, SECONDS, CONNECTIONS);
	const requests = (cost.requestsPerSecond * (performance.now() - began)) / 1000;
	const used = pids.map(([name, pid], index) => [name, (cpuMicroseconds(pid) - (before[index] as number)) / requests]);
	return { ...cost, parts: Object.fromEntries(used) };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** The middle of several rounds, each column by itself. */
function row(name: string, rounds: Measured[]): (string | number)[] {
	const names = Object.keys(rounds[0]?.parts ?? {});
	const parts = names.map((part) => [part, median(rounds.map(({ parts: used }) => used[part] as number))] as const);
	return [
		name,
		median(rounds.map((round) => round.requestsPerSecond)),
		median(rounds.map(({ p50 }) => p50)),
		median(rounds.map(({ p99 }) => p99)),
		parts.reduce((sum, [, used]) => sum + used, 0),
		parts.map(([part, used]) => `${part} ${used.toFixed(0)}`).join(", "),
		String(rounds.reduce((sum, { errors }) => sum + errors, 0)),
	];
}

const folder = await mkdtemp(path.join(tmpdir(), "conductor-hop-"));
const port = await freePort();
const NATS_URL = `nats://127.0.0.1:${port}`;
const children: ChildProcess[] = [];
const servers: Server[] = [];
try {
	const nats = await launch("nats-server", [
		"-js",
		"-sd",
		path.join(folder, "nats"),
		"-l",
		path.join(folder, "nats.log"),
		"-a",
		"127.0.0.1",
		"-p",
		String(port),
	]);
	children.push(nats);
	const env = {
		NATS_URL,
		CLUSTER_SECRET: "a-secret-of-the-benchmark",
		DATA_DIR: folder,
		DEMO_TOKEN: TOKEN,
		PLATFORM_TOKEN,
		LOG_LEVEL: "error",
	};
	const flags = ["--max-semi-space-size=8", "--preserve-symlinks", "--preserve-symlinks-main"];
	const service = await launch(process.execPath, [...flags, "start.ts"], { ...env, SERVICES: "identity" });
	children.push(service);
	const gateway = await serve("start.ts", { ...env, SERVICES: "gateway" });
	servers.push(gateway);
	const ANSWER = await answered(`${gateway.origin}/api/me`);
	await unlimited(gateway.origin);
	const raw = await serve("bench/raw-http.ts", { ANSWER });
	const nestService = await serve("bench/nest/service.ts", { NATS_URL, ANSWER });
	const nestGateway = await serve("bench/nest/gateway.ts", { NATS_URL, TOKEN });
	servers.push(raw, nestService, nestGateway);
	await answered(`${nestGateway.origin}/api/me`);
	const bus = { nats: nats.pid as number };
	const targets: [string, string, Parts][] = [
		["raw node:http", raw.origin, { http: raw.pid }],
		[
			"Nest → NATS → Nest",
			`${nestGateway.origin}/api/me`,
			{ gateway: nestGateway.pid, service: nestService.pid, ...bus },
		],
		[
			"gateway → NATS → identity",
			`${gateway.origin}/api/me`,
			{ gateway: gateway.pid, service: service.pid as number, ...bus },
		],
	];
	const rounds = new Map<string, Measured[]>(targets.map(([name]) => [name, []]));
	for (let round = 0; round < ROUNDS; round++)
		for (const [name, url, parts] of targets) rounds.get(name)?.push(await measure(url, parts));
	const head = [
		`GET /api/me, ${CONNECTIONS} connections`,
		"req/s",
		"p50 ms",
		"p99 ms",
		"CPU µs/req",
		"of it",
		"errors",
	];
	console.log(
		table(
			head,
			targets.map(([name]) => row(name, rounds.get(name) ?? [])),
		),
	);
} finally {
	for (const server of servers) await server.stop();
	for (const child of children.reverse()) await end(child);
	await rm(folder, { recursive: true, force: true });
}
