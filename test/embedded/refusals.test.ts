import { UnsupportedByEmbeddedStore } from "../../embedded/errors.ts";
import { openEmbedded, type TestStore } from "./stores.ts";

/* What the embedded store does not know it refuses by name; it never leaves a part of a question out. */

let store: TestStore;
beforeAll(async () => {
	store = await openEmbedded();
	await collection().insertOne({ _id: "x", a: 1 } as never);
});
afterAll(() => store.stop());

const collection = () => store.connection.collection("things");

const filters: [string, object][] = [
	["$where", { $where: "true" }],
	["$expr", { $expr: { $gt: ["$a", 1] } }],
	["$text", { $text: { $search: "x" } }],
	["$jsonSchema", { $jsonSchema: {} }],
	["$near", { a: { $near: [0, 0] } }],
	["$geoWithin", { a: { $geoWithin: {} } }],
	["$bitsAllSet", { a: { $bitsAllSet: 1 } }],
	["$unknown", { a: { $unknown: 1 } }],
	["regular expression option x", { a: { $regex: "a", $options: "x" } }],
	["$type", { a: { $type: "decimal" } }],
];
test.each(filters)("refuses the filter operator %s", async (name, filter) => {
	await refused(name, () => collection().find(filter).toArray());
	await refused(name, () => collection().countDocuments(filter));
	await refused(name, () => collection().updateOne(filter, { $set: { a: 2 } }));
	await refused(name, () => store.connection.collection("not there yet").findOne(filter));
});

const updates: [string, unknown][] = [
	["$bit", { $bit: { a: { or: 1 } } }],
	["$currentDate", { $currentDate: { a: { $type: "timestamp" } } }],
	["$unknown", { $unknown: { a: 1 } }],
	["pipeline", [{ $set: { a: 1 } }]],
];
test.each(updates)("refuses the update %s", async (name, update) => {
	await refused(name, () => collection().updateOne({ _id: "x" as never }, update as never));
	await refused(name, () => collection().findOneAndUpdate({ _id: "none" as never }, update as never));
});

const stages = ["$lookup", "$out", "$merge", "$geoNear", "$graphLookup", "$search", "$unionWith", "$sample", "$redact"];
test.each(stages)("refuses the pipeline stage %s", async (stage) => {
	await refused(stage, () =>
		collection()
			.aggregate([{ $match: {} }, { [stage]: {} }])
			.toArray(),
	);
});

const projections: [string, object][] = [
	["$slice", { a: { $slice: 1 } }],
	["$elemMatch", { a: { $elemMatch: { x: 1 } } }],
	["a.$", { "a.$": 1 }],
	["$add", { b: { $add: ["$a", 1] } }],
];
test.each(projections)("refuses the projection %s", async (name, projection) => {
	await refused(name, () => collection().findOne({}, { projection }));
});

const indexes: [string, object, object][] = [
	["text", { a: "text" }, {}],
	["hashed", { a: "hashed" }, {}],
	["2dsphere", { a: "2dsphere" }, {}],
	["wildcard", { "$**": 1 }, {}],
	["expireAfterSeconds", { a: 1 }, { expireAfterSeconds: 10 }],
	["collation", { a: 1 }, { collation: { locale: "en", strength: 2 } }],
	["hidden", { a: 1 }, { hidden: true }],
	["weights", { a: 1 }, { weights: { a: 1 } }],
];
test.each(indexes)("refuses an index with %s", async (name, key, options) => {
	await refused(name, () => collection().createIndex(key as never, options));
});

test("refuses options, values and commands it does not know", async () => {
	await refused("collation", () =>
		collection()
			.find({}, { collation: { locale: "en" } })
			.toArray(),
	);
	await refused("min", () =>
		collection()
			.find({}, { min: { a: 1 } })
			.toArray(),
	);
	await refused("let", () => collection().updateOne({}, { $set: { a: 1 } }, { let: { b: 1 } }));
	await refused("capped", () => store.connection.createCollection("capped", { capped: true, size: 1 }));
	await refused("serverStatus", () => store.connection.db!.command({ serverStatus: 1 }));
	const { Decimal128, Long } = store.connection.base.mongo;
	await refused("Decimal128", () => collection().insertOne({ d: Decimal128.fromString("1.5") }));
	await refused("9007199254740993", () => collection().insertOne({ n: Long.fromString("9007199254740993") }));
	await refused("regular expression", () => collection().insertOne({ r: /x/ }));
	expect(() => collection().watch()).toThrow(UnsupportedByEmbeddedStore);
});

async function refused(name: string, work: () => Promise<unknown>): Promise<void> {
	const error: unknown = await Promise.resolve()
		.then(work)
		.then(
			() => undefined,
			(reason) => reason,
		);
	expect(error).toBeInstanceOf(UnsupportedByEmbeddedStore);
	expect((error as Error).message).toContain(name);
}
