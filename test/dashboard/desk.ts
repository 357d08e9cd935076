import type { TenantCaller } from "../../contracts/caller.ts";
import { createCustomer } from "../../contracts/customers.ts";
import { createGroup } from "../../contracts/groups.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ServiceAdapter } from "../../mixins/adapter.ts";
import { outboxModel } from "../../models/outbox.ts";
import customersService from "../../services/customers/customers.service.ts";
import dashboardService from "../../services/dashboard/dashboard.service.ts";
import { FACT_MODELS } from "../../services/dashboard/dashboard-store.ts";
import identityService from "../../services/identity/identity.service.ts";
import ticketsService from "../../services/tickets/tickets.service.ts";
import { PLATFORM_TOKEN, provision } from "../identity/tenancy.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { customer as customerCaller } from "../support/callers.ts";

/** The desk's services with the dashboard behind them. */
export function startServices(options: { clock?: Clock } = {}): Promise<TestBroker> {
	return startBroker([identityService, customersService, ticketsService, dashboardService], {
		...options,
		env: { PLATFORM_TOKEN },
	});
}

const adapterOf = (app: TestBroker, service: string) =>
	(app.broker.getLocalService(service) as unknown as { adapter: ServiceAdapter }).adapter;

/** A collection of the dashboard's own database. */
export function collection(app: TestBroker, name: string) {
	return adapterOf(app, "dashboard").conn.model(name);
}

/** Resolves when every event of what was done so far has had its effect on the dashboard. */
export async function caughtUp(app: TestBroker): Promise<void> {
	const tickets = app.broker.getLocalService("tickets") as unknown as { settleTimers(): Promise<void> };
	for (let calm = 0; calm < 2; ) {
		// What is due makes events, too.
		await tickets.settleTimers();
		const waiting = await Promise.all(
			["identity", "customers", "tickets"].map((name) =>
				adapterOf(app, name).conn.model(outboxModel.name).find({}).sort({ _id: 1 }).limit(1),
			),
		);
		const status = await app.runtime.events.status();
		const behind = status.some(({ lag, parked }) => lag > 0 || parked > 0);
		calm = behind || waiting.some((rows) => rows.length > 0) ? 0 : calm + 1;
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

/** Everything the dashboard knows, without bookkeeping, in one order: equal where the same is known. */
export async function everythingKnown(app: TestBroker): Promise<Record<string, unknown[]>> {
	const known: Record<string, unknown[]> = {};
	for (const { name } of FACT_MODELS) {
		const rows = (await collection(app, name).find({}).hint({ $natural: 1 }).lean()) as unknown as Record<
			string,
			unknown
		>[];
		known[name] = rows
			.map(({ rev: _rev, generation: _generation, rebuiltTo: _to, rebuiltWithout: _without, ...facts }) => facts)
			.sort((a, b) => (String(a._id) < String(b._id) ? -1 : 1));
	}
	return known;
}

/** The same as text with sorted keys, for comparing to the byte. */
export function canonical(value: unknown): string {
	return JSON.stringify(value, (_key, inner) =>
		inner && typeof inner === "object" && !Array.isArray(inner)
			? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
			: inner,
	);
}

/** A tenant with two groups, people in them and a customer. */
export async function populate(app: TestBroker) {
	const { owner, invite, tenantId } = await provision(app);
	const first = await app.call(createGroup, { name: "First line" }, owner);
	const second = await app.call(createGroup, { name: "Second line" }, owner);
	const cora = await app.call(createCustomer, { name: "Cora Customer", email: `cora@${tenantId}.example` }, owner);
	const people = {
		supervisor: await invite("supervisor"),
		agent: await invite("agent", { groupIds: [first.id] }),
		colleague: await invite("agent", { groupIds: [first.id, second.id] }),
		outsider: await invite("agent", { groupIds: [second.id] }),
		viewer: await invite("viewer", { groupIds: [first.id] }),
	};
	const customer = customerCaller(owner.tenant, cora.id, { name: cora.name }) as TenantCaller;
	return { tenantId, owner, invite, first, second, cora, customer, ...people };
}
export type Populated = Awaited<ReturnType<typeof populate>>;
