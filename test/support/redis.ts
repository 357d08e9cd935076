import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/cluster/free-port.ts";
import { freeze, isOnPath } from "./server.ts";

/** A Redis for one test file. */
export interface TestRedis {
	readonly url: string;
	/** ends it at once */
	kill(): Promise<void>;
	/** stops its work without closing a connection: when it resolves it answers nothing more; `thaw` lets it go on */
	freeze(): Promise<void>;
	thaw(): void;
	/** starts it again on the same port, empty */
	restart(): Promise<void>;
	stop(): Promise<void>;
}

async function launch(port: number, folder: string): Promise<ChildProcess> {
	const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"];
	const server = spawn("redis-server", options, { stdio: ["ignore", "pipe", "inherit"] });
	await new Promise<void>((resolve, reject) => {
		let output = "";
		server.stdout?.on("data", (chunk: Buffer) => {
			output += chunk;
			if (output.includes("Ready to accept connections")) resolve();
		});
		server.once("error", reject);
		server.once("exit", (code) => reject(new Error(`redis-server ended with ${code}: ${output}`)));
	});
	return server;
}

async function end(server: ChildProcess): Promise<void> {
	if (server.exitCode !== null || server.signalCode !== null) return;
	const ended = once(server, "exit");
	server.kill("SIGKILL");
	await ended;
}

/**
 * `redis-server` from the PATH on a free port. Null when there is none, after a line on the console that says so.
 * @throws Error when there is none and `CI` is set: CI must not pass by skipping.
 */
export async function startRedis(): Promise<TestRedis | null> {
	if (!isOnPath("redis-server")) {
		const message = "No redis-server on the PATH for the tests";
		if (process.env.CI) throw new Error(message);
		console.warn(`${message}. The tests against Redis are skipped.`);
		return null;
	}
	const folder = await mkdtemp(join(tmpdir(), "redis-test-"));
	const port = await freePort();
	let server = await launch(port, folder);
	return {
		url: `redis://127.0.0.1:${port}`,
		kill: () => end(server),
		freeze: () => freeze(server),
		thaw: () => void server.kill("SIGCONT"),
		async restart() {
			await end(server);
			server = await launch(port, folder);
		},
		async stop() {
			await end(server);
			await rm(folder, { recursive: true, force: true });
		},
	};
}
