import type { Service, ServiceSchema } from "moleculer";
import { sweepDashboard } from "../../contracts/dashboard-internal.ts";
import { DASHBOARD_CHANGED } from "../../contracts/dashboard-stream.ts";
import { action } from "../../mixins/action.ts";
import { BatchSubscriber } from "../../mixins/batch-subscriber.ts";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { activityActions } from "./activity.ts";
import { ChangeNotice } from "./change-notice.ts";
import { openDashboard } from "./dashboard-store.ts";
import { erasureActions } from "./erase-customer.ts";
import { Fence } from "./fence.ts";
import { GROUP } from "./freshness.ts";
import { nowCounters } from "./now-counters.ts";
import { numbersActions } from "./numbers-actions.ts";
import { EVENT_TYPES } from "./projection/kinds.ts";
import { project } from "./projection/projector.ts";
import { Rebuilder, rebuildActions } from "./rebuild.ts";
import { streamActions } from "./stream.ts";
import { sweepFeed } from "./sweep.ts";
import { tenantActions } from "./tenant-partition.ts";

/** How many subjects' events are folded in one transaction at most. */
const CONCURRENCY = 64;

const SWEEP_EVERY_MS = 3600 * 1000;

/** The dashboard: read models made of events alone, and every number computed from them. */
export default function dashboardService(runtime: Runtime): ServiceSchema {
	let service: Service | null = null;
	let sweeper: NodeJS.Timeout | undefined;
	const warn = (error: unknown) => service?.logger.warn({ err: error }, "The dashboard met a difficulty");
	const dashboard = openDashboard(runtime, warn);
	const fence = new Fence(dashboard.store);
	const notice = new ChangeNotice((tenantId) => service?.broker.broadcast(DASHBOARD_CHANGED, { tenantId }));
	const subscriber = new BatchSubscriber(dashboard.store, {
		group: GROUP,
		types: EVENT_TYPES,
		concurrency: CONCURRENCY,
		ready: () => fence.opened(),
		handle: async (events, tx) => {
			await fence.pass(tx.session);
			await project((model) => dashboard.store.model(model), tx.session, events, tx.now);
		},
		handled: (events) => notice.add(events.map(({ event }) => event.tenantId)),
	});
	const rebuilder = new Rebuilder(dashboard, { subscriber, fence, onError: warn }, (tenantIds) =>
		notice.add(tenantIds),
	);

	return {
		name: "dashboard",
		mixins: [collectionMixin(dashboard.store)],
		actions: {
			...activityActions(dashboard),
			...erasureActions(dashboard),
			...streamActions(dashboard, nowCounters),
			...numbersActions(dashboard),
			...rebuildActions(rebuilder),
			...tenantActions(dashboard),
			sweep: action(sweepDashboard, async () => ({ removed: await sweepFeed(dashboard) })),
		},
		created(this: Service) {
			service = this;
			dashboard.store.onStop(() => rebuilder.stop());
		},
		async started(this: Service) {
			await fence.start();
			await rebuilder.start();
			await subscriber.start(runtime, service as Service);
			sweeper = setInterval(() => void sweepFeed(dashboard).catch(warn), SWEEP_EVERY_MS).unref();
		},
		async stopped() {
			clearInterval(sweeper);
			notice.stop();
		},
	} as unknown as ServiceSchema;
}
