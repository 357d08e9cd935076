/**
 * Memory that the processes of a deployment share and that may be slow, empty or away at any moment. It is for speed
 * alone: whoever uses it can do without, and nothing is kept in it only.
 *
 * Keys begin with the tenant they belong to, see {@link sharedKey}.
 */
export interface SharedMemory {
	/** The text under a key; null where there is none, and where the memory is away. Never rejects. */
	get(key: string): Promise<string | null>;
	/** Keeps a text for some time. Whether it was kept; never rejects. */
	set(key: string, text: string, ttlMs: number): Promise<boolean>;
	/** Raises a counter that is forgotten when it was not raised for some time; null where the memory is away. */
	increment(key: string, ttlMs: number): Promise<number | null>;
	/** Runs a script on some keys in one step; null where the memory is away. Never rejects. */
	run(script: SharedScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>;
	/** @throws when it does not answer */
	ping(): Promise<void>;
	close(): Promise<void>;
}

/** A script in the memory's own language (Lua for Redis), under a name of one word. */
export interface SharedScript {
	name: string;
	source: string;
}

/** What belongs to no tenant: requests of strangers, credentials before anybody knows whose they are. */
export const NO_TENANT = "-";

/**
 * A key of the shared memory. The tenant comes first, and no two lists of parts make the same key; all keys of one tenant
 * lie on one node of a Redis cluster, so that a script may use several.
 */
export function sharedKey(tenantId: string, kind: string, ...parts: readonly string[]): string {
	return `conductor:{${tenantId}}:${[kind, ...parts].map(encodeURIComponent).join(":")}`;
}
