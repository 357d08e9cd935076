// Proves that a cluster loses nothing: mixed commands go to two copies of everything while processes and servers are
// killed and started again at random. Then everything that was acknowledged must be there once, and have taken effect
// once wherever its events go. Ends with 1 where that is not so.
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { PatientClient } from "./chaos/client.ts";
import { Faults } from "./chaos/faults.ts";
import { Load } from "./chaos/load.ts";
import { Random } from "./chaos/random.ts";
import { makeTenant } from "./chaos/tenants.ts";
import { type Verdict, verdicts } from "./chaos/verdict.ts";
import { type Cluster, layOut } from "./cluster/cluster.ts";
import { secretsOf } from "./cluster/secrets.ts";

const HELP = `npm run chaos -- [--commands N] [--minutes N] [--seed N] [--copies N] [--every MS] [--calm] [--keep]

  --commands N  how many commands are sent (10000)
  --minutes N   end earlier after so many minutes
  --seed N      of the choices; printed, so that a run can be repeated
  --copies N    processes of each service, and gateways (2)
  --workers N   commands at a time (16)
  --every MS    time between two faults in the mean (4000)
  --calm        no faults
  --keep        leave the data and logs where they are`;

const TENANTS = 2;
const SHOWN = 12;
const SETTLES_WITHIN_MS = 60_000;

const number = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : Number(text));

function settings() {
	const { values } = parseArgs({
		options: {
			commands: { type: "string" },
			minutes: { type: "string" },
			seed: { type: "string" },
			copies: { type: "string" },
			workers: { type: "string" },
			every: { type: "string" },
			calm: { type: "boolean", default: false },
			keep: { type: "boolean", default: false },
			help: { type: "boolean", default: false },
		},
	});
	if (values.help) {
		console.log(HELP);
		process.exit(0);
	}
	return {
		commands: number(values.commands, 10_000),
		minutes: number(values.minutes, Number.POSITIVE_INFINITY),
		seed: number(values.seed, Math.floor(Math.random() * 1e9)),
		copies: number(values.copies, 2),
		workers: number(values.workers, 16),
		every: number(values.every, 4000),
		calm: values.calm,
		keep: values.keep,
	};
}

const begin = performance.now();
const say = (text: string) => console.log(`${((performance.now() - begin) / 1000).toFixed(1).padStart(7)} s  ${text}`);

async function startCluster(folder: string, copies: number) {
	const { secrets } = secretsOf(folder, {});
	const logs = path.join(folder, "logs");
	mkdirSync(logs);
	const streams = new Map<string, ReturnType<typeof createWriteStream>>();
	const cluster = await layOut({
		dataDir: folder,
		secrets,
		copies,
		gatewayPorts: Array.from({ length: copies }, () => 0),
		env: { PLATFORM_TOKEN: secrets.platformToken, LOG_LEVEL: process.env.LOG_LEVEL ?? "warn", TRACE_RATE: "0" },
		onLine: (name, line) => {
			const stream = streams.get(name) ?? createWriteStream(path.join(logs, `${name}.log`));
			streams.set(name, stream);
			stream.write(`${new Date().toISOString()} ${line}\n`);
		},
	});
	await cluster.start().catch(async (error: unknown) => {
		await cluster.stop();
		throw error;
	});
	return { cluster, platformToken: secrets.platformToken };
}

/** Sends all commands; `onLast` is called when no further one is begun, while sagas of some may still be waited for. */
async function sendAll(
	load: Load,
	{ commands, minutes, workers }: ReturnType<typeof settings>,
	onLast: () => void,
): Promise<void> {
	const end = performance.now() + minutes * 60_000;
	let sent = 0;
	let told = 0;
	const worker = async () => {
		while (sent < commands && performance.now() < end) {
			sent++;
			await load.one();
			if (sent - told >= 500) {
				told = sent;
				say(`${sent} commands`);
			}
		}
		onLast();
	};
	await Promise.all(Array.from({ length: workers }, worker));
}

const percentile = (sorted: readonly number[], share: number) =>
	Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);

const list = (entries: Iterable<[string, number]>) =>
	[...entries].map(([name, count]) => `${name} ${count}`).join(", ") || "none";

function printFigures(load: Load, client: PatientClient, faults: Faults, seconds: number): void {
	const { acknowledged } = load.report;
	const all = Object.values(acknowledged).reduce((sum, count) => sum + count, 0);
	const sorted = [...client.latencies].sort((a, b) => a - b);
	console.log(`
| what                  | figure |
| --------------------- | ------ |
| acknowledged commands | ${all} in ${Math.round(seconds)} s |
| of these              | ${list(Object.entries(acknowledged))} |
| time to acknowledge   | p50 ${percentile(sorted, 0.5)} ms, p95 ${percentile(sorted, 0.95)} ms, p99 ${percentile(sorted, 0.99)} ms |
| sent again after      | ${list(client.repeats)} |
| faults                | ${list(faults.done)} |
| ended by themselves   | ${faults.crashes.length} |`);
}

function printVerdicts(results: readonly Verdict[]): number {
	console.log("\n| checked                        | differences |\n| ------------------------------ | ----------- |");
	for (const { name, differences } of results) console.log(`| ${name.padEnd(30)} | ${differences.length} |`);
	for (const { name, differences } of results) {
		if (differences.length > 0) console.log(`\n${name}:`);
		for (const difference of differences.slice(0, SHOWN)) console.log(`  ${difference}`);
		if (differences.length > SHOWN) console.log(`  and ${differences.length - SHOWN} more`);
	}
	return results.reduce((sum, { differences }) => sum + differences.length, 0);
}

async function run(cluster: Cluster, platformToken: string, options: ReturnType<typeof settings>): Promise<number> {
	const random = new Random(options.seed);
	const client = new PatientClient(cluster.origins);
	const tenants = [];
	for (let index = 0; index < TENANTS; index++) tenants.push(await makeTenant(client, platformToken));
	say(`tenants are made, sent again after: ${list(client.repeats)}; the load begins`);
	const load = new Load(client, tenants, random);
	const faults = new Faults(cluster, new Random(options.seed + 1), say);
	const hurting = options.calm ? Promise.resolve() : faults.run(options.every);
	const started = performance.now();
	await sendAll(load, options, () => faults.end());
	const seconds = (performance.now() - started) / 1000;
	await hurting;
	say("no more commands, no more faults");
	const results = await verdicts(cluster, client, tenants, platformToken, { withinMs: SETTLES_WITHIN_MS, say });
	results.unshift({ name: "answers while it ran", differences: load.report.violations });
	printFigures(load, client, faults, seconds);
	for (const crash of faults.crashes.slice(0, 5)) console.log(`\n${crash}`);
	return printVerdicts(results);
}

const options = settings();
const folder = mkdtempSync(path.join(tmpdir(), "conductor-chaos-"));
say(`seed ${options.seed}, data and logs in ${folder}`);
const { cluster, platformToken } = await startCluster(folder, options.copies);
say(`${cluster.processes.size} processes run`);
for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.once(signal, () => void cluster.stop().finally(() => process.exit(130)));
let violations: number;
try {
	violations = await run(cluster, platformToken, options);
} finally {
	await cluster.stop();
}
if (violations === 0 && !options.keep) rmSync(folder, { recursive: true });
console.log(violations === 0 ? "\nNothing was lost." : `\n${violations} violations; data and logs are in ${folder}`);
process.exit(violations === 0 ? 0 : 1);
