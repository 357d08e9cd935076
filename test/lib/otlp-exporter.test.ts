import { OtlpExporter, type Span } from "../../lib/otlp-exporter.ts";
import { type Collector, startCollector } from "../support/collector.ts";

let collector: Collector;
beforeEach(async () => {
	collector = await startCollector();
});
afterEach(() => collector.close());

const span = (name: string, fields: Partial<Span> = {}): Span => ({
	service: "tickets",
	name,
	kind: "server",
	traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
	spanId: "00f067aa0ba902b7",
	parentId: null,
	startedAt: 1_700_000_000_000.25,
	duration: 12.5,
	failed: false,
	attributes: { "rpc.method": name, "http.response.status_code": 200 },
	...fields,
});

function exporterTo(endpoint: string, timeoutMs = 10_000) {
	const told = { exported: 0, dropped: 0, failures: [] as string[] };
	const exporter = new OtlpExporter({
		endpoint,
		instance: "node-1",
		intervalMs: 5,
		timeoutMs,
		exported: (count) => {
			told.exported += count;
		},
		dropped: (count) => {
			told.dropped += count;
		},
		failed: (error) => told.failures.push((error as Error).message),
	});
	return { exporter, told };
}

test("spans are sent in batches, under the resource of their service", async () => {
	const { exporter, told } = exporterTo(`${collector.endpoint}/`);
	for (let i = 0; i < 600; i++) exporter.add(span("tickets.get"));
	exporter.add(span("POST /api/tickets", { service: "gateway", parentId: "1111111111111111", failed: true }));
	const spans = await collector.until((all) => all.length === 601);
	expect(collector.requests).toBe(2);
	expect(spans.at(0)).toEqual({
		service: "tickets",
		instance: "node-1",
		name: "tickets.get",
		kind: 2,
		traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
		spanId: "00f067aa0ba902b7",
		parentSpanId: null,
		startNs: 1_700_000_000_000_250_000n,
		endNs: 1_700_000_000_012_750_000n,
		failed: false,
		attributes: { "rpc.method": "tickets.get", "http.response.status_code": "200" },
	});
	expect(spans.at(-1)).toMatchObject({ service: "gateway", parentSpanId: "1111111111111111", failed: true });
	await exporter.stop();
	expect(told).toEqual({ exported: 601, dropped: 0, failures: [] });
});

test("what waits is sent at the stop, and nothing is taken after it", async () => {
	const { exporter, told } = exporterTo(collector.endpoint);
	exporter.add(span("last"));
	await exporter.stop();
	expect(collector.spans.map(({ name }) => name)).toEqual(["last"]);
	exporter.add(span("too late"));
	expect(told).toMatchObject({ exported: 1, dropped: 1 });
});

test.each(["refuse", "hang"] as const)(
	"a collector that would %s costs spans, counted, and one message",
	async (mode) => {
		collector.mode = mode;
		const { exporter, told } = exporterTo(collector.endpoint, 50);
		for (let i = 0; i < 5000; i++) exporter.add(span("lost"));
		// The queue is bounded: what does not fit is dropped at once.
		expect(told.dropped).toBe(5000 - 4096);
		const began = performance.now();
		await exporter.stop();
		expect(performance.now() - began).toBeLessThan(1000);
		expect(told).toMatchObject({ exported: 0, dropped: 5000, failures: [expect.any(String)] });
	},
);

test("a collector that is not there costs no more", async () => {
	await collector.close();
	const { exporter, told } = exporterTo(collector.endpoint);
	exporter.add(span("lost"));
	await exporter.stop();
	expect(told).toMatchObject({ dropped: 1, failures: [expect.any(String)] });
	collector = await startCollector();
});
