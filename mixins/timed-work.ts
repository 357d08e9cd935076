import type { Model as MongooseModel } from "mongoose";
import type { TimedWorkShape } from "../contracts/service-measures.ts";
import type { Clock } from "../lib/clock.ts";
import type { Store } from "./store.ts";

type Reader = () => Promise<TimedWorkShape>;

/** More than this is not counted: it is far too much already. */
const COUNT_MAX = 1001;

const readers = new WeakMap<Store, Reader[]>();

/**
 * Has a service tell operators of work that it does at set times: rows that each have a time in `field`, over which there
 * is an index. `filter` leaves out rows that nobody will take, and has to be covered by that index.
 */
export function reportTimedWork<T extends { _id: string }>(
	store: Store,
	kind: string,
	work: { clock: Clock; rows: () => MongooseModel<T>; field: keyof T & string; filter?: object },
): void {
	const { clock, rows, field, filter = {} } = work;
	const first = async (condition: object) => {
		const [row] = await rows()
			.find({ ...filter, [field]: condition } as never)
			.sort({ [field]: 1 } as never)
			.limit(1)
			.lean<T[]>();
		return row ? (row[field] as unknown as Date) : null;
	};
	const read: Reader = async () => {
		const now = clock.now();
		const [due, oldest, next] = await Promise.all([
			rows().countDocuments({ ...filter, [field]: { $lte: now } } as never, { limit: COUNT_MAX }),
			first({ $lte: now }),
			first({ $gt: now }),
		]);
		const lateMs = oldest ? Math.max(0, now.getTime() - oldest.getTime()) : 0;
		return { kind, due, lateMs, nextAt: next?.toISOString() ?? null };
	};
	readers.set(store, [...(readers.get(store) ?? []), read]);
}

/** What waits for its time in a store's service. */
export function readTimedWork(store: Store): Promise<TimedWorkShape[]> {
	return Promise.all((readers.get(store) ?? []).map((read) => read()));
}
