import { hostname } from "node:os";
import type { Model as MongooseModel } from "mongoose";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import type { TimerRow } from "../models/timer.ts";

/** How long a process that stopped answering keeps a timer from others, ms. */
const HOLD_MS = 15_000;
/** After how long a timer that failed is tried again the first time, twice as long each time after that, ms. */
const AGAIN_AFTER_MS = 1000;
const AGAIN_AT_MOST_MS = 60_000;
/** In place of whoever has taken a timer that failed: nobody takes it before its time. */
const FAILED = "failed";

/**
 * Which process works on which timers: what is due is taken for a while, so that not all processes do the same. That is
 * all a claim is for; that a timer takes effect once is seen to where it does.
 */
export class TimerClaims {
	private readonly rows: () => MongooseModel<TimerRow>;
	private readonly clock: Clock;
	private readonly kinds: () => string[];
	private readonly self = `${hostname()}-${process.pid}-${newId().slice(-12)}`;

	/** `kinds`: those that this process handles; it takes no others. */
	constructor(rows: () => MongooseModel<TimerRow>, clock: Clock, kinds: () => string[]) {
		this.rows = rows;
		this.clock = clock;
		this.kinds = kinds;
	}

	private due(now: Date) {
		return { takeAt: { $lte: now }, kind: { $in: this.kinds() } };
	}

	/** Whether there is anything to be taken now. */
	async isAnyDue(): Promise<boolean> {
		const due = this.due(this.clock.now());
		return (await this.rows().find(due).sort({ takeAt: 1 }).limit(1).lean<TimerRow[]>()).length > 0;
	}

	/** When the next is to be taken after `now`; null where there is none. */
	async nextAfter(now: Date): Promise<Date | null> {
		const [next] = await this.rows()
			.find({ takeAt: { $gt: now } })
			.sort({ takeAt: 1, _id: 1 })
			.limit(1)
			.lean<TimerRow[]>();
		return next?.takeAt ?? null;
	}

	/**
	 * Takes at most `limit` of what is due, but for `underWay`, so that nobody else does for a while; `more`: there may be
	 * more of it.
	 */
	async take(now: Date, limit: number, underWay: string[]): Promise<{ taken: TimerRow[]; more: boolean }> {
		const found = await this.rows()
			.find({ ...this.due(now), _id: { $nin: underWay } })
			.sort({ takeAt: 1, _id: 1 })
			.limit(limit)
			.lean<TimerRow[]>();
		if (found.length === 0) return { taken: [], more: false };
		const _id = { $in: found.map((row) => row._id) };
		const holder = `${this.self}-${newId().slice(-12)}`;
		const held = { holder, takeAt: new Date(now.getTime() + HOLD_MS) };
		// One by one, so that none of them is held while another one is waited for.
		await this.rows().bulkWrite(
			found.map((row) => ({ updateOne: { filter: { _id: row._id, takeAt: { $lte: now } }, update: { $set: held } } })),
			{ ordered: false },
		);
		const mine = await this.rows().find({ _id, holder }).limit(limit).lean<TimerRow[]>();
		mine.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
		return { taken: mine, more: found.length === limit };
	}

	/** Lets go of what a clock that ran ahead of this one has put off for longer than is ever done; whether there was any. */
	async freeHeldTooLong(now: Date): Promise<boolean> {
		const latest = new Date(now.getTime() + Math.max(HOLD_MS, AGAIN_AT_MOST_MS));
		const tooLong = { holder: { $gt: "" }, takeAt: { $gt: latest } };
		const [any] = await this.rows().find(tooLong).limit(1).lean<TimerRow[]>();
		if (!any) return false;
		await this.rows().updateMany(tooLong, { $set: { takeAt: now } });
		return true;
	}

	/** Puts off a timer that was taken here and failed, the longer the more often it did. Resolves with until when. */
	async putOff({ _id, holder, failures }: TimerRow): Promise<Date> {
		const ms = Math.min(AGAIN_AT_MOST_MS, AGAIN_AFTER_MS * 2 ** failures);
		const takeAt = new Date(this.clock.now().getTime() + ms);
		await this.rows().updateOne({ _id, holder }, { $set: { holder: FAILED, takeAt, failures: failures + 1 } });
		return takeAt;
	}
}
