import { readFile } from "node:fs/promises";
import path from "node:path";
import { load } from "js-yaml";
import { METRICS, type MetricDefinition } from "../../lib/metric-names.ts";
import { type Desk, startDesk } from "../support/desk.ts";

const DEPLOY = path.resolve(import.meta.dirname, "../../deploy");
const read = (file: string) => readFile(path.join(DEPLOY, file), "utf8");

interface Panel {
	id: number;
	type: string;
	title: string;
	gridPos: { x: number; y: number; w: number; h: number };
	datasource?: { uid: string };
	targets?: { expr: string; legendFormat: string }[];
}

interface Rule {
	alert: string;
	expr: string;
	labels: Record<string, string>;
	annotations: Record<string, string>;
}

const dashboard = async () => JSON.parse(await read("grafana/dashboards/conductor.json")) as { panels: Panel[] };
const rules = async () =>
	(load(await read("alerts.yml")) as { groups: { rules: Rule[] }[] }).groups.flatMap((g) => g.rules);

/** Every query, with the texts that show its labels. */
async function queries(): Promise<{ expr: string; shown: string }[]> {
	const ofPanels = (await dashboard()).panels.flatMap(({ targets = [] }) =>
		targets.map(({ expr, legendFormat }) => ({ expr, shown: legendFormat })),
	);
	const ofRules = (await rules()).map(({ expr, annotations }) => ({
		expr,
		shown: Object.values(annotations)
			.join(" ")
			.replaceAll("$labels.", "")
			.replaceAll(/\{\{ (\w+) \}\}/g, "{{$1}}"),
	}));
	return [...ofPanels, ...ofRules];
}

const namesIn = (expr: string) => expr.match(/\b(conductor|nodejs|process|sla)_[a-z0-9_]+/g) ?? [];

/** The metric that a series belongs to: a histogram's series have a suffix. */
const metricOf = (series: string) => {
	const base = series.replace(/_(bucket|sum|count)$/, "");
	return (METRICS as Record<string, MetricDefinition>)[base]?.type === "histogram" ? base : series;
};

/** Labels that Prometheus itself gives. */
const OF_PROMETHEUS = ["job", "instance", "process", "le"];

let desk: Desk;
let text: string;
beforeAll(async () => {
	desk = await startDesk();
	const tenant = await desk.tenant();
	await tenant.as.owner("GET", "/tickets");
	await tenant.as.owner("GET", "/tickets/nothing");
	text = (await desk.anonymous<string>("GET", "/metrics")).body;
}, 60_000);
afterAll(() => desk?.stop());

test("every metric that a dashboard or an alert uses is told by a running process", async () => {
	const told = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
	const all = await queries();
	expect(all.length).toBeGreaterThan(40);
	for (const { expr } of all)
		for (const name of namesIn(expr)) expect([name, told.has(metricOf(name))]).toEqual([name, true]);
	for (const name of Object.keys(METRICS)) expect([name, told.has(name)]).toEqual([name, true]);
});

test("they use only labels that the metric has", async () => {
	for (const { expr, shown } of await queries()) {
		const names = namesIn(expr).map(metricOf);
		const has = names.flatMap((name) => (METRICS as Record<string, MetricDefinition>)[name]?.labels ?? []);
		const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/,\s*/));
		const filtered = [...expr.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)"/g)].map(([, label = ""]) => label);
		const legend = [...shown.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
		for (const label of [...grouped, ...filtered, ...legend])
			expect([expr, label, [...has, ...OF_PROMETHEUS].includes(label)]).toEqual([expr, label, true]);
	}
});

test("every metric is on the dashboard or in an alert", async () => {
	const used = new Set((await queries()).flatMap(({ expr }) => namesIn(expr).map(metricOf)));
	expect(Object.keys(METRICS).filter((name) => !used.has(name))).toEqual([]);
});

test("what a process tells is well formed and names no tenant and nobody", () => {
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	for (const line of lines)
		expect(line).toMatch(/^[a-z_][a-z0-9_]*(\{([a-z_]+="[^"\n]*",?)*\})? ([Nn]a[Nn]|[+-]?(Inf|[\d.]+(e[+-]?\d+)?))$/);
	expect(text).not.toContain("conductor_scrape_failures_total{");
	expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|@|tenant_?id/i);
	expect(text).toMatch(
		/conductor_http_request_duration_seconds_count\{method="GET",route="\/api\/tickets",status="2xx"\} 1/,
	);
	expect(text).toMatch(/conductor_action_errors_total\{service="tickets",action="tickets.get",status="4xx"\} 1/);
});

test("panels do not overlap and every one has its source", async () => {
	const { panels } = await dashboard();
	expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
	const taken = new Set<string>();
	for (const { title, gridPos, type, datasource, targets } of panels) {
		for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
			for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
				expect([title, x < 24 && !taken.has(`${x} ${y}`)]).toEqual([title, true]);
				taken.add(`${x} ${y}`);
			}
		if (type !== "row")
			expect([title, datasource?.uid, (targets ?? []).length > 0]).toEqual([title, "prometheus", true]);
	}
	const sources = load(await read("grafana/provisioning/datasources/conductor.yml")) as {
		datasources: { uid: string }[];
	};
	expect(sources.datasources.map(({ uid }) => uid)).toEqual(["prometheus", "jaeger"]);
});

test("every alert says what is wrong, how bad it is and what to do", async () => {
	for (const { alert, labels, annotations } of await rules()) {
		expect([alert, ["page", "warn"].includes(labels.severity ?? "")]).toEqual([alert, true]);
		expect([alert, Object.keys(annotations).sort()]).toEqual([alert, ["description", "summary"]]);
	}
});
