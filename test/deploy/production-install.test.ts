import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "../../scripts/cluster/free-port.ts";
import { ManagedProcess } from "../../scripts/cluster/managed-process.ts";
import { root } from "./compose-file.ts";

/*
 * What the image does: only what the Dockerfile copies, only dependencies of production, started and called. It installs
 * from the registry, so it runs in CI and where `PRODUCTION_INSTALL` asks for it.
 */
const asked = process.env.CI !== undefined || process.env.PRODUCTION_INSTALL !== undefined;

(asked ? test : test.skip)(
	"the product runs with what the image holds",
	async () => {
		const folder = mkdtempSync(path.join(tmpdir(), "conductor-image-"));
		const dockerfile = readFileSync(path.join(root, "Dockerfile"), "utf8").split("\n");
		const copied = dockerfile
			.filter((line) => line.startsWith("COPY") && !line.includes("--from"))
			.flatMap((line) => line.split(" ").slice(1, -1))
			.flatMap((pattern) => globSync(pattern, { cwd: root }));
		for (const file of copied) cpSync(path.join(root, file), path.join(folder, file), { recursive: true });
		const install = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
		execFileSync("npm", install, { cwd: folder, stdio: "ignore" });
		const port = await freePort();
		const env = {
			PATH: process.env.PATH ?? "",
			NODE_ENV: "production",
			DATA_DIR: path.join(folder, "data"),
			PORT: String(port),
		};
		const plan = {
			name: "image",
			command: process.execPath,
			args: ["start.ts"],
			env,
			cwd: folder,
			readyLine: /listens on/,
		};
		const running = new ManagedProcess(plan);
		try {
			await running.start();
			execFileSync(process.execPath, ["deploy/health-check.mjs"], { cwd: folder, env });
			const answer = await fetch(`http://127.0.0.1:${port}/api/me`);
			expect(answer.status).toBe(401);
			expect(await running.stop()).toBe(0);
		} finally {
			await running.kill();
			rmSync(folder, { recursive: true });
		}
	},
	300_000,
);
