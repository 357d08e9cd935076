import type mongoose from "mongoose";
import { conformanceModels, type Ticket } from "./conformance-model.ts";
import { openEmbedded, openMongo, type TestStore } from "./stores.ts";

/* The same cases, with the answers MongoDB's manual gives, on the embedded store and on MongoDB, through Mongoose. */

type Models = Awaited<ReturnType<typeof conformanceModels>>;

describe.each([
	["the embedded store", openEmbedded],
	["MongoDB", openMongo],
])("on %s", (_name, open) => {
	let store: TestStore;
	let Tickets: Models["Tickets"];
	let People: Models["People"];

	beforeAll(async () => {
		store = await open();
		if (store.available) ({ Tickets, People } = await conformanceModels(store.connection));
	});
	afterAll(() => store.stop());
	beforeEach(async () => {
		if (!store.available) return;
		await Promise.all([Tickets.deleteMany({}), People.deleteMany({})]);
	});

	/** A case that is left out, after the warning of `startMongo`, where there is no MongoDB. */
	function on(title: string, run: () => Promise<void>): void {
		test(title, async () => {
			if (store.available) await run();
		});
	}

	let counter = 0;
	const ticket = (fields: Partial<Ticket> = {}) => {
		counter++;
		return { _id: `t${counter}`, tenantId: "a", number: counter, subject: `Subject ${counter}`, ...fields };
	};
	const ids = (docs: { _id: string }[]) => docs.map((doc) => doc._id);
	const find = async (filter: mongoose.FilterQuery<Ticket>) => ids(await Tickets.find(filter).sort({ _id: 1 }).lean());

	on("documents come back as they were stored", async () => {
		const dueAt = new Date("2026-03-01T10:00:00.123Z");
		const custom = {
			list: [1, [2, { x: null }]],
			at: dueAt,
			"odd key.with $": true,
			$date: "not a date",
			big: 2 ** 40,
		};
		await Tickets.create(ticket({ _id: "x", dueAt, custom, tags: ["a", "b"], requester: { id: "c1" } }));
		const doc = await Tickets.findById("x").lean();
		expect(doc).toMatchObject({
			_id: "x",
			status: "new",
			dueAt,
			custom,
			tags: ["a", "b"],
			requester: { id: "c1" },
			version: 1,
		});
		expect(doc).toHaveProperty("createdAt", expect.any(Date));
		expect((await Tickets.findById("x"))!.get("custom.at")).toEqual(dueAt);
	});

	on("null matches missing fields, and $ne, $nin and $exists tell them apart", async () => {
		await Tickets.insertMany([
			ticket({ _id: "null", priority: null }),
			ticket({ _id: "none" }),
			ticket({ _id: "high", priority: "high" }),
		]);
		expect(await find({ priority: null })).toEqual(["none", "null"]);
		expect(await find({ priority: { $ne: null } })).toEqual(["high"]);
		expect(await find({ priority: { $exists: false } })).toEqual(["none"]);
		expect(await find({ priority: { $in: [null, "high"] } })).toEqual(["high", "none", "null"]);
		expect(await find({ priority: { $nin: ["high"] } })).toEqual(["none", "null"]);
		expect(await find({ "requester.id": null })).toEqual(["high", "none", "null"]);
	});

	on("an array matches by its elements, as a whole, by size and by $all", async () => {
		await Tickets.insertMany([
			ticket({ _id: "ab", tags: ["a", "b"] }),
			ticket({ _id: "ba", tags: ["b", "a"] }),
			ticket({ _id: "e", tags: [] }),
		]);
		expect(await find({ tags: "a" })).toEqual(["ab", "ba"]);
		expect(await find({ tags: ["a", "b"] })).toEqual(["ab"]);
		expect(await find({ tags: { $all: ["a", "b"] } })).toEqual(["ab", "ba"]);
		expect(await find({ tags: { $size: 0 } })).toEqual(["e"]);
		expect(await find({ tags: { $ne: "a" } })).toEqual(["e"]);
		expect(await find({ "tags.0": "b" })).toEqual(["ba"]);
		expect(await find({ tenantId: "a", tags: { $in: ["b", "c"] } })).toEqual(["ab", "ba"]);
	});

	on("conditions on embedded documents in an array hold together only inside $elemMatch", async () => {
		const messages = [
			{ _id: "1", author: "agent", body: "hello" },
			{ _id: "2", author: "customer", body: "bye" },
		];
		await Tickets.create(ticket({ _id: "x", messages }));
		expect(await find({ "messages.author": "agent", "messages.body": "bye" })).toEqual(["x"]);
		expect(await find({ messages: { $elemMatch: { author: "agent", body: "bye" } } })).toEqual([]);
		expect(await find({ messages: { $elemMatch: { author: "agent", body: { $ne: "bye" } } } })).toEqual(["x"]);
	});

	on("$and, $or, $nor, $not, patterns and types", async () => {
		await Tickets.insertMany([
			ticket({ _id: "x", subject: "Printer on fire", number: 1 }),
			ticket({ _id: "y", subject: "printer", number: 7, custom: 1 }),
		]);
		expect(await find({ $or: [{ number: 1 }, { subject: "printer" }] })).toEqual(["x", "y"]);
		expect(await find({ $nor: [{ number: 1 }] })).toEqual(["y"]);
		expect(await find({ number: { $not: { $gt: 1 } } })).toEqual(["x"]);
		expect(await find({ subject: /^printer/ })).toEqual(["y"]);
		expect(await find({ subject: { $regex: "^PRINTER", $options: "i" } })).toEqual(["x", "y"]);
		expect(await find({ custom: { $type: "number" } })).toEqual(["y"]);
		expect(await find({ $and: [{ number: { $gte: 1, $lt: 7 } }, { tenantId: "a" }] })).toEqual(["x"]);
	});

	on("values of different types sort in BSON's order, missing first", async () => {
		const values: [string, unknown][] = [
			["string", "a"],
			["number", 5],
			["true", true],
			["date", new Date(5)],
			["object", { x: 1 }],
			["null", null],
			["negative", -1],
		];
		await Tickets.insertMany([
			...values.map(([_id, custom]) => ticket({ _id, custom })),
			ticket({ _id: "zz missing" }),
		]);
		const order = ["null", "zz missing", "negative", "number", "string", "object", "true", "date"];
		expect(ids(await Tickets.find({}).sort({ custom: 1, _id: 1 }).lean())).toEqual(order);
		const reverse = ids(await Tickets.find({}).sort({ custom: -1, _id: -1 }).skip(1).limit(3).lean());
		expect(reverse).toEqual(order.toReversed().slice(1, 4));
	});

	on("an array sorts by its least element upwards and by its greatest downwards", async () => {
		await Tickets.insertMany([
			ticket({ _id: "15", custom: [1, 5] }),
			ticket({ _id: "23", custom: [2, 3] }),
			ticket({ _id: "e", custom: [] }),
		]);
		expect(ids(await Tickets.find({}).sort({ custom: 1 }).lean())).toEqual(["e", "15", "23"]);
		expect(ids(await Tickets.find({}).sort({ custom: -1 }).lean())).toEqual(["15", "23", "e"]);
	});

	on("projections keep or leave out, also inside arrays", async () => {
		await Tickets.collection.insertOne({
			_id: "x",
			a: 1,
			s: { x: 1, y: 2 },
			l: [{ x: 1, y: 2 }, 5, { y: 3 }],
		} as never);
		const raw = (projection: object) => Tickets.collection.findOne({ _id: "x" } as never, { projection });
		expect(await raw({ "s.x": 1, _id: 0 })).toEqual({ s: { x: 1 } });
		expect(await raw({ "l.x": 1 })).toEqual({ _id: "x", l: [{ x: 1 }, {}] });
		expect(await raw({ "l.x": 0, s: 0 })).toEqual({ _id: "x", a: 1, l: [{ y: 2 }, 5, { y: 3 }] });
	});

	on("keyset pages meet every document once, in order, ties by _id", async () => {
		const docs = Array.from({ length: 23 }, (_, i) =>
			ticket({ _id: `k${String(i).padStart(2, "0")}`, status: "open", dueAt: i % 4 ? new Date(i % 3) : null }),
		);
		await Tickets.insertMany(docs);
		const base = { tenantId: "a", status: "open" };
		const all = ids(await Tickets.find(base).sort({ dueAt: -1, _id: -1 }).lean());
		expect(all).toHaveLength(23);
		const seen: string[] = [];
		let after = {};
		for (;;) {
			const page = await Tickets.find({ ...base, ...after })
				.sort({ dueAt: -1, _id: -1 })
				.limit(5)
				.lean();
			seen.push(...ids(page));
			const last = page.at(-1);
			if (!last) break;
			const same = { dueAt: last.dueAt ?? null, _id: { $lt: last._id } };
			after = last.dueAt ? { $or: [{ dueAt: { $lt: last.dueAt } }, { dueAt: null }, same] } : same;
		}
		expect(seen).toEqual(all);
	});

	on("a unique index refuses with code, key pattern and value", async () => {
		await Tickets.create(ticket({ number: 5 }));
		await expect(Tickets.create(ticket({ number: 5 }))).rejects.toMatchObject({
			name: "MongoServerError",
			code: 11000,
			keyPattern: { tenantId: 1, number: 1 },
			keyValue: { tenantId: "a", number: 5 },
		});
		await Tickets.create(ticket({ number: 5, tenantId: "b" }));
		await expect(
			Tickets.create({ ...ticket(), _id: "t1", number: 99 }).then(() => Tickets.create(ticket({ _id: "t1" }))),
		).rejects.toMatchObject({
			code: 11000,
			keyPattern: { _id: 1 },
		});
	});

	on("elements of arrays are unique across documents, and only where the partial filter holds", async () => {
		const person = (_id: string, ...addresses: string[]) => ({
			_id,
			tenantId: "a",
			emails: addresses.map((address) => ({ address })),
		});
		await People.create([person("1", "x@a", "y@a"), person("2"), person("3"), person("4", "z@a", "z@a")]);
		await expect(People.create(person("5", "w@a", "y@a"))).rejects.toMatchObject({
			code: 11000,
			keyValue: { tenantId: "a", "emails.address": "y@a" },
		});
		expect(await People.countDocuments({ tenantId: "a", "emails.address": "w@a" })).toBe(0);
		await People.deleteOne({ _id: "1" });
		await People.create(person("6", "y@a"));
		await People.create([{ ...person("7"), externalId: "e" }, person("8"), person("9")]);
		await expect(People.create({ ...person("10"), externalId: "e" })).rejects.toMatchObject({ code: 11000 });
	});

	on("insertMany stops at the first failure, or goes on when unordered", async () => {
		await Tickets.create(ticket({ _id: "x", number: 1 }));
		const batch = () => [ticket({ number: 2 }), ticket({ number: 1 }), ticket({ number: 3 })];
		await expect(Tickets.insertMany(batch())).rejects.toMatchObject({ code: 11000 });
		expect(await Tickets.countDocuments({})).toBe(2);
		await Tickets.deleteMany({ number: 2 });
		const error = await Tickets.insertMany(batch(), { ordered: false }).catch((reason) => reason);
		expect(error.writeErrors.map((one: { index: number }) => one.index)).toEqual([1]);
		expect(await Tickets.countDocuments({})).toBe(3);
	});

	on("update operators", async () => {
		await Tickets.create(ticket({ _id: "x", number: 3, tags: ["c", "a"], dueAt: new Date(5) }));
		const update = async (change: mongoose.UpdateQuery<Ticket>) => {
			await Tickets.updateOne({ _id: "x" }, change);
			return (await Tickets.findById("x").lean())!;
		};
		expect((await update({ $inc: { number: 2 }, $set: { "requester.id": "c" } })).requester).toEqual({ id: "c" });
		expect((await update({ $mul: { number: 2 }, $unset: { dueAt: 1 } })).number).toBe(10);
		expect(await update({ $min: { number: 4 }, $max: { version: 9 } })).toMatchObject({ number: 4, version: 9 });
		expect((await update({ $addToSet: { tags: { $each: ["a", "d"] } } })).tags).toEqual(["c", "a", "d"]);
		expect((await update({ $push: { tags: { $each: ["b", "e"], $sort: 1, $slice: -4 } } })).tags).toEqual([
			"b",
			"c",
			"d",
			"e",
		]);
		expect((await update({ $push: { tags: { $each: ["0"], $position: 1 } } })).tags).toEqual(["b", "0", "c", "d", "e"]);
		expect((await update({ $pull: { tags: { $in: ["0", "e"] } } })).tags).toEqual(["b", "c", "d"]);
		expect((await update({ $pop: { tags: -1 } })).tags).toEqual(["c", "d"]);
		const renamed = await update({ $rename: { "requester.id": "requester.name" }, $currentDate: { deletedAt: true } });
		expect(renamed.requester).toEqual({ name: "c" });
		expect(renamed.deletedAt).toBeInstanceOf(Date);
		expect(renamed).not.toHaveProperty("dueAt");
	});

	on("array elements are updated by $, $[] and $[name]", async () => {
		const messages = ["1", "2", "3"].map((_id) => ({ _id, author: _id === "2" ? "customer" : "agent", body: "" }));
		await Tickets.create(ticket({ _id: "x", messages }));
		await Tickets.updateOne({ _id: "x", "messages._id": "2" }, { $set: { "messages.$.body": "found" } });
		await Tickets.updateOne(
			{ _id: "x" },
			{ $set: { "messages.$[m].internal": true } },
			{ arrayFilters: [{ "m.author": "agent" }] },
		);
		const doc = await Tickets.findById("x").lean();
		expect(doc!.messages.map((m) => [m.body, m.internal])).toEqual([
			["", true],
			["found", undefined],
			["", true],
		]);
		await Tickets.updateOne({ _id: "x" }, { $set: { "messages.$[].body": "all" } });
		expect((await Tickets.findById("x").lean())!.messages.map((m) => m.body)).toEqual(["all", "all", "all"]);
	});

	on("updates that cannot be applied are refused with MongoDB's codes", async () => {
		await Tickets.create(ticket({ _id: "x", number: 1, subject: "s" }));
		const raw = (change: object) => Tickets.collection.updateOne({ _id: "x" } as never, change);
		await expect(raw({ $inc: { subject: 1 } })).rejects.toMatchObject({ code: 14 });
		await expect(raw({ $push: { subject: 1 } })).rejects.toMatchObject({ code: 2 });
		await expect(raw({ $set: { "subject.x": 1 } })).rejects.toMatchObject({ code: 28 });
		await expect(raw({ $set: { _id: "y" } })).rejects.toMatchObject({ code: 66 });
		await expect(raw({ $set: { a: 1 }, $inc: { a: 1 } })).rejects.toMatchObject({ code: 40 });
		expect((await Tickets.findById("x").lean())!.subject).toBe("s");
	});

	on("an upsert starts from the filter's equalities", async () => {
		const filter = { _id: "u", tenantId: "a", number: { $gt: 3 }, status: { $in: ["open", "new"] } };
		const change = { $set: { subject: "made" }, $setOnInsert: { "requester.id": "r" }, $inc: { version: 2 } };
		const options = { upsert: true, new: true, lean: true, timestamps: false, setDefaultsOnInsert: false } as const;
		expect(await Tickets.findOneAndUpdate(filter, change, options)).toEqual({
			_id: "u",
			requester: { id: "r" },
			subject: "made",
			tenantId: "a",
			version: 2,
		});
		const again = await Tickets.updateOne(
			{ _id: "u" },
			{ $setOnInsert: { subject: "no" } },
			{ upsert: true, timestamps: false },
		);
		expect(again).toMatchObject({ matchedCount: 1, modifiedCount: 0, upsertedCount: 0 });
		expect((await Tickets.updateOne({ _id: "v" }, { subject: "new" }, { upsert: true })).upsertedId).toBe("v");
	});

	on("compare-and-set takes one of many", async () => {
		await Tickets.create(ticket({ _id: "x" }));
		const claim = () => Tickets.updateOne({ _id: "x", version: 1 }, { $inc: { version: 1 } });
		const outcomes = await Promise.all(Array.from({ length: 20 }, claim));
		expect(outcomes.filter((outcome) => outcome.modifiedCount === 1)).toHaveLength(1);
		const raise = () => Tickets.findOneAndUpdate({ _id: "x" }, { $inc: { number: 1 } }, { new: true }).lean();
		const numbers = await Promise.all(Array.from({ length: 20 }, raise));
		expect(new Set(numbers.map((doc) => doc!.number)).size).toBe(20);
	});

	on("findOneAndReplace and findOneAndDelete return what was there", async () => {
		await Tickets.create([ticket({ _id: "x", number: 1 }), ticket({ _id: "y", number: 2 })]);
		const before = await Tickets.findOneAndReplace({ _id: "x" }, ticket({ subject: "other", _id: "x" }), {
			lean: true,
		});
		expect(before!.number).toBe(1);
		expect((await Tickets.findOneAndDelete({ tenantId: "a" }).sort({ _id: -1 }).lean())!._id).toBe("y");
		expect(await find({})).toEqual(["x"]);
		expect((await Tickets.replaceOne({ _id: "x" }, ticket({ _id: "x", subject: "third" }))).modifiedCount).toBe(1);
	});

	on("bulkWrite runs in order and counts", async () => {
		const operations = [
			{ insertOne: { document: ticket({ _id: "x", tags: [] }) } },
			{ updateOne: { filter: { _id: "x" }, update: { $push: { tags: "b" } } } },
			{ updateOne: { filter: { _id: "up" }, update: { $set: { tenantId: "b", number: 77 } }, upsert: true } },
			{ deleteOne: { filter: { _id: "none" } } },
		];
		const result = await Tickets.bulkWrite(operations as never[]);
		expect(result).toMatchObject({ insertedCount: 1, modifiedCount: 1, upsertedCount: 1, deletedCount: 0 });
		expect(await find({ tags: "b" })).toEqual(["x"]);
	});

	on("distinct takes array elements one by one; counts respect skip and limit", async () => {
		await Tickets.create([ticket({ tags: ["a", "b"] }), ticket({ tags: ["b", "c"] }), ticket({ tags: [] })]);
		expect((await Tickets.distinct("tags", { tenantId: "a" })).sort()).toEqual(["a", "b", "c"]);
		expect(await Tickets.countDocuments({ tenantId: "a", tags: { $in: ["a", "b"] } })).toBe(2);
		expect(await Tickets.countDocuments({ tenantId: "a" }, { skip: 1, limit: 1 })).toBe(1);
	});

	on("aggregation groups, unwinds and sorts", async () => {
		await Tickets.create([
			ticket({ status: "open", tags: ["a"] }),
			ticket({ status: "open", tags: ["a", "b"] }),
			ticket({ status: "solved" }),
		]);
		const byStatus = await Tickets.aggregate([
			{ $match: { tenantId: "a" } },
			{ $group: { _id: "$status", n: { $sum: 1 } } },
			{ $sort: { _id: 1 } },
		]);
		expect(byStatus).toEqual([
			{ _id: "open", n: 2 },
			{ _id: "solved", n: 1 },
		]);
		const tags = await Tickets.aggregate([
			{ $match: { tenantId: "a" } },
			{ $unwind: "$tags" },
			{ $sortByCount: "$tags" },
		]);
		expect(tags).toEqual([
			{ _id: "a", count: 2 },
			{ _id: "b", count: 1 },
		]);
	});

	on("a document saves its changes and notices a lost race on an array", async () => {
		await Tickets.create(ticket({ _id: "x", tags: ["a"] }));
		const doc = (await Tickets.findById("x"))!;
		doc.subject = "changed";
		doc.tags.push("b");
		await doc.save();
		expect(await Tickets.findById("x").lean()).toMatchObject({ subject: "changed", tags: ["a", "b"] });
	});

	on("a cursor gives every document", async () => {
		await Tickets.insertMany(Array.from({ length: 30 }, () => ticket()));
		let n = 0;
		for await (const _doc of Tickets.find({ tenantId: "a" }).lean().cursor()) n++;
		expect(n).toBe(30);
	});

	on("a transaction sees its own writes, others do not, and both collections commit together", async () => {
		await store.connection.transaction(async (session) => {
			await Tickets.create([ticket({ _id: "x" })], { session });
			await People.create([{ _id: "p", tenantId: "a", emails: [] }], { session });
			expect(await Tickets.countDocuments({ tenantId: "a" }).session(session)).toBe(1);
			expect(await Tickets.countDocuments({ tenantId: "a" })).toBe(0);
		});
		expect([await Tickets.countDocuments({}), await People.countDocuments({})]).toEqual([1, 1]);
	});

	on("a transaction that throws leaves nothing, and a failed write ends it", async () => {
		const failed = store.connection.transaction(async (session) => {
			await Tickets.create([ticket({ _id: "x" })], { session });
			throw new Error("no");
		});
		await expect(failed).rejects.toThrow("no");
		await Tickets.create(ticket({ _id: "y", number: 1000 }));
		const duplicate = store.connection.transaction(async (session) => {
			await Tickets.create([ticket({ _id: "z" })], { session });
			await Tickets.create([ticket({ number: 1000 })], { session });
		});
		await expect(duplicate).rejects.toMatchObject({ code: 11000, keyPattern: { tenantId: 1, number: 1 } });
		expect(await find({})).toEqual(["y"]);
	});

	on("transactions on one document happen one after the other", async () => {
		await Tickets.create(ticket({ _id: "x", number: 0 }));
		const raise = () =>
			store.connection.transaction(async (session) => {
				const doc = await Tickets.findById("x").session(session).lean();
				await Tickets.updateOne({ _id: "x" }, { $set: { number: doc!.number + 1 } }, { session });
			});
		await Promise.all(Array.from({ length: 10 }, raise));
		expect((await Tickets.findById("x").lean())!.number).toBe(10);
	});

	on("indexes are listed, and declaring them again changes nothing", async () => {
		const names = (await Tickets.listIndexes()).map((index) => index.name);
		expect(names).toEqual(["_id_", "tenantId_1_number_1", "tenantId_1_status_1_dueAt_-1__id_-1", "tenantId_1_tags_1"]);
		await Tickets.createIndexes();
		expect(await Tickets.diffIndexes()).toEqual({ toDrop: [], toCreate: [] });
		await expect(Tickets.collection.createIndex({ tenantId: 1 }, { name: "tenantId_1_tags_1" })).rejects.toMatchObject({
			code: 86,
		});
		await Tickets.collection.createIndex({ subject: 1 });
		await Tickets.collection.dropIndex("subject_1");
		await expect(Tickets.collection.dropIndex("subject_1")).rejects.toMatchObject({ code: 27 });
	});

	on("an index on existing documents that break it is refused", async () => {
		await Tickets.create([ticket({ subject: "same" }), ticket({ subject: "same" })]);
		await expect(Tickets.collection.createIndex({ subject: 1 }, { unique: true })).rejects.toMatchObject({
			code: 11000,
		});
		expect((await Tickets.listIndexes()).map((index) => index.name)).not.toContain("subject_1");
	});

	on("the store answers a ping", async () => {
		expect(store.connection.readyState).toBe(1);
		expect(await store.connection.db!.command({ ping: 1 })).toMatchObject({ ok: 1 });
		expect(await store.connection.db!.admin().ping()).toMatchObject({ ok: 1 });
	});
});
