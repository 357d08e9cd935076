import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { testEnvironment } from "../support/broker.ts";

const root = path.resolve(import.meta.dirname, "../..");
const COUNT = 600;

/** Starts a process with timers and resolves with what it printed once it has printed this so often. */
async function until(env: Record<string, string>, args: string[], line: RegExp, times: number): Promise<string> {
	const child: ChildProcess = spawn(process.execPath, ["test/support/timers-process.ts", ...args], {
		cwd: root,
		env: { PATH: process.env.PATH ?? "", ...env },
		stdio: ["ignore", "pipe", "inherit"],
	});
	const ended = once(child, "exit");
	let text = "";
	for await (const chunk of child.stdout ?? []) {
		text += String(chunk);
		if ((text.match(line) ?? []).length >= times) break;
	}
	child.kill("SIGKILL");
	await ended;
	return text;
}

test("timers whose processes are killed again and again each take effect once", async () => {
	const { env, cleanup } = await testEnvironment();
	try {
		await until(env, [String(COUNT)], /^fired /gm, 60);
		// What the killed ones held is free again: the clock is ahead by more than that lasts.
		await until(env, ["0", "60000"], /^fired /gm, 90);
		await until(env, ["0", "120000"], /^fired /gm, 120);
		const text = await until(env, ["0", "180000"], /^done .*$/gm, 1);
		expect(/^done .*$/m.exec(text)?.[0]).toBe(`done ${COUNT} ${COUNT}`);
		expect(text).not.toContain("error");
	} finally {
		await cleanup();
	}
}, 120_000);
