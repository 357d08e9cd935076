import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below what systems give to outgoing connections: one of those could take a port before whoever asked for it does. */
const FIRST = 20_000;
const END = 32_768;

function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const probe = createServer();
		probe.once("error", () => resolve(false));
		probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
	});
}

/** Ports are used some time after they were asked for. */
const given = new Set<number>();

/**
 * A port of this machine that nobody listens on now, and another one each time. Two processes that ask at the same time
 * hardly ever get the same.
 */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(FIRST, END);
		if (given.has(port)) continue;
		given.add(port);
		if (await isFree(port)) return port;
	}
}
