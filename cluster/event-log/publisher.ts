import { setTimeout as pause } from "node:timers/promises";
import { natsLibrary } from "../nats/connection.ts";
import type { Link } from "./link.ts";
import { ACKNOWLEDGE_MS, APPEND_PATIENCE_MS, APPENDED_AT, PUBLICATIONS } from "./settings.ts";

/** One message to be stored. */
export interface Publication {
	/** What keeps its order: the next one of a lane is sent when this one is stored. */
	lane: string;
	subject: string;
	/** The server drops a second publication under the same id. */
	id: string;
	body: string;
	appendedAt: number;
}

interface Entry extends Publication {
	resolve: () => void;
	reject: (error: Error) => void;
}

const RETRY_MS = 100;

/**
 * Stores messages: those of one lane one after the other, in the order of the calls, so that none is ever stored before
 * one that was to come first. One that got no answer is sent again under its id; when the server stays away, everything
 * that waits is refused together.
 */
export class Publisher {
	readonly #link: Link;
	readonly #lanes = new Map<string, Entry[]>();
	/** Lanes whose turn has not come, in order. */
	readonly #ready: string[] = [];
	#active = 0;
	readonly #running = new Set<Promise<void>>();

	constructor(link: Link) {
		this.#link = link;
	}

	/**
	 * Resolves when all of the messages are stored.
	 * @throws {Error} when one could not be stored; some of the others may be
	 */
	async publish(publications: readonly Publication[]): Promise<void> {
		const outcomes = publications.map(
			(publication) => new Promise<void>((resolve, reject) => this.#enqueue({ ...publication, resolve, reject })),
		);
		this.#pump();
		const failed = (await Promise.allSettled(outcomes)).find((outcome) => outcome.status === "rejected");
		if (failed) throw failed.reason;
	}

	/** Resolves when everything asked for so far is stored or refused. */
	async settled(): Promise<void> {
		while (this.#running.size > 0) await Promise.all(this.#running);
	}

	#enqueue(entry: Entry): void {
		const queue = this.#lanes.get(entry.lane);
		if (queue) {
			queue.push(entry);
			return;
		}
		this.#lanes.set(entry.lane, [entry]);
		this.#ready.push(entry.lane);
	}

	#pump(): void {
		while (this.#active < PUBLICATIONS) {
			const lane = this.#ready.shift();
			if (lane === undefined) return;
			this.#active++;
			const running = this.#drain(lane).finally(() => {
				this.#active--;
				this.#running.delete(running);
				this.#pump();
			});
			this.#running.add(running);
		}
	}

	async #drain(lane: string): Promise<void> {
		const queue = this.#lanes.get(lane) ?? [];
		while (queue.length > 0) {
			const entry = queue[0] as Entry;
			try {
				await this.#send(entry);
				queue.shift();
				entry.resolve();
			} catch (error) {
				this.#lanes.delete(lane);
				refuse(queue, error as Error);
				if (!this.#link.isUp) this.#refuseWaiting(error as Error);
				return;
			}
		}
		this.#lanes.delete(lane);
	}

	/** Those that wait behind need not find out for themselves, one time-out after the other. */
	#refuseWaiting(error: Error): void {
		for (const lane of this.#ready.splice(0)) {
			refuse(this.#lanes.get(lane) ?? [], error);
			this.#lanes.delete(lane);
		}
	}

	async #send(entry: Entry): Promise<void> {
		const giveUp = performance.now() + APPEND_PATIENCE_MS;
		for (;;) {
			try {
				await this.#link.whenUp(giveUp);
				const headers = natsLibrary().headers();
				headers.set(APPENDED_AT, String(entry.appendedAt));
				await this.#link.stream.publish(entry.subject, entry.body, {
					msgID: entry.id,
					headers,
					timeout: ACKNOWLEDGE_MS,
				});
				return;
			} catch (error) {
				if (isHopeless(error) || performance.now() >= giveUp)
					throw new Error(`the event log did not store "${entry.subject}": ${String(error)}`, { cause: error });
				await pause(RETRY_MS);
			}
		}
	}
}

function refuse(entries: Entry[], error: Error): void {
	for (const entry of entries.splice(0)) entry.reject(error);
}

/** Whether trying again cannot help: the message is too large, or the connection was closed by ourselves. */
function isHopeless(error: unknown): boolean {
	const code = (error as { code?: string } | null)?.code;
	return code === "MAX_PAYLOAD_EXCEEDED" || code === "CONNECTION_CLOSED";
}
