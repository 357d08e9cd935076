import fc from "fast-check";
import mongoose from "mongoose";

type Doc = Record<string, unknown>;

/** One operation as data, so that the same can be done to two stores. */
export type Operation =
	| { readonly kind: "insert"; readonly doc: Doc }
	| { readonly kind: "insertMany"; readonly docs: Doc[]; readonly ordered: boolean }
	| { readonly kind: "find"; readonly filter: Doc; readonly sort: [string, 1 | -1][]; readonly page: Page }
	| { readonly kind: "count"; readonly filter: Doc; readonly skip: number; readonly limit: number }
	| { readonly kind: "distinct"; readonly filter: Doc; readonly path: string }
	| { readonly kind: "update"; readonly filter: Doc; readonly update: Doc; readonly upsert: boolean }
	| { readonly kind: "updateMany"; readonly filter: Doc; readonly update: Doc }
	| { readonly kind: "replace"; readonly filter: Doc; readonly doc: Doc; readonly upsert: boolean }
	| {
			readonly kind: "findAndUpdate";
			readonly filter: Doc;
			readonly update: Doc;
			readonly after: boolean;
			readonly upsert: boolean;
	  }
	| { readonly kind: "findAndDelete"; readonly filter: Doc }
	| { readonly kind: "delete"; readonly filter: Doc; readonly many: boolean }
	| { readonly kind: "keyset"; readonly tenant: string; readonly direction: 1 | -1; readonly size: number }
	| { readonly kind: "transaction"; readonly operations: Operation[]; readonly abort: boolean };

interface Page {
	readonly skip: number;
	readonly limit: number;
	readonly projection: Doc | undefined;
}

const objectIds = ["65f000000000000000000001", "65f000000000000000000002"].map(
	(hex) => new mongoose.mongo.ObjectId(hex),
);

const scalar = fc.constantFrom<unknown>(
	null,
	0,
	1,
	2,
	3,
	-1,
	1.5,
	"",
	"a",
	"b",
	"ab",
	"B",
	"ä",
	true,
	false,
	new Date(0),
	new Date(1_700_000_000_000),
	...objectIds,
);
const number = fc.constantFrom(0, 1, 2, 3, 5, -2);
const word = fc.constantFrom("a", "b", "ab", "abc", "B");
const embedded = fc.record(
	{ x: scalar, y: fc.oneof(scalar, fc.array(number, { maxLength: 2 })) },
	{ requiredKeys: ["x"] },
);
const list = fc.oneof(
	fc.array(word, { maxLength: 3 }),
	fc.array(scalar, { maxLength: 3 }),
	fc.array(embedded, { maxLength: 3 }),
	fc.constantFrom<unknown[]>([[1]], [["a"], "a"], [null], []),
);
const anything = fc.oneof({ weight: 4, arbitrary: scalar }, embedded, list);

const id = fc.integer({ min: 0, max: 30 }).map((n) => (n % 5 === 0 ? n : `id${n}`));
const tenant = fc.constantFrom("t1", "t2");

const fields = {
	t: tenant,
	n: number,
	a: anything,
	b: scalar,
	tags: fc.array(word, { maxLength: 3 }),
	items: fc.array(embedded, { maxLength: 3 }),
	s: embedded,
	// Unique; given at insert and never changed.
	u: fc.oneof(word, number),
};

const document: fc.Arbitrary<Doc> = fc
	.record({ _id: id, ...fields }, { requiredKeys: ["_id", "t"] })
	.map((doc) => ({ ...doc }));

const path = fc.constantFrom(
	"a",
	"b",
	"n",
	"t",
	"u",
	"tags",
	"items",
	"s",
	"s.x",
	"s.y",
	"items.x",
	"items.y",
	"a.x",
	"a.y",
);

