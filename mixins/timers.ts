import { systemActor } from "../contracts/caller.ts";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import { InTurn } from "../lib/in-turn.ts";
import { isProblem, type Problem } from "../lib/problem.ts";
import { within } from "../lib/within.ts";
import { type TimerRow, timerModel } from "../models/timer.ts";
import { DueWork } from "./due-work.ts";
import { VersionConflict } from "./repository.ts";
import type { Command, Store, Transaction } from "./store.ts";
import { reportTimedWork } from "./timed-work.ts";
import { TimerClaims } from "./timer-claims.ts";

/** Names a timer; unique together. Without `key` a subject has one of a kind. Ids, kinds and keys hold no spaces. */
export interface TimerKey {
	tenantId: string;
	kind: string;
	subjectId: string;
	key?: string;
}

/** A timer that is due. */
export interface Timer extends Required<TimerKey> {
	dueAt: Date;
	data: Record<string, unknown>;
}

/** What happens when a timer is due. */
export interface TimerHandler<P = undefined> {
	/** Its effect is little: it may share a transaction with those of other timers of the tenant, of other subjects. */
	together?: true;
	/** Asks others before the transaction, for what the effect needs of them. May run for a timer that never fires. */
	prepare?(timer: Timer): Promise<P>;
	/** The effect, in the transaction that removes the timer. It has to check that the timer still applies. */
	fire(tx: Transaction, timer: Timer, prepared: P): Promise<void>;
	/**
	 * Gives up what was refused for a reason that stays, in the transaction that removes the timer: a problem of the client's
	 * kind other than a conflict. Without it a timer is tried again and again, whatever it failed of.
	 */
	refused?(tx: Transaction, timer: Timer, problem: Problem): Promise<void>;
}

/** There is a look at least this often, ms. */
const LOOK_EVERY_MS = 1000;
/** How many are worked on at once by one process. */
const AT_ONCE = 64;
/** How many of those share a transaction at most. */
const TOGETHER = 16;
/** What is asked of others before an effect has failed after this time, ms. */
const PREPARE_MS = 30_000;
/** About as long as a transaction takes to be committed, ms. */
const SOON_MS = 10;
/** One that is this near may be taken by somebody while a transaction sets it, ms. */
const NEAR_MS = 1000;

/**
 * What has to happen at set times, as rows beside the documents that it concerns: timers are set and cancelled in the
 * transactions that make them necessary or not. Any process of the service takes what is due; its effect and its removal
 * are one transaction, so that a timer takes effect once, whoever else took it and whoever was killed meanwhile. What
 * somebody holds is only left alone for a while, so that not all do the same.
 *
 * Nothing is lost when the machine's clock jumps: forwards, what was passed over is due; backwards, what is held longer
 * than anything may be is free again.
 */
export class Timers {
	private readonly store: Store;
	private readonly clock: Clock;
	private readonly onError: (error: unknown) => void;
	private readonly turns: InTurn;
	private readonly handlers = new Map<string, TimerHandler<unknown>>();
	private readonly claims: TimerClaims;
	private readonly due: DueWork;
	private mayBeMore = false;

	/** `turns`: work on one subject runs in turn by its id, with whatever else of this process is in there. */
	constructor(store: Store, clock: Clock, onError: (error: unknown) => void, turns = new InTurn()) {
		this.store = store;
		this.clock = clock;
		this.onError = onError;
		this.turns = turns;
		this.claims = new TimerClaims(
			() => this.rows(),
			clock,
			() => [...this.handlers.keys()],
		);
		this.due = new DueWork({ look: () => this.look(), everyMs: LOOK_EVERY_MS, failed: onError });
		reportTimedWork(store, "timers", { clock, rows: () => this.rows(), field: "takeAt" });
	}

	private rows() {
		return this.store.model(timerModel);
	}

	/** Says what happens when timers of a kind are due. Those of a kind that nobody handles here are left to others. */
	handle<P = undefined>(kind: string, handler: TimerHandler<P>): void {
		if (this.handlers.has(kind)) throw new Error(`timers of the kind ${kind} have a handler already`);
		this.handlers.set(kind, handler as TimerHandler<unknown>);
	}

