import { spawn } from "node:child_process";
import path from "node:path";
import { rebuildDashboard } from "../../contracts/dashboard-internal.ts";
import { newId } from "../../lib/ids.ts";
import { dashboardRebuildModel } from "../../models/dashboard-rebuild.ts";
import dashboardService from "../../services/dashboard/dashboard.service.ts";
import { startBroker, type TestBroker, testEnvironment } from "../support/broker.ts";
import { canonical, collection, everythingKnown } from "./desk.ts";
import { eventsOfTickets, ticketEvents } from "./made-up-events.ts";

const TENANT = newId();
const TICKETS = 100;

let place: Awaited<ReturnType<typeof testEnvironment>>;
let app: TestBroker | null = null;

beforeEach(async () => {
	place = await testEnvironment();
});
afterEach(async () => {
	await app?.stop();
	await place.cleanup();
});

/** The dashboard in this process; `ahead` of time by so many ms, so that a killed process no longer holds the group. */
async function start(ahead: number): Promise<TestBroker> {
	app = await startBroker([dashboardService], {
		clock: { now: () => new Date(Date.now() + ahead) },
		env: place.env,
	});
	return app;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
	for (const end = Date.now() + 25_000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 10)))
		if (Date.now() > end) throw new Error("it did not come to hold");
}

const caughtUp = (on: TestBroker) =>
	until(async () => {
		const group = (await on.runtime.events.status()).find(({ group: name }) => name === "dashboard");
		return group?.lag === 0 && group.active;
	});

/** Rebuilds in another process, which does not survive the phase. */
function killedWhile(phase: string): Promise<void> {
	const child = spawn(process.execPath, [path.join(import.meta.dirname, "rebuild-process.ts"), phase], {
		env: { PATH: process.env.PATH ?? "", ...place.env, LOG_LEVEL: "error" },
		stdio: ["ignore", "ignore", "inherit"],
	});
	return new Promise((resolve, reject) => {
		child.once("exit", (code, signal) => (signal === "SIGKILL" ? resolve() : reject(new Error(`ended with ${code}`))));
	});
}

test.each(["replaying", "replacing"])(
	"killed while %s, it goes on at the next start",
	async (phase) => {
		const first = await start(0);
		await first.runtime.events.append(eventsOfTickets(TENANT, TICKETS));
		await caughtUp(first);
		const known = await everythingKnown(first);
		expect(known.dashboard_tickets).toHaveLength(TICKETS);
		const rows = collection(first, "dashboard_tickets");
		const [spoilt] = (await rows.find({}).sort({ _id: 1 }).limit(1).lean()) as unknown as { _id: string }[];
		await rows.deleteMany({ tenantId: TENANT, rev: { $gt: 20 } });
		await rows.collection.updateOne({ _id: spoilt?._id as never }, { $set: { status: "pending" } });
		await collection(first, "fact_event_feed").deleteMany({ tenantId: TENANT, rev: { $gt: 20 } });
		await first.stop();

		await killedWhile(phase);

		const second = await start(60_000);
		const rebuilds = collection(second, dashboardRebuildModel.name);
		// A replacement is finished before anything is served; a replay only begins anew.
		if (phase === "replacing") expect(canonical(await everythingKnown(second))).toBe(canonical(known));
		await until(async () => (await rebuilds.findById("rebuild").lean()) === null);
		expect(canonical(await everythingKnown(second))).toBe(canonical(known));

		await second.runtime.events.append(ticketEvents(TENANT, TICKETS + 1));
		await caughtUp(second);
		const live = canonical(await everythingKnown(second));
		expect(live).not.toBe(canonical(known));
		expect(await second.call(rebuildDashboard, {})).toMatchObject({ replaced: 0, removed: 0 });
		expect(canonical(await everythingKnown(second))).toBe(live);
	},
	60_000,
);
