import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import mongoose from "mongoose";
import { sqliteDriver } from "../../embedded/driver.ts";
import { mapStoreError, ServiceAdapter } from "../../mixins/adapter.ts";
import { defineModel, type Entity, type Model } from "../../models/model.ts";

interface Box extends Entity {
	label: string;
	open: boolean;
}

const FIELDS = { label: { type: String, required: true }, open: { type: Boolean, required: true } };
const KEYS = { tenantId: 1, label: 1, _id: 1 } as const;

const before = defineModel<Box>("boxes", FIELDS, [[KEYS, {}]]);
const after = defineModel<Box>("boxes", FIELDS, [[KEYS, { partialFilterExpression: { open: true } }]]);

let dataDir: string;
beforeAll(async () => {
	dataDir = await mkdtemp(path.join(tmpdir(), "adapter-"));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** Opens the same store as a version of the product would that has this model, and does something with it. */
async function opened<T>(model: Model<Box>, work: (boxes: mongoose.Model<Box>) => Promise<T>): Promise<T> {
	const instance = new mongoose.Mongoose();
	instance.setDriver(sqliteDriver({ dataDir }));
	const open = () => instance.createConnection("sqlite:///boxes").asPromise();
	const adapter = new ServiceAdapter(open, () => [model as unknown as Model<{ _id: string }>], {
		opened: async () => undefined,
		connected: () => undefined,
		disconnecting: async () => undefined,
	});
	adapter.init({} as never, { logger: { error: () => undefined } } as never);
	await adapter.connect();
	return work(adapter.model).finally(() => adapter.disconnect());
}

test("a store of an earlier version opens with the indexes of this one, and keeps its documents", async () => {
	const tenantId = "t";
	const at = new Date(0);
	const box = { _id: "1", tenantId, label: "a", open: true, version: 1, createdAt: at, updatedAt: at };
	await opened(before, (boxes) => boxes.create(box));
	const [indexes, found] = await opened(after, async (boxes) => [
		await boxes.listIndexes(),
		await boxes.find({ tenantId, label: "a", open: true }).lean(),
	]);
	expect(indexes).toContainEqual(expect.objectContaining({ key: KEYS, partialFilterExpression: { open: true } }));
	expect(found).toMatchObject([{ _id: "1", label: "a" }]);
});

test("a bulk write that lost its connection is told from one that the server refused", () => {
	const { MongoBulkWriteError, MongoNetworkError } = mongoose.mongo;
	const lost = new MongoBulkWriteError(new MongoNetworkError("connection 7 closed") as never, {} as never);
	expect(mapStoreError(lost)).toBeInstanceOf(MongoNetworkError);
	const refused = new MongoBulkWriteError({ message: "E11000", code: 11000, writeErrors: [] }, {} as never);
	expect(mapStoreError(refused)).toMatchObject({ code: 409, type: "duplicate" });
});