	/** Makes a timer, or moves it where there is one. One that is the same already is not written. */
	async set(tx: Transaction, key: TimerKey, dueAt: Date, data: object = {}): Promise<void> {
		const { session } = tx;
		const _id = idOf(key);
		const json = JSON.stringify(data);
		const known = await this.rows().findById(_id).session(session).lean<TimerRow>();
		if (known && isSame(known, dueAt, json) && dueAt.getTime() > tx.now.getTime() + NEAR_MS) return;
		const fresh = { dueAt, takeAt: dueAt, stamp: newId(), failures: 0, data: json };
		if (known) {
			const { matchedCount } = await this.rows().updateOne(
				{ _id },
				{ $set: fresh, $unset: { holder: 1 } },
				{ session },
			);
			if (matchedCount === 0) throw new VersionConflict(`the timer ${_id} was taken meanwhile`);
		} else await this.make({ _id, ...key, key: key.key ?? "", ...fresh }, tx);
		this.wakeFor(dueAt);
	}

	/** Makes a timer where there is none. */
	async setIfNone(tx: Transaction, key: TimerKey, dueAt: Date, data: object = {}): Promise<void> {
		const known = await this.rows().findById(idOf(key)).session(tx.session).lean<TimerRow>();
		if (!known) await this.set(tx, key, dueAt, data);
	}

	private async make(row: TimerRow, { session }: Transaction): Promise<void> {
		try {
			await this.rows().create([row], { session });
		} catch (error) {
			if ((error as { code?: unknown }).code !== 11000) throw error;
			throw new VersionConflict(`somebody else set the timer ${row._id} meanwhile`);
		}
	}

	/** Takes a timer back, where there is one. */
	async cancel({ session }: Transaction, key: TimerKey): Promise<void> {
		await this.rows().deleteOne({ _id: idOf(key) }, { session });
	}

	/** Takes back all timers of a subject, or those of one kind. */
	async cancelAll({ session }: Transaction, tenantId: string, subjectId: string, kind?: string): Promise<void> {
		await this.rows().deleteMany({ tenantId, subjectId, ...(kind === undefined ? {} : { kind }) }, { session });
	}

	/** Begins to take what is due. Only after the store has started. */
	start(): void {
		this.due.start();
	}

	/** Ends after the effects that are under way. */
	stop(): Promise<void> {
		return this.due.stop();
	}

	/** Resolves when nothing that is due now is left to do here. For tests, whose clock stands still. */
	async idle(): Promise<void> {
		do await this.due.idle();
		while (this.due.isWorking && (await this.claims.isAnyDue()));
	}

	/** A timer was set in a transaction that is about to be committed: there has to be a look when it is due. */
	private wakeFor(dueAt: Date): void {
		this.due.nudgeIn(Math.max(SOON_MS, dueAt.getTime() - this.clock.now().getTime()));
	}

	/** Takes some of what is due and resolves with when to look again, in ms. */
	private async look(): Promise<number> {
		const free = AT_ONCE - this.due.size;
		// Whoever is done looks again.
		if (free < AT_ONCE / 2) return LOOK_EVERY_MS;
		const now = this.clock.now();
		const { taken, more } = await this.claims.take(now, free, this.due.ids());
		for (const rows of this.shares(taken)) this.workOn(rows);
		this.mayBeMore = more;
		if (more) return taken.length > 0 ? LOOK_EVERY_MS : 1;
		if (await this.claims.freeHeldTooLong(now)) this.due.nudge();
		const next = await this.claims.nextAfter(now);
		return next ? Math.max(1, next.getTime() - this.clock.now().getTime() + 1) : LOOK_EVERY_MS;
	}

	/** What is worked on in one transaction each. */
	private shares(taken: readonly TimerRow[]): TimerRow[][] {
		const shares: TimerRow[][] = [];
		const open = new Map<string, TimerRow[]>();
		for (const row of taken) {
			const share = open.get(row.tenantId);
			const mayShare = this.handlers.get(row.kind)?.together === true;
			const fits = share && share.length < TOGETHER && !share.some(({ subjectId }) => subjectId === row.subjectId);
			if (mayShare && fits) share.push(row);
			else {
				const fresh = [row];
				shares.push(fresh);
				if (mayShare) open.set(row.tenantId, fresh);
			}
		}
		return shares;
	}