const comparison = fc.oneof(
	fc.record({ $eq: anything }),
	fc.record({ $ne: anything }),
	fc.record({ $gt: scalar }),
	fc.record({ $gte: scalar }),
	fc.record({ $lt: scalar }),
	fc.record({ $lte: scalar }),
	fc.record({ $gte: number, $lt: number }),
	fc.record({ $gt: word, $lte: word }),
	fc.record({ $in: fc.array(scalar, { maxLength: 3 }) }),
	fc.record({ $nin: fc.array(scalar, { maxLength: 3 }) }),
	fc.record({ $exists: fc.boolean() }),
	fc.record({ $size: fc.integer({ min: 0, max: 3 }) }),
	fc.record({ $all: fc.array(scalar, { minLength: 1, maxLength: 2 }) }),
	fc.record({ $type: fc.constantFrom("string", "number", "array", "object", "bool", "date", "null", "objectId") }),
	fc.record({ $regex: fc.constantFrom("^a", "b$", "^ab", "^(a|b)", "^ab?", ".") }),
	fc.record({ $mod: fc.constantFrom([2, 0], [2, 1], [3, 0]) }),
	fc.record({
		$elemMatch: fc.oneof(
			fc.record({ x: scalar, y: scalar }, { requiredKeys: [] }),
			fc.record({ $gt: number, $lt: number }),
			fc.record({ $in: fc.array(scalar, { maxLength: 2 }) }),
		),
	}),
);

const condition: fc.Arbitrary<Doc> = fc
	.tuple(
		path,
		fc.oneof(
			{ weight: 3, arbitrary: scalar as fc.Arbitrary<unknown> },
			{ weight: 1, arbitrary: anything as fc.Arbitrary<unknown> },
			{ weight: 4, arbitrary: comparison as fc.Arbitrary<unknown> },
			{ weight: 1, arbitrary: comparison.map(($not) => ({ $not })) as fc.Arbitrary<unknown> },
		),
	)
	.map(([field, value]) => ({ [field]: value }));

/** A place in an array. That a shorter array is there or not says no manual, so only values are asked for. */
const place: fc.Arbitrary<Doc> = fc
	.tuple(fc.constantFrom("a.0", "tags.1", "items.0.x"), fc.oneof(word, number))
	.map(([at, value]) => ({ [at]: value }));

const simpleFilter: fc.Arbitrary<Doc> = fc.oneof(
	{ weight: 3, arbitrary: fc.record({ _id: id }) },
	{ weight: 1, arbitrary: fc.record({ _id: fc.record({ $in: fc.array(id, { maxLength: 4 }) }) }) },
	{ weight: 2, arbitrary: condition },
	{ weight: 4, arbitrary: fc.tuple(tenant, condition).map(([t, rest]) => ({ t, ...rest })) },
	{ weight: 2, arbitrary: fc.tuple(tenant, condition, condition).map(([t, a, b]) => ({ t, ...a, ...b })) },
	{ weight: 1, arbitrary: place },
	{ weight: 1, arbitrary: fc.constant({}) },
);

/** An `_id` and perhaps more. Upserts need one, or each store would make up its own. */
const byId: fc.Arbitrary<Doc> = fc.oneof(
	{ weight: 3, arbitrary: fc.record({ _id: id }) },
	{
		weight: 2,
		arbitrary: fc
			.tuple(
				id,
				condition.filter((one) => !("t" in one || "n" in one)),
			)
			.map(([_id, rest]) => ({ _id, ...rest })),
	},
	{ weight: 1, arbitrary: fc.tuple(id, tenant, number).map(([_id, t, n]) => ({ _id, $and: [{ t }, { n }] })) },
);

const filter: fc.Arbitrary<Doc> = fc.oneof(
	{ weight: 6, arbitrary: simpleFilter },
	{
		weight: 3,
		arbitrary: fc
			.tuple(
				simpleFilter,
				fc.constantFrom("$and", "$or", "$nor"),
				fc.array(simpleFilter, { minLength: 1, maxLength: 3 }),
			)
			.map(([base, operator, parts]) => ({ ...base, [operator]: parts })),
	},
);

/** `t` and `n` never hold arrays; of the fields that may, one at a time: two arrays in one sort are an error. */
const sort: fc.Arbitrary<[string, 1 | -1][]> = fc
	.tuple(fc.subarray(["t", "n"]), fc.constantFrom("a", "b", "s.x", "items.x", "u", ""))
	.chain(([plain, other]) => {
		const names = other === "" ? plain : [...plain, other];
		return fc.tuple(
			fc.shuffledSubarray(names, { minLength: names.length }),
			fc.array(fc.constantFrom<1 | -1>(1, -1), { minLength: 3, maxLength: 3 }),
		);
	})
	.map(([names, directions]) => names.map((name, i) => [name, directions[i]!]));

const projection = fc.constantFrom<Doc | undefined>(
	undefined,
	undefined,
	undefined,
	{ a: 1 },
	{ a: 0, "s.x": 0 },
	{ "s.x": 1, n: 1, _id: 0 },
	{ "items.x": 1 },
	{ "items.x": 0, _id: 0 },
	{ _id: 1 },
	{ "a.x": 1, t: 1 },
);

