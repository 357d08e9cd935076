import { setTimeout as delay } from "node:timers/promises";
import type { Caller } from "../../../contracts/caller.ts";
import type { ResultOf } from "../../../contracts/contract.ts";
import type { streamSince } from "../../../contracts/dashboard-stream.ts";
import { isProblem } from "../../../lib/problem.ts";
import { deltaOf } from "./delta.ts";
import { type EventStream, formatEvents, type ServerSentEvent } from "./event-stream.ts";

export type News = ResultOf<typeof streamSince>;

/** How streams keep their pace, ms. */
export interface StreamPace {
	/** between two signs of life */
	heartbeatMs: number;
	/** between two questions for what is new, at least */
	intervalMs: number;
	/** for how long a client may take nothing */
	stallMs: number;
	/** after which a browser connects again */
	retryMs: number;
}

export interface DashboardStreamParts {
	out: EventStream;
	pace: StreamPace;
	/** who is there now; rejects with 401 or 403 where the credential or the right has ended */
	verify(): Promise<Caller>;
	/** what is new for the caller after an id */
	since(caller: Caller, after: string | null): Promise<News>;
	/** told about what went wrong while the stream went on */
	failed(error: unknown): void;
}

/**
 * One client that watches the dashboard. It asks for what is new when it is told that something is, one question at a
 * time, and not before the client has taken the answer to the last one: a slow reader gets the same events later, and
 * nothing waits for it in memory.
 */
export class DashboardStream {
	private readonly parts: DashboardStreamParts;
	private readonly stopped = new AbortController();
	private readonly heart: NodeJS.Timeout;
	private after: string | null;
	private counters: Record<string, unknown> | null = null;
	private wanted = false;
	private busy = true;
	private askedAt = 0;
	private failing = false;
	private endedFor: string | null = null;

	constructor(parts: DashboardStreamParts, after: string | null) {
		this.parts = parts;
		this.after = after;
		this.heart = setInterval(() => this.beat(), parts.pace.heartbeatMs).unref();
	}

	/** Asks once, and begins to answer. Rejects with what went wrong, where nothing has been sent yet. */
	async begin(): Promise<void> {
		const { out, pace } = this.parts;
		const news = await this.ask(await this.parts.verify());
		if (out.closed) return;
		out.open();
		if (this.endedFor !== null) {
			out.close(this.endedFor);
			return;
		}
		out.send(`retry: ${pace.retryMs}\n\n${this.told(news)}`);
		this.wanted ||= news.more;
		this.busy = false;
		void this.pump();
	}

	/** Something may be new. */
	poke(): void {
		this.wanted = true;
		void this.pump();
	}

	/** Ends the stream where its credential or right has ended. */
	async verify(): Promise<void> {
		await this.parts.verify().catch((error: unknown) => this.fail(error));
	}

	/** Ends the stream and tells the client why. */
	close(reason: string): void {
		this.endedFor ??= reason;
		this.release();
		this.parts.out.close(reason);
	}

	/** The response has ended, one way or another. */
	release(): void {
		clearInterval(this.heart);
		this.stopped.abort();
	}

	private beat(): void {
		const { out } = this.parts;
		if (this.busy && !out.idle) {
			void this.verify();
			return;
		}
		if (out.idle && this.counters !== null) out.send(": heartbeat\n\n");
		void this.verify().then(() => this.poke());
	}

	private async pump(): Promise<void> {
		if (this.busy) return;
		this.busy = true;
		while (this.wanted && !this.ended) {
			await this.parts.out.taken();
			await this.pause();
			if (this.ended) break;
			this.wanted = false;
			await this.step().catch((error: unknown) => this.fail(error));
		}
		this.busy = false;
	}

	private get ended(): boolean {
		return this.stopped.signal.aborted || this.parts.out.closed;
	}

	/** Waits out the shortest time between two questions. */
	private async pause(): Promise<void> {
		const left = this.askedAt + this.parts.pace.intervalMs - performance.now();
		if (left > 0) await delay(left, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
	}

	private async step(): Promise<void> {
		const { out } = this.parts;
		const news = await this.ask(await this.parts.verify());
		this.failing = false;
		await out.taken();
		if (this.ended) return;
		out.send(this.told(news));
		this.wanted ||= news.more;
	}

	private ask(caller: Caller): Promise<News> {
		this.askedAt = performance.now();
		return this.parts.since(caller, this.after);
	}

	/** News as events; the last one that is told is where the next question goes on. */
	private told({ activity, id, more, now, asOf }: News): string {
		const events: ServerSentEvent[] = activity.map((one) => ({ event: "activity", id: one.id, data: one.data }));
		this.after = more ? (activity.at(-1)?.id ?? id) : id;
		const delta = this.counters === null ? {} : deltaOf(this.counters, now);
		if (this.counters === null || JSON.stringify(now) !== JSON.stringify(this.counters))
			events.push({ event: "stats.delta", id: this.after, data: { now, delta, asOf } });
		this.counters = now;
		return formatEvents(events);
	}

	/**
	 * A credential or right that has ended ends the stream. What else went wrong is told once, and tried again at the next
	 * hint.
	 */
	private fail(error: unknown): void {
		if (isProblem(error) && error.code === 401) this.close("revoked");
		else if (isProblem(error) && error.code === 403) this.close(error.type);
		else {
			if (!this.failing) this.parts.failed(error);
			this.failing = true;
		}
	}
}
