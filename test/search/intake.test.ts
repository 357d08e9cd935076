import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Context, ServiceBroker } from "moleculer";
import type { SearchIndex } from "../../services/search/engine/index-types.ts";
import { openSearchIndex } from "../../services/search/engine/search-index.ts";
import { Intake } from "../../services/search/intake.ts";
import { Owners } from "../../services/search/owners.ts";
import { TENANT, ticket } from "./engine/documents.ts";

const folder = mkdtempSync(join(tmpdir(), "search-intake-"));
/** The version that the owner has of every ticket, and what it was asked for. */
let version = 1;
let asked: string[][] = [];
let broker: ServiceBroker;
let index: SearchIndex;
let intake: Intake<"ticket">;

beforeAll(async () => {
	broker = new ServiceBroker({ logger: false });
	broker.createService({
		name: "tickets",
		actions: {
			searchDocuments({ params: { ids } }: Context<{ ids: string[] }>) {
				asked.push(ids);
				return ids.map((id) => ticket(id, { version, subject: `version ${version}` }));
			},
		},
	});
	await broker.start();
	index = openSearchIndex({ file: join(folder, "index.db") });
	intake = new Intake(
		"ticket",
		index,
		new Owners(
			() => broker,
			() => undefined,
		),
	);
});
afterAll(async () => {
	await broker.stop();
	index.close();
	rmSync(folder, { recursive: true });
});
beforeEach(() => {
	asked = [];
	version = 1;
});

test("things that change together are asked for together", async () => {
	await Promise.all(["a", "b", "a"].map((id) => intake.take(TENANT, id)));
	expect(asked).toEqual([["a", "b"]]);
	expect(intake.waiting).toBe(0);
});

test("the owner is not asked for a version that the index has seen, or has seen a later one of", async () => {
	version = 3;
	await intake.take(TENANT, "t", 1);
	for (const told of [1, 2, 3]) await intake.take(TENANT, "t", told);
	expect(asked).toEqual([["t"]]);
	version = 4;
	await intake.take(TENANT, "t", 4);
	expect([asked.length, index.versionOf("ticket", TENANT, "t")]).toEqual([2, 4]);
});

test("what changed without a new version is asked for again", async () => {
	await intake.take(TENANT, "u", 1);
	await intake.take(TENANT, "u");
	expect(asked).toEqual([["u"], ["u"]]);
});

test("a ticket of another tenant with the same id is another one", async () => {
	await intake.take(TENANT, "v", 1);
	expect(index.versionOf("ticket", "tenant-b", "v")).toBeNull();
	await intake.take("tenant-b", "v", 1);
	expect(asked).toEqual([["v"], ["v"]]);
});
