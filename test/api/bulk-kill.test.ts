import { newId } from "../../lib/ids.ts";
import { testEnvironment } from "../support/broker.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";
import { until } from "../support/until.ts";

/*
 * The process is killed in the middle of many changes: a job goes on after the restart, a request is sent again with its
 * Idempotency-Key. Each change turns a priority round, so that one that was done twice would leave a trace.
 */

const TICKETS = 20;
const TURNS = 12;
const KILLS = Number(process.env.KILLS ?? 2);
const TOKEN = "demo-token-of-the-bulk-kill-test";

let directory: Awaited<ReturnType<typeof testEnvironment>>;
let running: RunningProcess;
let customerId: string;

const start = async () => {
	running = await startProcess({ ...directory.env, DEMO_TOKEN: TOKEN, LOG_LEVEL: "error" });
};
const restart = async () => {
	await running.kill();
	await start();
};

beforeAll(async () => {
	directory = await testEnvironment();
	await start();
	customerId = (await api<{ id: string }>("POST", "/customers", { name: "Cora" })).body.id;
}, 30_000);
afterAll(async () => {
	await running?.kill();
	await directory.cleanup();
});

async function api<T>(
	method: string,
	route: string,
	body?: unknown,
	headers: Record<string, string> = {},
): Promise<{ status: number; body: T }> {
	const response = await fetch(`${running.origin}/api${route}`, {
		method,
		headers: {
			authorization: `Bearer ${TOKEN}`,
			...(body === undefined ? {} : { "content-type": "application/json" }),
			...headers,
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	return { status: response.status, body: (await response.json()) as T };
}

async function makeTickets(count: number): Promise<string[]> {
	const ids: string[] = [];
	for (let n = 0; n < count; n++)
		ids.push((await api<{ id: string }>("POST", "/tickets", { subject: `Ticket ${n}`, customerId })).body.id);
	return ids;
}

/** Each ticket's priority turned round and round. */
const turns = (ids: readonly string[]) =>
	Array.from({ length: TURNS }, (_, turn) =>
		ids.map((id) => ({ op: "update", id, patch: { priority: turn % 2 ? "low" : "high" } })),
	).flat();

const read = async (id: string) => (await api<{ version: number; priority: string }>("GET", `/tickets/${id}`)).body;

async function everyTurnWasOnce(ids: readonly string[]): Promise<void> {
	for (const id of ids) {
		expect(await read(id)).toMatchObject({ version: 1 + TURNS, priority: "low" });
		const { body } = await api<{ data: { action: string }[] }>("GET", `/tickets/${id}/audit?limit=100`);
		expect(body.data).toHaveLength(1 + TURNS);
	}
}

interface Job {
	id: string;
	jobId: string;
	status: string;
	progress: { done: number };
	failed: number;
}

test(`a job is done once and to its end through ${KILLS} kills`, async () => {
	const ids = await makeTickets(TICKETS);
	const total = TICKETS * TURNS;
	const begun = await api<Job>("POST", "/tickets/bulk", { operations: turns(ids) });
	expect(begun.status).toBe(202);
	const job = async () => (await api<Job>("GET", `/jobs/${begun.body.jobId}`)).body;
	for (let kill = 1; kill <= KILLS; kill++) {
		const mark = (total * kill) / (KILLS + 2);
		await until(async () => (await job()).progress.done >= mark, 60_000);
		expect((await job()).progress.done).toBeLessThan(total);
		await restart();
	}
	await until(async () => (await job()).status === "done", 90_000);
	expect(await job()).toMatchObject({ progress: { done: total, total }, failed: 0 });
	await everyTurnWasOnce(ids);
	const { body } = await api<{ data: { index: number; status: number }[]; page: { total: number } }>(
		"GET",
		`/jobs/${begun.body.jobId}/results?limit=100&count=true&status[gte]=200`,
	);
	expect(body.page.total).toBe(total);
	expect(body.data.map(({ index, status }) => [index, status])).toEqual(
		Array.from({ length: 100 }, (_, index) => [index, 200]),
	);
}, 170_000);

test("a request that was cut off is sent again and does what was left", async () => {
	const ids = await makeTickets(8);
	const operations = turns(ids);
	const key = { "idempotency-key": newId() };
	const cut = api("POST", "/tickets/bulk", { operations }, key).catch(() => null);
	await until(async () => (await read(ids[0] as string)).version > 3, 30_000);
	await running.kill();
	await cut;
	await start();
	let answer = await api<{ results: { status: number }[] }>("POST", "/tickets/bulk", { operations }, key);
	await until(async () => {
		if (answer.status === 409) answer = await api("POST", "/tickets/bulk", { operations }, key);
		return answer.status === 200;
	}, 60_000);
	expect(answer.body.results.map(({ status }) => status)).toEqual(operations.map(() => 200));
	await everyTurnWasOnce(ids);
}, 120_000);
