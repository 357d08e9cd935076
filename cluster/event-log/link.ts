import { setTimeout as pause } from "node:timers/promises";
import type { JetStreamClient, JetStreamManager, KV, NatsConnection } from "nats";
import type { Clock } from "../../lib/clock.ts";
import { type NatsFiles, natsConnectionOptions, natsLibrary } from "../nats/connection.ts";
import { bucketOf, type Layout, REQUEST_MS, streamsOf } from "./settings.ts";

export interface LinkOptions {
	/** one or more servers, see `natsConnectionOptions` */
	url: string;
	files: NatsFiles;
	layout: Layout;
	clock: Clock;
	logger: { warn(message: string): void };
}

/** Pause between two tries to reach a server that is away, and how often that is logged, ms. */
const RETRY_MS = 250;
const SAY_EVERY_MS = 10_000;
/** More copies than this cost speed and add little. */
const MAX_REPLICAS = 3;

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * The connection of an event log to its server. It knows whether the server is there, which the library does not tell
 * while it reconnects, and sees to it that streams and bucket exist: at the start and each time the server is back.
 */
export class Link {
	readonly connection: NatsConnection;
	readonly stream: JetStreamClient;
	readonly manager: JetStreamManager;
	readonly layout: Layout;
	readonly #options: LinkOptions;
	readonly #listeners = new Set<(awaySince: Date) => void>();
	readonly #waiting = new Set<() => void>();
	#bucket: KV | null = null;
	#isUp = false;
	/** Counts the times that the server was lost, and when that was last. */
	#outage = 0;
	#awaySince = new Date(0);
	#closing = false;

	private constructor(connection: NatsConnection, manager: JetStreamManager, options: LinkOptions) {
		this.connection = connection;
		this.manager = manager;
		this.stream = connection.jetstream({ timeout: REQUEST_MS });
		this.layout = options.layout;
		this.#options = options;
	}

	/** Connects, and goes on trying until there is a server with JetStream. */
	static async open(options: LinkOptions): Promise<Link> {
		const complain = complaints(options.logger);
		for (;;) {
			let connection: NatsConnection | null = null;
			try {
				connection = await natsLibrary().connect(natsConnectionOptions(options.url, options.files, "conductor events"));
				const manager = await connection.jetstreamManager({ timeout: REQUEST_MS, checkAPI: false });
				const link = new Link(connection, manager, options);
				await link.#prepare();
				link.#watch();
				return link;
			} catch (error) {
				await connection?.close().catch(() => {});
				complain(`the event log waits for NATS: ${textOf(error)}`);
				await pause(RETRY_MS);
			}
		}
	}

	get isUp(): boolean {
		return this.#isUp;
	}

	/** The values of the consumer groups. */
	get bucket(): KV {
		if (!this.#bucket) throw new Error("the event log is not connected");
		return this.#bucket;
	}

	/**
	 * Resolves when the server is there.
	 * @throws {Error} when it is still away at `giveUp`, an instant of `performance.now()`
	 */
	async whenUp(giveUp: number): Promise<void> {
		while (!this.#isUp) {
			const rest = giveUp - performance.now();
			if (rest <= 0 || this.#closing) throw new Error("NATS cannot be reached");
			await new Promise<void>((resolve) => {
				const timer = setTimeout(go, Math.min(rest, 1_000)).unref();
				const waiting = this.#waiting;
				waiting.add(go);
				function go() {
					clearTimeout(timer);
					waiting.delete(go);
					resolve();
				}
			});
		}
	}

	/** Calls `listener` each time the server is back, with the instant it was lost; returns how to end that. */
	onReturn(listener: (awaySince: Date) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Asks the server. @throws {Error} when it does not answer or has no stream of events */
	async ping(): Promise<void> {
		if (!this.#isUp) throw new Error("NATS cannot be reached");
		await this.manager.streams.info(this.layout.events);
	}

	async close(): Promise<void> {
		this.#closing = true;
		this.#isUp = false;
		await this.connection.close();
	}

	/** Makes what is missing of streams and bucket. */
	async #prepare(): Promise<void> {
		const { info } = this.connection;
		const servers = info?.cluster ? new Set([`${info.host}:${info.port}`, ...(info.connect_urls ?? [])]).size : 1;
		const replicas = servers >= MAX_REPLICAS ? MAX_REPLICAS : 1;
		const { streams } = this.manager;
		for (const config of streamsOf(this.layout, replicas)) {
			const name = config.name as string;
			try {
				await streams.info(name);
			} catch (error) {
				if (!isNotFound(error)) throw error;
				await streams.add(config);
			}
		}
		this.#bucket = await this.stream.views.kv(this.layout.groups, bucketOf(replicas));
		this.#isUp = true;
		for (const go of [...this.#waiting]) go();
	}

	async #watch(): Promise<void> {
		const { Events } = natsLibrary();
		for await (const { type } of this.connection.status()) {
			if (type === Events.Disconnect) {
				if (this.#isUp) this.#awaySince = this.#options.clock.now();
				this.#isUp = false;
				this.#outage++;
				if (!this.#closing) this.#options.logger.warn("the event log has lost NATS and tries to reach it");
			}
			if (type === Events.Reconnect) this.#resume(this.#outage);
		}
	}

	async #resume(outage: number): Promise<void> {
		const complain = complaints(this.#options.logger);
		while (outage === this.#outage && !this.#closing) {
			try {
				await this.#prepare();
				this.#options.logger.warn("the event log has reached NATS again");
				for (const listener of this.#listeners) listener(this.#awaySince);
				return;
			} catch (error) {
				complain(`the event log waits for JetStream: ${textOf(error)}`);
				await pause(RETRY_MS);
			}
		}
	}
}

/** Says what is wrong at once, then every few seconds. */
function complaints(logger: { warn(message: string): void }): (message: string) => void {
	let next = 0;
	return (message) => {
		if (performance.now() < next) return;
		next = performance.now() + SAY_EVERY_MS;
		logger.warn(message);
	};
}

/** Whether the server says that a stream, consumer or message is not there. */
export function isNotFound(error: unknown): boolean {
	const found = error as { code?: string; api_error?: { code: number } } | null;
	return found?.api_error?.code === 404 || found?.code === "404";
}
