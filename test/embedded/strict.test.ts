import type mongoose from "mongoose";
import { UnindexedQuery } from "../../embedded/errors.ts";
import { openEmbedded, type TestStore } from "./stores.ts";

let store: TestStore;
let Items: mongoose.Model<Record<string, unknown>>;

beforeAll(async () => {
	store = await openEmbedded({ strict: true });
	const { Schema } = store.connection.base;
	const schema = new Schema({ _id: String }, { strict: false, versionKey: false });
	schema.index({ tenantId: 1, status: 1, createdAt: -1, _id: -1 });
	schema.index({ tenantId: 1, tags: 1 });
	schema.index({ tenantId: 1, number: 1 }, { unique: true });
	schema.index({ tenantId: 1, deletedAt: 1 }, { partialFilterExpression: { deletedAt: { $type: "date" } } });
	schema.index({ email: 1 }, { sparse: true });
	Items = store.connection.model("Item", schema) as unknown as typeof Items;
	await Items.init();
	await Items.create({ _id: "x", tenantId: "a", number: 1 });
});
afterAll(() => store.stop());

interface Question {
	readonly title: string;
	readonly filter: object;
	readonly sort?: Record<string, 1 | -1>;
	readonly limit?: number;
}

function question([title, filter, sort, limit]: [string, object, Record<string, 1 | -1>?, number?]): Question {
	return { title, filter, ...(sort && { sort }), ...(limit && { limit }) };
}

const served: Parameters<typeof question>[0][] = [
	["by _id", { _id: "x" }],
	["by several _ids", { _id: { $in: ["x", "y"] }, tenantId: "a" }, { status: 1 }],
	["by the index's first field", { tenantId: "a", other: 1 }],
	["in the index's order", { tenantId: "a", status: "open" }, { createdAt: -1, _id: -1 }, 25],
	["in the opposite order", { tenantId: "a", status: "open" }, { createdAt: 1, _id: 1 }],
	["several values before the order", { tenantId: "a", status: { $in: ["open", "new"] } }, { createdAt: -1 }],
	["by an array's element", { tenantId: "a", tags: "x" }],
	["by a unique key, in any order", { tenantId: "a", number: 1 }, { whatever: 1 }],
	[
		"where a partial index holds all that is asked",
		{ tenantId: "a", deletedAt: { $gt: new Date(0) } },
		{ deletedAt: 1 },
	],
	["by a sparse index, for a value", { email: "x" }],
	["an unfiltered page in the index's order", {}, { _id: 1 }, 100],
	["each way of an $or by its own index", { $or: [{ _id: "x" }, { tenantId: "a", tags: "y" }] }],
];
test.each(served.map(question))("allows a query $title", async ({ filter, sort = {}, limit = 0 }) => {
	await expect(Items.find(filter).sort(sort).limit(limit).lean()).resolves.toBeDefined();
});

const refused: Parameters<typeof question>[0][] = [
	["without an index", { color: "red" }],
	["without a filter and without a limit", {}],
	["by a field that is not the index's first", { status: "open" }],
	["sorted in memory", { tenantId: "a" }, { color: 1 }],
	["sorted past a field that is not fixed", { tenantId: "a" }, { createdAt: -1 }],
	["in a mixed order", { tenantId: "a", status: "open" }, { createdAt: -1, _id: 1 }],
	["where only a partial index fits", { deletedAt: null }],
	["for documents that a sparse index lacks", { email: null }],
	["with an $or of which one way has no index", { $or: [{ _id: "x" }, { color: "red" }] }],
	["by negation", { tenantId: { $ne: "a" } }],
];
test.each(refused.map(question))("refuses a query $title", async ({ filter, sort = {} }) => {
	const failed: unknown = await Items.find(filter)
		.sort(sort)
		.lean()
		.then(
			() => undefined,
			(error) => error,
		);
	expect(failed).toBeInstanceOf(UnindexedQuery);
	expect(failed).toMatchObject({ filter, message: expect.stringContaining('"items"') });
});

test("judges counts, updates and deletes alike", async () => {
	await expect(Items.countDocuments({ color: "red" })).rejects.toThrow(UnindexedQuery);
	await expect(Items.updateMany({ color: "red" }, { $set: { a: 1 } })).rejects.toThrow(UnindexedQuery);
	await expect(Items.deleteMany({ color: "red" })).rejects.toThrow(UnindexedQuery);
	await expect(Items.findOneAndUpdate({ color: "red" }, { $set: { a: 1 } })).rejects.toThrow(UnindexedQuery);
	await expect(Items.aggregate([{ $match: { color: "red" } }])).rejects.toThrow(UnindexedQuery);
	expect(await Items.countDocuments({})).toBe(1);
});

test("a scan by intent says so", async () => {
	expect(
		await Items.find({ color: { $exists: false } })
			.hint({ $natural: 1 })
			.lean(),
	).toHaveLength(1);
});
