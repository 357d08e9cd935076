// Runs the product under this very Node with the REPL, and starts it again when a source file changes. It watches
// folders, because editors that save by renaming make `node --watch` lose a file after its first save.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, watch } from "node:fs";
import path from "node:path";

const WATCHED = ["contracts", "embedded", "lib", "mixins", "models", "services"];
const root = path.resolve(import.meta.dirname, "..");

let child: ChildProcess | null = null;
let pending: NodeJS.Timeout | undefined;
let restarting = false;

function start(): void {
	child = spawn(process.execPath, ["start.ts", "--repl", ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
	child.on("exit", (code) => {
		child = null;
		if (restarting) {
			restarting = false;
			start();
		} else if (code) console.error(`[dev] ended with ${code}; waiting for a change`);
		else process.exit(0);
	});
}

function restart(file: string): void {
	clearTimeout(pending);
	pending = setTimeout(() => {
		console.error(`[dev] ${file} changed`);
		if (!child) start();
		else {
			restarting = true;
			child.kill("SIGTERM");
		}
	}, 150);
}

function watchFolder(folder: string): void {
	watch(folder, (_event, name) => {
		if (name?.endsWith(".ts")) restart(path.relative(root, path.join(folder, name)));
	});
	for (const entry of readdirSync(folder, { withFileTypes: true }))
		if (entry.isDirectory()) watchFolder(path.join(folder, entry.name));
}

for (const folder of WATCHED) watchFolder(path.join(root, folder));
watch(root, (_event, name) => {
	if (name?.endsWith(".ts")) restart(name);
});
for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.on(signal, () => {
		restarting = false;
		if (!child) process.exit(0);
		child.kill(signal);
	});
start();
