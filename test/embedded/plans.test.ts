import type mongoose from "mongoose";
import { openEmbedded, type TestStore } from "./stores.ts";

/* Lists are walks through an index: they start at their place, need no sort, and read no document in vain. */

const COUNT = 3000;
const TENANTS = 3;

interface Plan {
	readonly indexes: { indexName: string; ranges: number }[];
	readonly sortInMemory: boolean;
	readonly testsDocuments: boolean;
	readonly wholeIndex: boolean;
}

let store: TestStore;
let Items: mongoose.Model<Record<string, unknown>>;
const createdAt = (n: number) => new Date(1_700_000_000_000 + Math.floor(n / 5) * 1000);

beforeAll(async () => {
	store = await openEmbedded({ strict: true });
	const { Schema } = store.connection.base;
	const schema = new Schema({ _id: String }, { strict: false, versionKey: false });
	schema.index({ tenantId: 1, createdAt: -1, _id: -1 });
	schema.index({ tenantId: 1, status: 1, createdAt: -1, _id: -1 });
	schema.index({ tenantId: 1, requester: 1, createdAt: -1, _id: -1 });
	schema.index({ tenantId: 1, company: 1, createdAt: -1, _id: -1 });
	schema.index({ tenantId: 1, tags: 1, createdAt: -1, _id: -1 });
	schema.index(
		{ tenantId: 1, "emails.address": 1 },
		{ unique: true, partialFilterExpression: { "emails.address": { $exists: true } } },
	);
	Items = store.connection.model("Item", schema) as unknown as typeof Items;
	await Items.init();
	const documents = Array.from({ length: COUNT }, (_, n) => ({
		_id: `i${String(n).padStart(6, "0")}`,
		tenantId: `t${n % TENANTS}`,
		createdAt: createdAt(n),
		status: ["open", "pending", "solved"][(n % 7) % 3],
		requester: `r${n % 11}`,
		company: `c${n % 5}`,
		tags: [`g${n % 4}`, `h${n % 3}`],
		emails: [{ address: `${n}@example.com` }],
	}));
	await Items.collection.insertMany(documents as never[]);
});
afterAll(() => store.stop());

const NEWEST = { createdAt: -1, _id: -1 } as const;

async function explain(
	filter: object,
	sort: Record<string, 1 | -1> = NEWEST,
): Promise<{ plan: Plan; sqlite: string[] }> {
	const explained = (await Items.find(filter).sort(sort).limit(25).explain()) as unknown as {
		queryPlanner: { winningPlan: Plan; sqlite: string[] };
	};
	return { plan: explained.queryPlanner.winningPlan, sqlite: explained.queryPlanner.sqlite };
}

function keyset(tenantId: string, n: number, more: object = {}): object {
	const at = createdAt(n);
	return {
		tenantId,
		...more,
		$or: [{ createdAt: { $lt: at } }, { createdAt: at, _id: { $lt: `i${String(n).padStart(6, "0")}` } }],
	};
}

const lists: [string, object, string, number][] = [
	["the newest of a tenant", { tenantId: "t1" }, "tenantId_1_createdAt_-1__id_-1", 1],
	["the newest of a status", { tenantId: "t1", status: "open" }, "tenantId_1_status_1_createdAt_-1__id_-1", 1],
	["a later page", keyset("t1", 1500), "tenantId_1_createdAt_-1__id_-1", 2],
	["a later page of a status", keyset("t1", 1500, { status: "open" }), "tenantId_1_status_1_createdAt_-1__id_-1", 2],
	["by a tag", { tenantId: "t1", tags: "g1" }, "tenantId_1_tags_1_createdAt_-1__id_-1", 1],
	[
		"a stretch of time",
		{ tenantId: "t1", createdAt: { $gte: createdAt(100), $lt: createdAt(900) } },
		"tenantId_1_createdAt_-1__id_-1",
		1,
	],
];
test.each(lists)("%s is one walk without a sort", async (_title, filter, indexName, ranges) => {
	const { plan, sqlite } = await explain(filter);
	expect(plan).toMatchObject({
		indexes: [{ indexName, ranges }],
		sortInMemory: false,
		testsDocuments: false,
		wholeIndex: false,
	});
	expect(sqlite[0]).toMatch(/^SEARCH i USING PRIMARY KEY \(k>\? AND k<\?\)$/);
	expect(sqlite.join()).not.toMatch(/TEMP B-TREE|SCAN/);
});

test("several statuses are as many walks, merged", async () => {
	const { plan } = await explain({ tenantId: "t1", status: { $in: ["open", "solved"] } });
	expect(plan).toMatchObject({ sortInMemory: false, testsDocuments: false });
	expect(plan.indexes.map((one) => one.ranges)).toEqual([1, 1]);
});

