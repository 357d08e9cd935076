import type { ServiceSchema } from "moleculer";
import { Type } from "typebox";
import { defineAction, strict } from "../../contracts/contract.ts";
import { defineEvent } from "../../contracts/event-contract.ts";
import { Id } from "../../contracts/fields.ts";
import { defineList } from "../../contracts/list-contract.ts";
import { newId } from "../../lib/ids.ts";
import { action, callerOf } from "../../mixins/action.ts";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import { checkVersion, type Repository } from "../../mixins/repository.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { commandOf, Store } from "../../mixins/store.ts";
import { on, subscriberMixin } from "../../mixins/subscriber.mixin.ts";
import { defineModel, type Entity } from "../../models/model.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { staff, tenant } from "../support/callers.ts";

interface Box extends Entity {
	label: string;
	count: number;
}

const boxModel = defineModel<Box>(
	"boxes",
	{ label: { type: String, required: true, maxlength: 10 }, count: { type: Number, required: true } },
	[
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, count: 1, _id: 1 }, {}],
		[{ tenantId: 1, label: 1 }, { unique: true }],
	],
);
const View = Type.Object({ id: Id, label: Type.String(), count: Type.Integer(), version: Type.Integer() });
const boxAdded = defineEvent({
	type: "box.added",
	aggregate: "box",
	summary: "",
	data: Type.Object({ by: Type.Integer() }),
});
const create = defineAction({
	name: "boxes.create",
	access: "authenticated",
	summary: "",
	body: strict({ label: Type.String() }),
	result: View,
});
const add = defineAction({
	name: "boxes.add",
	access: "authenticated",
	summary: "",
	path: strict({ id: Id }),
	body: strict({ by: Type.Integer() }),
	result: View,
	ifMatch: true,
});
const list = defineList({
	name: "boxes.list",
	access: "authenticated",
	summary: "",
	list: { filters: { count: { type: "number" } }, sorts: ["createdAt", "count"], defaultSort: "createdAt" },
	item: View,
});
const total = defineAction({
	name: "totals.get",
	access: "authenticated",
	summary: "",
	result: Type.Object({ sum: Type.Integer() }),
});

const view = (box: Box) => ({ id: box._id, label: box.label, count: box.count, version: box.version });

function boxesService(runtime: Runtime): ServiceSchema {
	const store = new Store(runtime, "boxes", [boxModel as never], () => undefined);
	const boxes: Repository<Box> = store.repository(boxModel, "box");
	return {
		name: "boxes",
		mixins: [collectionMixin(store)],
		actions: {
			create: action(create, (ctx) =>
				store.commit(commandOf(ctx), async (tx) => {
					const box = await boxes.create(tx, {
						_id: newId(),
						tenantId: tx.command.tenantId,
						label: ctx.params.label,
						count: 0,
					});
					await tx.emit(boxAdded, box, { by: 0 });
					return view(box);
				}),
			),
			add: action(add, (ctx) =>
				store.commit(commandOf(ctx), async (tx) => {
					const { id, by, ifVersion } = ctx.params;
					const box = await boxes.require({ tenantId: tx.command.tenantId }, id, tx);
					checkVersion(box, ifVersion);
					const next = await boxes.update(tx, box, { ...box, count: box.count + by });
					await tx.emit(boxAdded, next, { by });
					if (by === 13) throw new Error("unlucky");
					return view(next);
				}),
			),
			list: action(list, async (ctx) => {
				const page = await boxes.list({ tenantId: callerOf(ctx).tenant.id }, list.list, ctx.params);
				return { ...page, data: page.data.map(view) };
			}),
		},
	};
}

interface Total extends Entity {
	sum: number;
}
const totalModel = defineModel<Total>("totals", { sum: Number }, [[{ tenantId: 1 }, { unique: true }]]);

/** Adds up what it hears; fails each event's first delivery after its effect, so that every event comes twice. */
function totalsService(runtime: Runtime): ServiceSchema {
	const store = new Store(runtime, "totals", [totalModel as never], () => undefined);
	const totals = store.repository(totalModel, "total");
	return {
		name: "totals",
		mixins: [
			collectionMixin(store),
			subscriberMixin(runtime, store, "totals", [
				on(boxAdded, async (event, tx) => {
					const scope = { tenantId: event.tenantId };
					const [before] = await totals.find(scope, {}, { tx });
					if (before) await totals.update(tx, before, { ...before, sum: before.sum + event.data.by });
					else await totals.create(tx, { _id: newId(), tenantId: event.tenantId, sum: event.data.by });
				}),
			]),
		],
		actions: {
			get: action(total, async (ctx) => {
				const [row] = await totals.find({ tenantId: callerOf(ctx).tenant.id }, {});
				return { sum: row?.sum ?? 0 };
			}),
		},
	};
}

let app: TestBroker;
beforeAll(async () => {
	app = await startBroker([boxesService, totalsService]);
}, 30_000);
afterAll(() => app?.stop());