	private workOn(rows: TimerRow[]): void {
		// Always in the same order, so that no two wait for each other.
		const subjects = rows.map(({ subjectId }) => subjectId).sort();
		const work = this.inTurns(subjects, () => this.fireAll(rows)).catch(this.onError);
		const ids = rows.map(({ _id }) => _id);
		this.due.takeOn(ids, work, () => this.mayBeMore && this.due.size <= AT_ONCE / 2);
	}

	private inTurns([first, ...rest]: string[], work: () => Promise<void>): Promise<void> {
		return first === undefined ? work() : this.turns.run(first, () => this.inTurns(rest, work));
	}

	/** All in one transaction; where that fails, each in its own, so that none holds up another. */
	private async fireAll(rows: TimerRow[]): Promise<void> {
		const [first] = rows;
		if (!first) return;
		if (rows.length > 1) {
			const isDone = await this.store
				.commit(this.commandOf(first.tenantId), async (tx) => {
					for (const row of rows) await this.effect(tx.because(null, newId()), row, undefined);
					return true;
				})
				.catch(() => false);
			if (isDone) return;
		}
		for (const row of rows)
			await this.fire(row)
				.catch((error: unknown) => this.failed(row, error))
				.catch(this.onError);
	}

	/** Removes a timer and lets it take effect. Nothing where somebody was faster, or it was cancelled or moved meanwhile. */
	private async effect(tx: Transaction, row: TimerRow, prepared: unknown): Promise<void> {
		if (await this.remove(tx, row)) await this.handlers.get(row.kind)?.fire(tx, timerOf(row), prepared);
	}

	private async remove({ session }: Transaction, { _id, stamp }: TimerRow): Promise<boolean> {
		const { deletedCount } = await this.rows().deleteOne({ _id, stamp }, { session });
		return deletedCount > 0;
	}

	private async fire(row: TimerRow): Promise<void> {
		const handler = this.handlers.get(row.kind);
		if (!handler) return;
		const command = this.commandOf(row.tenantId);
		const timer = timerOf(row);
		const prepared = handler.prepare && (await within(PREPARE_MS, handler.prepare(timer)));
		try {
			await this.store.commit(command, (tx) => this.effect(tx, row, prepared));
		} catch (error) {
			if (!handler.refused || !isProblem(error) || !isFinal(error)) throw error;
			await this.store.commit(command, async (tx) => {
				if (await this.remove(tx, row)) await handler.refused?.(tx, timer, error);
			});
			this.onError(error);
		}
	}

	private commandOf(tenantId: string): Command {
		const actor = systemActor(this.store.service);
		return { tenantId, actor, correlationId: newId(), causationId: null, id: null };
	}

	/** Puts off a timer whose effect failed; nothing of that was written. */
	private async failed(row: TimerRow, error: unknown): Promise<void> {
		const { failures, kind, dueAt, tenantId } = row;
		const cause = error instanceof Error ? error.message : String(error);
		this.onError(
			new Error(
				`The timer ${kind} of ${dueAt.toISOString()} in the tenant ${tenantId} failed, the ${failures + 1}. time: ${cause}`,
				{ cause: error },
			),
		);
		this.wakeFor(await this.claims.putOff(row));
	}
}

function timerOf({ tenantId, kind, subjectId, key, dueAt, data }: TimerRow): Timer {
	return { tenantId, kind, subjectId, key, dueAt, data: JSON.parse(data) };
}

/** What was asked is wrong, and stays so: no race, and no fault of ours. */
const isFinal = ({ code }: Problem) => code < 500 && code !== 409;

function idOf({ tenantId, subjectId, kind, key = "" }: TimerKey): string {
	return `${tenantId} ${subjectId} ${kind} ${key}`.trimEnd();
}

function isSame(row: TimerRow, dueAt: Date, data: string): boolean {
	return row.holder === undefined && row.dueAt.getTime() === dueAt.getTime() && row.data === data;
}
