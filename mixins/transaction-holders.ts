import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import mongoose, { type ClientSession, type Model as MongooseModel } from "mongoose";
import { isDatabaseAway } from "../lib/database-away.ts";
import { newId } from "../lib/ids.ts";
import type { TransactionHolderRow } from "../models/transaction-holder.ts";
import { inBackground } from "./log-context.ts";

/** How often a process says that it lives, and looks for those that do not, ms. */
const LOOK_MS = 2000;
/** After so many looks without a beat a process on another machine is taken for dead. */
const SILENT_LOOKS = 4;
/** More of a process's sessions are not noted: the driver uses the latest ones again and again. */
const SESSIONS_MAX = 1000;
/** It need not be on the disk: a database that loses it has no open transaction either. */
const WRITE = { writeConcern: { w: 1, j: false } } as const;

/** Names the machine, and on Linux what counts the processes there: containers may share the name, and not the numbers. */
function machineOf(): string {
	try {
		return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
	} catch {
		return hostname();
	}
}

/** Where the process numbers of this process mean something. */
export const MACHINE = machineOf();

/** This process, whatever number the system gives to the next one. */
const PROCESS = newId();

/** What the holders of transactions are known by. */
export interface HolderParts {
	rows(): MongooseModel<TransactionHolderRow>;
	onError(error: unknown): void;
	/** how often a process looks, ms; default 2 s */
	lookMs?: number;
}

/** Whether a process of this machine has ended. */
function hasEnded(pid: number): boolean {
	if (pid === process.pid) return true;
	try {
		process.kill(pid, 0);
		return false;
	} catch (error) {
		return (error as { code?: unknown }).code === "ESRCH";
	}
}

/**
 * Ends the transactions of processes that were killed. MongoDB does not notice that a client is gone: what it had written
 * in an open transaction stays locked until that times out after a minute, and everybody else who wants to write it waits
 * or fails as long. So each process notes the sessions that it begins transactions in, and whoever finds it dead ends
 * those. One that was taken for dead and is alive loses what it has open just then, and does it again, as after any race.
 */
export class TransactionHolders {
	private readonly parts: HolderParts;
	private readonly self = `${PROCESS} ${newId()}`;
	private readonly sessions = new Set<string>();
	/** by process: its beat at the last look, and how many looks ago that was another one */
	private readonly seen = new Map<string, { beat: number; looks: number }>();
	private timer: NodeJS.Timeout | undefined;
	private looking: Promise<void> = Promise.resolve();

	constructor(parts: HolderParts) {
		this.parts = parts;
	}

	/** Begins to look; resolves when what processes of this machine left is ended. */
	async start(): Promise<void> {
		this.timer = setInterval(() => {
			this.looking = inBackground(() => this.look()).catch((error: unknown) => {
				// A database that is away has no transactions either, and others say so.
				if (!isDatabaseAway(error)) this.parts.onError(error);
			});
		}, this.parts.lookMs ?? LOOK_MS).unref();
		await this.look();
	}

	/** To be called when no transaction is under way any more. */
	async stop(): Promise<void> {
		clearInterval(this.timer);
		await this.looking;
		await this.parts
			.rows()
			.collection.deleteOne({ _id: this.self as never }, WRITE)
			.catch(this.parts.onError);
	}

	/** Notes a session before the first transaction in it. */
	async note({ id }: ClientSession): Promise<void> {
		const session = id && Buffer.from(id.id.buffer).toString("hex");
		if (!session || this.sessions.has(session)) return;
		await this.write([session]);
		this.sessions.add(session);
	}

	private async write(sessions: string[]): Promise<void> {
		const change = {
			$setOnInsert: { host: MACHINE, pid: process.pid },
			$inc: { beat: 1 },
			$push: { sessions: { $each: sessions, $slice: -SESSIONS_MAX } },
		};
		await this.parts
			.rows()
			.collection.updateOne({ _id: this.self as never }, change as never, { ...WRITE, upsert: true });
	}

	private async look(): Promise<void> {
		// All of them: whoever took this process for dead has removed its row.
		const own = await this.parts.rows().collection.updateOne({ _id: this.self as never }, { $inc: { beat: 1 } }, WRITE);
		if (own.matchedCount === 0 && this.sessions.size > 0) await this.write([...this.sessions]);
		const rows = (await this.parts.rows().collection.find({}).toArray()) as unknown as TransactionHolderRow[];
		const others = rows.filter(({ _id }) => _id !== this.self);
		for (const row of others) if (this.isDead(row)) await this.end(row);
		for (const _id of this.seen.keys()) if (!others.some((row) => row._id === _id)) this.seen.delete(_id);
	}

	private isDead({ _id, host, pid, beat }: TransactionHolderRow): boolean {
		if (_id.startsWith(PROCESS)) return false;
		if (host === MACHINE && hasEnded(pid)) return true;
		const before = this.seen.get(_id);
		const looks = before?.beat === beat ? before.looks + 1 : 0;
		this.seen.set(_id, { beat, looks });
		return looks >= SILENT_LOOKS;
	}

	private async end({ _id, sessions }: TransactionHolderRow): Promise<void> {
		const ids = sessions.map((hex) => ({ id: new mongoose.mongo.Binary(Buffer.from(hex, "hex"), 4) }));
		if (ids.length > 0) await this.parts.rows().db.getClient().db("admin").command({ killSessions: ids });
		await this.parts.rows().collection.deleteOne({ _id: _id as never }, WRITE);
		this.seen.delete(_id);
	}
}
