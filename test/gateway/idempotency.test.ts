import { idempotencyModel } from "../../models/idempotency.ts";
import { manualClock } from "../support/manual-clock.ts";
import { startGateway, type TestGateway } from "./start.ts";

const clock = manualClock();
let gateway: TestGateway;
let { ask } = {} as TestGateway;

beforeAll(async () => {
	gateway = await startGateway({ clock });
	ask = gateway.ask;
});
afterAll(() => gateway?.stop());

let counter = 0;
const newKey = () => `key-${counter++}`;
const create = (key: string, body: unknown = { name: "x" }, token = "owner-token") =>
	ask("POST", "/api/things", { body, token, headers: { "idempotency-key": key } });

const rows = async () => {
	const connection = await gateway.runtime.openConnection("gateway");
	const model = connection.model(idempotencyModel.name, idempotencyModel.schema);
	return { model, close: () => connection.close() };
};

/** The row of the last command that the fixture got. */
const rowId = () => gateway.state.commandIds.at(-1)?.split(".")[0];

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
	for (let tries = 0; tries < 500; tries++) {
		if (await condition()) return;
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	throw new Error("the condition was never met");
}

test("a repeat gets the first answer, whole, and takes no effect", async () => {
	const key = newKey();
	const before = gateway.state.created;
	const first = await create(key);
	const second = await create(key);
	expect([second.status, second.text]).toEqual([first.status, first.text]);
	for (const name of ["etag", "location", "content-type"])
		expect(second.headers.get(name)).toBe(first.headers.get(name));
	expect([first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")]).toEqual([
		null,
		"true",
	]);
	expect(gateway.state.created).toBe(before + 1);
});

test("a refusal is kept too, a key with another body is refused", async () => {
	const key = newKey();
	const refused = await create(key, { name: "x", unknown: 1 });
	const again = await create(key, { name: "x", unknown: 1 });
	expect([refused.status, again.status, again.headers.get("idempotency-replayed")]).toEqual([422, 422, "true"]);
	expect(again.text).toBe(refused.text);
	expect((await create(key, { name: "x" })).json.code).toBe("idempotency_key_reused");
	const query = await ask("POST", "/api/things?a=1", {
		body: { name: "x", unknown: 1 },
		headers: { "idempotency-key": key },
	});
	expect(query.json.code).toBe("idempotency_key_reused");
});

test("the key belongs to tenant, credential, method and path", async () => {
	const key = newKey();
	const before = gateway.state.created;
	await create(key);
	await create(key, { name: "x" }, "second-token");
	await create(key, { name: "x" }, "strict-token");
	expect(gateway.state.created).toBe(before + 3);
	const patch = await ask("PATCH", "/api/things/t1", { body: { name: "x" }, headers: { "idempotency-key": key } });
	expect([patch.status, patch.headers.get("idempotency-replayed")]).toEqual([200, null]);
});

test("while the first is running, others wait", async () => {
	const key = newKey();
	const before = gateway.state.created;
	const first = create(key, { name: "x", mode: "wait" });
	await until(() => gateway.state.release.length > 0);
	const second = await create(key, { name: "x", mode: "wait" });
	expect([second.status, second.json.code, second.headers.get("retry-after")]).toEqual([
		409,
		"idempotency_in_progress",
		"1",
	]);
	gateway.state.release.pop()?.();
	expect((await first).status).toBe(201);
	expect((await create(key, { name: "x", mode: "wait" })).headers.get("idempotency-replayed")).toBe("true");
	expect(gateway.state.created).toBe(before + 1);
});

test("of many at once, one takes effect", async () => {
	const key = newKey();
	const before = gateway.state.created;
	const answers = await Promise.all(Array.from({ length: 20 }, () => create(key)));
	expect(gateway.state.created).toBe(before + 1);
	for (const { status } of answers) expect([201, 409]).toContain(status);
	expect(answers.some(({ status }) => status === 201)).toBe(true);
});

