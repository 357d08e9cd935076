import { newId } from "../../lib/ids.ts";
import { placeOf } from "../../scripts/repl/place.ts";
import { COMMANDS, runCommand } from "../../scripts/repl/repl.ts";
import { duration, table } from "../../scripts/repl/table.ts";
import { type Desk, type DeskTenant, startDesk } from "../support/desk.ts";

let desk: Desk;
let home: DeskTenant;
beforeAll(async () => {
	desk = await startDesk({ eventRetryDelays: [] });
	home = await desk.tenant();
}, 60_000);
afterAll(() => desk?.stop());

/** What a command prints; `words` as they are typed, the options apart. */
async function typed(line: string, options: Record<string, unknown> = {}): Promise<string> {
	const [name, ...words] = line.split(" ");
	const command = COMMANDS.find((one) => one.command.split(" ")[0] === name);
	if (!command) throw new Error(`there is no command ${name}`);
	const parameters = [...command.command.matchAll(/[<[](\w+)[>\]]/g)].map(([, parameter = ""]) => parameter);
	const printed: string[] = [];
	const { broker, runtime } = desk.app;
	await runCommand(
		command,
		{ broker, events: runtime.events, now: () => new Date(), print: (text) => printed.push(text) },
		{ ...Object.fromEntries(words.map((word, at) => [parameters[at], word])), options, rawCommand: line },
	);
	return printed.join("\n");
}

test("tenants are listed and shown", async () => {
	expect(await typed("tenants")).toContain(home.slug);
	const one = await typed("tenants", { slug: home.slug });
	expect(one).toContain(home.id);
	expect(one.split("\n")).toHaveLength(3);
	expect(JSON.parse(await typed(`tenants ${home.id}`))).toMatchObject({ id: home.id, slug: home.slug });
	expect(await typed(`tenants ${newId()}`)).toBe("tenants: There is no such tenant.");
	expect(await typed("tenants", { limit: "many" })).toBe('--limit must be a whole number from 1, not "many".');
	expect(await typed("tenants", { status: true })).toBe("--status needs a value.");
});

test("the lag of every consumer is shown", async () => {
	const lines = (await typed("events lag")).split("\n");
	expect(lines[0]).toMatch(/^group +position +head +lag +oldest +parked +dead +consumed$/);
	for (const group of ["tickets", "customers", "search", "dashboard"])
		expect(lines.some((line) => line.startsWith(`${group} `) && line.endsWith("yes"))).toBe(true);
});

test("dead letters are listed, shown, replayed and discarded", async () => {
	const [first, second] = [await home.deadLetter(), await home.deadLetter()];
	const listed = await typed("events dead", { tenant: home.id });
	expect(listed).toContain("this consumer wants no fixture");
	const shown = JSON.parse(await typed(`events dead show ${first}`));
	expect(shown).toMatchObject({ id: Number(first), event: { tenantId: home.id } });
	expect(await typed("events dead", { group: shown.group })).toMatch(new RegExp(`\n *${first} `));
	expect(await typed(`events dead discard ${second}`)).toBe(`Dead letter ${second} is given up.`);
	expect(await typed(`events dead show ${second}`)).toBe(`There is no dead letter ${second}.`);
	expect(await typed("events dead replay all", { group: shown.group })).toMatch(/^1 dead letters/);
	expect(await typed(`events dead replay ${first}`)).toBe(`There is no dead letter ${first}.`);
	expect(await typed("events dead", { group: shown.group })).toBe("There are no dead letters.");
	expect(await typed("events dead show")).toMatch(/^Which dead letter/);
	expect(await typed("events dead show x")).toBe('"x" is no id of a dead letter.');
	expect(await typed("events dead burn 1")).toMatch(/^There is no "events dead burn"/);
});

