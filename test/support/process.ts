import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/** The product as an operator starts it: a process of its own. */
export interface RunningProcess {
	child: ChildProcess;
	/** where its gateway listens, or a process without one answers operators */
	origin: string;
	/** what it printed so far */
	output(): string;
	/** ends it at once, as a power cut would for the process */
	kill(): Promise<void>;
	/** asks it to stop, and resolves with its exit code */
	stop(): Promise<number | null>;
}

function ended(child: ChildProcess): Promise<number | null> {
	if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
	return new Promise((resolve) => {
		child.once("exit", (code) => resolve(code));
	});
}

/** Starts `start.ts` and resolves when it says where it listens. Rejects with its output where it ends instead. */
export async function startProcess(env: Record<string, string>): Promise<RunningProcess> {
	const child = spawn(process.execPath, ["start.ts"], {
		cwd: root,
		env: { PATH: process.env.PATH ?? "", LOG_LEVEL: "warn", PORT: "0", ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let text = "";
	const origin = await new Promise<string>((resolve, reject) => {
		const read = (chunk: Buffer) => {
			text += chunk.toString();
			const match = /Conductor (?:listens on (\S+)|runs; it says how it is on (\S+)\/health\/ready)/.exec(text);
			const found = match?.[1] ?? match?.[2];
			if (found) resolve(found);
		};
		child.stdout?.on("data", read);
		child.stderr?.on("data", read);
		child.once("exit", (code) => reject(new Error(`ended with ${code}: ${text}`)));
	});
	return {
		child,
		origin,
		output: () => text,
		async kill() {
			const end = ended(child);
			child.kill("SIGKILL");
			await end;
		},
		async stop() {
			const end = ended(child);
			child.kill("SIGTERM");
			return end;
		},
	};
}
