import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mongoose from "mongoose";
import { freePort } from "../../scripts/cluster/free-port.ts";
import { isOnPath } from "./server.ts";

/** A MongoDB for one test file. */
export interface TestMongo {
	/** Address without a database name; see {@link databaseUrl}. */
	readonly url: string;
	/** Where it came from: `MONGO_URL`, `mongod` or `secantusd-rs`. */
	readonly source: string;
	/** Stops the server and removes its files; leaves alone a server that was given by `MONGO_URL`. */
	stop(): Promise<void>;
}

/**
 * A MongoDB with transactions: the one of `MONGO_URL`, else `mongod` from the PATH as a replica set of one, else
 * `secantusd-rs` from the PATH. Null when there is none, after a line on the console that says so.
 *
 * @param options.durable false for a server that may forget its last writes when killed, and is faster for it.
 * @throws Error when there is none and `CI` is set: CI must not pass by skipping.
 */
export async function startMongo({ durable = true } = {}): Promise<TestMongo | null> {
	const given = process.env.MONGO_URL;
	if (given) return { url: given, source: "MONGO_URL", stop: async () => {} };
	if (isOnPath("mongod")) return startMongod();
	if (isOnPath("secantusd-rs")) return startSecantus(durable);
	const message = "No MongoDB for the tests: set MONGO_URL, or put mongod or secantusd-rs on the PATH";
	if (process.env.CI) throw new Error(message);
	console.warn(`${message}. The tests against MongoDB are skipped.`);
	return null;
}

/** The address of one database on a server. */
export function databaseUrl(url: string, name: string): string {
	const address = new URL(url);
	address.pathname = `/${name}`;
	return address.href;
}

async function startSecantus(durable: boolean): Promise<TestMongo> {
	const folder = await mkdtemp(join(tmpdir(), "mongo-test-"));
	const options = ["--host", "127.0.0.1", "--port", "0", "--storage-path", folder];
	const sizes = ["--cache-size", "256M", "--log-file-max", "8MB"];
	const sync = durable ? ["--sync-on-commit"] : [];
	const server = spawn("secantusd-rs", [...options, ...sizes, ...sync], { stdio: ["ignore", "pipe", "pipe"] });
	const port = await announcedPort(server);
	return {
		url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
		source: "secantusd-rs",
		stop: () => stopServer(server, folder),
	};
}

/** Waits for the line "secantusd-rs listening on 127.0.0.1:PORT". */
function announcedPort(server: ChildProcess): Promise<number> {
	return new Promise((resolve, reject) => {
		let output = "";
		const read = (chunk: Buffer) => {
			output += chunk;
			const found = /listening on [\d.]+:(\d+)/.exec(output);
			if (found) resolve(Number(found[1]));
		};
		server.stdout!.on("data", read);
		server.stderr!.on("data", read);
		server.once("error", reject);
		server.once("exit", (code) => reject(new Error(`secantusd-rs ended with ${code}: ${output}`)));
	});
}

async function startMongod(): Promise<TestMongo> {
	const folder = await mkdtemp(join(tmpdir(), "mongo-test-"));
	const port = await freePort();
	const options = [
		"--port",
		String(port),
		"--bind_ip",
		"127.0.0.1",
		"--dbpath",
		folder,
		"--replSet",
		"test",
		"--quiet",
	];
	const server = spawn("mongod", options, { stdio: "ignore" });
	const url = `mongodb://127.0.0.1:${port}/?directConnection=true`;
	const client = await mongoose.mongo.MongoClient.connect(url, { serverSelectionTimeoutMS: 30_000 });
	const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
	await client.db("admin").command({ replSetInitiate: { _id: "test", members } });
	await untilPrimary(client);
	await client.close();
	return { url, source: "mongod", stop: () => stopServer(server, folder) };
}

async function untilPrimary(client: mongoose.mongo.MongoClient): Promise<void> {
	for (;;) {
		const hello = await client.db("admin").command({ hello: 1 });
		if (hello.isWritablePrimary) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

async function stopServer(server: ChildProcess, folder: string): Promise<void> {
	if (server.exitCode === null && server.signalCode === null) {
		const ended = new Promise((resolve) => server.once("exit", resolve));
		server.kill("SIGTERM");
		await ended;
	}
	await rm(folder, { recursive: true, force: true });
}
