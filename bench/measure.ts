import { readFileSync } from "node:fs";
import autocannon from "autocannon";

/** What a request costs: rate, latency in ms, and the server's CPU time for each request in µs. */
export interface Cost {
	requestsPerSecond: number;
	p50: number;
	p99: number;
	cpuPerRequest: number;
	errors: number;
}

export interface Target {
	url: string;
	method?: "GET" | "POST";
	headers?: Record<string, string>;
	body?: string;
}

/** Clock ticks in a second, as Linux counts a process's CPU time. */
const TICKS_PER_SECOND = 100;

/** CPU time that a process has used so far, µs. */
export function cpuMicroseconds(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
		.replace(/^.*\) /, "")
		.split(" ");
	return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6;
}

/** Memory of a process that is resident now, MB. */
export function residentMegabytes(pid: number): number {
	return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

/** Puts a load on a server for some seconds, after a warm-up that does not count. */
export async function load(pid: number, target: Target, seconds: number, connections = 10): Promise<Cost> {
	const options = { connections, ...target, method: target.method ?? "GET" } as autocannon.Options;
	await autocannon({ ...options, duration: 1 });
	const before = cpuMicroseconds(pid);
	const result = await autocannon({ ...options, duration: seconds });
	const requests = result["2xx"] + result.non2xx;
	return {
		requestsPerSecond: result.requests.average,
		p50: result.latency.p50,
		p99: result.latency.p99,
		cpuPerRequest: (cpuMicroseconds(pid) - before) / Math.max(1, requests),
		errors: result.non2xx + result.errors + result.timeouts,
	};
}

/** The value below which a share of the values lies (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** How long one request after the other takes, ms each. */
export async function latencies(count: number, request: (index: number) => Promise<unknown>): Promise<number[]> {
	const times: number[] = [];
	for (let index = 0; index < count; index++) {
		const start = performance.now();
		await request(index);
		times.push(performance.now() - start);
	}
	return times;
}

/** A table with aligned columns, as Markdown. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
	const cell = (value: string | number) =>
		typeof value === "string"
			? value
			: value >= 100
				? value.toFixed(0)
				: value >= 10
					? value.toFixed(1)
					: value.toFixed(2);
	const all = [head, ...rows.map((row) => row.map(cell))];
	const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
	const line = (row: readonly string[]) => `| ${row.map((value, i) => value.padEnd(widths[i] ?? 0)).join(" | ")} |`;
	return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...all.slice(1).map(line)].join(
		"\n",
	);
}
