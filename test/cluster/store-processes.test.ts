import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { loadConfig } from "../../config.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { openRuntime } from "../../runtime.ts";
import { testEnvironment } from "../support/broker.ts";
import { until } from "../support/until.ts";

const program = path.resolve(import.meta.dirname, "../support/store-process.ts");

/** A process with a copy of a store, see `test/support/store-process.ts`. */
interface StoreProcess {
	lines: string[];
	kill(): Promise<void>;
}

const running: StoreProcess[] = [];

function start(env: Record<string, string>, ...task: string[]): StoreProcess {
	const child = spawn(process.execPath, [program, ...task], {
		env: { PATH: process.env.PATH ?? "", ...env },
		stdio: ["ignore", "pipe", "inherit"],
	});
	const lines: string[] = [];
	let rest = "";
	child.stdout.on("data", (chunk: Buffer) => {
		const parts = (rest + chunk).split("\n");
		rest = parts.pop() ?? "";
		lines.push(...parts);
	});
	const ended = once(child, "exit");
	const started = {
		lines,
		async kill() {
			child.kill("SIGKILL");
			await ended;
		},
	};
	running.push(started);
	return started;
}

const said = (one: StoreProcess, word: string) => one.lines.filter((line) => line.startsWith(`${word} `));

describe.each(["embedded", "mongo"])("on the %s store", (kind) => {
	let runtime: Runtime;
	let env: Record<string, string>;
	let cleanup: () => Promise<void>;
	let isMissing = false;

	beforeAll(async () => {
		({ env, cleanup } = await testEnvironment(kind));
		isMissing = kind === "mongo" && !env.MONGO_URL;
		runtime = await openRuntime(loadConfig(env), systemClock);
	}, 30_000);
	afterAll(async () => {
		await Promise.all(running.splice(0).map((one) => one.kill()));
		await runtime.close();
		await cleanup();
	});

	test("processes that start for the first time at once make one secret", async () => {
		if (isMissing) return;
		const all = Array.from({ length: 3 }, () => start(env, "serve"));
		await until(() => all.every((one) => said(one, "secret").length === 1), 30_000);
		expect(new Set(all.flatMap((one) => said(one, "secret"))).size).toBe(1);
		await Promise.all(all.map((one) => one.kill()));
	}, 40_000);

	test("what a process had committed when it was killed is published by another one, in order and once", async () => {
		if (isMissing) return;
		const survivor = start(env, "serve");
		const victim = start(env, "commit", "7");
		await until(() => said(victim, "committed").length === 7, 30_000);
		await victim.kill();
		const logged = () => runtime.events.read({ tenantId: "here", limit: 100 });
		await until(async () => (await logged()).length >= 7, 30_000);
		expect((await logged()).map(({ event }) => event.sequence)).toEqual([1, 2, 3, 4, 5, 6, 7]);
		expect(said(survivor, "error")).toEqual([]);
	}, 70_000);
});
