import { openRedisMemory } from "../../cluster/redis/redis-memory.ts";
import { type SharedMemory, sharedKey } from "../../lib/shared-memory.ts";
import { type Limit, MemoryLimiter } from "../../services/gateway/rate-limit/limiter.ts";
import { SharedLimiter } from "../../services/gateway/rate-limit/shared-limiter.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

let redis: TestRedis | null;
const opened: SharedMemory[] = [];

beforeAll(async () => {
	redis = await startRedis();
});

afterEach(async () => {
	redis?.thaw();
	for (const memory of opened.splice(0)) await memory.close();
});

afterAll(() => redis?.stop());

async function ready(memory: SharedMemory): Promise<void> {
	await until(async () => {
		await memory.ping();
		return true;
	});
}

async function open(): Promise<SharedMemory> {
	const memory = openRedisMemory({ url: (redis as TestRedis).url });
	opened.push(memory);
	await ready(memory);
	return memory;
}

/** A test that needs the server; where there is none, `startRedis` has said so. */
const withRedis = (name: string, run: () => Promise<void>) => test(name, async () => (redis ? run() : undefined));

async function msOf(work: () => Promise<unknown>): Promise<number> {
	const began = performance.now();
	await work();
	return performance.now() - began;
}

describe("shared memory in Redis", () => {
	withRedis("is shared, and forgets in time", async () => {
		const [one, other] = [await open(), await open()];
		expect(await one.get("nothing")).toBeNull();
		expect(await one.set("key", "naïve ☃", 60_000)).toBe(true);
		expect(await other.get("key")).toBe("naïve ☃");
		expect(await one.set("soon", "gone", 20)).toBe(true);
		await until(async () => (await other.get("soon")) === null);
		expect([await one.increment("count", 1000), await other.increment("count", 1000)]).toEqual([1, 2]);
	});

	withRedis("answers nothing while the server is down, at once, and comes back by itself", async () => {
		const memory = await open();
		await memory.set("key", "text", 60_000);
		await redis?.kill();
		await until(async () => (await memory.get("key")) === null);
		expect(await msOf(() => memory.get("key"))).toBeLessThan(50);
		expect(await memory.set("key", "text", 60_000)).toBe(false);
		expect(await memory.increment("count", 1000)).toBeNull();
		await expect(memory.ping()).rejects.toThrow();
		await redis?.restart();
		await until(() => memory.set("key", "again", 60_000));
		expect(await memory.get("key")).toBe("again");
	});

	withRedis("a frozen server holds up one command in a while, and makes none fail", async () => {
		const memory = await open();
		await redis?.freeze();
		expect(await msOf(() => memory.get("key"))).toBeLessThan(400);
		const many = await msOf(async () => {
			for (let i = 0; i < 100; i++) expect(await memory.get("key")).toBeNull();
		});
		expect(many).toBeLessThan(400);
		redis?.thaw();
		await until(() => memory.set("key", "text", 60_000));
	});

	withRedis("starts without a server", async () => {
		const url = (redis as TestRedis).url;
		await redis?.kill();
		const memory = openRedisMemory({ url });
		opened.push(memory);
		expect(await memory.get("key")).toBeNull();
		await redis?.restart();
		await until(() => memory.set("key", "text", 60_000));
	});
});

test("keys begin with the tenant, and parts cannot run into each other", () => {
	expect(sharedKey("t1", "limit", "a b")).toBe("conductor:{t1}:limit:a%20b");
	expect(sharedKey("t1", "limit", "a:b", "c")).not.toBe(sharedKey("t1", "limit", "a", "b:c"));
});

describe("rate limits that gateways share", () => {
	const limit = (key: string, quota = 3): Limit => ({ name: "default", key, tenantId: "t1", quota, windowSec: 60 });

	withRedis("count the requests of all gateways together, like one alone", async () => {
		const alone = new MemoryLimiter();
		const gateways = [new SharedLimiter(await open(), new MemoryLimiter()), new SharedLimiter(await open(), alone)];
		const reference = new MemoryLimiter();
		const limits = [limit("together"), limit("wide", 100)];
		let now = 1_000_000;
		for (let i = 0; i < 30; i++) {
			expect(await gateways[i % 2]?.take(limits, now)).toEqual(reference.take(limits, now));
			now += i % 7 === 0 ? 25_000 : 1500;
		}
	});

	withRedis("go on in each gateway's own memory while Redis is away", async () => {
		const limiter = new SharedLimiter(await open(), new MemoryLimiter());
		const limits = [limit("alone")];
		await limiter.take(limits, 1_000_000);
		await redis?.kill();
		await until(async () => (await limiter.take([limit("probe", 1e6)], 1_000_000)).standings[0]?.remaining === 1e6 - 1);
		const allowed: boolean[] = [];
		for (let i = 0; i < 5; i++) allowed.push((await limiter.take(limits, 1_000_000)).allowed);
		expect(allowed).toEqual([true, true, true, false, false]);
		await redis?.restart();
	});
});
