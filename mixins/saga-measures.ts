import { type Saga, sagaModel } from "../models/saga.ts";
import type { Runtime } from "./runtime.ts";
import type { Store } from "./store.ts";
import { reportTimedWork } from "./timed-work.ts";

const GOING_ON = ["running", "compensating", "stuck"] as const;
/** More than anybody counts: from here on the numbers stand still. */
const COUNTED = 10_000;

/**
 * Gives Prometheus the sagas of a service that have not ended, by type and status, and operators those that are due and
 * taken by nobody. Returns how to take the first away again.
 */
export function measureSagas(runtime: Runtime, store: Store): () => void {
	const { metrics, clock } = runtime;
	const rows = () => store.model(sagaModel);
	reportTimedWork(store, "sagas", { clock, rows, field: "dueAt" });
	return metrics.gauge("conductor_sagas", async () => {
		const found = await rows()
			.find({ status: { $in: GOING_ON } } as never, { type: 1, status: 1 })
			.limit(COUNTED)
			.lean<Saga[]>();
		const kinds = Map.groupBy(found, ({ type, status }) => `${type} ${status}`);
		return [...kinds.values()].map((sagas) => {
			const { type, status } = sagas[0] as Saga;
			return { labels: { type, status }, value: sagas.length };
		});
	});
}
