import type { ServiceSchema } from "moleculer";
import { authenticate } from "../../contracts/identity-internal.ts";
import { getSagaOf } from "../../contracts/sagas.ts";
import { closePartitionOf, openPartitionOf } from "../../contracts/tenant-partition.ts";
import { getTenant, listTenants, provisionTenant } from "../../contracts/tenants.ts";
import { Problem } from "../../lib/problem.ts";
import { action } from "../../mixins/action.ts";
import { type Calendar, calendarModel } from "../../models/calendar.ts";
import { serviceValueModel } from "../../models/outbox.ts";
import identityService from "../../services/identity/identity.service.ts";
import ticketsService from "../../services/tickets/tickets.service.ts";
import { PLATFORM_TOKEN, problemOf } from "../identity/tenancy.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { until } from "../support/until.ts";

/*
 * Provisioning beside participants that refuse or are away. The knowledge base of these tests refuses slugs with `bad` in
 * them, and tells what it was asked.
 */

const asked: string[] = [];
const choosy = (): ServiceSchema =>
	({
		name: "knowledge-base",
		actions: {
			openPartition: action(openPartitionOf("knowledge-base"), async ({ params: { tenant } }) => {
				asked.push(`open ${tenant.slug}`);
				if (tenant.slug.includes("bad")) throw new Problem(422, "validation_failed", "No such tenant here.");
				return { made: 0 };
			}),
			closePartition: action(closePartitionOf("knowledge-base"), async () => {
				asked.push("close");
				return { removed: 0, more: false };
			}),
		},
	}) as unknown as ServiceSchema;

let desk: TestBroker;
beforeAll(async () => {
	desk = await startBroker([identityService, ticketsService, choosy], { env: { PLATFORM_TOKEN } });
}, 60_000);
afterAll(() => desk?.stop());

const platform = () => desk.call(authenticate, { bearer: PLATFORM_TOKEN });
const provision = async (slug: string, meta = {}) =>
	desk.call(provisionTenant, { slug, name: slug, owner: { email: "o@x.example", name: "O" } }, await platform(), meta);
const saga = (id: string) => desk.call(getSagaOf("identity"), { tenantId: null, id });
const settle = () =>
	(desk.broker.getLocalService("identity") as unknown as { settleSagas(): Promise<void> }).settleSagas();
const stored = () =>
	(desk.broker.getLocalService("tickets") as unknown as { adapter: { conn: import("mongoose").Connection } }).adapter
		.conn;
const sequences = async () => {
	const rows = await stored()
		.model(serviceValueModel.name)
		.find({ _id: { $gte: "tickets:", $lt: "tickets;" } })
		.lean<{ _id: string }[]>();
	return rows.map(({ _id }) => _id);
};
const calendars = () =>
	stored()
		.model(calendarModel.name)
		.find({ _id: { $gte: "" } })
		.lean<Calendar[]>();

test("the services prepare their parts; those that are away do so when they are back, and nobody waits", async () => {
	const made = await provision("good");
	expect(made.tenant).toMatchObject({ status: "active", version: 1 });
	expect(asked).toEqual(["open good"]);
	expect(await sequences()).toEqual([`tickets:${made.tenant.id}`]);
	const tenant = { slug: "good", name: "good", locale: "en", locales: ["en"], timeZone: "UTC" };
	const again = { tenantId: made.tenant.id, sagaId: made.sagaId, tenant };
	expect((await desk.call(openPartitionOf("tickets"), again)).made).toBe(0);
	expect(await calendars()).toMatchObject([{ tenantId: made.tenant.id, isDefault: true, timeZone: "UTC", version: 1 }]);
	expect(await desk.call(authenticate, { bearer: made.token })).toMatchObject({ id: made.owner.id });
	await settle();
	expect(await saga(made.sagaId)).toMatchObject({
		status: "running",
		step: "remaining",
		result: { missing: ["customers", "dashboard"] },
	});
	const late = (name: "customers" | "dashboard") =>
		({
			name,
			actions: { openPartition: action(openPartitionOf(name), async () => ({ made: 0 })) },
		}) as unknown as ServiceSchema;
	desk.broker.createService(late("customers"));
	desk.broker.createService(late("dashboard"));
	await desk.broker.waitForServices(["customers", "dashboard"]);
	await until(async () => {
		await settle();
		return (await saga(made.sagaId)).status === "completed";
	}, 20_000);
	await desk.broker.destroyService(["customers"].map((name) => desk.broker.getLocalService(name))[0] as never);
	await desk.broker.destroyService(desk.broker.getLocalService("dashboard"));
}, 60_000);

test("one that refuses ends it: what others prepared is removed, and the slug is free", async () => {
	const before = await sequences();
	asked.length = 0;
	const refused = await problemOf(provision("bad-idea"));
	expect(refused).toMatchObject({ status: 409, code: "invalid_transition" });
	expect(asked).toEqual(["open bad-idea", "close"]);
	expect(await sequences()).toEqual(before);
	expect(await calendars()).toHaveLength(before.length);
	const page = await desk.call(listTenants, { filter: { slug: { eq: "bad-idea" } } }, await platform());
	expect(page.data).toEqual([]);
	const again = await problemOf(provision("bad-idea"));
	expect(again).toMatchObject({ code: "invalid_transition" });
}, 60_000);

test("a repeated command is the same tenant, with a token that works", async () => {
	const meta = { commandId: "platform POST /tenants again" };
	const first = await provision("again", meta);
	const second = await provision("again", meta);
	expect(second.tenant).toEqual(first.tenant);
	expect(second.sagaId).toBe(first.sagaId);
	expect(await desk.call(authenticate, { bearer: second.token })).toMatchObject({ id: first.owner.id });
	expect(await desk.call(getTenant, { id: first.tenant.id }, await platform())).toEqual(first.tenant);
}, 60_000);
