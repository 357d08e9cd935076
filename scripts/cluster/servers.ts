import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import mongoose from "mongoose";
import type { Plan } from "./managed-process.ts";

/** A server that a cluster stands on: how it is run, and its address for the services. */
export interface ServerPlan extends Plan {
	url: string;
}

/** A program that is needed and not there. The message says what to install. */
export class MissingProgram extends Error {
	override name = "MissingProgram";
}

const HOST = "127.0.0.1";
const USER = "conductor";

/** The first line of what a program says to `--version`, or null where it is not on the PATH. */
function version(program: string): string | null {
	try {
		return execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
	} catch {
		return null;
	}
}

/** Resolves when something accepts connections on a port; rejects where nothing does. */
function accepts(port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, HOST);
		socket.once("connect", () => {
			socket.destroy();
			resolve();
		});
		socket.once("error", reject);
	});
}

const environment = () => ({ PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/" });

function settingsFile(folder: string, name: string, text: string): string {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const file = path.join(folder, name);
	writeFileSync(file, text, { mode: 0o600 });
	return file;
}

/**
 * NATS with JetStream. Where the server knows how (2.10 and newer), it acknowledges nothing that is not on the disk.
 * @throws {MissingProgram} where there is no nats-server
 */
export function natsPlan(folder: string, port: number, password: string): ServerPlan {
	const found = version("nats-server");
	if (found === null)
		throw new MissingProgram("No nats-server on the PATH: install it (apt install nats-server), or set NATS_URL");
	const [major = 0, minor = 0] = /v(\d+)\.(\d+)/.exec(found)?.slice(1).map(Number) ?? [];
	const syncs = major > 2 || minor >= 10;
	const settings = [
		`listen: "${HOST}:${port}"`,
		`jetstream { store_dir: ${JSON.stringify(path.join(folder, "jetstream"))}${syncs ? ", sync_interval: always" : ""} }`,
		`authorization { user: ${USER}, password: ${JSON.stringify(password)} }`,
	];
	const file = settingsFile(folder, "nats.conf", `${settings.join("\n")}\n`);
	return {
		name: "nats",
		command: "nats-server",
		args: ["-c", file],
		env: environment(),
		readyLine: /Server is ready/,
		url: `nats://${USER}:${password}@${HOST}:${port}`,
	};
}

/**
 * Redis with an append-only file.
 * @throws {MissingProgram} where there is no redis-server
 */
export function redisPlan(folder: string, port: number, password: string): ServerPlan {
	if (version("redis-server") === null)
		throw new MissingProgram("No redis-server on the PATH: install it (apt install redis-server), or set REDIS_URL");
	const settings = [
		`bind ${HOST}`,
		`port ${port}`,
		`dir ${JSON.stringify(folder)}`,
		"appendonly yes",
		"appendfsync everysec",
		'save ""',
		`requirepass ${JSON.stringify(password)}`,
	];
	const file = settingsFile(folder, "redis.conf", `${settings.join("\n")}\n`);
	return {
		name: "redis",
		command: "redis-server",
		args: [file],
		env: environment(),
		readyLine: /Ready to accept connections/,
		url: `redis://:${password}@${HOST}:${port}`,
	};
}

/**
 * MongoDB as a replica set of one: `mongod`, else the server that the tests use where there is none.
 * @throws {MissingProgram} where there is neither
 */
export function mongoPlan(folder: string, port: number): ServerPlan {
	const url = `mongodb://${HOST}:${port}/?directConnection=true`;
	const base = { name: "mongo", env: environment(), url };
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	if (version("mongod") !== null)
		return {
			...base,
			command: "mongod",
			args: ["--bind_ip", HOST, "--port", String(port), "--dbpath", folder, "--replSet", "conductor", "--quiet"],
			probe: () => primary(url, port),
		};
	if (version("secantusd-rs") !== null)
		return {
			...base,
			// After a start every read of a collection that comes before the first one's answer costs as much as that one.
			url: `${url}&maxPoolSize=8`,
			command: "secantusd-rs",
			args: [
				...["--host", HOST, "--port", String(port), "--storage-path", folder],
				...["--cache-size", "1G", "--log-file-max", "8MB", "--sync-on-commit"],
			],
			readyLine: /listening on /,
			probe: () => accepts(port),
		};
	throw new MissingProgram(
		"No MongoDB on the PATH: install mongod (https://www.mongodb.com/docs/manual/installation/) or set MONGO_URL to a replica set",
	);
}

/** Makes the server a replica set of one where it is none yet. @throws {Error} while it is not ready to be written to */
async function primary(url: string, port: number): Promise<void> {
	const client = await mongoose.mongo.MongoClient.connect(url, { serverSelectionTimeoutMS: 500 });
	try {
		const admin = client.db("admin");
		const hello = await admin.command({ hello: 1 });
		if (hello.isWritablePrimary) return;
		if (!hello.setName)
			await admin.command({
				replSetInitiate: { _id: "conductor", members: [{ _id: 0, host: `${HOST}:${port}` }] },
			});
		throw new Error("not primary yet");
	} finally {
		await client.close();
	}
}
