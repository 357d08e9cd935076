import { rebuildDashboard } from "../../contracts/dashboard-internal.ts";
import { newId } from "../../lib/ids.ts";
import { dashboardFenceModel, dashboardRebuildModel } from "../../models/dashboard-rebuild.ts";
import dashboardService from "../../services/dashboard/dashboard.service.ts";
import { startBroker, type TestBroker, testEnvironment } from "../support/broker.ts";
import { manualClock } from "../support/manual-clock.ts";
import { until } from "../support/until.ts";
import { canonical, collection, everythingKnown } from "./desk.ts";
import { eventsOfTickets, ticketEvents } from "./made-up-events.ts";

const TENANT = newId();
const clock = manualClock("2026-03-02T09:00:00.000Z");

let place: Awaited<ReturnType<typeof testEnvironment>>;
let copies: TestBroker[];

beforeEach(async () => {
	place = await testEnvironment();
	copies = [];
	for (let i = 0; i < 2; i++) copies.push(await startBroker([dashboardService], { clock, env: place.env }));
});

afterEach(async () => {
	for (const copy of copies) await copy.stop();
	await place.cleanup();
});

async function caughtUp(): Promise<void> {
	const [copy] = copies as [TestBroker];
	await until(async () => {
		const group = (await copy.runtime.events.status()).find(({ group: name }) => name === "dashboard");
		return group?.lag === 0;
	}, 20_000);
}

test("a copy that folds no events rebuilds while another one folds them, and nothing is lost or done twice", async () => {
	const [folding, other] = copies as [TestBroker, TestBroker];
	await folding.runtime.events.append(eventsOfTickets(TENANT, 60));
	await caughtUp();
	await collection(folding, "dashboard_tickets").deleteMany({ tenantId: TENANT, rev: { $gt: 20 } });
	let next = 61;
	let rebuilt = false;
	const rebuilds = (async () => {
		for (let i = 0; i < 3; i++) await other.call(rebuildDashboard, {});
		rebuilt = true;
	})();
	// A ticket is opened whenever one was folded.
	while (!rebuilt) {
		await folding.runtime.events.append(ticketEvents(TENANT, next++));
		await until(async () => rebuilt || (await folding.runtime.events.oldestUnhandled("dashboard")) === null, 30_000);
	}
	await rebuilds;
	await caughtUp();
	const known = await everythingKnown(folding);
	expect(known.dashboard_tickets).toHaveLength(next - 1);
	await folding.call(rebuildDashboard, {});
	expect(canonical(await everythingKnown(other))).toBe(canonical(known));
}, 60_000);

test("only one copy rebuilds at a time", async () => {
	const [one, other] = copies as [TestBroker, TestBroker];
	await one.runtime.events.append(eventsOfTickets(TENANT, 40));
	await caughtUp();
	const outcomes = await Promise.allSettled([one.call(rebuildDashboard, {}), other.call(rebuildDashboard, {})]);
	const refused = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
	expect(refused.map(({ reason }) => (reason as { code: number }).code)).toEqual([409]);
});

test("events wait while the documents are being replaced elsewhere, and a fence that was left closed is opened", async () => {
	const [one] = copies as [TestBroker];
	const fence = collection(one, dashboardFenceModel.name);
	await fence.updateOne({ _id: "batches" }, { $set: { isClosed: true } });
	await one.runtime.events.append(eventsOfTickets(TENANT, 5));
	await until(async () => (await one.runtime.events.oldestUnhandled("dashboard")) !== null);
	expect(await collection(one, "dashboard_tickets").countDocuments({ tenantId: TENANT })).toBe(0);
	expect(await collection(one, dashboardRebuildModel.name).countDocuments({})).toBe(0);
	copies.push(await startBroker([dashboardService], { clock, env: place.env }));
	await caughtUp();
	expect(await collection(one, "dashboard_tickets").countDocuments({ tenantId: TENANT })).toBe(5);
});
