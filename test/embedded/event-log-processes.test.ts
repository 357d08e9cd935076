import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { type EventLogOptions, openEventLog } from "../../embedded/event-log.ts";
import type { DomainEvent, EventLog } from "../../lib/event-log.ts";
import { domainEvent } from "../support/domain-event.ts";

const LEASE = 400;
const GROUP = "dashboard";
const SCRIPT = join(import.meta.dirname, "../support/event-log-process.ts");

let dataDir: string;
let logs: EventLog[];
let children: ChildProcess[];

beforeEach(() => {
	dataDir = mkdtempSync(join(tmpdir(), "event-log-"));
	logs = [];
	children = [];
});

afterEach(async () => {
	for (const child of children) child.kill("SIGKILL");
	await Promise.all(logs.map((log) => log.close()));
	rmSync(dataDir, { recursive: true });
});

async function open(options: Partial<EventLogOptions> = {}): Promise<EventLog> {
	const log = await openEventLog({ dataDir, pollMs: 5, leaseMs: LEASE, ...options });
	logs.push(log);
	return log;
}

/** Starts a process that appends and consumes; `until` resolves when it has printed a number of lines of a kind. */
function start(count: number) {
	const child = spawn(process.execPath, [SCRIPT, dataDir, GROUP, String(LEASE), String(count)], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	children.push(child);
	const lines: string[][] = [];
	const watchers = new Set<() => void>();
	createInterface({ input: child.stdout }).on("line", (line) => {
		lines.push(line.split(" "));
		for (const watch of watchers) watch();
	});
	const of = (kind: string) => lines.filter(([first]) => first === kind);
	const until = (kind: string, number: number) =>
		new Promise<void>((resolve) => {
			const watch = () => {
				if (of(kind).length < number) return;
				watchers.delete(watch);
				resolve();
			};
			watchers.add(watch);
			watch();
		});
	const kill = async () => {
		child.kill("SIGKILL");
		await once(child, "close");
	};
	return { of, until, kill };
}

const turns = async (count: number) => {
	for (let turn = 0; turn < count; turn++) await new Promise((resume) => setImmediate(resume));
};

test("kill -9: what was appended is there, everything is handled at least once and in order", async () => {
	const first = start(100_000);
	await first.until("appended", 300);
	await first.until("handled", 100);
	await first.kill();

	const log = await open();
	const handled: [string, number][] = first.of("handled").map(([, subject, sequence]) => [subject!, Number(sequence)]);
	const seen = new Set(first.of("handled").map(([, , , id]) => id));
	const subscription = await log.subscribe({
		group: GROUP,
		types: ["*"],
		handler: async ({ subject, sequence, id }) => {
			handled.push([subject, sequence]);
			seen.add(id);
		},
	});
	await subscription.idle();
	const logged = (await log.read({ limit: 200_000 })).map(({ event }) => event.id);
	const known = new Set(logged);
	expect(first.of("appended").filter(([, id]) => !known.has(id!))).toEqual([]);
	expect(logged.filter((id) => !seen.has(id))).toEqual([]);
	// A redelivery may step back, but no event may be handled before an earlier one of its subject was.
	const reached = new Map<string, number>();
	for (const [subject, sequence] of handled) {
		const last = reached.get(subject);
		if (last === undefined) expect(sequence).toBeLessThanOrEqual(7);
		else expect(sequence).toBeLessThanOrEqual(last + 7);
		reached.set(subject, Math.max(sequence, last ?? 0));
	}
});

test("two processes on one file: one consumes, the other takes over when it is killed", async () => {
	const other = start(1);
	await other.until("handled", 1);
	const log = await open();
	const mine: string[] = [];
	const subscription = await log.subscribe({
		group: GROUP,
		types: ["*"],
		handler: async ({ id }) => void mine.push(id),
	});
	const before = Array.from({ length: 50 }, () => domainEvent());
	for (const event of before) await log.append([event]);
	await other.until("handled", 51);
	await subscription.idle();
	expect(mine).toEqual([]);

	await other.kill();
	const after = Array.from({ length: 50 }, () => domainEvent());
	await log.append(after);
	await subscription.idle();
	expect(mine.slice(-50)).toEqual(after.map(({ id }) => id));
	expect(
		other
			.of("handled")
			.slice(1)
			.map(([, , , id]) => id),
	).toEqual(before.map(({ id }) => id));
});

test("a locked file delays an append without holding up the event loop", async () => {
	const log = await open();
	const locker = new DatabaseSync(join(dataDir, "events.db"));
	locker.exec("BEGIN IMMEDIATE");
	let durable = false;
	const appending = log.append([domainEvent()]).then(() => {
		durable = true;
	});
	await turns(200);
	expect(durable).toBe(false);
	expect(await log.read({ limit: 1 })).toEqual([]);
	locker.exec("COMMIT");
	locker.close();
	await appending;
	expect(await log.read({ limit: 1 })).toHaveLength(1);
});

test("what another process appends is noticed", async () => {
	const consuming = await open();
	const producing = await open();
	const seen: number[] = [];
	const all = new Promise<void>((resolve) => {
		consuming.subscribe({
			group: GROUP,
			types: ["*"],
			handler: async ({ sequence }) => {
				seen.push(sequence);
				if (seen.length === 3) resolve();
			},
		});
	});
	for (const sequence of [1, 2, 3]) await producing.append([domainEvent({ sequence })]);
	await all;
	expect(seen).toEqual([1, 2, 3]);
});

test("an event without tenant or with a broken body never reaches a handler", async () => {
	const log = await open();
	const raw = new DatabaseSync(join(dataDir, "events.db"));
	const insert = raw.prepare(
		"INSERT INTO events (id, type, tenant_id, subject, appended_at, body) VALUES (?, 'ticket.created', ?, ?, 0, ?)",
	);
	insert.run("1", "", "ticket/1", JSON.stringify(domainEvent({ tenantId: undefined })));
	insert.run("2", "acme", "ticket/2", JSON.stringify({ ...domainEvent(), id: "" }));
	insert.run("3", "acme", "ticket/3", "{");
	raw.close();
	const good = domainEvent();
	await log.append([good]);
	const seen: DomainEvent[] = [];
	const subscription = await log.subscribe({
		group: GROUP,
		types: ["*"],
		handler: async (event) => void seen.push(event),
	});
	await subscription.idle();
	expect(seen).toEqual([good]);
	const dead = await log.deadLetters.list({ limit: 10 });
	expect(dead.map(({ position, error, attempts }) => ({ position, error, attempts }))).toEqual([
		{ position: 1, error: expect.stringContaining("it has no tenantId"), attempts: 1 },
		{ position: 2, error: expect.stringContaining("it has no id"), attempts: 1 },
		{ position: 3, error: expect.stringContaining("it is not JSON"), attempts: 1 },
	]);
});

test("a file of a newer version is left alone", async () => {
	const log = await open();
	await log.close();
	const raw = new DatabaseSync(join(dataDir, "events.db"));
	raw.exec("PRAGMA user_version = 99");
	raw.close();
	await expect(openEventLog({ dataDir })).rejects.toThrow("schema 99");
});
