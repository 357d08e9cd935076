import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { openJetStreamLog } from "../../cluster/event-log/event-log.ts";
import type { DomainEvent, EventLog } from "../../lib/event-log.ts";
import { domainEvent } from "../support/domain-event.ts";
import { hasNatsServer, startNats, type TestNats } from "../support/nats.ts";

const SCRIPT = join(import.meta.dirname, "../support/jetstream-process.ts");
const LEASE = 1_000;
const GROUP = "dashboard";
const SUBJECTS = 40;
/** Many processes start anew, which takes a busy machine its time, ms. */
const PATIENCE = 180_000;
const quiet = { error: () => {}, warn: () => {} };

let nats: TestNats;
let folder: string;
let deployment: string;
let effects: DatabaseSync;
let log: EventLog;
let members: Set<ChildProcess>;

const whenThere = hasNatsServer() ? describe : describe.skip;

async function startMember(): Promise<ChildProcess> {
	const child = spawn(
		process.execPath,
		[SCRIPT, nats.url, deployment, GROUP, String(LEASE), join(folder, "effects.db")],
		{
			stdio: ["ignore", "pipe", "inherit"],
		},
	);
	members.add(child);
	const lines = createInterface({ input: child.stdout });
	await new Promise<void>((resolve) => lines.on("line", (line) => line === "ready" && resolve()));
	return child;
}

async function kill(child: ChildProcess): Promise<void> {
	members.delete(child);
	const closed = once(child, "close");
	child.kill("SIGKILL");
	await closed;
}

/** Appends as an outbox does: again and again until it is acknowledged, nothing of a subject before what was to come first. */
async function appendSurely(events: DomainEvent[]): Promise<void> {
	for (;;) {
		try {
			await log.append(events);
			return;
		} catch {
			await pause(50);
		}
	}
}

interface Effect {
	id: string;
	subject: string;
	sequence: number;
}

const count = (table: "effects" | "deliveries") =>
	Number(effects.prepare(`SELECT COUNT(*) AS count FROM ${table}`).get()?.count);

const isInHand = (event?: DomainEvent) =>
	effects.prepare("SELECT 1 FROM deliveries WHERE id = ?").get(event?.id ?? null) !== undefined;

async function untilEffects(number: number): Promise<void> {
	while (count("effects") < number) await pause(20);
}

/** Every event took effect, once, and in order within its subject. */
function expectWhole(appended: DomainEvent[]): void {
	const rows = effects.prepare("SELECT id, subject, sequence FROM effects ORDER BY place").all() as unknown as Effect[];
	expect(rows.map(({ id }) => id).sort()).toEqual(appended.map(({ id }) => id).sort());
	const reached = new Map<string, number>();
	const disorder = rows.filter(({ subject, sequence }) => {
		const last = reached.get(subject) ?? 0;
		reached.set(subject, sequence);
		return sequence !== last + 1;
	});
	expect(disorder).toEqual([]);
}

/** `number` events, round robin over the subjects. */
function eventsOf(number: number): DomainEvent[] {
	return Array.from({ length: number }, (_, index) =>
		domainEvent({ subject: `ticket/${index % SUBJECTS}`, sequence: Math.floor(index / SUBJECTS) + 1 }),
	);
}

