// How a cluster of two copies of everything behaves while each process is restarted, and while one of two copies is
// killed, under a steady load: `node bench/rolling.ts`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { layOut } from "../scripts/cluster/cluster.ts";
import { secretsOf } from "../scripts/cluster/secrets.ts";
import { copiesInTurn, rollingRestart, trafficOf } from "../scripts/rolling/desk.ts";
import type { Seen, Traffic } from "../scripts/rolling/traffic.ts";

const CLIENTS = 8;
const REST_MS = Number(process.env.REST_MS ?? 40);
const WATCHED_MS = 5000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const words = (failures: readonly Seen[]) => {
	const counts = new Map<string, number>();
	for (const { status, code, route } of failures) {
		const key = `${status} ${code} ${route.replace(/[0-9a-f-]{36}/, ":id")}`;
		counts.set(key, (counts.get(key) ?? 0) + 1);
	}
	return [...counts].map(([key, count]) => `${count} × ${key}`).join("; ");
};

function row(what: string, traffic: Traffic, since: number): string {
	const failures = traffic.failuresSince(since);
	const count = traffic.countSince(since);
	const last = Math.max(0, ...failures.map(({ at, ms }) => at + ms - since));
	const slow = Math.max(...traffic.seen.filter(({ at }) => at >= since).map(({ ms }) => ms));
	const share = ((100 * failures.length) / Math.max(1, count)).toFixed(2);
	return `| ${what} | ${count} | ${failures.length} (${share} %) | ${Math.round(last)} | ${Math.round(slow)} | ${words(failures)} |`;
}

const folder = mkdtempSync(path.join(tmpdir(), "conductor-rolling-"));
const { secrets } = secretsOf(folder, {});
const cluster = await layOut({
	dataDir: folder,
	secrets,
	copies: 2,
	gatewayPorts: [0, 0],
	env: { PLATFORM_TOKEN: secrets.platformToken, LOG_LEVEL: "error", TRACE_RATE: "0" },
	onLine: (name, line) => {
		if (process.env.SHOW_LOGS) console.error(`${name} | ${line}`);
	},
});
for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.once(signal, () => void cluster.stop().finally(() => process.exit(130)));
try {
	await cluster.start();
	const traffic = await trafficOf(cluster, secrets.platformToken);
	traffic.start(CLIENTS, REST_MS);
	await pause(WATCHED_MS);
	console.log("| what | requests | failed | last failure after ms | slowest ms | which |\n| - | - | - | - | - | - |");
	console.log(row("steady", traffic, 0));
	let since = performance.now();
	await rollingRestart(cluster, copiesInTurn(cluster));
	console.log(row("rolling restart of everything", traffic, since));
	for (const name of copiesInTurn(cluster).filter((one) => one.endsWith(".1"))) {
		await pause(2000);
		since = performance.now();
		await cluster.process(name).kill();
		await pause(WATCHED_MS);
		console.log(row(`kill -9 of ${name}`, traffic, since));
		await cluster.process(name).start();
	}
	await traffic.stop();
} finally {
	await cluster.stop();
	rmSync(folder, { recursive: true });
}