test("a failure is not kept, and its repeat is the same command", async () => {
	const key = newKey();
	const from = gateway.state.commandIds.length;
	expect((await create(key, { name: "x", mode: "fail" })).status).toBe(500);
	const again = await create(key, { name: "x", mode: "fail" });
	expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([500, null]);
	const [first, second] = gateway.state.commandIds.slice(from);
	expect(first).toMatch(/^[0-9a-f]{64}\.\d+$/);
	expect(second).toBe(first);
	expect((await create(key, { name: "y" })).json.code).toBe("idempotency_key_reused");
});

test("after a gateway died in between, the repeat runs as the same command once the lease has ended", async () => {
	const key = newKey();
	const from = gateway.state.commandIds.length;
	await create(key);
	const { model, close } = await rows();
	const leaseUntil = new Date(clock.now().getTime() + 12_000);
	await model.updateOne(
		{ _id: rowId() },
		{ $set: { state: "running", owner: "a process that is gone", leaseUntil }, $unset: { answer: 1 } },
	);
	await close();
	expect((await create(key)).json.code).toBe("idempotency_in_progress");
	clock.advance(12_001);
	expect((await create(key)).status).toBe(201);
	const [first, second] = gateway.state.commandIds.slice(from);
	expect(second).toBe(first);
	expect((await create(key)).headers.get("idempotency-replayed")).toBe("true");
});

test("what is stored shows nothing of the answer, and of a large one nothing at all", async () => {
	const key = newKey();
	await create(key, { name: "a-very-secret-name" });
	const ids = [rowId()];
	const large = newKey();
	const first = await create(large, { name: "large", mode: "large" });
	expect(first.text.length).toBeGreaterThan(400_000);
	const { model, close } = await rows();
	const found = await model.find({ _id: { $in: [...ids, rowId()] } }).lean();
	await close();
	expect(found.map(({ state }) => state).sort()).toEqual(["done", "open"]);
	const stored = JSON.stringify(found);
	expect(stored).not.toContain("a-very-secret-name");
	expect(stored.length).toBeLessThan(10_000);
	const again = await create(large, { name: "large", mode: "large" });
	expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([201, null]);
	expect(gateway.state.commandIds.at(-1)).toBe(gateway.state.commandIds.at(-2));
});

test("a key ends after the tenant's time and names a new command then", async () => {
	const key = newKey();
	await create(key);
	const before = gateway.state.commandIds.at(-1);
	clock.advance(86_400_001);
	const later = await create(key, { name: "another" });
	expect([later.status, later.json.name, later.headers.get("idempotency-replayed")]).toEqual([201, "another", null]);
	expect(gateway.state.commandIds.at(-1)).not.toBe(before);
});

test("a client that left in the middle finds its answer", async () => {
	const key = newKey();
	const before = gateway.state.created;
	const leaving = new AbortController();
	const request = fetch(`${gateway.origin}/api/things`, {
		method: "POST",
		body: JSON.stringify({ name: "x", mode: "wait" }),
		headers: { authorization: "Bearer owner-token", "content-type": "application/json", "idempotency-key": key },
		signal: leaving.signal,
	});
	await until(() => gateway.state.release.length > 0);
	leaving.abort();
	await expect(request).rejects.toThrow();
	gateway.state.release.pop()?.();
	await until(
		async () => (await create(key, { name: "x", mode: "wait" })).headers.get("idempotency-replayed") === "true",
	);
	expect(gateway.state.created).toBe(before + 1);
});

test("keys that have expired are swept away, others stay", async () => {
	const { gateway: parts } = gateway.broker.getLocalService("gateway") as unknown as {
		gateway: { sweep(): Promise<number> };
	};
	clock.advance(86_400_001);
	const key = newKey();
	await create(key);
	expect(await parts.sweep()).toBeGreaterThan(5);
	expect(await parts.sweep()).toBe(0);
	expect((await create(key)).headers.get("idempotency-replayed")).toBe("true");
});

test("keys are 1 to 255 printable characters; other methods know none", async () => {
	for (const key of ["k".repeat(256), "\u00e9", ""]) expect([400, 201]).toContain((await create(key)).status);
	expect((await create("k".repeat(256))).json.code).toBe("invalid_request");
	expect((await create("k".repeat(255))).status).toBe(201);
	const get = await ask("GET", "/api/things/t1", { headers: { "idempotency-key": "k".repeat(300) } });
	expect(get.status).toBe(200);
});
