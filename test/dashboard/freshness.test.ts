import { loadConfig } from "../../config.ts";
import { newId } from "../../lib/ids.ts";
import { openRuntime } from "../../runtime.ts";
import dashboardService from "../../services/dashboard/dashboard.service.ts";
import { Freshness } from "../../services/dashboard/freshness.ts";
import { startBroker, testEnvironment } from "../support/broker.ts";
import { manualClock } from "../support/manual-clock.ts";
import { collection } from "./desk.ts";
import { eventsOfTickets, ticketEvents } from "./made-up-events.ts";

test("is as old as the oldest event that is still to be handled, and stale where the log cannot be asked", async () => {
	const { env, cleanup } = await testEnvironment();
	const clock = manualClock();
	const runtime = await openRuntime(loadConfig(env), clock);
	try {
		const freshness = new Freshness(runtime);
		const start = clock.now().toISOString();
		expect(await freshness.now()).toEqual({ asOf: start, lagMs: 0 });
		const subscription = await runtime.events.subscribe({
			group: "dashboard",
			types: ["ticket.*"],
			handler: async () => {},
		});
		await subscription.stop();
		await runtime.events.append(ticketEvents(newId(), 1));
		clock.advance(2500);
		expect(await freshness.now()).toEqual({ asOf: start, lagMs: 2500 });
		await runtime.close();
		clock.advance(1000);
		expect(await freshness.now()).toEqual({ asOf: start, lagMs: null, stale: true });
	} finally {
		await runtime.close();
		await cleanup();
	}
});

test("a log that gives no answer is not waited for", async () => {
	const { env, cleanup } = await testEnvironment();
	const runtime = await openRuntime(loadConfig(env), manualClock());
	try {
		runtime.events.oldestUnhandled = () => new Promise(() => undefined);
		expect(await new Freshness(runtime).now()).toMatchObject({ lagMs: null, stale: true });
	} finally {
		await runtime.close();
		await cleanup();
	}
});

test("the read models begin with the log, and catch up on what happened while they were away", async () => {
	const { env, cleanup } = await testEnvironment();
	const tenantId = newId();
	const withoutDashboard = (work: (runtime: Awaited<ReturnType<typeof openRuntime>>) => Promise<void>) =>
		openRuntime(loadConfig(env), { now: () => new Date() }).then((runtime) =>
			work(runtime).finally(() => runtime.close()),
		);
	const known = async () => {
		const app = await startBroker([dashboardService], { env });
		try {
			const freshness = new Freshness(app.runtime);
			for (let asked = 0; asked < 2000 && (await freshness.now()).lagMs !== 0; asked++)
				await new Promise((resolve) => setTimeout(resolve, 5));
			return await collection(app, "dashboard_tickets").countDocuments({ tenantId, rev: { $gt: 0 } });
		} finally {
			await app.stop();
		}
	};
	try {
		await withoutDashboard((runtime) => runtime.events.append(eventsOfTickets(tenantId, 30)));
		expect(await known()).toBe(30);
		await withoutDashboard((runtime) => runtime.events.append(eventsOfTickets(tenantId, 20)));
		expect(await known()).toBe(50);
	} finally {
		await cleanup();
	}
});
