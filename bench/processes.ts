import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");

/** A server in a process of its own. */
export interface Server {
	pid: number;
	origin: string;
	/** from the spawn until it says that it listens, ms */
	startMs: number;
	stop(): Promise<void>;
}

/** Runs a TypeScript file under this Node and resolves when it prints where it listens. */
export function serve(file: string, env: Record<string, string>): Promise<Server> {
	const begin = performance.now();
	// With the flags of `npm start`.
	const child: ChildProcess = spawn(
		process.execPath,
		["--max-semi-space-size=8", "--preserve-symlinks", "--preserve-symlinks-main", file],
		{
			cwd: root,
			env: { PATH: process.env.PATH ?? "", LOG_LEVEL: "warn", PORT: "0", ...env },
			stdio: ["ignore", "pipe", "inherit"],
		},
	);
	const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	return new Promise((resolve, reject) => {
		let text = "";
		child.once("exit", (code) => reject(new Error(`${file} ended with ${code}: ${text}`)));
		child.stdout?.on("data", (chunk: Buffer) => {
			text += chunk.toString();
			const origin = /listens on (http:\S+)/.exec(text)?.[1];
			if (origin)
				resolve({
					pid: child.pid as number,
					origin,
					startMs: performance.now() - begin,
					stop: async () => {
						child.kill("SIGTERM");
						await exit;
					},
				});
		});
	});
}
