import { once } from "node:events";
import type { ServiceSchema } from "moleculer";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import { LeaseLost } from "../../mixins/lease.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { commandOf, Store } from "../../mixins/store.ts";
import { type LeaseRow, leaseModel } from "../../models/lease.ts";
import { defineModel, type Entity } from "../../models/model.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { manualClock } from "../support/manual-clock.ts";

interface Note extends Entity {
	text: string;
}
const noteModel = defineModel<Note>("notes", { text: String }, [[{ tenantId: 1 }, {}]]);

const clock = manualClock();
const TTL = 30_000;
const stores: Store[] = [];
let app: TestBroker;

/** Two stores of one service on the same database, as two of its processes have them. */
function copies(runtime: Runtime): ServiceSchema {
	const [one, other] = [0, 1].map(() => new Store(runtime, "notes", [noteModel as never], () => undefined));
	stores.push(one as Store, other as Store);
	return { name: "copies", mixins: [collectionMixin(one as Store)] };
}
function second(): ServiceSchema {
	return { name: "second", mixins: [collectionMixin(stores[1] as Store)] };
}

let here: Store;
let there: Store;
beforeAll(async () => {
	app = await startBroker([copies, second], { clock });
	[here, there] = stores as [Store, Store];
}, 30_000);
afterAll(() => app?.stop());

const command = () => commandOf({ meta: {}, id: "test" } as never, "tenant");

test("a lease has one holder until it runs out, is given back, or is renewed", async () => {
	const mine = await here.lease("work", TTL);
	expect(mine?.term).toBe(1);
	expect(await there.lease("work", TTL)).toBeNull();
	expect(await here.lease("work", TTL)).toBeNull();
	clock.advance(TTL - 1);
	expect(await there.lease("work", TTL)).toBeNull();
	expect(await mine?.renew()).toBe(true);
	clock.advance(TTL - 1);
	expect(await there.lease("work", TTL)).toBeNull();
	await mine?.release();
	const next = await there.lease("work", TTL);
	expect(next?.term).toBe(2);
	expect(await here.lease("other work", TTL)).toMatchObject({ term: 1 });
});

test("who lets it run out loses it to the next, and cannot renew or give back what is another's", async () => {
	const late = await here.lease("late", TTL);
	clock.advance(TTL);
	const next = await there.lease("late", TTL);
	expect(next?.term).toBe(2);
	expect(late?.signal.aborted).toBe(false);
	expect(await late?.renew()).toBe(false);
	expect(late?.signal.aborted).toBe(true);
	await late?.release();
	expect(await here.lease("late", TTL)).toBeNull();
});

test("of many that want it at once one gets it", async () => {
	const wants = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? here : there).lease("wanted", TTL)));
	expect(wants.filter(Boolean)).toHaveLength(1);
});

test("a guarded transaction of a holder of the past writes nothing, even where that holder does not know", async () => {
	const notes = here.repository(noteModel, "note");
	const fields = { _id: "", tenantId: "tenant", text: "by the holder" };
	const late = await here.lease("guarded", TTL);
	await here.commit(command(), async (tx) => {
		await late?.guard(tx);
		await notes.create(tx, { ...fields, _id: "first" });
	});
	clock.advance(TTL);
	const next = await there.lease("guarded", TTL);
	const stale = here.commit(command(), async (tx) => {
		await late?.guard(tx);
		await notes.create(tx, { ...fields, _id: "second" });
	});
	await expect(stale).rejects.toThrow(LeaseLost);
	expect((await notes.find({ tenantId: "tenant" }, {})).map((note) => note._id)).toEqual(["first"]);
	expect(await next?.renew()).toBe(true);
});

test("a long piece of work keeps its lease, a second one is refused meanwhile and has it afterwards", async () => {
	const ended = new EventTarget();
	const short = 60;
	const long = here.withLease("long", short, async (lease) => {
		await once(ended, "go");
		return lease.signal.aborted;
	});
	// Moves on in steps shorter than the lease, each after a renewal.
	for (let step = 0; step < 5; step++) {
		const before = await until("long");
		clock.advance(short / 2);
		await moved("long", before);
	}
	expect(await there.withLease("long", short, async () => "mine")).toEqual({ taken: false });
	ended.dispatchEvent(new Event("go"));
	expect(await long).toEqual({ taken: true, result: false });
	expect(await there.withLease("long", short, async () => "mine")).toEqual({ taken: true, result: "mine" });
});

async function until(name: string): Promise<number> {
	const row = await here.model(leaseModel).findById(name).lean<LeaseRow>();
	return row?.until.getTime() ?? 0;
}

async function moved(name: string, from: number): Promise<void> {
	while ((await until(name)) === from) await new Promise((resolve) => setTimeout(resolve, 5));
}
