import type { ServiceSchema } from "moleculer";
import { Type } from "typebox";
import { defineEvent } from "../../contracts/event-contract.ts";
import type { DomainEvent, EventLog } from "../../lib/event-log.ts";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import { GapWatch } from "../../mixins/gap-watch.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { type Command, Store } from "../../mixins/store.ts";
import { on, subscriberMixin } from "../../mixins/subscriber.mixin.ts";
import { defineModel, type Entity } from "../../models/model.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { domainEvent } from "../support/domain-event.ts";
import { logLike, withLog } from "../support/store.ts";
import { until } from "../support/until.ts";

describe("a watch for gaps", () => {
	let asked: string[];
	let now: number;
	let watch: GapWatch;
	beforeEach(() => {
		asked = [];
		now = 0;
		watch = new GapWatch(
			({ tenantId, subject, sequence }, after) => asked.push(`${tenantId} ${subject} ${after}-${sequence}`),
			() => now,
		);
	});
	const saw = (sequence: number, fields: Partial<DomainEvent> = {}) => watch.saw(domainEvent({ sequence, ...fields }));

	test("asks for what lies between two versions, and for nothing where none is missing", () => {
		for (const sequence of [4, 5, 5, 6, 6, 3, 7]) saw(sequence);
		expect(asked).toEqual([]);
		saw(10);
		expect(asked).toEqual(["acme ticket/1 7-10"]);
	});

	test("tells tenants and subjects apart", () => {
		saw(1);
		saw(3, { tenantId: "other" });
		saw(2, { subject: "ticket/2" });
		saw(2);
		expect(asked).toEqual([]);
		saw(5, { tenantId: "other" });
		expect(asked).toEqual(["other ticket/1 3-5"]);
	});

	test("asks at most once a minute for a subject", () => {
		saw(1);
		saw(3);
		saw(5);
		now = 59_999;
		saw(7);
		now = 60_000;
		saw(9);
		expect(asked).toEqual(["acme ticket/1 1-3", "acme ticket/1 7-9"]);
	});
});

interface Box extends Entity {
	count: number;
}
const boxModel = defineModel<Box>("boxes", { count: Number }, [[{ tenantId: 1, _id: 1 }, {}]]);
const seenModel = defineModel<Entity & { sequences: number[] }>("seen", { sequences: [Number] }, [
	[{ tenantId: 1, _id: 1 }, {}],
]);
const boxChanged = defineEvent({ type: "box.changed", aggregate: "box", summary: "", data: Type.Object({}) });

let app: TestBroker;
let owner: Store;
let reader: Store;
let lossy: EventLog;
const lost = new Set<number>();
let isOver = false;

/**
 * A log that acknowledges the third version of a box, however often it is published, and has forgotten it the next moment,
 * as a power cut makes it. It is over when a later version comes.
 */
function losing(log: EventLog): EventLog {
	return logLike(log, {
		isRecord: false,
		append: (events) => {
			const kept = events.filter((event) => event.sequence !== 3 || isOver);
			if (kept.length < events.length) lost.add(3);
			isOver ||= events.some((event) => event.sequence > 3);
			return log.append(kept);
		},
	});
}

function ownerService(runtime: Runtime): ServiceSchema {
	lossy ??= losing(runtime.events);
	owner = new Store(withLog(runtime, lossy), "boxes", [boxModel as never], () => undefined);
	return { name: "boxes", mixins: [collectionMixin(owner)] };
}

function readerService(runtime: Runtime): ServiceSchema {
	reader = new Store(withLog(runtime, lossy), "reader", [seenModel as never], () => undefined);
	const seen = reader.repository(seenModel, "list");
	const note = on(boxChanged, async (event, tx) => {
		const before = await seen.get({ tenantId: event.tenantId }, event.subject, tx);
		const fields = { _id: event.subject, tenantId: event.tenantId };
		if (before) await seen.update(tx, before, { ...before, sequences: [...before.sequences, event.sequence] });
		else await seen.create(tx, { ...fields, sequences: [event.sequence] });
	});
	return {
		name: "reader",
		mixins: [collectionMixin(reader), subscriberMixin(withLog(runtime, lossy), reader, "reader", [note])],
	};
}

beforeAll(async () => {
	app = await startBroker([ownerService, readerService]);
}, 30_000);
afterAll(() => app?.stop());

test("an event that the log lost is published again by its owner, takes effect once, and is counted", async () => {
	const actor = { type: "system", id: "test", name: "Test" } as const;
	const command: Command = { tenantId: "here", actor, correlationId: "test", causationId: null, id: null };
	const boxes = owner.repository(boxModel, "box");
	for (let version = 1; version <= 5; version++) {
		await owner.commit(command, async (tx) => {
			const before = await boxes.get({ tenantId: "here" }, "1", tx);
			const after = before
				? await boxes.update(tx, before, { ...before, count: version })
				: await boxes.create(tx, { _id: "1", tenantId: "here", count: version });
			await tx.emit(boxChanged, after, {});
		});
		await owner.flush();
	}
	const row = () => reader.model(seenModel).findById("box/1").lean<{ sequences: number[] }>();
	await until(async () => (await row())?.sequences.length === 5);
	await reader.settle();
	expect([...lost]).toEqual([3]);
	expect((await row())?.sequences.toSorted()).toEqual([1, 2, 3, 4, 5]);
	expect(await app.runtime.metrics.text()).toMatch(/conductor_event_gap_requests_total{service="reader"} 1/);
}, 20_000);