const updatePath = fc.constantFrom(
	"a",
	"b",
	"tags",
	"items",
	"s",
	"s.x",
	"s.y",
	"a.x",
	"s.z.k",
	"items.0.x",
	"tags.1",
	"tags.4",
);

const updateOf = (operator: string, value: fc.Arbitrary<unknown>, at: fc.Arbitrary<string> = updatePath) =>
	fc.tuple(at, value).map(([field, argument]) => ({ [operator]: { [field]: argument } }));

const arrayPath = fc.constantFrom("tags", "tags", "items", "a", "s.y", "b");
/** Whether sorting and cutting back to the same elements is a modification no manual says: one of the two at a time. */
const push = fc.oneof(
	anything,
	fc.record({ $each: fc.array(anything, { maxLength: 2 }) }),
	fc.record(
		{
			$each: fc.array(fc.oneof(word, number), { minLength: 1, maxLength: 3 }),
			$slice: fc.integer({ min: -3, max: 3 }),
			$position: fc.integer({ min: -2, max: 3 }),
		},
		{ requiredKeys: ["$each"] },
	),
	fc.record({ $each: fc.array(fc.oneof(word, number), { minLength: 1, maxLength: 3 }), $sort: fc.constantFrom(1, -1) }),
	fc.record({
		$each: fc.array(embedded, { minLength: 1, maxLength: 2 }),
		$sort: fc.constantFrom<Doc>({ x: 1 }, { x: -1 }),
	}),
);
const pull = fc.oneof(
	scalar,
	fc.record({ $in: fc.array(scalar, { maxLength: 3 }) }),
	fc.record({ x: scalar }),
	fc.record({ $gte: number }),
);

const operator = fc.oneof(
	{ weight: 5, arbitrary: updateOf("$set", anything) },
	{ weight: 2, arbitrary: updateOf("$set", scalar, fc.constantFrom("n", "t")) },
	{ weight: 2, arbitrary: updateOf("$unset", fc.constant(""), fc.constantFrom("a", "b", "n", "s.y")) },
	{ weight: 3, arbitrary: updateOf("$inc", fc.constantFrom(1, -1, 2), fc.constantFrom("n", "s.x", "c.d", "a")) },
	{ weight: 1, arbitrary: updateOf("$mul", fc.constantFrom(2, -1, 0), fc.constantFrom("n", "m")) },
	{ weight: 1, arbitrary: updateOf("$min", scalar) },
	{ weight: 1, arbitrary: updateOf("$max", scalar) },
	{ weight: 3, arbitrary: updateOf("$push", push, arrayPath) },
	{
		weight: 2,
		arbitrary: updateOf(
			"$addToSet",
			fc.oneof(scalar, embedded, fc.record({ $each: fc.array(word, { maxLength: 3 }) })),
			arrayPath,
		),
	},
	{ weight: 2, arbitrary: updateOf("$pull", pull, arrayPath) },
	{ weight: 1, arbitrary: updateOf("$pop", fc.constantFrom(1, -1), arrayPath) },
	{
		weight: 1,
		arbitrary: updateOf("$rename", fc.constantFrom("r", "s.r", "a"), fc.constantFrom("a", "b", "s.x")),
	},
	{ weight: 2, arbitrary: updateOf("$setOnInsert", scalar) },
	{ weight: 1, arbitrary: updateOf("$set", scalar, fc.constant("items.$[].x")) },
);

/** Two operators on one path are an error, tested elsewhere: the second is left out. */
const update: fc.Arbitrary<Doc> = fc.array(operator, { minLength: 1, maxLength: 3 }).map((parts) => {
	const result: Record<string, Doc> = {};
	const taken: string[] = [];
	for (const part of parts) {
		const [name, change] = Object.entries(part)[0]!;
		const paths = Object.entries(change).flatMap(([from, to]) => (name === "$rename" ? [from, String(to)] : [from]));
		if (paths.some((path, i) => [...taken, ...paths.slice(0, i)].some((other) => overlap(path, other)))) continue;
		taken.push(...paths);
		result[name] = { ...result[name], ...change };
	}
	return Object.keys(result).length > 0 ? result : { $set: { n: 0 } };
});

function overlap(a: string, b: string): boolean {
	return `${a}.`.startsWith(`${b}.`) || `${b}.`.startsWith(`${a}.`);
}

