import { Redis } from "ioredis";
import { type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

let redis: TestRedis | null;
let desk: Desk;
let tenant: DeskTenant;

beforeAll(async () => {
	redis = await startRedis();
	if (!redis) return;
	desk = await startDesk({ env: { REDIS_URL: redis.url } });
	tenant = await desk.tenant();
});

afterEach(() => redis?.thaw());

afterAll(async () => {
	await desk?.stop();
	await redis?.stop();
});

/** A test that needs the server; where there is none, `startRedis` has said so. */
const withRedis = (name: string, run: () => Promise<void>) => test(name, async () => (redis ? run() : undefined));

async function contents(): Promise<[key: string, text: string][]> {
	const client = new Redis((redis as TestRedis).url);
	try {
		const keys = await client.keys("*");
		return await Promise.all(
			keys.map(async (key): Promise<[string, string]> => {
				const isText = (await client.type(key)) === "string";
				return [key, isText ? ((await client.get(key)) ?? "") : JSON.stringify(await client.hgetall(key))];
			}),
		);
	} finally {
		client.disconnect();
	}
}

const newCustomer = (name: string) => ({ name, emails: [{ value: `${name.toLowerCase()}@buyers.example` }] });

describe("a gateway with Redis", () => {
	withRedis("keeps limits, callers and first answers there, the tenant first in every key, sealed", async () => {
		const options = { body: newCustomer("Rosalind"), headers: { "idempotency-key": "once" } };
		const first = await tenant.as.agent("POST", "/customers", options);
		const again = await tenant.as.agent("POST", "/customers", options);
		expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
		expect(again.headers.get("idempotency-replayed")).toBe("true");
		const kept = await contents();
		const kinds = new Set(kept.map(([key]) => /^conductor:\{([^}]+)\}:([\w-]+)/.exec(key)?.slice(1).join(" ")));
		const expected = [tenant.id, "-"].flatMap((owner) =>
			["limit", "idempotency", "caller", "help", "knowledge-base-edition"].map((kind) => `${owner} ${kind}`),
		);
		for (const kind of kinds) expect(expected).toContain(kind);
		expect(kinds).toContain(`${tenant.id} limit`);
		expect(kinds).toContain(`${tenant.id} idempotency`);
		for (const [, text] of kept) expect(text).not.toMatch(/rosalind|@|agent/i);
	});

	withRedis("refuses the repeat of a key with another body from there too", async () => {
		const headers = { "idempotency-key": "reused" };
		expect((await tenant.as.agent("POST", "/customers", { body: newCustomer("Ida"), headers })).status).toBe(201);
		const other = await tenant.as.agent("POST", "/customers", { body: newCustomer("Eve"), headers });
		expect([other.status, (other.body as { code?: string }).code]).toEqual([422, "idempotency_key_reused"]);
	});

	withRedis("takes a revoked token no more, at once", async () => {
		const made = await tenant.as.owner<{ id: string; token: string }>("POST", "/tokens", {
			body: { name: "short-lived", scopes: ["customers.read"] },
		});
		const client = desk.client(made.body.token);
		expect((await client("GET", "/customers")).status).toBe(200);
		await tenant.as.owner("DELETE", `/tokens/${made.body.id}`);
		expect((await client("GET", "/customers")).status).toBe(401);
	});

	withRedis("keeps what a help centre answers until the knowledge base is written", async () => {
		const path = `/help/${tenant.slug}/articles`;
		const made = await tenant.as.owner<{ id: string }>("POST", "/knowledge-base/articles", {
			body: { title: "Parcels", body: "They take a week.", status: "published" },
		});
		const read = () => desk.anonymous<{ title: string }>("GET", `${path}/${made.body.id}`);
		const first = await read();
		expect([first.status, first.body.title]).toEqual([200, "Parcels"]);
		await until(async () => (await contents()).some(([key]) => key.startsWith(`conductor:{${tenant.id}}:help:`)));
		const second = await read();
		expect([second.status, second.body]).toEqual([200, first.body]);
		expect(second.headers.get("etag")).toBe(first.headers.get("etag"));
		const unacceptable = await desk.anonymous("GET", `${path}/${made.body.id}`, { headers: { accept: "text/html" } });
		expect(unacceptable.status).toBe(406);
		for (const [, text] of await contents()) expect(text).not.toMatch(/parcel/i);
		const changed = await tenant.as.owner("PATCH", `/knowledge-base/articles/${made.body.id}`, {
			body: { title: "Letters" },
		});
		expect(changed.status).toBe(200);
		await tenant.as.owner("POST", `/knowledge-base/articles/${made.body.id}/publish`);
		expect((await read()).body.title).toBe("Letters");
		await tenant.as.owner("POST", `/knowledge-base/articles/${made.body.id}/archive`);
		expect((await read()).status).toBe(404);
	});

	withRedis("answers and writes while Redis is frozen, and repeats a command by its rows", async () => {
		const headers = { "idempotency-key": "while frozen" };
		await redis?.freeze();
		const first = await tenant.as.agent("POST", "/customers", { body: newCustomer("Frida"), headers });
		const again = await tenant.as.agent("POST", "/customers", { body: newCustomer("Frida"), headers });
		expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
		expect(again.headers.get("ratelimit")).toMatch(/^"default";r=\d+/);
	});

	withRedis("answers and writes while Redis is down, and again with an empty one", async () => {
		const post = (name: string, key: string) =>
			tenant.as.agent("POST", "/customers", { body: newCustomer(name), headers: { "idempotency-key": key } });
		const before = await post("Berta", "before");
		await redis?.kill();
		expect((await post("Doris", "meanwhile")).status).toBe(201);
		expect((await post("Berta", "before")).body).toEqual(before.body);
		await redis?.restart();
		expect((await post("Berta", "before")).body).toEqual(before.body);
		expect((await post("Anna", "after")).status).toBe(201);
	});
});
