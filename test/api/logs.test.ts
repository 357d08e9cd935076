import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type RunningProcess, startProcess } from "../support/process.ts";

const PLATFORM = "cnd_platform_of_the_log_tests_0123456789";

interface Line {
	level: string;
	node: string;
	service?: string;
	module?: string;
	msg?: string;
	requestId?: string;
	traceId?: string;
	tenantId?: string;
	action?: string;
	eventType?: string;
	err?: { stack: string };
}

let dataDir: string;
let desk: RunningProcess;
let tenantId: string;
let token: string;

async function ask(method: string, route: string, body?: unknown, headers: Record<string, string> = {}) {
	const response = await fetch(`${desk.origin}/api${route}`, {
		method,
		headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	const text = await response.text();
	return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

beforeAll(async () => {
	dataDir = await mkdtemp(path.join(tmpdir(), "conductor-logs-"));
	desk = await startProcess({ DATA_DIR: dataDir, LOG_LEVEL: "debug", PLATFORM_TOKEN: PLATFORM });
	token = PLATFORM;
	const made = await ask("POST", "/tenants", {
		slug: "logged",
		name: "Logged",
		owner: { name: "Olga Owner", email: "olga@logged.example" },
	});
	tenantId = made.body.tenant.id;
	token = made.body.token;
}, 60_000);
afterAll(async () => {
	await desk?.kill();
	await rm(dataDir, { recursive: true, force: true });
});

/** A day at the desk: good requests, refused ones, and some that nobody should send. */
async function work(): Promise<void> {
	const customer = await ask("POST", "/customers", {
		name: "Cora",
		email: "cora@customers.example",
		phone: "+431234567",
	});
	await ask("POST", "/customers", { name: "Cora again", email: "cora@customers.example" });
	await ask("GET", "/customers?email=cora@customers.example");
	await ask("GET", "/customers/search/cora@customers.example");
	await ask("POST", "/customers", { name: 1, email: "not-an-address@", token: "cnd_in_a_body_1234567890" });
	const ticket = await ask("POST", "/tickets", {
		subject: "From cora@customers.example",
		description: "My token is cnd_written_in_a_ticket_12345",
		customerId: customer.body.id,
	});
	await ask("POST", `/tickets/${ticket.body.id}/messages`, { body: "Write to me: cora@customers.example" });
	await ask("POST", "/users", { name: "Uma", email: "uma@logged.example", role: "agent" });
	await ask("POST", "/users", { name: "Uma", email: "uma@logged.example", role: "agent" });
	await ask("POST", "/tokens", { name: "integration", scopes: ["tickets.read"] });
	await ask("GET", "/me", undefined, { authorization: "Bearer cnd_nobody_knows_this_one_1234567890" });
	await ask("GET", "/me", undefined, { authorization: "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl" });
	await ask("GET", "/me", undefined, { cookie: "conductor_session=secretsecretsecret" });
	await ask("GET", "/tickets", undefined, {
		"x-request-id": "order-42",
		traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
	});
}

/** The process has said all it has to say about what was asked before. */
async function linesUntil(found: (line: Line) => boolean): Promise<Line[]> {
	const deadline = performance.now() + 20_000;
	for (;;) {
		const lines = desk
			.output()
			.split("\n")
			.filter((line) => line.startsWith("{") && line.endsWith("}"))
			.map((line) => JSON.parse(line) as Line);
		if (lines.some(found)) return lines;
		if (performance.now() > deadline) throw new Error(`no such line among ${lines.length}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

test("a busy desk's log lines hold no token, no password and nobody's address", async () => {
	await work();
	await linesUntil((line) => line.requestId === "order-42");
	// What the start shows once is no log line.
	const lines = desk
		.output()
		.split("\n")
		.filter((line) => line.startsWith("{"));
	expect(lines.length).toBeGreaterThan(20);
	for (const line of lines)
		expect(line).not.toMatch(/cnd_(?!\[redacted\])|eyJhbG|secretsecret|[a-z]+@[a-z]+\.[a-z]+|olga|cora/i);
});

test("the line of a request says whose it was", async () => {
	const lines = await linesUntil((line) => line.requestId === "order-42" && line.msg === "request");
	expect(lines.find((line) => line.requestId === "order-42" && line.msg === "request")).toMatchObject({
		level: "info",
		service: "gateway",
		node: expect.any(String),
		tenantId,
		traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
		route: "/api/tickets",
		status: 200,
	});
});
