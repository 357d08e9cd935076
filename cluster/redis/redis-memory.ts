import { Redis } from "ioredis";
import type { SharedMemory, SharedScript } from "../../lib/shared-memory.ts";

/** How long a command may take before the memory counts as away, and a connection to be made, ms. */
const COMMAND_MS = 150;
const CONNECT_MS = 1000;
/** How long nobody asks again after a command failed, so that a frozen server holds up one request a moment, ms. */
const REST_MS = 500;
const RECONNECT_MAX_MS = 1000;
/** How often a lasting failure is told, ms. */
const TELL_EVERY_MS = 60_000;

export interface RedisMemoryOptions {
	/** `redis://` or `rediss://`, with user and password if there are any */
	url: string;
	logger?: { warn(message: string): void };
	/** told of each command that got no answer */
	failed?(): void;
}

type Command = (client: Redis) => Promise<unknown>;

/**
 * Shared memory in Redis. A server that is down, frozen or full never makes a caller wait longer than the limit of one
 * command, and never makes one fail: the library's own behaviour, to queue commands until the server is back and to
 * reject some outside any call, is switched off.
 */
class RedisMemory implements SharedMemory {
	private readonly client: Redis;
	private readonly logger: RedisMemoryOptions["logger"];
	private readonly failed: RedisMemoryOptions["failed"];
	private restUntil = 0;
	private toldAt = Number.NEGATIVE_INFINITY;

	constructor({ url, logger, failed }: RedisMemoryOptions) {
		this.logger = logger;
		this.failed = failed;
		this.client = new Redis(url, {
			commandTimeout: COMMAND_MS,
			connectTimeout: CONNECT_MS,
			enableOfflineQueue: false,
			maxRetriesPerRequest: 0,
			autoResendUnfulfilledCommands: false,
			retryStrategy: (times) => Math.min(times * 100, RECONNECT_MAX_MS),
			connectionName: "conductor",
		});
		this.client.on("error", (error: Error) => this.tell(error));
		this.client.on("ready", () => {
			this.restUntil = 0;
		});
	}

	async get(key: string): Promise<string | null> {
		return (await this.attempt((client) => client.get(key))) as string | null;
	}

	async set(key: string, text: string, ttlMs: number): Promise<boolean> {
		return (await this.attempt((client) => client.set(key, text, "PX", Math.ceil(ttlMs)))) === "OK";
	}

	async increment(key: string, ttlMs: number): Promise<number | null> {
		return (await this.run(INCREMENT, [key], [Math.ceil(ttlMs)])) as number | null;
	}

	run(script: SharedScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
		return this.attempt((client) => scriptOf(client, script)(keys.length, ...keys, ...values));
	}

	async ping(): Promise<void> {
		await this.client.ping();
	}

	async close(): Promise<void> {
		this.client.disconnect();
	}

	private async attempt(command: Command): Promise<unknown> {
		if (this.client.status !== "ready" || performance.now() < this.restUntil) return null;
		try {
			return await command(this.client);
		} catch (error) {
			this.restUntil = performance.now() + REST_MS;
			this.failed?.();
			this.tell(error as Error);
			return null;
		}
	}

	private tell(error: Error): void {
		const now = performance.now();
		if (now - this.toldAt < TELL_EVERY_MS) return;
		this.toldAt = now;
		this.logger?.warn(`Redis does not answer, so that everything is a little slower: ${error.message}`);
	}
}

const INCREMENT: SharedScript = {
	name: "conductorIncrement",
	source: "local n = redis.call('INCR', KEYS[1]) redis.call('PEXPIRE', KEYS[1], ARGV[1]) return n",
};

type Scripted = (keyCount: number, ...rest: (string | number)[]) => Promise<unknown>;

/** The client's command for a script, which it sends by digest once the server knows it. */
function scriptOf(client: Redis, { name, source }: SharedScript): Scripted {
	const commands = client as unknown as Record<string, Scripted | undefined>;
	if (!commands[name]) client.defineCommand(name, { lua: source });
	return (...args) => (commands[name] as Scripted).apply(client, args);
}

/** Opens the shared memory of a deployment; it connects in the background and reconnects for ever. */
export function openRedisMemory(options: RedisMemoryOptions): SharedMemory {
	return new RedisMemory(options);
}
