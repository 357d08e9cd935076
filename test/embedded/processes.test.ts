import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import mongoose from "mongoose";
import { sqliteDriver } from "../../embedded/driver.ts";

interface Thing {
	_id: string;
	n?: number;
	key?: number;
	of?: string;
}

/** A second process on the same folder, read line by line. */
class Worker {
	readonly child: ChildProcessWithoutNullStreams;
	readonly lines: string[] = [];
	readonly ended: Promise<number | null>;
	#errors = "";
	#wake = () => {};

	constructor(...args: string[]) {
		this.child = spawn(process.execPath, [join(import.meta.dirname, "store-process.ts"), ...args]);
		createInterface({ input: this.child.stdout }).on("line", (line) => {
			this.lines.push(line);
			this.#wake();
		});
		this.child.stderr.on("data", (chunk) => {
			this.#errors += chunk;
		});
		this.ended = new Promise((resolve) => this.child.once("exit", resolve));
		this.child.once("exit", () => this.#wake());
	}

	/** Waits until it has printed so many lines. */
	async printed(lines: number): Promise<void> {
		while (this.lines.length < lines) {
			if (this.child.exitCode !== null) throw new Error(`the process ended: ${this.#errors}`);
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	go(): void {
		this.child.stdin.write("go\n");
	}
}

let folder: string;
let connection: mongoose.Connection;

async function openThings() {
	const instance = new mongoose.Mongoose();
	instance.setDriver(sqliteDriver({ dataDir: folder }));
	connection = await instance.createConnection("sqlite:///shared").asPromise();
	return connection.model<Thing>(
		"Thing",
		new instance.Schema<Thing>({ _id: String, n: Number }, { versionKey: false, strict: false }),
	);
}

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "embedded-processes-"));
});
afterEach(async () => {
	await connection.close();
	await rm(folder, { recursive: true });
});

test("kill -9 loses no acknowledged write and leaves no half transaction", async () => {
	for (const round of ["first", "second", "third"]) {
		const worker = new Worker(folder, "pairs", round, "0");
		await worker.printed(1);
		worker.go();
		await worker.printed(40);
		worker.child.kill("SIGKILL");
		await worker.ended;
		const Things = await openThings();
		const found = new Set((await Things.find({ of: round }).lean()).map((thing) => thing._id));
		const acknowledged = worker.lines.slice(1);
		const missing = acknowledged.filter((i) => !found.has(`${round}-${i}-a`) || !found.has(`${round}-${i}-b`));
		expect(missing).toEqual([]);
		expect(found.size % 2).toBe(0);
		await connection.close();
	}
});

test("two processes on one file count exactly and share no unique key", async () => {
	const count = 100;
	const Things = await openThings();
	await Things.create([
		{ _id: "counter", n: 0 },
		{ _id: "cas", n: 0 },
	]);
	const workers = ["one", "two"].map((name) => new Worker(folder, "compete", name, String(count)));
	for (const worker of workers) await worker.printed(1);
	for (const worker of workers) worker.go();
	expect(await Promise.all(workers.map((worker) => worker.ended))).toEqual([0, 0]);
	expect((await Things.findById("counter").lean())!.n).toBe(2 * count);
	expect((await Things.findById("cas").lean())!.n).toBe(2 * count);
	expect(await Things.countDocuments({ key: { $exists: true } })).toBe(count);
	const won = workers.map((worker) => Number(worker.lines.at(-1)));
	expect(won[0]! + won[1]!).toBe(count);
});

test("a write waits for the other process without blocking the event loop, readers do not wait at all", async () => {
	const Things = await openThings();
	const worker = new Worker(folder, "hold", "held", "0");
	await worker.printed(1);
	worker.go();
	await worker.printed(2);
	let written = false;
	const write = Things.create({ _id: "mine" }).then(() => {
		written = true;
	});
	for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
	expect(await Things.findById("held").lean()).toBeNull();
	expect(written).toBe(false);
	worker.go();
	await write;
	expect(await Things.countDocuments({})).toBe(2);
	expect(await worker.ended).toBe(0);
});

test("an index that another process makes is kept up and used here from then on", async () => {
	const Things = await openThings();
	await Things.create({ _id: "a", key: 0 });
	const worker = new Worker(folder, "compete", "one", "0");
	await worker.printed(1);
	await expect(Things.create({ _id: "b", key: 0 })).rejects.toMatchObject({ code: 11000, keyPattern: { key: 1 } });
	worker.go();
	await worker.ended;
});
