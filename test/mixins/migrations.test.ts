import { loadConfig } from "../../config.ts";
import type { Migration } from "../../mixins/migrations.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { Store } from "../../mixins/store.ts";
import { leaseModel } from "../../models/lease.ts";
import { migrationModel } from "../../models/migration.ts";
import { defineModel, type Entity } from "../../models/model.ts";
import { openRuntime } from "../../runtime.ts";
import { testEnvironment } from "../support/broker.ts";
import { domainEvent } from "../support/domain-event.ts";
import { manualClock } from "../support/manual-clock.ts";
import { type StartedStore, startStore } from "../support/store.ts";
import { until } from "../support/until.ts";

interface Box extends Entity {
	label: string;
	size?: string;
}
const boxModel = defineModel<Box>("boxes", { label: String, size: String }, [[{ tenantId: 1, _id: 1 }, {}]]);

const clock = manualClock();
let runtime: Runtime;
let cleanup: () => Promise<void>;
const started: StartedStore[] = [];

beforeAll(async () => {
	const environment = await testEnvironment();
	cleanup = environment.cleanup;
	runtime = await openRuntime(loadConfig(environment.env), clock, { strictQueries: true });
}, 30_000);
afterEach(async () => {
	for (const one of started.splice(0)) await one.stop();
});
afterAll(async () => {
	await runtime.close();
	await cleanup();
});

async function open(service: string, migrations: Migration[] = []): Promise<Store> {
	const store = new Store(runtime, service, [boxModel as never], () => undefined, migrations);
	started.push(await startStore(store));
	return store;
}

const boxes = (store: Store) => store.model(boxModel).collection;
const records = (store: Store) => store.model(migrationModel).find({}).sort({ _id: 1 }).limit(10).lean();

/** Some documents of the first version, which knew no size. */
async function fill(store: Store, count: number): Promise<void> {
	const now = clock.now();
	const rows = Array.from({ length: count }, (_, index) => ({
		_id: `box-${String(index).padStart(5, "0")}`,
		tenantId: "here",
		version: 1,
		createdAt: now,
		updatedAt: now,
		label: `${index}`,
	}));
	await boxes(store).insertMany(rows as never[]);
}

const sized = (seen: string[] = []): Migration => ({
	version: 1,
	name: "boxes have a size",
	up: (run) =>
		run.each("boxes", (box) => {
			if (box.size !== undefined) return null;
			seen.push(box._id);
			return { updateOne: { filter: { _id: box._id }, update: { $set: { size: "m" } } } };
		}),
});

const sizes = async (store: Store) => {
	const found = await store.model(boxModel).find({ tenantId: "here" }).limit(5000).lean<Box[]>();
	return Object.fromEntries([...Map.groupBy(found, ({ size }) => size)].map(([size, own]) => [size, own.length]));
};

test("a migration runs once for all processes that start at the same time, and they serve only afterwards", async () => {
	await fill(await open("once"), 620);
	const seen: string[] = [];
	const all = await Promise.all([1, 2, 3].map(() => open("once", [sized(seen)])));
	expect(seen).toHaveLength(620);
	for (const store of all) expect(await sizes(store)).toEqual({ m: 620 });
	expect(await records(all[0] as Store)).toMatchObject([
		{ _id: "once/1", name: "boxes have a size", attempts: 1, finishedAt: clock.now(), durationMs: 0, breaking: false },
		{ _id: "store/1", attempts: 1 },
	]);
	await open("once", [sized(seen)]);
	expect(seen).toHaveLength(620);
}, 30_000);

test("one that ends half way runs again, and changes only what is left", async () => {
	await fill(await open("half"), 620);
	const seen: string[] = [];
	const breaksOff: Migration = {
		...sized(seen),
		up: (run) =>
			sized(seen).up({
				...run,
				each: (collection, change) =>
					run.each(collection, (document) => {
						if (document._id === "box-00550") throw new Error("the power is cut");
						return change(document);
					}),
			}),
	};
	await expect(open("half", [breaksOff])).rejects.toThrow("the power is cut");
	const changed = seen.length;
	seen.length = 0;
	const store = await open("half", [sized(seen)]);
	expect(changed).toBeGreaterThanOrEqual(500);
	expect(seen).toHaveLength(120);
	expect(await sizes(store)).toEqual({ m: 620 });
	expect((await records(store))[0]).toMatchObject({ _id: "half/1", attempts: 2 });
}, 30_000);

test("whoever lost the lease while it migrated stops and leaves the rest to the next", async () => {
	const first = await open("slow");
	await fill(first, 10);
	let taken = false;
	const slow: Migration = {
		...sized(),
		async up(run) {
			if (!taken) {
				taken = true;
				clock.advance(60_000);
				await first.lease("migrations", 1);
				clock.advance(1);
			}
			await sized().up(run);
		},
	};
	await expect(open("slow", [slow])).rejects.toThrow("taken over");
	expect(await sizes(first)).toEqual({ undefined: 10 });
	const store = await open("slow", [slow]);
	expect(await sizes(store)).toEqual({ m: 10 });
	const lease = await store.model(leaseModel).findById("migrations").lean();
	expect(lease).toMatchObject({ until: new Date(0) });
}, 30_000);

test("an older process works on next to a newer one, unless a migration breaks with it", async () => {
	const newer = [sized(), { version: 2, name: "more", up: async () => undefined }];
	await open("rolling", newer);
	await expect(open("rolling")).resolves.toBeDefined();
	await expect(open("rolling", [sized()])).resolves.toBeDefined();
	await open("rolling", [
		...newer,
		{ version: 3, name: "labels are split", breaking: true, up: async () => undefined },
	]);
	const refused = open("rolling", newer);
	await expect(refused).rejects.toThrow(/newer version of Conductor \(rolling\/3, "labels are split"\)/);
	const { fatal } = await refused.then(
		() => ({ fatal: [] }),
		(error: { fatal: string[] }) => error,
	);
	expect(fatal).toHaveLength(1);
}, 30_000);

test("versions must grow", async () => {
	const twice = [sized(), sized()];
	await expect(open("twice", twice)).rejects.toThrow("growing versions");
});

test("rows of the first version's outbox are completed and published", async () => {
	const before = await open("old");
	const { stop } = started.pop() as StartedStore;
	const events = [1, 2, 3].map((sequence) =>
		domainEvent({ source: "old", tenantId: "old", subject: "box/1", sequence, type: "box.changed" }),
	);
	const rows = events.toReversed().map((event) => ({
		_id: event.id,
		event: JSON.stringify(event),
		createdAt: clock.now(),
	}));
	const connection = before.adapter.conn;
	await connection.db?.collection("migrations").deleteOne({ _id: "store/1" as never });
	await stop();
	const raw = await runtime.openConnection("old");
	await raw.db?.collection("outbox").insertMany(rows as never[]);
	await raw.close();
	await open("old");
	const logged = () => runtime.events.read({ tenantId: "old", limit: 10 });
	await until(async () => (await logged()).length === 3);
	expect((await logged()).map(({ event }) => event.sequence)).toEqual([1, 2, 3]);
}, 30_000);
