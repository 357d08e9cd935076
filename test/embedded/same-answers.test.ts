import fc from "fast-check";
import mongoose from "mongoose";
import { sqliteDriver } from "../../embedded/driver.ts";
import { databaseUrl, startMongo, type TestMongo } from "../support/mongo.ts";
import { applyOperation, contactIndexes, indexes, type Target } from "./apply-operation.ts";
import { contactOperation, type Operation, operation } from "./random-operations.ts";

/*
 * The same random operations on the embedded store and on MongoDB give the same answers and leave the same documents.
 * Where the MongoDB server at hand strays from MongoDB's manual, the operations keep away from that corner:
 *
 * | secantusd-rs 0.5                                                     | MongoDB's manual                             |
 * |----------------------------------------------------------------------|----------------------------------------------|
 * | a value of a unique index that an update has taken out of a document | core/index-unique: only values that are in   |
 * | stays refused as a duplicate for ever                                | documents count                              |
 * | finds nothing for a condition on the second field of a partial index  | core/index-partial: such an index is not     |
 * | alone                                                                | used where it would change the answer        |
 * | compares embedded documents by field name before type                | reference/bson-type-comparison-order#objects |
 * | indexes and sorts by two arrays at once when one of them is empty    | core/indexes/index-types/index-multikey      |
 * | takes two operators on one path when no document matches             | reference/operator/update                    |
 */

const SEED = Number(process.env.SEED ?? 20_261_122);
/** Enough for a quick test; `OPERATIONS=20000` takes its time. */
const OPERATIONS = Number(process.env.OPERATIONS ?? 6000);
const RUN = 200;
const CONTACT_RUNS = 10;

let mongo: TestMongo | null;
let connections: mongoose.Connection[] = [];

beforeAll(async () => {
	mongo = await startMongo({ durable: false });
	if (!mongo) return;
	const embedded = new mongoose.Mongoose();
	embedded.setDriver(sqliteDriver({ dataDir: ":memory:" }));
	connections = await Promise.all([
		embedded.createConnection("sqlite:///random").asPromise(),
		new mongoose.Mongoose().createConnection(databaseUrl(mongo.url, `random_${process.pid}`)).asPromise(),
	]);
});

afterAll(async () => {
	await connections[1]?.dropDatabase();
	for (const connection of connections) await connection.close();
	await mongo?.stop();
});

async function emptyCollections(name: string, specs: typeof indexes): Promise<Target[]> {
	return Promise.all(
		connections.map(async (connection) => {
			const collection = connection.collection(name);
			const existing = await connection.listCollections();
			if (existing.some((one) => one.name === name)) await collection.deleteMany({});
			else for (const [key, options] of specs) await collection.createIndex(key, options);
			return { connection, collection };
		}),
	);
}

/** Runs the operations on both; the documents are compared now and then, and at the end. */
async function compare(name: string, specs: typeof indexes, operations: Operation[]): Promise<void> {
	const [ours, theirs] = (await emptyCollections(name, specs)) as [Target, Target];
	const everything: Operation = {
		kind: "find",
		filter: {},
		sort: [],
		page: { skip: 0, limit: 0, projection: undefined },
	};
	for (const [i, operation] of [...operations, everything].entries()) {
		const both = [ours, theirs].map((target) => applyOperation(target, operation));
		const [mine, reference] = await Promise.all(both);
		if (mine !== reference) {
			throw new Error(`operation ${i} ${JSON.stringify(operation)}\n  embedded: ${mine}\n  MongoDB:  ${reference}`);
		}
	}
}

/** Exactly `size` operations a run, so that their number is known. */
function runsOf(arbitrary: fc.Arbitrary<Operation>): fc.Arbitrary<Operation[]> {
	return fc.array(arbitrary, { minLength: RUN, maxLength: RUN, size: "max" });
}

/** The operation that differed says enough; the thousands before it can be had again from the seed. */
async function briefly(details: fc.RunDetails<[Operation[]]>): Promise<void> {
	if (!details.failed) return;
	throw new Error(`seed ${details.seed}, path ${details.counterexamplePath}: ${String(details.errorInstance)}`);
}

test(`${OPERATIONS} random operations give MongoDB's answers (seed ${SEED})`, async () => {
	if (!mongo) return;
	const runs = OPERATIONS / RUN - CONTACT_RUNS;
	const settings = { seed: SEED, endOnFailure: true, reporter: briefly };
	await fc.assert(
		fc.asyncProperty(runsOf(operation), (operations) => compare("documents", indexes, operations)),
		{ ...settings, numRuns: runs },
	);
	await fc.assert(
		fc.asyncProperty(runsOf(contactOperation), (operations) => compare("contacts", contactIndexes, operations)),
		{ ...settings, numRuns: CONTACT_RUNS },
	);
}, 180_000);
