import { rm } from "node:fs/promises";
import path from "node:path";
import { testEnvironment } from "../support/broker.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";
import { SERVICES } from "./desk.ts";

/*
 * The process is killed again and again while customers are made, changed and deleted. Whatever was acknowledged must be
 * found afterwards as it is, whether the index was behind, in the middle of a build, or lost.
 */

const TOKEN = "demo-token-of-the-kill-test";
const ROUNDS = 3;
const EACH = 40;

let directory: Awaited<ReturnType<typeof testEnvironment>>;
let running: RunningProcess;

beforeAll(async () => {
	directory = await testEnvironment();
});
afterAll(async () => {
	await running?.kill();
	await directory.cleanup();
});

const start = async () => {
	running = await startProcess({ ...directory.env, SERVICES, DEMO_TOKEN: TOKEN, LOG_LEVEL: "error" });
};

/** The answer to a request, or null where the process was killed before it gave one. */
async function api<T>(method: string, route: string, body?: unknown): Promise<T | null> {
	const response = await fetch(`${running.origin}/api${route}`, {
		method,
		headers: {
			authorization: `Bearer ${TOKEN}`,
			...(body === undefined ? {} : { "content-type": "application/json" }),
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	}).catch(() => null);
	if (!response?.ok) return null;
	const text = await response.text().catch(() => null);
	return text === null ? null : (JSON.parse(text || "{}") as T);
}

interface Customer {
	id: string;
	name: string;
}

/** Everybody with this word, page by page. */
async function everybody(word: string): Promise<Map<string, string>> {
	const found = new Map<string, string>();
	for (let cursor = ""; ; ) {
		const page = await api<{ data: Customer[]; page: { nextCursor: string | null; total: number } }>(
			"GET",
			`/customers/search?q=${word}&limit=100&count=true${cursor}`,
		);
		for (const { id, name } of page?.data ?? []) found.set(id, name);
		if (!page?.page.nextCursor) return found;
		cursor = `&cursor=${encodeURIComponent(page.page.nextCursor)}`;
	}
}

async function until(holds: () => Promise<boolean>): Promise<void> {
	for (let i = 0; i < 600; i++) {
		if (await holds()) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error("it did not come to hold");
}

/** What was acknowledged: names by id, who was deleted, and of whom the last change got no answer. */
interface Told {
	names: Map<string, string>;
	deleted: Set<string>;
	unsure: Set<string>;
}

/** Makes, renames and deletes customers until the process is gone. */
async function write(round: number, { names, deleted, unsure }: Told): Promise<void> {
	const one = async (index: number) => {
		const name = `Survivor ${round} ${index}`;
		const made = await api<Customer>("POST", "/customers", { name, email: `s${round}-${index}@kill.example` });
		if (!made) return;
		names.set(made.id, name);
		if (index % 3 === 0) {
			const renamed = await api<Customer>("PATCH", `/customers/${made.id}`, { name: `${name} renamed` });
			if (renamed) names.set(made.id, renamed.name);
			else unsure.add(made.id);
		}
		if (index % 5 === 0) {
			if ((await api("DELETE", `/customers/${made.id}`)) !== null) deleted.add(made.id);
			else unsure.add(made.id);
		}
	};
	let killed: Promise<void> | null = null;
	const before = names.size;
	const each = async (index: number) => {
		await one(index);
		// With requests and events under way, sooner in one round and later in another.
		if (names.size >= before + 8 * (round + 1)) killed ??= running.kill();
	};
	await Promise.all(Array.from({ length: EACH }, (_, index) => each(index)));
	await (killed ?? running.kill());
}

test("what was acknowledged is found as it is, through kill -9 and a lost index", async () => {
	const told: Told = { names: new Map(), deleted: new Set(), unsure: new Set() };
	for (let round = 0; round < ROUNDS; round++) {
		await start();
		await write(round, told);
		// Lost now and then, so that the next start has to build it while it follows, and is killed at that.
		if (round % 2 === 1)
			for (const end of ["", "-wal", "-shm"])
				await rm(path.join(directory.env.DATA_DIR ?? "", `search.db${end}`), { force: true });
	}
	await start();
	expect(told.names.size).toBeGreaterThan(EACH / 4);
	expect(told.deleted.size).toBeGreaterThan(0);
	// What was made without an answer may be there as well.
	const wrong = async () => {
		const found = await everybody("survivor");
		const sure = [...told.names].filter(([id]) => !told.unsure.has(id));
		return sure.filter(([id, name]) => found.get(id) !== (told.deleted.has(id) ? undefined : name));
	};
	await until(async () => (await wrong()).length === 0);
	expect(await wrong()).toEqual([]);
}, 120_000);
