import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ServiceBroker } from "moleculer";
import { Metrics } from "../../lib/metrics.ts";
import { COPY } from "../support/copy-contracts.ts";
import { startNats } from "../support/nats.ts";
import { clusterNode } from "../support/node.ts";
import { until } from "../support/until.ts";

const nats = await startNats();
const url = nats?.url ?? "";
const script = path.resolve(import.meta.dirname, "../support/copy-process.ts");

interface Copy {
	child: ChildProcess;
	pid: number;
}

const copies = new Set<Copy>();

async function startCopy(): Promise<Copy> {
	const child = spawn(process.execPath, [script, url], { stdio: ["ignore", "pipe", "inherit"] });
	await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
	const copy = { child, pid: child.pid as number };
	copies.add(copy);
	return copy;
}

async function end(copy: Copy, signal: NodeJS.Signals): Promise<void> {
	copies.delete(copy);
	if (copy.child.exitCode !== null || copy.child.signalCode !== null) return;
	const ended = once(copy.child, "exit");
	copy.child.kill("SIGCONT");
	copy.child.kill(signal);
	await ended;
}

/** What calls came to, by the process that answered or the error's type. */
type Tally = Map<string, number>;

/** Calls again and again from so many places at once until told to stop; returns how to stop, and what came of it. */
function load(
	broker: ServiceBroker,
	name: string,
	places = 10,
): { tally: Tally; slowest: number[]; stop(): Promise<void> } {
	const tally: Tally = new Map();
	const slowest: number[] = [];
	let going = true;
	const place = async () => {
		while (going) {
			const since = performance.now();
			const outcome = await broker.call<{ pid: number }>(name).then(
				({ pid }) => String(pid),
				(error: { type: string }) => error.type,
			);
			slowest.push(performance.now() - since);
			tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
		}
	};
	const places_ = Array.from({ length: places }, place);
	return {
		tally,
		slowest,
		async stop() {
			going = false;
			await Promise.all(places_);
			slowest.sort((a, b) => b - a);
		},
	};
}

const total = (tally: Tally) => [...tally.values()].reduce((sum, count) => sum + count, 0);
const failures = (tally: Tally) => total(new Map([...tally].filter(([outcome]) => /\D/.test(outcome))));

