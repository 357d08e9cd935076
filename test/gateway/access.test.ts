import { CREDENTIAL_REVOKED } from "../../contracts/gateway.ts";
import { manualClock } from "../support/manual-clock.ts";
import { startGateway, type TestGateway } from "./start.ts";

const clock = manualClock();
let gateway: TestGateway;
let { ask } = {} as TestGateway;

beforeEach(async () => {
	gateway = await startGateway({ clock });
	ask = gateway.ask;
});
afterEach(() => gateway?.stop());

const cookie = (value: string, headers: Record<string, string> = {}) => ({
	token: null,
	headers: { cookie: `other=1; conductor_session=${value}`, ...headers },
});

describe("credentials", () => {
	test("what is missing, malformed or unknown is 401 with a challenge", async () => {
		const answers = [
			await ask("GET", "/api/me", { token: null }),
			await ask("GET", "/api/me", { token: "nobody" }),
			await ask("GET", "/api/me", { token: null, headers: { authorization: "Basic b3duZXI6eA==" } }),
			await ask("GET", "/api/me", { token: null, headers: { authorization: "Bearer a b" } }),
			await ask("GET", "/api/me", cookie("nobody")),
			await ask("GET", "/api/me", cookie("x".repeat(300))),
		];
		for (const { status, headers, json } of answers) {
			expect([status, json.code]).toEqual([401, "unauthenticated"]);
			expect(headers.get("www-authenticate")).toBe("Bearer");
		}
	});

	test("identity is asked once a moment, and again at once after a revocation", async () => {
		const { state, broker } = gateway;
		await Promise.all([ask("GET", "/api/me"), ask("GET", "/api/me"), ask("GET", "/api/me")]);
		expect(state.authentications).toBe(1);
		clock.advance(899);
		await ask("GET", "/api/me");
		expect(state.authentications).toBe(1);
		clock.advance(2);
		await ask("GET", "/api/me");
		expect(state.authentications).toBe(2);
		state.revoked.add("owner-token");
		expect((await ask("GET", "/api/me")).status).toBe(200);
		await broker.broadcast(CREDENTIAL_REVOKED, { credentialId: "x", credentialHash: "y" });
		expect((await ask("GET", "/api/me")).status).toBe(401);
		state.revoked.clear();
		expect((await ask("GET", "/api/me")).status).toBe(200);
	});

	test("a bearer token counts before a cookie; a session that ended is no obstacle where nobody needs one", async () => {
		const { json } = await ask("GET", "/api/me", { ...cookie("viewer-token"), token: "owner-token" });
		expect(json.meta.caller.role).toBe("owner");
		expect((await ask("GET", "/api/things/open", cookie("ended"))).json.caller).toBeNull();
		expect((await ask("GET", "/api/things/open", { token: "nobody" })).status).toBe(401);
		expect((await ask("GET", "/api/things/open", cookie("owner-token"))).json.caller).not.toBeNull();
	});

	test("X-Tenant-Id means something with a platform token only", async () => {
		const headers = { "x-tenant-id": "tenant-7" };
		expect((await ask("GET", "/api/me", { token: "platform-token", headers })).json.id).toBe("tenant-7");
		expect((await ask("GET", "/api/me", { token: "platform-token" })).status).toBe(403);
		expect((await ask("GET", "/api/me", { headers })).json.id).not.toBe("tenant-7");
		const bad = await ask("GET", "/api/me", { token: "platform-token", headers: { "x-tenant-id": "a b" } });
		expect(bad.status).toBe(400);
	});
});

describe("the order of answers", () => {
	const bad = { raw: "{", headers: { "content-type": "text/plain", accept: "image/png" } };

	test("tells a stranger nothing about what else is wrong", async () => {
		const steps = [
			await ask("POST", "/api/nothing?x=1", { ...bad, token: null }),
			await ask("DELETE", "/api/things?x=1", { ...bad, token: null }),
			await ask("POST", "/api/things?x=1", { ...bad, token: null }),
			await ask("POST", "/api/things?x=1", { ...bad, token: "viewer-token" }),
			await ask("POST", "/api/things?x=1", { ...bad }),
			await ask("POST", "/api/things?x=1", { raw: "{", headers: { "content-type": "text/plain" } }),
			await ask("POST", "/api/things?x=1", { raw: "{" }),
		];
		expect(steps.map(({ status }) => status)).toEqual([404, 405, 401, 403, 406, 415, 400]);
	});

	test("the platform and the tenants keep to their own", async () => {
		expect((await ask("POST", "/api/provisions", { token: "platform-token" })).status).toBe(200);
		expect((await ask("POST", "/api/provisions")).status).toBe(403);
		expect((await ask("GET", "/api/things", { token: "platform-token" })).status).toBe(403);
	});
});

