// Prints how long it takes until 10,000 timers that are due at once have taken effect, in one process and in two on one
// database, and how late a single one is. Embedded store; with MONGO_URL on that MongoDB, in databases of its own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { loadConfig } from "../config.ts";
import { systemActor } from "../contracts/caller.ts";
import { systemClock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import { Store } from "../mixins/store.ts";
import { Timers } from "../mixins/timers.ts";
import { defineModel, type Entity } from "../models/model.ts";
import { timerModel } from "../models/timer.ts";
import { openRuntime } from "../runtime.ts";
import { startStore } from "../test/support/store.ts";
import { table } from "./measure.ts";

const COUNT = Number(process.env.TIMERS ?? 10_000);
const BATCH = 500;
const noteModel = defineModel<Entity & { late: number }>("notes", { late: Number }, [[{ tenantId: 1, _id: 1 }, {}]]);

const dataDir = await mkdtemp(path.join(tmpdir(), "conductor-timers-"));
const config = loadConfig({ ...process.env, DATA_DIR: dataDir, LOG_LEVEL: "silent", PORT: "0" });
const runtime = await openRuntime(config, systemClock, { strictQueries: true });
const tenantId = newId();
const command = { tenantId, actor: systemActor("bench"), correlationId: newId(), causationId: null, id: null };

/** A process of a service whose timers each leave a note. */
async function start() {
	const store = new Store(runtime, "timers-bench", [noteModel, timerModel] as never, console.error);
	const timers = new Timers(store, systemClock, console.error);
	const notes = store.repository(noteModel, "note");
	timers.handle("note", {
		together: true,
		async fire(tx, { dueAt }) {
			await notes.create(tx, { _id: newId(), tenantId, late: tx.now.getTime() - dueAt.getTime() });
		},
	});
	const { stop } = await startStore(store);
	return { store, timers, stop };
}

async function setAll(store: Store, timers: Timers, dueAt: Date): Promise<void> {
	for (let i = 0; i < COUNT; i += BATCH)
		await store.commit(command, async (tx) => {
			for (let j = 0; j < BATCH && i + j < COUNT; j++)
				await timers.set(tx, { tenantId, kind: "note", subjectId: newId() }, dueAt);
		});
}

async function drained(store: Store): Promise<number> {
	const begun = performance.now();
	while ((await store.model(timerModel).countDocuments({ tenantId }, { limit: 1 })) > 0) await pause(20);
	return performance.now() - begun;
}

const processes = [await start(), await start()] as const;
const [one] = processes;
const rows: (string | number)[][] = [];
for (const count of [1, 2]) {
	await setAll(one.store, one.timers, systemClock.now());
	for (const { timers } of processes.slice(0, count)) timers.start();
	const ms = await drained(one.store);
	for (const { timers } of processes) await timers.stop();
	rows.push([COUNT, count, (ms / 1000).toFixed(1), Math.round((COUNT / ms) * 1000)]);
}
await one.store.model(noteModel).deleteMany({ tenantId });
one.timers.start();
for (let i = 0; i < 20; i++) {
	const dueAt = new Date(Date.now() + 37 + i * 11);
	await one.store.commit(command, (tx) => one.timers.set(tx, { tenantId, kind: "note", subjectId: newId() }, dueAt));
	await drained(one.store);
}
const notes = await one.store.model(noteModel).find({ tenantId }).limit(100).lean<{ late: number }[]>();
const lates = notes.map(({ late }) => late).sort((a, b) => a - b);
console.log(table(["timers due at once", "processes", "s", "per second"], rows));
console.log(`A single one is ${lates[lates.length >> 1]} ms late, at most ${lates.at(-1)} ms.`);
for (const { timers, stop } of processes) {
	await timers.stop();
	await stop();
}
await runtime.close();
await rm(dataDir, { recursive: true, force: true });
