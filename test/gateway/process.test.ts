import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const TOKEN = "demo-token-of-this-test";
const SECRET = "nobody-may-read-this-in-a-log";

let dataDir: string;
let child: ChildProcess;
let output = "";

/** Resolves with the first match in what the process has printed, rejects when it ends without one. */
function printed(pattern: RegExp): Promise<string> {
	return new Promise((resolve, reject) => {
		const look = () => {
			const match = pattern.exec(output);
			if (match) resolve(match[1] ?? match[0]);
			else if (child.exitCode !== null) reject(new Error(`the process ended:\n${output}`));
		};
		child.stdout?.on("data", look);
		child.on("close", look);
		look();
	});
}

beforeAll(async () => {
	dataDir = await mkdtemp(path.join(tmpdir(), "conductor-process-"));
	const env = { ...process.env, DATA_DIR: dataDir, PORT: "0", DEMO_TOKEN: TOKEN, LOG_LEVEL: "debug", NODE_OPTIONS: "" };
	child = spawn(process.execPath, ["start.ts"], { env, stdio: ["ignore", "pipe", "pipe"] });
	for (const stream of [child.stdout, child.stderr])
		stream?.on("data", (chunk) => {
			output += chunk;
		});
}, 30_000);
afterAll(async () => {
	child.kill("SIGKILL");
	await rm(dataDir, { recursive: true, force: true });
});

test("a process logs one line a request, without credentials, bodies or what was asked for, and stops on a signal", async () => {
	const origin = await printed(/listens on (http:\S+)/);
	const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", "x-request-id": "request-1" };
	const me = await fetch(`${origin}/api/me`, { headers });
	expect(me.status).toBe(200);
	const body = JSON.stringify({ name: SECRET, unknownField: SECRET });
	await fetch(`${origin}/api/customers`, {
		method: "POST",
		headers: { ...headers, "x-request-id": "request-2" },
		body,
	});
	await fetch(`${origin}/api/customers?email=${SECRET}`, { headers: { cookie: `conductor_session=${SECRET}` } });
	await fetch(`${origin}/api/${SECRET}`, { headers: { authorization: `Bearer ${SECRET}` } });
	child.kill("SIGTERM");
	const [code] = await once(child, "exit");
	expect(code).toBe(0);
	const lines = output.split("\n").filter((line) => line.startsWith("{"));
	for (const word of [TOKEN, SECRET, "olivia", "owner@demo.example"]) expect(lines.join("\n")).not.toContain(word);
	const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");
	expect(requests.map(({ method, route, status }) => `${method} ${route} ${status}`).sort()).toEqual([
		"GET /api/customers 401",
		"GET /api/me 200",
		"GET none 404",
		"POST /api/customers 422",
	]);
	expect(requests.find(({ requestId }) => requestId === "request-1")).toMatchObject({
		traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
		tenantId: expect.any(String),
		callerId: expect.any(String),
		ms: expect.any(Number),
	});
}, 60_000);
