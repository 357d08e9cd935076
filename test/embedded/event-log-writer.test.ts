import { DatabaseSync } from "node:sqlite";
import { Writer } from "../../embedded/event-log-writer.ts";

const NORMAL = 1;
const FULL = 2;

let db: DatabaseSync;
let writer: Writer;

beforeEach(() => {
	db = new DatabaseSync(":memory:");
	db.exec("CREATE TABLE entries (name TEXT PRIMARY KEY)");
	writer = new Writer(db);
});

afterEach(() => db.close());

const add = (name: string) => db.prepare("INSERT INTO entries VALUES (?)").run(name).changes;
const entries = () =>
	db
		.prepare("SELECT name FROM entries ORDER BY rowid")
		.all()
		.map(({ name }) => name);

test("jobs of one turn run in order, each with its own result", async () => {
	const results = await Promise.all(["a", "b", "c"].map((name) => writer.run(true, () => `${name}${add(name)}`)));
	expect(results).toEqual(["a1", "b1", "c1"]);
	expect(entries()).toEqual(["a", "b", "c"]);
});

test("a job that fails undoes itself and nothing else", async () => {
	const outcomes = await Promise.allSettled([
		writer.run(true, () => add("a")),
		writer.run(true, () => {
			add("b");
			add("a");
		}),
		writer.run(true, () => add("c")),
	]);
	expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
	expect(entries()).toEqual(["a", "c"]);
});

test("a commit is flushed to disk when one of its jobs asks for it", async () => {
	const mode = () => db.prepare("PRAGMA synchronous").get()?.synchronous;
	expect(await writer.run(false, mode)).toBe(NORMAL);
	expect(await Promise.all([writer.run(false, mode), writer.run(true, mode)])).toEqual([FULL, FULL]);
	expect(await writer.run(false, mode)).toBe(NORMAL);
});

test("settled waits for what was asked for", async () => {
	await writer.settled();
	writer.run(false, () => add("a"));
	await writer.settled();
	expect(entries()).toEqual(["a"]);
});