(nats ? describe : describe.skip)("copies of a service that go away", () => {
	const metrics = new Metrics();
	let caller: ServiceBroker;
	let first: Copy;
	let second: Copy;

	beforeAll(async () => {
		caller = clusterNode(url, [], {}, metrics);
		await caller.start();
	});
	afterAll(async () => {
		await caller.stop();
		await nats?.stop();
	});
	beforeEach(async () => {
		[first, second] = await Promise.all([startCopy(), startCopy()]);
		await until(() => nodesOf(caller) === 2);
	}, 30_000);
	afterEach(async () => {
		// They say goodbye, so that nobody waits for them in the next test.
		await Promise.all([...copies].map((copy) => end(copy, "SIGTERM")));
		await caller.call(COPY.read.name).catch(() => undefined);
		await until(() => nodesOf(caller) === 0, 20_000);
	}, 30_000);

	test("reads do not notice that a copy is killed", async () => {
		const calls = load(caller, COPY.read.name);
		await until(() => total(calls.tally) > 300);
		await end(first, "SIGKILL");
		const then = total(calls.tally);
		await until(() => total(calls.tally) > then + 300);
		await calls.stop();
		expect(failures(calls.tally)).toBe(0);
		expect(calls.slowest[0]).toBeLessThan(4000);
	}, 30_000);

	test("reads go on without a copy that freezes, and with it when it is back", async () => {
		const calls = load(caller, COPY.read.name);
		await until(() => total(calls.tally) > 300);
		first.child.kill("SIGSTOP");
		await until(() => nodesOf(caller) === 1, 8000);
		const then = total(calls.tally);
		await until(() => total(calls.tally) > then + 300);
		first.child.kill("SIGCONT");
		await until(() => nodesOf(caller) === 2, 5000);
		const before = calls.tally.get(String(first.pid)) ?? 0;
		await until(() => (calls.tally.get(String(first.pid)) ?? 0) > before + 50);
		await calls.stop();
		expect(failures(calls.tally)).toBe(0);
		expect(await metrics.text()).toMatch(/conductor_ejections_total\{service="copy"\} [1-9]/);
	}, 30_000);

	test("few commands fail where a copy is killed, and none is sent a second time", async () => {
		const calls = load(caller, COPY.command.name);
		await until(() => total(calls.tally) > 500);
		await end(first, "SIGKILL");
		const then = total(calls.tally);
		await until(() => total(calls.tally) > then + 500);
		await calls.stop();
		expect(failures(calls.tally)).toBeLessThanOrEqual(12);
		expect(calls.slowest[0]).toBeLessThan(4000);
	}, 30_000);

	test("a command whose callee dies over it is not done elsewhere, unless it has an id", async () => {
		const die = (meta: object) => caller.call<{ pid: number }, object>(COPY.die.name, { pid: first.pid }, { meta });
		// Both copies are asked in turn: one of two calls gets to the first.
		const outcomes = await Promise.allSettled([die({}), die({})]);
		expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
		first = await startCopy();
		await until(() => nodesOf(caller) === 2);
		const again = await Promise.all([die({ commandId: "one" }), die({ commandId: "two" })]);
		expect(again).toEqual([{ pid: second.pid }, { pid: second.pid }]);
	}, 30_000);

	test("a slow answer is waited for", async () => {
		const answers = await Promise.all([caller.call(COPY.slow.name), caller.call(COPY.slow.name)]);
		expect(answers).toHaveLength(2);
		expect(nodesOf(caller)).toBe(2);
	});

	test("a copy that is stopped finishes what it has, and nobody notices", async () => {
		const calls = load(caller, COPY.command.name);
		const slow = Promise.all([caller.call(COPY.slow.name), caller.call(COPY.slow.name)]);
		await until(() => total(calls.tally) > 200);
		await end(first, "SIGTERM");
		const then = total(calls.tally);
		await until(() => total(calls.tally) > then + 200);
		await calls.stop();
		expect(await slow).toHaveLength(2);
		expect(failures(calls.tally)).toBe(0);
	}, 30_000);

	test("the breaker opens on time-outs, and others are not held up by them", async () => {
		const hang = () => caller.call(COPY.hang.name, {}, { timeout: 50 }).catch((error: { type: string }) => error.type);
		const outcomes = await Promise.all(Array.from({ length: 60 }, hang));
		expect(new Set(outcomes)).toEqual(new Set(["REQUEST_TIMEOUT"]));
		const since = performance.now();
		expect(await hang()).toBe("SERVICE_NOT_AVAILABLE");
		expect(performance.now() - since).toBeLessThan(40);
		expect(await caller.call(COPY.read.name)).toEqual({ pid: expect.any(Number) });
		await pause(2100);
		expect(await hang()).toBe("REQUEST_TIMEOUT");
	}, 30_000);

	test("where no copy is left, callers are told soon", async () => {
		await Promise.all([end(first, "SIGKILL"), end(second, "SIGKILL")]);
		await expect(caller.call(COPY.read.name)).rejects.toThrow();
		await until(() => nodesOf(caller) === 0, 5000);
		const since = performance.now();
		await expect(caller.call(COPY.read.name)).rejects.toMatchObject({ type: /SERVICE_NOT/ });
		expect(performance.now() - since).toBeLessThan(100);
	}, 30_000);
});

/** How many processes a caller can call the copied service on. */
function nodesOf(broker: ServiceBroker): number {
	const services = broker.registry.getServiceList({ onlyAvailable: true, skipInternal: true }) as { name: string }[];
	return services.filter(({ name }) => name === "copy").length;
}
