import type { Service, ServiceSchema } from "moleculer";
import mongoose from "mongoose";
import type { DomainEvent } from "../../lib/event-log.ts";
import { BatchSubscriber, type Delivered } from "../../mixins/batch-subscriber.ts";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { Store } from "../../mixins/store.ts";
import { defineRows } from "../../models/model.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { domainEvent } from "../support/domain-event.ts";

interface Tally {
	_id: string;
	seen: number[];
}
const tallyModel = defineRows<Tally>("tallies", { seen: [Number] });

let app: TestBroker;
let store: Store;
let subscriber: BatchSubscriber;
/** how many events each batch that was tried had */
let batches: number[];
let atOnce: number;
let running: number;
/** how often the database is away before it answers */
let away: number;

const isPoison = ({ event }: Delivered) => (event.data as { poison?: boolean }).poison === true;

function talliesService(runtime: Runtime): ServiceSchema {
	store = new Store(runtime, "tallies", [tallyModel as never], () => undefined);
	subscriber = new BatchSubscriber(store, {
		group: "tallies",
		types: ["thing.*"],
		concurrency: 16,
		async handle(events, tx) {
			batches.push(events.length);
			atOnce = Math.max(atOnce, ++running);
			try {
				if (away-- > 0) throw new mongoose.mongo.MongoNetworkError("connection closed");
				for (const { event } of events)
					await store
						.model(tallyModel)
						.updateOne(
							{ _id: event.subject },
							{ $push: { seen: event.sequence } },
							{ upsert: true, session: tx.session },
						);
				if (events.some(isPoison)) throw new Error("poison");
			} finally {
				running--;
			}
		},
	});
	return {
		name: "tallies",
		mixins: [collectionMixin(store)],
		started(this: Service) {
			return subscriber.start(runtime, this);
		},
	} as unknown as ServiceSchema;
}

beforeEach(async () => {
	batches = [];
	atOnce = 0;
	running = 0;
	away = 0;
	app = await startBroker([talliesService]);
});
afterEach(() => app.stop());

const things = (subjects: number, each: number): DomainEvent[] =>
	Array.from({ length: each }, (_, sequence) =>
		Array.from({ length: subjects }, (_, index) =>
			domainEvent({ type: "thing.done", subject: `thing/${index}`, sequence }),
		),
	).flat();

async function until(holds: () => Promise<boolean>): Promise<void> {
	for (const end = Date.now() + 10_000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 5)))
		if (Date.now() > end) throw new Error("it did not come to hold");
}
const status = async () => (await app.runtime.events.status()).find(({ group }) => group === "tallies");
const tally = async (index: number) => (await store.model(tallyModel).findById(`thing/${index}`).lean<Tally>())?.seen;

test("handles events of different subjects together, those of one in their order, and never two batches at a time", async () => {
	await app.runtime.events.append(things(12, 5));
	await until(async () => (await status())?.lag === 0);
	for (let index = 0; index < 12; index++) expect(await tally(index)).toEqual([0, 1, 2, 3, 4]);
	expect(batches.length).toBeLessThan(60);
	expect(atOnce).toBe(1);
});

test("an event that cannot be handled is put aside alone; the others take effect once", async () => {
	const poison = domainEvent({ type: "thing.done", subject: "thing/3", sequence: 99, data: { poison: true } });
	await app.runtime.events.append([
		...things(3, 2),
		poison,
		...things(3, 1).map((event) => ({ ...event, sequence: 7 })),
	]);
	await until(async () => (await status())?.lag === 0);
	expect(await status()).toMatchObject({ parked: 1 });
	for (let index = 0; index < 3; index++) expect(await tally(index)).toEqual([0, 1, 7]);
	expect(await tally(3)).toBeUndefined();
});

test("an event that is delivered again does nothing", async () => {
	const events = things(3, 1);
	await app.runtime.events.append(events);
	await until(async () => (await status())?.lag === 0);
	const more = domainEvent({ type: "thing.done", subject: "thing/0", sequence: 1 });
	const given: string[] = [];
	await store.handleAllOnce(
		"tallies",
		[...events, more].map((event) => ({ event })),
		async (fresh) => {
			given.push(...fresh.map(({ event }) => event.id));
		},
	);
	expect(given).toEqual([more.id]);
});

test("exclusive work waits for the batch before it and holds up those behind", async () => {
	let release = () => {};
	const held = new Promise<void>((resolve) => {
		release = resolve;
	});
	const work = subscriber.exclusive(() => held);
	await app.runtime.events.append(things(2, 1));
	await until(async () => (await status())?.head === 2);
	await new Promise((resolve) => setImmediate(resolve));
	expect(batches).toEqual([]);
	release();
	await work;
	await until(async () => (await status())?.lag === 0);
	expect(await tally(1)).toEqual([0]);
});

test("a database that is away uses up no retries: the effect comes as soon as it answers", async () => {
	away = 4;
	await app.runtime.events.append(things(2, 3));
	await until(async () => (await tally(0))?.length === 3 && (await tally(1))?.length === 3);
	await until(async () => (await status())?.lag === 0);
});

test("a service stops while its database is away", async () => {
	away = Number.POSITIVE_INFINITY;
	await app.runtime.events.append(things(1, 1));
	await until(async () => batches.length > 1);
	await app.stop();
	app = await startBroker([talliesService]);
});
