import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/cluster/free-port.ts";
import { freeze, isOnPath } from "./server.ts";

/** A NATS server with JetStream for one test file. */
export interface TestNats {
	/** without credentials, such as `nats://127.0.0.1:4222` */
	readonly url: string;
	readonly port: number;
	/** where it keeps its files: streams below `jetstream/$G/streams` */
	readonly folder: string;
	/** ends it at once; what it acknowledged stays on the disk */
	kill(): Promise<void>;
	/** stops its work without closing a connection: when it resolves it answers nothing more; `thaw` lets it go on */
	freeze(): Promise<void>;
	thaw(): void;
	/** starts it again on the same port with what it has on the disk; ends it before where it still runs */
	restart(): Promise<void>;
	stop(): Promise<void>;
}

export interface NatsOptions {
	/** further lines of its configuration file, such as `authorization` or `tls` */
	configuration?: string;
	/** does not start yet: {@link TestNats.restart} does */
	later?: boolean;
}

async function launch(configuration: string): Promise<ChildProcess> {
	const server = spawn("nats-server", ["-c", configuration], { stdio: ["ignore", "ignore", "pipe"] });
	await new Promise<void>((resolve, reject) => {
		let output = "";
		server.stderr?.on("data", (chunk: Buffer) => {
			if (output.length < 100_000) output += chunk;
			if (output.includes("Server is ready")) resolve();
		});
		server.once("error", reject);
		server.once("exit", (code) => reject(new Error(`nats-server ended with ${code}: ${output}`)));
	});
	return server;
}

async function end(server: ChildProcess | null): Promise<void> {
	if (!server || server.exitCode !== null || server.signalCode !== null) return;
	const ended = once(server, "exit");
	server.kill("SIGKILL");
	await ended;
}

/**
 * Whether there is a `nats-server` on the PATH; says so on the console where there is none.
 * @throws Error when there is none and `CI` is set: CI must not pass by skipping.
 */
export function hasNatsServer(): boolean {
	if (isOnPath("nats-server")) return true;
	const message = "No nats-server on the PATH for the tests";
	if (process.env.CI) throw new Error(message);
	console.warn(`${message}. The tests against NATS are skipped.`);
	return false;
}

/**
 * `nats-server` from the PATH on a free port. Null when there is none, after a line on the console that says so.
 * @throws Error when there is none and `CI` is set: CI must not pass by skipping.
 */
export async function startNats({ configuration = "", later = false }: NatsOptions = {}): Promise<TestNats | null> {
	if (!hasNatsServer()) return null;
	const folder = await mkdtemp(join(tmpdir(), "nats-test-"));
	const port = await freePort();
	const file = join(folder, "nats.conf");
	await writeFile(file, `host: 127.0.0.1\nport: ${port}\njetstream { store_dir: "${folder}" }\n${configuration}\n`);
	let server = later ? null : await launch(file);
	return {
		url: `nats://127.0.0.1:${port}`,
		port,
		folder,
		kill: () => end(server),
		async freeze() {
			if (server) await freeze(server);
		},
		thaw: () => void server?.kill("SIGCONT"),
		async restart() {
			await end(server);
			server = await launch(file);
		},
		async stop() {
			await end(server);
			await rm(folder, { recursive: true, force: true });
		},
	};
}
