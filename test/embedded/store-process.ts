import { once } from "node:events";
import mongoose from "mongoose";
import { sqliteDriver } from "../../embedded/driver.ts";

/*
 * A process of its own on a database file, for tests of crashes and of sharing. Arguments: folder, job, name, count.
 * It says `ready`, waits for a line on stdin, works, and prints a line for each acknowledged write.
 */

const [dataDir, job, name, count] = process.argv.slice(2) as [string, string, string, string];

const instance = new mongoose.Mongoose();
instance.setDriver(sqliteDriver({ dataDir }));
const connection = await instance.createConnection("sqlite:///shared").asPromise();
const schema = new instance.Schema({ _id: String, n: Number, key: Number, of: String }, { versionKey: false });
schema.index({ key: 1 }, { unique: true, sparse: true });
const Things = connection.model("Thing", schema);
await Things.init();

/** Pairs of documents in transactions, until killed. */
async function pairs(): Promise<void> {
	for (let i = 0; ; i++) {
		await connection.transaction(async (session) => {
			await Things.create([{ _id: `${name}-${i}-a`, of: name }], { session });
			await Things.create([{ _id: `${name}-${i}-b`, of: name }], { session });
		});
		process.stdout.write(`${i}\n`);
	}
}

/** Raises a shared counter in two ways and competes for unique keys. */
async function compete(): Promise<void> {
	let won = 0;
	for (let i = 0; i < Number(count); i++) {
		await Things.updateOne({ _id: "counter" }, { $inc: { n: 1 } });
		await raiseByCompareAndSet();
		const insert = Things.create({ _id: `${name}-${i}`, key: i, of: name });
		await insert.then(
			() => won++,
			(error) => {
				if (error.code !== 11000) throw error;
			},
		);
	}
	process.stdout.write(`${won}\n`);
}

async function raiseByCompareAndSet(): Promise<void> {
	for (;;) {
		const doc = await Things.findById("cas").lean();
		const { modifiedCount } = await Things.updateOne({ _id: "cas", n: doc!.n }, { $set: { n: doc!.n! + 1 } });
		if (modifiedCount === 1) return;
	}
}

/** Holds the write lock until told to let go. */
async function hold(): Promise<void> {
	await connection.transaction(async (session) => {
		await Things.create([{ _id: name }], { session });
		process.stdout.write("holding\n");
		await once(process.stdin, "data");
	});
}

process.stdout.write("ready\n");
await once(process.stdin, "data");
await { pairs, compete, hold }[job as "pairs" | "compete" | "hold"]();
await connection.close();
process.exit(0);
