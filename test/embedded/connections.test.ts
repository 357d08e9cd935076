import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mongoose from "mongoose";
import { sqliteDriver } from "../../embedded/driver.ts";

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "embedded-connections-"));
});
afterEach(() => rm(folder, { recursive: true }));

function instanceOn(dataDir: string): mongoose.Mongoose {
	const instance = new mongoose.Mongoose();
	instance.setDriver(sqliteDriver({ dataDir }));
	return instance;
}

async function connect(name: string, dataDir = folder) {
	const instance = instanceOn(dataDir);
	const connection = await instance.createConnection(`sqlite:///${name}`).asPromise();
	const Notes = connection.model("Note", new instance.Schema({ _id: String, text: String }, { versionKey: false }));
	return { connection, Notes };
}

test("each database is a file of its own, and is there again after closing", async () => {
	const [one, two] = [await connect("one"), await connect("two")];
	await one.Notes.create({ _id: "a", text: "kept" });
	expect(await two.Notes.findById("a")).toBeNull();
	await Promise.all([one.connection.close(), two.connection.close()]);
	expect([existsSync(join(folder, "one.db")), existsSync(join(folder, "two.db"))]).toEqual([true, true]);
	const again = await connect("one");
	expect((await again.Notes.findById("a").lean())!.text).toBe("kept");
	await again.connection.close();
});

test("closing one connection leaves another on the same file open, and rolls back only its own transaction", async () => {
	const [one, two] = [await connect("shared"), await connect("shared")];
	const session = await one.connection.startSession();
	session.startTransaction();
	await one.Notes.create([{ _id: "a" }], { session });
	const waiting = two.Notes.create({ _id: "b" });
	await one.connection.close();
	await waiting;
	expect(one.connection.readyState).toBe(0);
	expect(two.connection.readyState).toBe(1);
	expect((await two.Notes.find({}).lean()).map((note) => note._id)).toEqual(["b"]);
	await two.connection.close();
	await expect(two.connection.db!.command({ ping: 1 })).rejects.toThrow("closed");
});

test("databases in memory belong to their driver and leave nothing behind", async () => {
	const [one, two] = [await connect("notes", ":memory:"), await connect("notes", ":memory:")];
	await one.Notes.create({ _id: "a" });
	expect(await two.Notes.countDocuments({})).toBe(0);
	await Promise.all([one.connection.close(), two.connection.close()]);
	const later = await connect("notes", ":memory:");
	expect(await later.Notes.countDocuments({})).toBe(0);
	await later.connection.close();
});

test("operations asked for before the connection is open wait for it", async () => {
	const instance = instanceOn(folder);
	const connection = instance.createConnection("sqlite:///early");
	const Notes = connection.model("Note", new instance.Schema({ _id: String, text: String }));
	await Notes.create({ _id: "a" });
	expect(await Notes.find({}).lean()).toHaveLength(1);
	await connection.close();
});

test("a bad address or database name fails the connection", async () => {
	const instance = instanceOn(folder);
	await expect(instance.createConnection("mongodb://localhost/x").asPromise()).rejects.toThrow("Not an address");
	await expect(instance.createConnection("sqlite:///..%2Fescape").asPromise()).rejects.toThrow("Invalid database name");
});

test("a session's transaction that is over refuses further operations, and a new one may begin", async () => {
	const { connection, Notes } = await connect("sessions");
	await Notes.create({ _id: "taken" });
	const session = await connection.startSession();
	session.startTransaction();
	await expect(Notes.create([{ _id: "taken" }], { session })).rejects.toMatchObject({ code: 11000 });
	await expect(Notes.create([{ _id: "late" }], { session })).rejects.toMatchObject({ code: 251 });
	await session.abortTransaction();
	session.startTransaction();
	await Notes.create([{ _id: "good" }], { session });
	await session.commitTransaction();
	await session.endSession();
	expect(await Notes.countDocuments({})).toBe(2);
	await connection.close();
});
