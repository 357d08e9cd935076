import mongoose from "mongoose";
import type { Operation } from "./random-operations.ts";

const { EJSON } = mongoose.mongo.BSON;

type Doc = Record<string, unknown>;
type Native = mongoose.mongo.Collection<Doc & { _id: unknown }>;

/** A collection of one of the two stores, reached through Mongoose. */
export interface Target {
	readonly connection: mongoose.Connection;
	readonly collection: mongoose.Collection;
}

/** The indexes of the collection, one of each kind the stores share. */
export const indexes: [Record<string, 1 | -1>, Doc][] = [
	[{ t: 1, n: -1, _id: -1 }, {}],
	[{ t: 1, a: 1 }, {}],
	[{ t: 1, tags: 1 }, {}],
	[{ t: 1, "items.x": 1 }, {}],
	[{ u: 1 }, { unique: true, partialFilterExpression: { u: { $type: "string" } } }],
	[{ "s.x": -1 }, { sparse: true }],
];

/** The indexes of a collection whose array elements are unique for each tenant. */
export const contactIndexes: typeof indexes = [
	[
		{ t: 1, "emails.address": 1 },
		{ unique: true, partialFilterExpression: { "emails.address": { $exists: true } } },
	],
];

/** BadValue, TypeMismatch, PathNotViable: of an update with several faults a store may name any. */
const REFUSED_UPDATE = new Set([2, 14, 28]);

/** Does the operation and tells what came of it, as text: equal texts are equal answers. */
export async function applyOperation(target: Target, operation: Operation): Promise<string> {
	return describe(() => run(target, operation, undefined));
}

async function describe(work: () => Promise<unknown>, rethrow = false): Promise<string> {
	try {
		return text(await work());
	} catch (error) {
		if (rethrow) throw error;
		const { code, message } = error as { code?: number; message: string };
		return `error: ${REFUSED_UPDATE.has(code ?? 0) ? "refused update" : (code ?? message)}`;
	}
}

function text(value: unknown): string {
	return EJSON.stringify(value as Doc, { relaxed: true });
}

async function run(
	target: Target,
	operation: Operation,
	session: mongoose.ClientSession | undefined,
): Promise<unknown> {
	const collection = target.collection as unknown as Native;
	switch (operation.kind) {
		case "find": {
			const { skip, limit, projection } = operation.page;
			const sort = new Map([...operation.sort, ["_id", 1] as const]);
			return collection.find(operation.filter as never, { session, sort, skip, limit, projection }).toArray();
		}
		case "count": {
			const limit = operation.limit === 0 ? {} : { limit: operation.limit };
			return collection.countDocuments(operation.filter as never, { session, skip: operation.skip, ...limit });
		}
		case "distinct": {
			const values: unknown[] = await collection.distinct(operation.path, operation.filter as never, { session });
			return values.map(text).sort();
		}
		case "keyset":
			return keysetPages(collection, operation, session);
		case "transaction":
			return transaction(target, operation.operations, operation.abort);
		case "updateMany":
			return updateMany(target, operation, session);
		default:
			return write(collection, operation, session);
	}
}

async function write(
	collection: Native,
	operation: Operation,
	session: mongoose.ClientSession | undefined,
): Promise<unknown> {
	switch (operation.kind) {
		case "insert":
			return (await collection.insertOne(copy(operation.doc), { session })).insertedId;
		case "insertMany": {
			const docs = operation.docs.map(copy);
			return (await collection.insertMany(docs, { session, ordered: operation.ordered })).insertedCount;
		}
		case "update":
			return counts(
				await collection.updateOne(operation.filter as never, operation.update, { session, upsert: operation.upsert }),
			);
		case "updateMany":
			return counts(await collection.updateMany(operation.filter as never, operation.update, { session }));
		case "replace": {
			const { filter, doc, upsert } = operation;
			return counts(await collection.replaceOne(filter as never, copy(doc), { session, upsert }));
		}
		case "findAndUpdate": {
			const { filter, update, after, upsert } = operation;
			const returnDocument = after ? "after" : "before";
			return collection.findOneAndUpdate(filter as never, update, {
				session,
				upsert,
				returnDocument,
				sort: { _id: 1 },
			});
		}
		case "findAndDelete":
			return collection.findOneAndDelete(operation.filter as never, { session, sort: { _id: 1 } });
		case "delete": {
			const method = operation.many ? "deleteMany" : "deleteOne";
			return (await collection[method](operation.filter as never, { session })).deletedCount;
		}
		default:
			throw new Error(`${operation.kind} is no write`);
	}
}

function counts(result: mongoose.mongo.UpdateResult): unknown[] {
	return [result.matchedCount, result.modifiedCount, result.upsertedCount, result.upsertedId];
}

/** The drivers add an `_id` to what they insert, and both stores must be given the same. */
function copy(doc: Doc): Doc & { _id: unknown } {
	return { ...doc } as Doc & { _id: unknown };
}

/** Stores may take the documents in any order, so of an update that fails half-way only the failure is the same. */
async function updateMany(target: Target, operation: Operation, session: mongoose.ClientSession | undefined) {
	const collection = target.collection as unknown as Native;
	if (session) return write(collection, operation, session);
	try {
		return await target.connection.transaction((inner) => write(collection, operation, inner));
	} catch {
		return "failed";
	}
}

type Keyset = Extract<Operation, { kind: "keyset" }>;
const MAX_PAGES = 12;

/** Walks a list page by page, each starting after the last document of the one before. */
async function keysetPages(collection: Native, { tenant, direction, size }: Keyset, session?: mongoose.ClientSession) {
	const pages: unknown[] = [];
	const beyond = direction === 1 ? "$gt" : "$lt";
	let after: Doc = {};
	for (let page = 0; page < MAX_PAGES; page++) {
		const filter = { t: tenant, ...after } as never;
		const sort = { n: direction, _id: direction };
		const docs = await collection.find(filter, { session, sort, limit: size }).toArray();
		pages.push(docs.map((doc) => [doc._id, doc.n]));
		const last = docs.at(-1);
		if (!last) break;
		after = { $or: [{ n: { [beyond]: last.n ?? null } }, { n: last.n ?? null, _id: { [beyond]: last._id } }] };
	}
	return pages;
}

/** Several operations in one transaction; readers outside must not see them before the end. */
async function transaction(
	{ connection, collection }: Target,
	operations: Operation[],
	abort: boolean,
): Promise<unknown> {
	let answers: unknown[] = [];
	const before = await collection.countDocuments({});
	try {
		await connection.transaction(async (session) => {
			answers = [];
			for (const operation of operations) {
				answers.push(await describe(() => run({ connection, collection }, operation, session), true));
			}
			answers.push((await collection.countDocuments({})) === before);
			if (abort) throw new Error("abort on purpose");
		});
	} catch (error) {
		answers.push(await describe(() => Promise.reject(error)));
	}
	return answers;
}
