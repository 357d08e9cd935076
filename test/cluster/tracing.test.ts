import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type CollectedSpan, type Collector, startCollector } from "../support/collector.ts";
import { hasNatsServer, startNats, type TestNats } from "../support/nats.ts";
import { CLUSTER_SECRET } from "../support/node.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";
import { until } from "../support/until.ts";

const PLATFORM = "cnd_platform_of_the_trace_tests_0123456789";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

let dataDir: string;
let nats: TestNats;
let collector: Collector;
let front: RunningProcess;
let back: RunningProcess;
let token = PLATFORM;

async function post<T>(route: string, body: unknown, traceparent = `00-${TRACE}-00f067aa0ba902b7-00`): Promise<T> {
	const response = await fetch(`${front.origin}/api${route}`, {
		method: "POST",
		headers: { authorization: `Bearer ${token}`, "content-type": "application/json", traceparent },
		body: JSON.stringify(body),
	});
	if (response.status >= 300) throw new Error(`${route} answered ${response.status}: ${await response.text()}`);
	return (await response.json()) as T;
}

/** Spans of the trace whose parent is not there, that of the client aside. */
function orphans(spans: CollectedSpan[]): CollectedSpan[] {
	const own = spans.filter(({ traceId }) => traceId === TRACE);
	const ids = new Set<string | null>([...own.map(({ spanId }) => spanId), "00f067aa0ba902b7"]);
	return own.filter(({ parentSpanId }) => !ids.has(parentSpanId));
}

const describeWithNats = hasNatsServer() ? describe : describe.skip;

describeWithNats("two processes and a collector", () => {
	beforeAll(async () => {
		dataDir = await mkdtemp(path.join(tmpdir(), "conductor-traces-"));
		nats = (await startNats()) as TestNats;
		collector = await startCollector();
		const env = {
			DATA_DIR: dataDir,
			NATS_URL: nats.url,
			CLUSTER_SECRET,
			PLATFORM_TOKEN: PLATFORM,
			OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
			TRACE_RATE: "1",
		};
		[front, back] = await Promise.all([
			startProcess({ ...env, SERVICES: "gateway,identity,customers" }),
			startProcess({ ...env, SERVICES: "tickets,knowledge-base,search,dashboard", OPERATIONS_PORT: "0" }),
		]);
		await until(async () => {
			const response = await fetch(`${front.origin}/api/health`);
			return ((await response.json()) as { status: string }).status === "ok";
		}, 30_000);
		const owner = { name: "Olga Owner", email: "olga@traced.example" };
		token = (await post<{ token: string }>("/tenants", { slug: "traced", name: "Traced", owner })).token;
	}, 120_000);
	afterAll(async () => {
		await Promise.all([front?.kill(), back?.kill()]);
		await collector?.close();
		await nats?.stop();
		await rm(dataDir, { recursive: true, force: true });
	});

	test("what is asked of one process is traced to the last handler in the other", async () => {
		const customer = await post<{ id: string }>("/customers", { name: "Cora", email: "cora@traced.example" });
		const body = { subject: "Secret subject", description: "Hello", customerId: customer.id };
		await post("/tickets", body, `00-${TRACE}-00f067aa0ba902b7-01`);
		const all = await collector.until(
			(seen) =>
				["POST /api/tickets", "tickets.create"].every((name) => seen.some((span) => span.name === name)) &&
				["dashboard", "customers"].every((service) =>
					seen.some((span) => span.name === "ticket.created process" && span.service === service),
				) &&
				orphans(seen).length === 0,
			30_000,
		);
		const spans = all.filter(({ traceId }) => traceId === TRACE);
		const [request] = spans.filter(({ name }) => name === "POST /api/tickets");
		const [create] = spans.filter(({ name }) => name === "tickets.create");
		expect(request).toMatchObject({ service: "gateway", parentSpanId: "00f067aa0ba902b7" });
		expect(create).toMatchObject({ service: "tickets", parentSpanId: request?.spanId });
		expect(create?.instance).not.toBe(request?.instance);
		const handled = spans.filter(({ name }) => name === "ticket.created process");
		expect(handled.length).toBeGreaterThan(1);
		for (const span of handled) expect([span.kind, span.parentSpanId]).toEqual([5, create?.spanId]);
		// One of them in each process.
		expect(new Set(handled.map(({ instance }) => instance))).toEqual(new Set([request?.instance, create?.instance]));
		expect(collector.bodies.join()).not.toMatch(/Secret|Hello|cora|olga|cnd_/);
	});

	test("what a client does not want traced is not, and no header is as good as our own choice", async () => {
		const unwanted = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
		await post("/groups", { name: "Not traced" }, `00-${unwanted}-00f067aa0ba902b7-00`);
		await post("/groups", { name: "Traced" }, "garbage");
		const spans = await collector.until((all) => all.some(({ name }) => name === "POST /api/groups"), 30_000);
		const roots = spans.filter(({ name }) => name === "POST /api/groups");
		expect(roots).toHaveLength(1);
		expect(roots[0]).toMatchObject({ parentSpanId: null });
		expect(roots[0]?.traceId).not.toBe(TRACE);
		expect(spans.some(({ traceId }) => traceId === unwanted)).toBe(false);
	});

	test("a process without a gateway says how it is", async () => {
		const ask = async (route: string) => {
			const response = await fetch(back.origin + route);
			return { status: response.status, text: await response.text() };
		};
		expect(await ask("/health/live")).toEqual({ status: 200, text: '{"status":"live"}' });
		expect(JSON.parse((await ask("/health/ready")).text)).toMatchObject({ status: "ready" });
		const { text } = await ask("/metrics");
		expect(text).toMatch(/conductor_action_duration_seconds_count\{service="tickets",action="tickets.create"\} 1/);
		expect(text).toMatch(/conductor_event_group_active\{group="dashboard"\} 1/);
		expect(text).toMatch(/conductor_nodes\{service="customers"\} 1/);
		expect(Number(/conductor_spans_exported_total (\d+)/.exec(text)?.[1])).toBeGreaterThan(0);
		expect((await ask("/api/tickets")).status).toBe(404);
	});

	test("a collector that is away costs the requests nothing", async () => {
		collector.mode = "hang";
		const times: number[] = [];
		for (let i = 0; i < 20; i++) {
			const began = performance.now();
			await post("/groups", { name: `Group ${i}` }, `00-${TRACE}-00f067aa0ba902b7-01`);
			times.push(performance.now() - began);
		}
		expect(Math.max(...times)).toBeLessThan(2000);
		// It stops in time, though the collector never answers.
		const began = performance.now();
		expect(await front.stop()).toBe(0);
		expect(performance.now() - began).toBeLessThan(15_000);
	});
});