/** `$` stands for the element that the filter has found, so the filter has to be about that array alone. */
const positional: fc.Arbitrary<Operation> = fc
	.tuple(id, fc.constantFrom("tags", "items"), word, scalar)
	.map(([_id, array, from, to]) => ({
		kind: "update",
		filter: array === "tags" ? { _id, tags: from } : { _id, "items.x": from },
		update: { $set: { [array === "tags" ? "tags.$" : "items.$.x"]: to } },
		upsert: false,
	}));

const page: fc.Arbitrary<Page> = fc.record({
	skip: fc.constantFrom(0, 0, 1, 3),
	limit: fc.constantFrom(0, 1, 2, 5, 10),
	projection,
});

const single: fc.Arbitrary<Operation> = fc.oneof(
	{ weight: 1, arbitrary: positional },
	{ weight: 7, arbitrary: fc.record({ kind: fc.constant("insert" as const), doc: document }) },
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constant("insertMany" as const),
			docs: fc.array(document, { minLength: 1, maxLength: 4 }),
			ordered: fc.boolean(),
		}),
	},
	{ weight: 10, arbitrary: fc.record({ kind: fc.constant("find" as const), filter, sort, page }) },
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant("count" as const),
			filter,
			skip: fc.constantFrom(0, 0, 2),
			limit: fc.constantFrom(0, 0, 1, 4),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constant("distinct" as const),
			filter,
			path: fc.constantFrom("a", "tags", "items.x", "s.x", "n"),
		}),
	},
	{
		weight: 5,
		arbitrary: fc.record({
			kind: fc.constant("update" as const),
			filter: byId,
			update,
			upsert: fc.constantFrom(false, false, true),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant("updateMany" as const), filter: simpleFilter, update }) },
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constant("replace" as const),
			filter: id.map((_id) => ({ _id, u: { $exists: false } })),
			doc: fc.record(fields, { requiredKeys: ["t"] }).map(({ u: _unique, ...doc }) => doc),
			upsert: fc.boolean(),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant("findAndUpdate" as const),
			filter: simpleFilter,
			update,
			after: fc.boolean(),
			upsert: fc.constant(false),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant("findAndUpdate" as const),
			filter: byId,
			update,
			after: fc.boolean(),
			upsert: fc.boolean(),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant("findAndDelete" as const), filter: simpleFilter }) },
	{
		weight: 1,
		arbitrary: fc.record({ kind: fc.constant("delete" as const), filter: fc.record({ _id: id }), many: fc.boolean() }),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant("keyset" as const),
			tenant,
			direction: fc.constantFrom<1 | -1>(1, -1),
			size: fc.integer({ min: 1, max: 7 }),
		}),
	},
);

/** Any operation, a twentieth of them transactions of several. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
	{ weight: 19, arbitrary: single },
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constant("transaction" as const),
			operations: fc.array(single, { minLength: 1, maxLength: 4 }),
			abort: fc.boolean(),
		}),
	},
);

const contact: fc.Arbitrary<Doc> = fc
	.record({
		_id: fc.integer({ min: 0, max: 12 }),
		t: tenant,
		emails: fc.array(fc.record({ address: fc.constantFrom("p", "q", "r", "s", "v", "w"), note: word }), {
			maxLength: 2,
		}),
	})
	.map((doc) => ({ ...doc }));
const contactFilter: fc.Arbitrary<Doc> = fc.oneof<fc.Arbitrary<Doc>[]>(
	fc.record({ _id: fc.integer({ min: 0, max: 12 }) }),
	fc.record({ t: tenant, "emails.address": fc.constantFrom("p", "q", "r", "s") }),
	fc
		.tuple(tenant, fc.constantFrom("p", "q", "r"), word)
		.map(([t, address, note]) => ({ t, emails: { $elemMatch: { address, note } } })),
);

/** Operations on documents whose array elements are unique. */
export const contactOperation: fc.Arbitrary<Operation> = fc.oneof(
	{ weight: 5, arbitrary: fc.record({ kind: fc.constant("insert" as const), doc: contact }) },
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant("insertMany" as const),
			docs: fc.array(contact, { minLength: 1, maxLength: 4 }),
			ordered: fc.boolean(),
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant("find" as const),
			filter: contactFilter,
			sort: fc.constant<[string, 1 | -1][]>([]),
			page: fc.constant({ skip: 0, limit: 0, projection: undefined }),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({ kind: fc.constant("delete" as const), filter: contactFilter, many: fc.constant(true) }),
	},
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant("findAndDelete" as const), filter: contactFilter }) },
);
