import { execFileSync } from "node:child_process";

/** Whether a program is there to be run. */
export function isOnPath(program: string): boolean {
	try {
		execFileSync(program, ["--version"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}
