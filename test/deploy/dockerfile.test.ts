import { globSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { loadConfig } from "../../config.ts";
import { root } from "./compose-file.ts";

const read = (name: string) => readFileSync(path.join(root, name), "utf8");
const lines = read("Dockerfile").split("\n");
const copied = lines
	.filter((line) => line.startsWith("COPY") && !line.includes("--from"))
	.flatMap((line) => line.split(" ").slice(1, -1));

test("what is copied is there, and is let into the build", () => {
	const admitted = read(".dockerignore")
		.split("\n")
		.filter((line) => line.startsWith("!"))
		.map((line) => line.slice(1));
	expect(copied.filter((file) => globSync(file, { cwd: root }).length === 0)).toEqual([]);
	expect([...new Set(copied)].sort()).toEqual(admitted.sort());
});

test("everything that the product is made of is copied", () => {
	const notCopied = ["bench", "coverage", "data", "deploy", "docs", "node_modules", "test"];
	const folders = readdirSync(root, { withFileTypes: true })
		.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
		.map(({ name }) => name)
		.filter((name) => !notCopied.includes(name));
	expect(copied).toEqual(expect.arrayContaining([...folders, "*.ts"]));
});

test("the image runs what `npm start` runs, as a user without rights, with node as the first process", () => {
	const { scripts } = JSON.parse(read("package.json")) as { scripts: { start: string } };
	const entry = JSON.parse((lines.find((line) => line.startsWith("ENTRYPOINT")) ?? "").slice("ENTRYPOINT ".length));
	expect((entry as string[]).join(" ")).toBe(scripts.start);
	expect(lines).toContain("USER node");
	expect(lines.filter((line) => line.startsWith("FROM")).at(-1)).toMatch(/^FROM node:24/);
	expect(read("Dockerfile")).toContain("npm ci --omit=dev --ignore-scripts");
});

test("the image's own settings are accepted", () => {
	const env = (lines.find((line) => line.startsWith("ENV")) ?? "").slice(4).split(" ");
	const config = loadConfig(Object.fromEntries(env.map((pair) => pair.split("="))));
	expect(config).toMatchObject({ production: true, host: "0.0.0.0", dataDir: "/data" });
});
