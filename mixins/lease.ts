import { hostname } from "node:os";
import type { Model as MongooseModel } from "mongoose";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { LeaseRow } from "../models/lease.ts";
import type { InTransaction } from "./repository.ts";

/** Thrown inside a transaction whose holder is not the holder any more: another process has taken over. */
export class LeaseLost extends Error {
	override name = "LeaseLost";
}

/** A piece of work that this process alone may do until the lease runs out. */
export interface Lease {
	readonly name: string;
	/** one more than the term of the holder before: tells holders apart in what they write */
	readonly term: number;
	/** Aborted as soon as this process knows that it is not the holder any more. */
	readonly signal: AbortSignal;
	/** Makes it last the whole time again; false when another process has it now, which is final. */
	renew(): Promise<boolean>;
	/**
	 * Binds a transaction to the lease: it commits only if nobody has taken over until then, whatever the clocks say.
	 * @throws LeaseLost when somebody has
	 */
	guard(tx: InTransaction): Promise<void>;
	/** Gives it back at once. The next holder has a higher term all the same. */
	release(): Promise<void>;
}

/** Known by the majority is enough: after a power cut of all of them nobody holds anything. */
const WRITE = { w: "majority", j: false } as const;

/**
 * The leases of a service, rows in its own store. At most one process holds a lease at a time as long as the clocks of
 * the machines differ by less than its duration; work that must never be done twice, whatever the clocks, writes with
 * {@link Lease.guard}.
 */
export class Leases {
	private readonly model: () => MongooseModel<LeaseRow>;
	private readonly clock: Clock;
	private readonly owner = `${hostname()}-${process.pid}-${newId().slice(-12)}`;

	constructor(model: () => MongooseModel<LeaseRow>, clock: Clock) {
		this.model = model;
		this.clock = clock;
	}

	/**
	 * Takes the lease of a name for `ttlMs`, where nobody holds it or its holder let it run out.
	 * Null where somebody holds it, be it this process.
	 */
	async take(name: string, ttlMs: number): Promise<Lease | null> {
		const now = this.clock.now();
		const row = await this.model()
			.findOneAndUpdate(
				{ _id: name, until: { $lte: now } },
				{ $set: { owner: this.owner, until: new Date(now.getTime() + ttlMs) }, $inc: { term: 1 } },
				{ upsert: true, new: true, writeConcern: WRITE },
			)
			.lean<LeaseRow>()
			.catch((error: { code?: unknown }) => {
				// There is such a row and it still holds, so that it was not found and could not be made again.
				if (error.code === 11000) return null;
				throw error;
			});
		return row ? this.leaseOf(name, row.term, ttlMs) : null;
	}

	/**
	 * Does a piece of work under the lease of a name, which is renewed while the work lasts and given back after it.
	 * Answers `taken: false` where somebody else holds it. The work should end soon once `lease.signal` is aborted.
	 */
	async during<R>(
		name: string,
		ttlMs: number,
		work: (lease: Lease) => Promise<R>,
	): Promise<{ taken: true; result: R } | { taken: false }> {
		const lease = await this.take(name, ttlMs);
		if (!lease) return { taken: false };
		// A renewal that failed is tried again by the next one; what matters is whether somebody has taken over.
		const renewals = setInterval(() => void lease.renew().catch(() => undefined), ttlMs / 3).unref();
		try {
			return { taken: true, result: await work(lease) };
		} finally {
			clearInterval(renewals);
			await lease.release().catch(() => undefined);
		}
	}

	private leaseOf(name: string, term: number, ttlMs: number): Lease {
		const lost = new AbortController();
		const mine = { _id: name, owner: this.owner, term };
		const move = async (until: Date, tx?: InTransaction): Promise<boolean> => {
			const options = tx ? { session: tx.session } : { writeConcern: WRITE };
			const { matchedCount } = await this.model().updateOne(mine, { $set: { until } }, options);
			if (matchedCount === 0) lost.abort(new LeaseLost(`another process has taken over ${name}`));
			return matchedCount > 0;
		};
		const end = () => new Date(this.clock.now().getTime() + ttlMs);
		return {
			name,
			term,
			signal: lost.signal,
			renew: () => move(end()),
			async guard(tx) {
				if (!(await move(end(), tx))) throw new LeaseLost(`another process has taken over ${name}`);
			},
			async release() {
				await move(new Date(0));
				lost.abort(new LeaseLost(`${name} was given back`));
			},
		};
	}
}
