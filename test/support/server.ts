import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** Whether a program is there to be run. */
export function isOnPath(program: string): boolean {
	try {
		execFileSync(program, ["--version"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
	const probe = createServer().listen(0, "127.0.0.1");
	await once(probe, "listening");
	const { port } = probe.address() as { port: number };
	probe.close();
	await once(probe, "close");
	return port;
}