describe("writes by cookie", () => {
	const write = (headers: Record<string, string>) =>
		ask("POST", "/api/things", { raw: '{"name":"x"}', ...cookie("owner-token", headers) });

	test("come from the same origin, by what the browser says", async () => {
		const own = gateway.origin;
		expect((await write({ "sec-fetch-site": "same-origin", origin: own })).status).toBe(201);
		expect((await write({ "sec-fetch-site": "same-origin" })).status).toBe(201);
		expect((await write({ origin: own })).status).toBe(201);
		for (const headers of [
			{},
			{ "sec-fetch-site": "cross-site", origin: own },
			{ "sec-fetch-site": "same-site", origin: own },
			{ "sec-fetch-site": "none" },
			{ "sec-fetch-site": "same-origin", origin: "https://evil.example" },
			{ origin: "https://evil.example" },
			{ origin: "null" },
			{ origin: `${own}.evil.example` },
			{ origin: `https://evil.example@${own.slice(7)}` },
		] as Record<string, string>[]) {
			const { status, json } = await write(headers);
			expect([headers, status, json.code]).toEqual([headers, 403, "cross_site"]);
		}
	});

	test("have a JSON content type, even without a body", async () => {
		const headers = { "sec-fetch-site": "same-origin" };
		const form = await write({ ...headers, "content-type": "text/plain" });
		expect(form.status).toBe(415);
		expect((await ask("POST", "/api/things/misbehave?how=null", cookie("owner-token", headers))).status).toBe(415);
		const json = { ...headers, "content-type": "application/json" };
		expect((await ask("POST", "/api/things/misbehave?how=null", cookie("owner-token", json))).status).toBe(204);
		expect((await ask("DELETE", "/api/things/t1", cookie("owner-token", headers))).status).toBe(204);
	});

	test("reads need none of that, and a bearer token neither", async () => {
		const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
		expect((await ask("GET", "/api/me", cookie("owner-token", headers))).status).toBe(200);
		expect((await ask("POST", "/api/things", { body: { name: "x" }, headers })).status).toBe(201);
	});
});

describe("rate limits", () => {
	const asSmall = (token = "small-token", path = "/api/me") => ask("GET", path, { token });

	test("are counted by token and by tenant, and told", async () => {
		const first = await asSmall();
		expect(first.headers.get("ratelimit-policy")).toBe('"default";q=4;w=60, "default-tenant";q=10;w=60');
		expect(first.headers.get("ratelimit")).toBe('"default";r=3;t=15, "default-tenant";r=9;t=6');
		expect(["limit", "remaining", "reset"].map((name) => first.headers.get(`x-ratelimit-${name}`))).toEqual([
			"4",
			"3",
			"15",
		]);
		for (let i = 0; i < 3; i++) expect((await asSmall()).status).toBe(200);
		const refused = await asSmall();
		expect([refused.status, refused.json.code, refused.headers.get("retry-after")]).toEqual([
			429,
			"rate_limited",
			"15",
		]);
		expect(refused.headers.get("x-ratelimit-remaining")).toBe("0");
		for (let i = 0; i < 4; i++) expect((await asSmall("small-token-2")).status).toBe(200);
		expect([(await asSmall("small-token-3")).status, (await asSmall("small-token-3")).status]).toEqual([200, 200]);
		const tenant = await asSmall("small-token-3");
		expect([tenant.status, tenant.headers.get("retry-after")]).toEqual([429, "6"]);
		expect((await ask("GET", "/api/me")).status).toBe(200);
		clock.advance(15_000);
		expect((await asSmall()).status).toBe(200);
	});

	test("search has a bucket of its own", async () => {
		const { headers } = await asSmall("small-token", "/api/things/search?q=x");
		expect(headers.get("ratelimit-policy")).toBe('"search";q=1;w=60, "search-tenant";q=2;w=60');
		expect((await asSmall("small-token", "/api/things/search?q=x")).status).toBe(429);
		expect((await asSmall()).status).toBe(200);
	});

	test("of strangers go by the socket's address, whatever their headers say", async () => {
		const statuses = new Set<number>();
		for (let i = 0; i < 605; i++) {
			const headers = { "x-forwarded-for": `10.0.0.${i % 250}`, forwarded: `for=10.1.0.${i % 250}` };
			statuses.add((await ask("GET", "/api/me", { token: `guess-${i}`, headers })).status);
		}
		expect([...statuses]).toEqual([401, 429]);
		expect((await ask("GET", "/api/me")).status).toBe(200);
		for (const path of ["/health/live", "/health/ready", "/metrics"])
			expect((await ask("GET", path, { token: null })).status).toBe(200);
		expect((await ask("GET", "/api/openapi.json", { token: null })).status).toBe(429);
	});
});
