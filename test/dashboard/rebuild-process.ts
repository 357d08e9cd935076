import { ServiceBroker } from "moleculer";
import { loadConfig } from "../../config.ts";
import { systemClock } from "../../lib/clock.ts";
import type { ServiceAdapter } from "../../mixins/adapter.ts";
import { dashboardActivityModel } from "../../models/dashboard-activity.ts";
import { brokerOptions } from "../../moleculer.config.ts";
import { openRuntime } from "../../runtime.ts";
import dashboardService from "../../services/dashboard/dashboard.service.ts";

// A process that makes the read models anew and ends itself in the middle, as a power cut would: while it reads the log a
// second time, or inside the second transaction that puts new rows of the feed in place.
const [, , phase] = process.argv;
const runtime = await openRuntime(loadConfig(process.env), systemClock);

/** The same function, which ends the process when it is called the second time. */
function fatal<A extends unknown[], R>(work: (...args: A) => R): (...args: A) => R {
	let calls = 0;
	return (...args) => {
		const result = work(...args);
		if (++calls === 2) process.kill(process.pid, "SIGKILL");
		return result;
	};
}

const { events } = runtime;
if (phase === "replaying") events.read = fatal(events.read.bind(events));
const broker = new ServiceBroker(brokerOptions(runtime.config));
broker.createService(dashboardService(runtime));
await broker.start();
const { adapter } = broker.getLocalService("dashboard") as unknown as { adapter: ServiceAdapter };
const { collection } = adapter.conn.model(dashboardActivityModel.name);
if (phase === "replacing") collection.bulkWrite = fatal(collection.bulkWrite.bind(collection)) as never;
await broker.call("dashboard.rebuild", {});
