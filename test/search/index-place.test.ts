import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type IndexPlace, takeIndexPlace } from "../../services/search/index-place.ts";
import { until } from "../support/until.ts";

let folder: string;
const taken: IndexPlace[] = [];

function take(isCluster = true): IndexPlace {
	const place = takeIndexPlace(folder, isCluster);
	taken.push(place);
	return place;
}

beforeEach(async () => {
	folder = await mkdtemp(path.join(tmpdir(), "search-place-"));
});

afterEach(async () => {
	for (const place of taken.splice(0)) place.release();
	await rm(folder, { recursive: true, force: true });
});

test("every process of a folder has an index and a group of its own, and finds them again", () => {
	const [one, two] = [take(), take()];
	expect([one.file, two.file].map((file) => path.basename(file))).toEqual(["search.db", "search-2.db"]);
	expect(one.group).toMatch(/^search-[0-9a-f-]{36}$/);
	expect(two.group).not.toBe(one.group);
	for (const place of taken.splice(0)) place.release();
	expect([take(), take()].map(({ file, group }) => ({ file, group }))).toEqual(
		[one, two].map(({ file, group }) => ({ file, group })),
	);
});

test("groups of other folders are other ones", async () => {
	const other = await mkdtemp(path.join(tmpdir(), "search-place-"));
	const there = takeIndexPlace(other, true);
	expect(take().group).not.toBe(there.group);
	there.release();
	await rm(other, { recursive: true, force: true });
});

test("the only process of an embedded deployment keeps the plain name", () => {
	expect(take(false).group).toBe("search");
	expect(take(false).group).toMatch(/^search-[0-9a-f-]{36}$/);
});

test("a process that is killed leaves its index to the next one", async () => {
	const script = `
		const { takeIndexPlace } = await import(${JSON.stringify(path.resolve("services/search/index-place.ts"))});
		console.log(takeIndexPlace(${JSON.stringify(folder)}, true).group);
		setInterval(() => {}, 1000);`;
	const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const [group] = (await once(child.stdout, "data")) as [Buffer];
	expect(take().file).toBe(path.join(folder, "search-2.db"));
	child.kill("SIGKILL");
	await once(child, "exit");
	await until(() => take().group === group.toString().trim());
});