const here = tenant();
const owner = staff(here, "owner");
const someoneElse = staff(tenant(), "owner");
const code = (error: { code?: number }) => error.code;
const eventually = async <T>(read: () => Promise<T>, wanted: T): Promise<void> => {
	for (let i = 0; i < 400; i++) {
		if (Object.is(await read(), wanted)) return;
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	expect(await read()).toBe(wanted);
};

describe("a commit", () => {
	test("of many at once on one document loses none and reaches subscribers once each", async () => {
		const box = await app.call(create, { label: "race" }, owner);
		await Promise.all(Array.from({ length: 25 }, () => app.call(add, { id: box.id, by: 1 }, owner)));
		const page = await app.call(list, {}, owner);
		expect(page.data.find((row) => row.id === box.id)).toMatchObject({ count: 25, version: 26 });
		await eventually(async () => (await app.call(total, {}, owner)).sum, 25);
	});

	test("that fails leaves no document and no event", async () => {
		const box = await app.call(create, { label: "fails" }, owner);
		await expect(app.call(add, { id: box.id, by: 13 }, owner)).rejects.toThrow("unlucky");
		const after = await app.call(add, { id: box.id, by: 1 }, owner);
		expect(after).toMatchObject({ count: 1, version: 2 });
		await eventually(async () => (await app.call(total, {}, owner)).sum, 26);
	});

	test("of a repeated command takes effect once and answers the same", async () => {
		const box = await app.call(create, { label: "repeat" }, owner);
		const answers = await Promise.all(
			Array.from({ length: 5 }, () => app.call(add, { id: box.id, by: 4 }, owner, { commandId: "once" })),
		);
		for (const answer of answers) expect(answer).toMatchObject({ id: box.id, count: 4, version: 2 });
		await eventually(async () => (await app.call(total, {}, owner)).sum, 30);
	});

	test("refuses a stale version, another tenant's id and a taken value", async () => {
		const box = await app.call(create, { label: "stale" }, owner);
		expect(await app.call(add, { id: box.id, by: 1, ifVersion: 9 }, owner).catch(code)).toBe(412);
		expect(await app.call(add, { id: box.id, by: 1 }, someoneElse).catch(code)).toBe(404);
		expect(await app.call(create, { label: "stale" }, owner).catch(code)).toBe(409);
		expect(await app.call(create, { label: "far too long a label" }, owner).catch(code)).toBe(422);
		await expect(app.call(create, { label: "stale" }, someoneElse)).resolves.toMatchObject({ version: 1 });
	});

	test("needs a caller", async () => {
		expect(await app.call(create, { label: "nobody" }).catch(code)).toBe(401);
	});
});

describe("a list", () => {
	test("pages forward and back over every row once, and only over the tenant's", async () => {
		const reader = staff(tenant(), "owner");
		for (let i = 0; i < 23; i++) {
			const box = await app.call(create, { label: `b${i}` }, reader);
			await app.call(add, { id: box.id, by: i % 5 }, reader);
		}
		for (const sort of ["createdAt", "-createdAt", "count", "-count"]) {
			const seen: string[] = [];
			const pages: string[][] = [];
			let cursor: string | undefined;
			let back: string | null = null;
			do {
				const page = await app.call(list, { sort, limit: 5, ...(cursor ? { cursor } : {}) }, reader);
				pages.push(page.data.map((box) => box.id));
				seen.push(...page.data.map((box) => box.id));
				cursor = page.page.nextCursor ?? undefined;
				back = page.page.prevCursor;
			} while (cursor);
			expect(new Set(seen).size).toBe(23);
			expect(seen).toHaveLength(23);
			for (let index = pages.length - 2; index >= 0; index--) {
				const page = await app.call(list, { sort, limit: 5, cursor: back ?? "" }, reader);
				expect(page.data.map((box) => box.id)).toEqual(pages[index]);
				back = page.page.prevCursor;
			}
			expect(back).toBeNull();
		}
		const counted = await app.call(list, { count: true, filter: { count: { gte: 3 } } }, reader);
		expect(counted.page.total).toBe(8);
	});

	test("refuses a cursor of another tenant, sort or filter", async () => {
		const { page } = await app.call(list, { limit: 2 }, owner);
		const cursor = page.nextCursor ?? "";
		expect(await app.call(list, { limit: 2, cursor, sort: "count" }, owner).catch(code)).toBe(400);
		expect(await app.call(list, { limit: 2, cursor, filter: { count: { gt: 1 } } }, owner).catch(code)).toBe(400);
		expect(await app.call(list, { limit: 2, cursor }, someoneElse).catch(code)).toBe(400);
		await expect(app.call(list, { limit: 3, cursor }, owner)).resolves.toBeDefined();
	});
});

test("a value that is no parameter of the action is refused before it", async () => {
	const params = { label: "x", tenantId: "other" } as never;
	expect(await app.call(create, params, owner).catch((error) => [error.code, error.type])).toEqual([
		422,
		"unknown_field",
	]);
});