whenThere("an event log in JetStream whose processes are killed", () => {
	beforeEach(async () => {
		nats = (await startNats()) as TestNats;
		folder = mkdtempSync(join(tmpdir(), "jetstream-"));
		deployment = `test-${randomUUID()}`;
		members = new Set();
		log = await openJetStreamLog({ url: nats.url, deployment, logger: quiet });
		await kill(await startMember());
		effects = new DatabaseSync(join(folder, "effects.db"), { timeout: 5_000 });
	});

	afterEach(async () => {
		for (const member of [...members]) await kill(member);
		await log.close();
		effects.close();
		await nats.stop();
		rmSync(folder, { recursive: true });
	});

	test(
		"another process takes over within the lease and goes on in order",
		async () => {
			const [first, second] = [await startMember(), await startMember()];
			const events = eventsOf(600);
			await log.append(events.slice(0, 200));
			await untilEffects(100);
			// Whichever it is: the one that has handled something.
			const worker = Number(effects.prepare("SELECT process FROM effects LIMIT 1").get()?.process);
			await log.append(events.slice(200, 400));
			await kill(worker === first.pid ? first : second);
			const killedAt = performance.now();
			const before = count("effects");
			await log.append(events.slice(400));
			await untilEffects(before + 1);
			const takeOver = performance.now() - killedAt;
			await untilEffects(600);
			expectWhole(events);
			expect(takeOver).toBeLessThan(LEASE + 1_500);
			const workers = effects.prepare("SELECT COUNT(DISTINCT process) AS count FROM effects").get();
			expect(workers?.count).toBe(2);
			console.info(`taken over after ${Math.round(takeOver)} ms with a lease of ${LEASE} ms`);
		},
		PATIENCE,
	);

	test(
		"one that was frozen and wakes up when another has taken over changes nothing",
		async () => {
			const first = await startMember();
			const events = eventsOf(400);
			// Its handler holds this one in hand while it is frozen.
			(events[60] as DomainEvent).data = { holdMs: 500 };
			await log.append(events.slice(0, 200));
			while (isInHand(events[60]) === false) await pause(5);
			first.kill("SIGSTOP");
			await startMember();
			await log.append(events.slice(200));
			await untilEffects(300);
			first.kill("SIGCONT");
			await untilEffects(400);
			await pause(LEASE);
			expectWhole(events);
			expect(await log.status()).toMatchObject([{ position: 400, lag: 0, parked: 0, dead: 0 }]);
		},
		PATIENCE,
	);

	test(
		"the server is killed in the middle of appends and deliveries",
		async () => {
			await startMember();
			const events = eventsOf(2_000);
			const appending = (async () => {
				for (let at = 0; at < events.length; at += 50) await appendSurely(events.slice(at, at + 50));
			})();
			for (const at of [300, 900]) {
				await untilEffects(at);
				await nats.kill();
				await pause(300);
				await nats.restart();
			}
			await appending;
			await untilEffects(2_000);
			expectWhole(events);
			expect(await log.read({ limit: 5_000 })).toHaveLength(2_000);
		},
		PATIENCE,
	);

	test(
		"5,000 events, everything killed at random: each takes effect once, in order",
		async () => {
			const events = eventsOf(5_000);
			const seed = 20_250_115;
			const random = generator(seed);
			let [natsKills, memberKills] = [0, 0];
			await Promise.all([startMember(), startMember()]);
			const began = performance.now();
			const appending = (async () => {
				for (let at = 0; at < events.length; at += 50) await appendSurely(events.slice(at, at + 50));
			})();
			for (let at = 200; at < events.length; at += 100 + Math.floor(random() * 400)) {
				await untilEffects(at);
				if (random() < 0.4) {
					natsKills++;
					await nats.kill();
					await pause(random() * 500);
					await nats.restart();
				} else {
					memberKills++;
					const member = [...members][Math.floor(random() * members.size)];
					if (member) await kill(member);
					await startMember();
				}
			}
			await appending;
			await untilEffects(events.length);
			expectWhole(events);
			const extra = count("deliveries") - 5_000;
			expect(await log.read({ limit: 10_000 })).toHaveLength(5_000);
			console.info(
				`seed ${seed}: ${natsKills} kills of the server, ${memberKills} of members, ${extra} deliveries more than events, ` +
					`${Math.round(performance.now() - began)} ms`,
			);
		},
		PATIENCE,
	);
});

/** Uniform in [0, 1), the same row for the same seed (a linear congruential generator, Numerical Recipes). */
function generator(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}
