import { loadConfig } from "../../config.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { type Command, Store } from "../../mixins/store.ts";
import { defineModel, type Entity } from "../../models/model.ts";
import { openRuntime } from "../../runtime.ts";
import { testEnvironment } from "../support/broker.ts";
import { type StartedStore, startStore } from "../support/store.ts";

interface Parcel extends Entity {
	label: string;
	from: { city: string };
	items: { name: string }[];
	seal?: string;
}
const fields = {
	label: { type: String, required: true, maxlength: 10 },
	from: { city: { type: String } },
	items: [{ _id: false, name: { type: String, maxlength: 10 } }],
	seal: { type: String },
};
const parcelModel = defineModel<Parcel>("parcels", fields, [[{ tenantId: 1, _id: 1 }, {}]]);

const command: Command = {
	tenantId: "here",
	actor: { type: "system", id: "test", name: "Test" },
	correlationId: "test",
	causationId: null,
	id: null,
};

let runtime: Runtime;
let cleanup: () => Promise<void>;
let started: StartedStore;
beforeAll(async () => {
	const environment = await testEnvironment();
	cleanup = environment.cleanup;
	runtime = await openRuntime(loadConfig(environment.env), systemClock, { strictQueries: true });
	started = await startStore(new Store(runtime, "parcels", [parcelModel as never], () => undefined));
}, 30_000);
afterAll(async () => {
	await started.stop();
	await runtime.close();
	await cleanup();
});

/** A parcel as a newer version of the product writes it, with fields that this one's schema does not know. */
async function writtenByNewer(_id: string): Promise<Parcel> {
	const now = new Date();
	const parcel = {
		_id,
		tenantId: "here",
		version: 1,
		createdAt: now,
		updatedAt: now,
		label: "small",
		from: { city: "Oslo", street: "Storgata" },
		items: [{ name: "book", weight: 3 }],
		seal: "red",
		insurance: { upTo: 100 },
	};
	await started.store.model(parcelModel).collection.insertOne({ ...parcel } as never);
	return parcel;
}

const stored = (_id: string) => started.store.model(parcelModel).collection.findOne({ _id: _id as never });

test("fields of a newer version survive every change that this one makes", async () => {
	const parcels = started.store.repository(parcelModel, "parcel");
	await writtenByNewer("one");
	const change = (make: (parcel: Parcel) => Parcel) =>
		started.store.commit(command, async (tx) => {
			const before = await parcels.require({ tenantId: "here" }, "one", tx);
			return parcels.update(tx, before, make(before));
		});
	await change((parcel) => ({ ...parcel, label: "big" }));
	await change((parcel) => ({ ...parcel, from: { ...parcel.from, city: "Bergen" } }));
	await change((parcel) => ({ ...parcel, items: [...parcel.items, { name: "pen" }] }));
	// One that makes the document anew and knows nothing of the rest.
	await change(({ _id, tenantId, version, createdAt, updatedAt, label, from, items }) => ({
		_id,
		tenantId,
		version,
		createdAt,
		updatedAt,
		label,
		from,
		items,
	}));
	const after = await stored("one");
	expect(after).toMatchObject({
		version: 5,
		label: "big",
		from: { city: "Bergen", street: "Storgata" },
		items: [{ name: "book", weight: 3 }, { name: "pen" }],
		insurance: { upTo: 100 },
	});
	expect(after).not.toHaveProperty("seal");
});

test("a change beside them is still checked, and a field that nobody knows is still refused", async () => {
	const parcels = started.store.repository(parcelModel, "parcel");
	await writtenByNewer("two");
	const change = (patch: object) =>
		started.store.commit(command, async (tx) => {
			const before = await parcels.require({ tenantId: "here" }, "two", tx);
			return parcels.update(tx, before, { ...before, ...patch });
		});
	const tooLong = { items: [{ name: "far too long a name", weight: 3 }] };
	await expect(change(tooLong)).rejects.toMatchObject({ code: 422 });
	await expect(change({ label: "far too long a label" })).rejects.toMatchObject({ code: 422 });
	expect(await stored("two")).toMatchObject({ version: 1, label: "small" });
	await started.store.commit(command, (tx) =>
		parcels.create(tx, { _id: "three", tenantId: "here", label: "x", from: { city: "Rome" }, items: [] }),
	);
	const typo = started.store.commit(command, async (tx) => {
		const before = await parcels.require({ tenantId: "here" }, "three", tx);
		return parcels.update(tx, before, { ...before, lable: "y" } as Parcel);
	});
	await expect(typo).rejects.toThrow("lable");
});