test("an $or of two owners walks both their indexes, also on later pages", async () => {
	const owners = [{ requester: "r1" }, { company: "c2" }];
	const { plan } = await explain({ tenantId: "t1", $and: [{ $or: owners }, keyset("t1", 1500)] });
	expect(plan.sortInMemory).toBe(false);
	expect(plan.indexes.map((one) => one.indexName).sort()).toEqual([
		"tenantId_1_company_1_createdAt_-1__id_-1",
		"tenantId_1_requester_1_createdAt_-1__id_-1",
	]);
});

test("an address inside an array is found by its unique index", async () => {
	const { plan, sqlite } = await explain({ tenantId: "t1", "emails.address": "1@example.com" }, { _id: 1 });
	expect(plan.indexes).toEqual([{ indexName: "tenantId_1_emails.address_1", ranges: 1 }]);
	expect(sqlite.join()).not.toMatch(/SCAN/);
});

const scopes: [string, object][] = [
	["a tenant", { tenantId: "t1" }],
	["two statuses", { tenantId: "t1", status: { $in: ["open", "solved"] } }],
	["a tag or a requester", { tenantId: "t1", $or: [{ tags: "g1" }, { requester: "r3" }] }],
	["tags, some documents by both", { tenantId: "t1", tags: { $in: ["g1", "h2", "h0"] } }],
];
test.each(scopes)("the pages of %s hold every document once, in order, in both directions", async (_title, scope) => {
	const expected = await idsOf(scope);
	for (const direction of [-1, 1] as const) {
		const sort = { createdAt: direction, _id: direction };
		const beyond = direction === 1 ? "$gt" : "$lt";
		const seen: unknown[] = [];
		let filter: object = scope;
		for (;;) {
			const page = await Items.find(filter).sort(sort).limit(70).lean();
			seen.push(...page.map((item) => item._id));
			const last = page.at(-1);
			if (!last) break;
			const rest = [
				{ createdAt: { [beyond]: last.createdAt } },
				{ createdAt: last.createdAt, _id: { [beyond]: last._id } },
			];
			filter = { $and: [scope, { $or: rest }] };
		}
		expect(seen).toEqual(direction === -1 ? expected : expected.toReversed());
		expect(await Items.countDocuments(scope)).toBe(expected.length);
	}
});

const walks: [string, object, Record<string, 1 | -1>][] = [
	["in order", { tenantId: "t1" }, NEWEST],
	["backwards", { tenantId: "t1" }, { createdAt: 1, _id: 1 }],
	["by keys that many documents share", { tenantId: "t1", company: { $in: ["c1", "c2", "c3", "c4"] } }, { company: 1 }],
	["with documents left out on the way", { tenantId: "t1", requester: { $ne: "r1" } }, NEWEST],
];
test.each(walks)("a cursor reads batch after batch %s", async (_title, filter, sort) => {
	const expected = (await Items.find(filter).sort(sort).lean()).map((item) => item._id);
	const seen: unknown[] = [];
	for await (const item of Items.find(filter).sort(sort).lean().cursor()) seen.push(item._id);
	expect(seen.length).toBeGreaterThan(600);
	expect(seen).toEqual(expected);
});

test("a hint names the only index that is taken, by its keys or its name", async () => {
	const keys = { tenantId: 1, company: 1, createdAt: -1, _id: -1 } as const;
	const filter = { tenantId: "t1", status: "open", company: "c1" };
	const expected = (await Items.find(filter).sort(NEWEST).lean()).map((item) => item._id);
	for (const hint of [keys, "tenantId_1_company_1_createdAt_-1__id_-1"]) {
		const query = () =>
			Items.find(filter)
				.sort(NEWEST)
				.hint(hint as never);
		const explained = (await query().explain()) as unknown as { queryPlanner: { winningPlan: Plan } };
		expect(explained.queryPlanner.winningPlan.indexes.map(({ indexName }) => indexName)).toEqual([
			"tenantId_1_company_1_createdAt_-1__id_-1",
		]);
		expect((await query().lean()).map((item) => item._id)).toEqual(expected);
		expect(await Items.countDocuments(filter, { hint: hint as never })).toBe(expected.length);
	}
	expect(expected.length).toBeGreaterThan(50);
	for (const hint of [{ tenantId: 1, company: -1 }, "company"])
		await expect(Items.find(filter).hint(hint as never)).rejects.toMatchObject({ code: 2 });
	await expect(Items.find({ tenantId: "t1", status: "open" }).sort(NEWEST).hint(keys)).rejects.toThrow("Unindexed");
});

/** The same by reading everything and sorting here. */
async function idsOf(scope: object): Promise<unknown[]> {
	const all = await Items.find(scope).hint({ $natural: 1 }).lean();
	const key = (item: Record<string, unknown>) => `${(item.createdAt as Date).toISOString()} ${item._id}`;
	return all.sort((a, b) => (key(a) < key(b) ? 1 : -1)).map((item) => item._id);
}
