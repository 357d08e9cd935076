import { setTimeout as pause } from "node:timers/promises";
import type { Link } from "./link.ts";
import { type Arrival, Pull, PullLost } from "./pull.ts";

export interface FeedOptions {
	link: Link;
	stream: string;
	/** Called for each message after the place where the feed was started, in order, each one once. */
	take(arrival: Arrival): void;
	/** Whether there is room for more. */
	hasRoom(): boolean;
	report(what: string, error: unknown): void;
}

/** So many messages are asked for at a time. */
const BATCH = 256;
const RETRY_MS = 200;
const PATIENCE_MS = 60_000;

/** Follows a stream from a place on, across lost connections and restarts of the server. */
export class Feed {
	readonly #options: FeedOptions;
	/** Changes with each start and stop, so that what belongs to an earlier one ends. */
	#run = 0;
	#position = 0;
	#pull: Pull | null = null;
	#whenRoom: (() => void) | null = null;

	constructor(options: FeedOptions) {
		this.#options = options;
	}

	/** Follows the stream after a position, in place of what was followed before. */
	start(after: number): void {
		this.stop();
		this.#position = after;
		this.#follow(this.#run);
	}

	stop(): void {
		this.#run++;
		this.#pull?.close();
		this.#pull = null;
		this.poke();
	}

	/** There may be room again. */
	poke(): void {
		const resume = this.#whenRoom;
		this.#whenRoom = null;
		resume?.();
	}

	async #follow(run: number): Promise<void> {
		while (run === this.#run) {
			try {
				await this.#pullAll(run);
			} catch (error) {
				if (run !== this.#run) return;
				if (!(error instanceof PullLost)) this.#options.report("cannot follow the log, will try again", error);
				await pause(RETRY_MS, undefined, { ref: false });
			}
		}
	}

	async #pullAll(run: number): Promise<void> {
		const { link, stream, take, hasRoom } = this.#options;
		await link.whenUp(performance.now() + PATIENCE_MS);
		if (run !== this.#run) return;
		const pull = await Pull.open(link, {
			stream,
			after: this.#position,
			take: (arrival) => {
				if (run !== this.#run) return;
				this.#position = arrival.position;
				take(arrival);
			},
		});
		if (run !== this.#run) return pull.close();
		this.#pull = pull;
		try {
			while (run === this.#run) {
				if (hasRoom()) await pull.fetch(BATCH, true);
				else
					await new Promise<void>((resolve) => {
						this.#whenRoom = resolve;
					});
			}
		} finally {
			pull.close();
		}
	}
}
