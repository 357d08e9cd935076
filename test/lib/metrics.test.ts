import fc from "fast-check";
import { BUCKETS, Histogram } from "../../lib/histogram.ts";
import { METRICS } from "../../lib/metric-names.ts";
import { Metrics } from "../../lib/metrics.ts";

/** The lines of one metric. */
async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
	return (await metrics.text()).split("\n").filter((line) => line.startsWith(name));
}

test("a histogram counts each observation once, in every bucket it fits in", () => {
	fc.assert(
		fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 200 }), (times) => {
			const histogram = new Histogram();
			for (const seconds of times) histogram.observe(seconds);
			const lines = histogram.lines();
			for (const [index, bound] of [...BUCKETS, Number.POSITIVE_INFINITY].entries())
				expect(lines[index]?.value).toBe(times.filter((seconds) => seconds <= bound).length);
			expect(lines.at(-1)).toEqual({ suffix: "count", value: times.length });
			expect(lines.at(-2)?.value).toBeCloseTo(times.reduce((sum, seconds) => sum + seconds, 0));
		}),
		{ seed: 7, numRuns: 100 },
	);
});

test("counters, histograms and gauges are told in Prometheus' format", async () => {
	const metrics = new Metrics();
	metrics.count("conductor_outbox_failures_total", { service: "tickets" });
	metrics.count("conductor_outbox_failures_total", { service: "tickets" }, 2);
	metrics.histogram("conductor_action_duration_seconds", { service: "tickets", action: "tickets.get" }).observe(0.003);
	metrics.gauge("conductor_event_lag", () => [{ labels: { group: "search" }, value: 4 }]);
	metrics.gauge("conductor_event_lag", async () => [{ labels: { group: "search" }, value: 3 }]);
	expect(await linesOf(metrics, "conductor_outbox_failures_total")).toEqual([
		'conductor_outbox_failures_total{service="tickets"} 3',
	]);
	expect(await linesOf(metrics, "conductor_action_duration_seconds_bucket")).toContain(
		'conductor_action_duration_seconds_bucket{service="tickets",action="tickets.get",le="0.005"} 1',
	);
	expect(await linesOf(metrics, "conductor_event_lag")).toEqual(['conductor_event_lag{group="search"} 7']);
	expect(await linesOf(metrics, "nodejs_eventloop_lag_seconds")).not.toEqual([]);
});

test("a gauge that fails is left out, counted, and does not spoil the others", async () => {
	const metrics = new Metrics();
	metrics.gauge("conductor_event_lag", () => Promise.reject(new Error("the log is away")));
	metrics.gauge("conductor_nodes", () => [{ labels: { service: "tickets" }, value: 2 }]);
	expect(await linesOf(metrics, "conductor_event_lag")).toEqual([]);
	expect(await linesOf(metrics, "conductor_nodes")).toEqual(['conductor_nodes{service="tickets"} 2']);
	expect(await linesOf(metrics, "conductor_scrape_failures_total")).toEqual([
		'conductor_scrape_failures_total{metric="conductor_event_lag"} 1',
	]);
});

test("gauges are read once for scrapes that follow each other", async () => {
	const metrics = new Metrics();
	let reads = 0;
	const forget = metrics.gauge("conductor_nodes", () => {
		reads++;
		return [];
	});
	await Promise.all([metrics.text(), metrics.text()]);
	await metrics.text();
	expect(reads).toBe(1);
	forget();
});

test("no metric is told apart by tenant or person", () => {
	for (const { labels, help } of Object.values(METRICS)) {
		expect(labels.filter((label) => /tenant|user|customer|email|ticket|id$/i.test(label))).toEqual([]);
		expect(help).not.toMatch(/\.$/);
	}
});
