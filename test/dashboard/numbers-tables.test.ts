import fc from "fast-check";
import type { ServiceSchema } from "moleculer";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import { Store } from "../../mixins/store.ts";
import { dashboardTenantModel } from "../../models/dashboard-tenant.ts";
import { dashboardTicketModel } from "../../models/dashboard-ticket.ts";
import type { TicketFacts } from "../../services/dashboard/facts.ts";
import { nowOf } from "../../services/dashboard/numbers/stats.ts";
import { FactTables } from "../../services/dashboard/table/fact-tables.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { stories } from "./numbers-random.ts";

let app: TestBroker;
let store: Store;
const [story] = fc
	.sample(stories(3), { seed: 1, numRuns: 50 })
	.flat()
	.filter(({ deleted }) => !deleted) as [TicketFacts];

beforeAll(async () => {
	app = await startBroker([
		(runtime) => {
			store = new Store(runtime, "dashboard", [dashboardTicketModel, dashboardTenantModel] as never, () => undefined);
			return { name: "dashboard", mixins: [collectionMixin(store)] } as ServiceSchema;
		},
	]);
});
afterAll(() => app?.stop());

const open = (tenantId: string, n: number, rev: number): TicketFacts => ({
	...story,
	_id: `${tenantId}-${n}`,
	tenantId,
	number: n,
	rev,
	solves: [],
	intervals: [{ status: "open", priority: "normal", groupId: null, assigneeId: null, from: story.createdAt, to: null }],
});

async function head(tenantId: string, rev: number, generation = 1): Promise<void> {
	const fields = { tenantId, rev, generation, sequence: 1, locale: "en", timeZone: "UTC", status: "active" };
	await store
		.model(dashboardTenantModel)
		.updateOne({ _id: tenantId }, { $set: { ...fields, eventDays: 90, rebuiltTo: 0 } }, { upsert: true });
}

async function write(tenantId: string, from: number, to: number): Promise<void> {
	const rows = Array.from({ length: to - from + 1 }, (_, index) => open(tenantId, from + index, from + index));
	await store.model(dashboardTicketModel).insertMany(rows);
	await head(tenantId, to);
}

const backlog = async (tables: FactTables, tenantId: string) =>
	nowOf(await tables.of(tenantId), { reach: null, filter: {} }).backlog;

test("a tenant nobody has heard of has empty numbers", async () => {
	expect(await backlog(new FactTables(store), "nobody")).toBe(0);
});

test("all facts are there that were committed before the question, whoever else asks at the same time", async () => {
	const tables = new FactTables(store);
	await write("busy", 1, 450);
	const first = [backlog(tables, "busy"), backlog(tables, "busy")];
	await write("busy", 451, 460);
	const second = backlog(tables, "busy");
	expect(await second).toBe(460);
	expect((await Promise.all(first)).every((count) => count >= 450)).toBe(true);
	await store
		.model(dashboardTicketModel)
		.updateOne({ _id: "busy-7", tenantId: "busy" }, { $set: { deleted: true, rev: 461 } });
	await head("busy", 461);
	expect(await backlog(tables, "busy")).toBe(459);
	expect(await tables.of("busy")).toBe(await tables.of("busy"));
});

test("facts of another generation are read anew", async () => {
	const tables = new FactTables(store);
	await write("anew", 1, 5);
	expect(await backlog(tables, "anew")).toBe(5);
	await store.model(dashboardTicketModel).deleteOne({ _id: "anew-3", tenantId: "anew" });
	await head("anew", 5, 2);
	expect(await backlog(tables, "anew")).toBe(4);
});

test("tables of tenants that nobody asked about lately make room", async () => {
	const tables = new FactTables(store, 30);
	await write("one", 1, 10);
	await write("two", 1, 10);
	const before = await tables.of("one");
	await tables.of("two");
	expect(await tables.of("two")).toBe(await tables.of("two"));
	expect(await tables.of("one")).not.toBe(before);
	expect(await backlog(tables, "one")).toBe(10);
});
