import { type ChildProcess, execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { until } from "./until.ts";

/** Whether a program is there to be run. */
export function isOnPath(program: string): boolean {
	try {
		execFileSync(program, ["--version"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

/**
 * Resolves when a process stands still: on a busy machine it answers on for a moment after it was told to. Where the
 * system does not show its processes as files, that moment is not waited for.
 */
export async function freeze(server: ChildProcess): Promise<void> {
	server.kill("SIGSTOP");
	const shown = `/proc/${server.pid}/stat`;
	if (existsSync(shown)) await until(() => / T /.test(readFileSync(shown, "utf8")));
}