test("a group gets everything after a place again", async () => {
	const seen: string[] = [];
	const { events } = desk.app.runtime;
	const subscription = await events.subscribe({
		group: "replayed",
		types: ["user.created"],
		handler: async (event) => void seen.push(event.id),
	});
	await subscription.idle();
	const before = [...seen];
	expect(before.length).toBeGreaterThan(3);
	expect(await typed("events replay replayed", { from: "beginning" })).toMatch(/^The group replayed gets everything/);
	await subscription.idle();
	expect(seen).toEqual([...before, ...before]);
	await subscription.stop();
	expect(await typed("events replay nobody", { from: "0" })).toMatch(/^There is no consumer group "nobody"; there are/);
	expect(await typed("events replay replayed")).toMatch(/^Write: events replay/);
	expect(await typed("events replay replayed", { from: "soon" })).toMatch(/^"soon" is no place/);
	expect(await typed("events")).toMatch(/events lag/);
	expect(await typed("events lagg")).toMatch(/^There is no "events lagg"/);
});

test("read models are rebuilt", async () => {
	expect(await typed("rebuild dashboard", { tenant: home.id })).toMatch(
		/^dashboard is rebuilt after \d+ s: .*replaced 0/,
	);
	expect(await typed("rebuild search")).toMatch(/^search is rebuilt after/);
	expect(await typed("rebuild tickets")).toBe('There is no read model "tickets"; there are dashboard or search.');
	expect(await typed("rebuild search", { tenant: home.id })).toMatch(/^The search index is rebuilt for all tenants/);
});

test("sagas are listed; one that nobody knows is said so", async () => {
	expect(await typed("sagas", { status: "stuck" })).toBe("There are no such sagas.");
	expect(await typed("sagas", { status: "sleeping" })).toMatch(/^There is no status "sleeping"; there are running/);
	const id = newId();
	expect(await typed(`sagas show ${id}`)).toBe(`There is no saga ${id}.`);
	expect(await typed(`sagas resume ${id}`)).toBe(`There is no saga ${id}.`);
	expect(await typed("sagas show")).toMatch(/^Which saga/);
	expect(await typed("sagas stop")).toMatch(/^There is no "sagas stop"/);
});

test("timed work is shown with what comes next", async () => {
	const publishAt = new Date(Date.now() + 3_600_000).toISOString();
	const body = { title: "Later", body: "Soon.", status: "draft" };
	const { body: article } = await home.as.owner<{ id: string }>("POST", "/knowledge-base/articles", { body });
	const { status } = await home.as.owner("POST", `/knowledge-base/articles/${article.id}/publish`, {
		body: { publishAt },
	});
	expect(status).toBeLessThan(300);
	expect(await typed("timers")).toMatch(new RegExp(`knowledge-base +timers +0 +– +${publishAt}`));
});

test.each([
	["0", 0],
	["1234", 1234],
	["beginning", 0],
	["15m", new Date("2025-01-15T08:45:00Z")],
	["2h", new Date("2025-01-15T07:00:00Z")],
	["7d", new Date("2025-01-08T09:00:00Z")],
	["2025-01-01T00:00:00Z", new Date("2025-01-01T00:00:00Z")],
	["2025-01-01", new Date("2025-01-01T00:00:00Z")],
])("the place %s in the event log", (text, place) => {
	expect(placeOf(text, new Date("2025-01-15T09:00:00Z"))).toEqual(place);
});

test.each(["", "-1", "1.5", "tomorrow", "2025-13-45", "9999999999999999"])(
	'"%s" is no place in the event log',
	(text) => {
		expect(() => placeOf(text, new Date())).toThrow("is no place in the event log");
	},
);

test("a table has its columns side by side", () => {
	const rows = [
		{ id: 7, name: "one", error: null },
		{ id: 12, name: "a\nb", error: "x".repeat(80) },
	];
	expect(table(["id", "name", "error"], rows).split("\n")).toEqual([
		"id  name  error",
		`──  ────  ${"─".repeat(60)}`,
		" 7  one   –",
		`12  a b   ${"x".repeat(59)}…`,
	]);
	expect([0, 119_000, 121_000, 7_300_000, 900_000_000].map(duration)).toEqual(["0 s", "119 s", "2 min", "2 h", "10 d"]);
});
