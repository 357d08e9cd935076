import { type Saga, sagaModel } from "../models/saga.ts";
import type { Runtime } from "./runtime.ts";
import type { Store } from "./store.ts";

const GOING_ON = ["running", "compensating", "stuck"] as const;
/** More than anybody counts: from here on the numbers stand still. */
const COUNTED = 10_000;

/**
 * Gives Prometheus the sagas of a service that have not ended, by type and status, and those that are due and taken by
 * nobody. Returns how to take that away again.
 */
export function measureSagas(runtime: Runtime, store: Store): () => void {
	const { metrics, clock } = runtime;
	const rows = () => store.model(sagaModel);
	const labels = { service: store.service, kind: "sagas" };
	const due = () => ({ dueAt: { $lte: clock.now() } });
	const removers = [
		metrics.gauge("conductor_sagas", async () => {
			const found = await rows()
				.find({ status: { $in: GOING_ON } } as never, { type: 1, status: 1 })
				.limit(COUNTED)
				.lean<Saga[]>();
			const kinds = Map.groupBy(found, ({ type, status }) => `${type} ${status}`);
			return [...kinds.values()].map((sagas) => {
				const { type, status } = sagas[0] as Saga;
				return { labels: { type, status }, value: sagas.length };
			});
		}),
		metrics.gauge("conductor_work_due", async () => [
			{ labels, value: await rows().countDocuments(due(), { limit: COUNTED }) },
		]),
		metrics.gauge("conductor_work_late_seconds", async () => {
			const [oldest] = await rows().find(due()).sort({ dueAt: 1, _id: 1 }).limit(1).lean<Saga[]>();
			return [{ labels, value: oldest?.dueAt ? (clock.now().getTime() - oldest.dueAt.getTime()) / 1000 : 0 }];
		}),
	];
	return () => {
		for (const remove of removers) remove();
	};
}
