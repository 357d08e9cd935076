import { spawn } from "node:child_process";
import { once } from "node:events";
import mongoose, { type ClientSession, type Connection } from "mongoose";
import { MACHINE, TransactionHolders } from "../../mixins/transaction-holders.ts";
import { compiled } from "../../models/model.ts";
import { type TransactionHolderRow, transactionHolderModel } from "../../models/transaction-holder.ts";
import { startMongo } from "../support/mongo.ts";

/*
 * What a process that was killed has left open in MongoDB. Its transactions are begun here and never ended; its row is
 * what it would have noted itself.
 */

const mongo = await startMongo();
const withMongo = mongo ? describe : describe.skip;

withMongo("transactions of processes that are gone", () => {
	let connection: Connection;
	const errors: unknown[] = [];
	const started: TransactionHolders[] = [];

	beforeAll(async () => {
		const driver = new mongoose.Mongoose();
		connection = await driver.createConnection(mongo?.url ?? "", { dbName: "holders" }).asPromise();
		await compiled(connection, transactionHolderModel).init();
	});
	afterEach(async () => {
		for (const one of started.splice(0)) await one.stop();
		await rows().deleteMany({});
		expect(errors.splice(0)).toEqual([]);
	});
	afterAll(async () => {
		await connection.close();
		await mongo?.stop();
	});

	const rows = () => connection.model<TransactionHolderRow>(transactionHolderModel.name);
	const boxes = () => connection.getClient().db("holders").collection<{ _id: string; by: string }>("boxes");
	const hexOf = ({ id }: ClientSession) => Buffer.from(id?.id.buffer ?? []).toString("hex");

	/** A box that somebody has written in a transaction which is still open. */
	async function lockedBox(_id: string) {
		await boxes().insertOne({ _id, by: "nobody" });
		const session = await connection.startSession();
		session.startTransaction();
		await boxes().updateOne({ _id }, { $set: { by: "whoever is gone" } }, { session });
		return session;
	}

	/** Whether a transaction that writes the box can be done at once. */
	async function isFree(_id: string): Promise<boolean> {
		const session = await connection.startSession();
		session.startTransaction();
		const wrote = boxes().updateOne({ _id }, { $set: { by: "me" } }, { session });
		const isWritten = await wrote.then(
			() => true,
			() => false,
		);
		await session.abortTransaction();
		await session.endSession();
		return isWritten;
	}

	async function looking(lookMs = 3_600_000): Promise<TransactionHolders> {
		const holders = new TransactionHolders({ rows, onError: (error) => errors.push(error), lookMs });
		started.push(holders);
		await holders.start();
		return holders;
	}

	async function endedPid(): Promise<number> {
		const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
		await once(child, "exit");
		return child.pid as number;
	}

	test("what a killed process of this machine left open is free when the next one has started", async () => {
		const session = await lockedBox("here");
		const row = { _id: "killed", host: MACHINE, pid: await endedPid(), beat: 7, sessions: [hexOf(session)] };
		await rows().create(row);
		expect(await isFree("here")).toBe(false);
		await looking();
		expect(await isFree("here")).toBe(true);
		expect((await boxes().findOne({ _id: "here" }))?.by).toBe("nobody");
		expect(await rows().countDocuments({ _id: "killed" })).toBe(0);
	});

	test("so is what one of another machine left that gives no sign of life, and not what one has that does", async () => {
		const [silent, alive] = [await lockedBox("silent"), await lockedBox("alive")];
		const elsewhere = { host: "another machine", pid: 1, beat: 1 };
		await rows().create([
			{ _id: "silent", ...elsewhere, sessions: [hexOf(silent)] },
			{ _id: "alive", ...elsewhere, sessions: [hexOf(alive)] },
		]);
		const holders = await looking(20);
		while ((await rows().countDocuments({ _id: "silent" })) > 0)
			await rows().updateOne({ _id: "alive" }, { $inc: { beat: 1 } });
		expect(await isFree("silent")).toBe(true);
		expect(await isFree("alive")).toBe(false);
		await holders.stop();
		await alive.abortTransaction();
	});

	test("a process notes each of its sessions once, again after its row was removed, and leaves none behind", async () => {
		const holders = await looking(20);
		const [one, other] = [await connection.startSession(), await connection.startSession()];
		for (const session of [one, other, one, other]) await holders.note(session);
		const noted = async () =>
			(await rows().find({}).limit(5).lean<TransactionHolderRow[]>()).map((row) => row.sessions);
		expect(await noted()).toEqual([[hexOf(one), hexOf(other)]]);
		await rows().deleteMany({});
		while ((await noted()).length === 0);
		expect(await noted()).toEqual([[hexOf(one), hexOf(other)]]);
		await holders.stop();
		expect(await noted()).toEqual([]);
	});
});
