import { glob, readFile } from "node:fs/promises";
import { createAjv } from "../../mixins/contract-validator.ts";
import { PROBLEM_CODES, problemTitle, TITLE_LANGUAGES } from "../../services/gateway/problem-titles.ts";
import { startGateway, type TestGateway } from "./start.ts";

let gateway: TestGateway;
let { ask } = {} as TestGateway;

beforeAll(async () => {
	gateway = await startGateway();
	ask = gateway.ask;
});
afterAll(() => gateway?.stop());
beforeEach(() => {
	gateway.state.things.set("t1", { id: "t1", name: "First", version: 3 });
});

describe("versions", () => {
	const patch = (ifMatch: string | undefined, token = "owner-token") =>
		ask("PATCH", "/api/things/t1", {
			token,
			body: { name: "New" },
			headers: ifMatch === undefined ? {} : { "if-match": ifMatch },
		});

	test.each([
		['"v3"', 200, '"v4"'],
		["*", 200, '"v4"'],
		[undefined, 200, '"v4"'],
		['"v1", "v3"', 200, '"v4"'],
		['"v3", "v7"', 200, '"v4"'],
		['"v2"', 412, '"v3"'],
		['"v4"', 412, '"v3"'],
		['"v1", "v2"', 412, '"v3"'],
		['W/"v3"', 412, '"v3"'],
		['"something-else", "a,b"', 412, '"v3"'],
		['"a b"', 400, null],
		["v3", 400, null],
		['"v3', 400, null],
		["", 400, null],
	])("If-Match %s is %s with tag %s", async (ifMatch, status, tag) => {
		const answer = await patch(ifMatch);
		expect([answer.status, answer.headers.get("etag")]).toEqual([status, tag]);
	});

	test("a tenant can ask for If-Match with every change", async () => {
		expect((await patch(undefined, "strict-token")).json.code).toBe("precondition_required");
		expect((await patch("*", "strict-token")).status).toBe(200);
		const create = await ask("POST", "/api/things", { body: { name: "x" }, token: "strict-token" });
		expect([create.status, create.headers.get("etag")]).toEqual([201, '"v1"']);
	});

	test("a delete answers 204 and nothing", async () => {
		const { status, text, headers } = await ask("DELETE", "/api/things/t1", { headers: { "if-match": '"v3"' } });
		expect([status, text, headers.get("content-type")]).toEqual([204, "", null]);
		expect((await ask("DELETE", "/api/things/t1")).json.code).toBe("not_found");
	});

	test("PUT and PATCH are the same", async () => {
		const { json } = await ask("PUT", "/api/things/t1", { body: {} });
		expect(json).toEqual({ id: "t1", name: "First", version: 4 });
		const merge = await ask("PATCH", "/api/things/t1", {
			raw: '{"name":"Merged"}',
			headers: { "content-type": "application/merge-patch+json" },
		});
		expect(merge.json.name).toBe("Merged");
	});
});

describe("fields, lists and links", () => {
	test("fields choose, keep the id, and must be known", async () => {
		expect((await ask("GET", "/api/things/t1?fields=name")).json).toEqual({ id: "t1", name: "First" });
		expect((await ask("GET", "/api/things?fields=name")).json.data).toEqual([{ id: "t1", name: "First" }]);
		for (const query of ["fields=nobody", "fields=__proto__", "fields=toString", "fields="])
			for (const route of ["things", "things/t1"])
				expect((await ask("GET", `/api/${route}?${query}`)).status).toBe(400);
	});

	test("a list has links to its neighbours that keep the rest of the query", async () => {
		const { headers } = await ask("GET", "/api/things?page=2&status=open&tag=%3Cb%3E&limit=5");
		expect(headers.get("link")).toBe('</api/things?status=open&tag=%3Cb%3E&limit=5&cursor=next%2Bcursor>; rel="next"');
		expect(headers.get("etag")).toBeNull();
	});

	test("list parameters arrive as the service takes them", async () => {
		const { json } = await ask("GET", "/api/things?assigneeId=me&tag=a&tag=b&sort=-createdAt&count=true&limit=7");
		const callerId = (await ask("GET", "/api/me")).json.id;
		expect(json.data[0].query).toEqual({
			filter: { assigneeId: { eq: callerId }, tag: { all: ["a", "b"] } },
			sort: "-createdAt",
			count: true,
			limit: 7,
		});
	});

	test("plain parameters have the types of their schema", async () => {
		const { json } = await ask("GET", "/api/things/search?q=7&depth=3&exact=true&kinds=a,b&kinds=c");
		expect(json.asked).toEqual({ q: "7", depth: 3, exact: true, kinds: ["a", "b", "c"] });
		for (const query of ["q=x&depth=9", "q=x&depth=y", "q=x&exact=1", "", "q=", "q=x&q=y", "q=x&unknown=1"])
			expect([query, (await ask("GET", `/api/things/search?${query}`)).status]).toEqual([query, 400]);
	});

	test("an id that cannot be one is not there", async () => {
		for (const id of ["%00", "a%20b", "..%2f..", "x".repeat(65), "x".repeat(600), "%F0%9F%98%80"])
			expect((await ask("GET", `/api/things/${id}`)).json.code).toBe("not_found");
	});
});

describe("problems", () => {
	test("pass from a service with all they carry", async () => {
		const { status, headers, json } = await ask("POST", "/api/things/misbehave?how=problem");
		expect([status, headers.get("x-why")]).toEqual([409, "twice"]);
		expect(json).toMatchObject({ type: "/problems/duplicate", code: "duplicate", existingId: "t1" });
		expect(json.instance).toBe("/api/things/misbehave");
	});

	test("have titles in the client's language, and the same code in each", async () => {
		for (const [language, title] of [
			["de-AT,de;q=0.9", "Hier ist nichts"],
			["fr", "Il n'y a rien ici"],
			["ja", "見つかりません"],
			["xx", "There is nothing here"],
			["", "There is nothing here"],
			["x".repeat(5000), "There is nothing here"],
		] as const) {
			const { json } = await ask("GET", "/api/nothing", { headers: { "accept-language": language } });
			expect([json.code, json.title]).toEqual(["not_found", title]);
		}
	});

	test("every code has a title of its own in every language, and an address", async () => {
		for (const language of TITLE_LANGUAGES) {
			const titles = PROBLEM_CODES.map((code) => problemTitle(code, language));
			expect(new Set(titles).size).toBe(PROBLEM_CODES.length);
		}
		const { json } = await ask("GET", "/problems/rate_limited", { headers: { "accept-language": "de" } });
		expect(json).toEqual({ type: "/problems/rate_limited", code: "rate_limited", title: "Zu viele Anfragen" });
		expect((await ask("GET", "/problems/constructor")).status).toBe(404);
	});

	test("every code that a service uses is in the catalogue", async () => {
		const used = new Set<string>();
		for (const folder of ["services", "lib", "mixins", "contracts"])
			for await (const file of glob(`${folder}/**/*.ts`))
				for (const [, code = ""] of (await readFile(file, "utf8")).matchAll(/Problem\(\s*\d{3},\s*"([a-z_]+)"/g))
					used.add(code);
		expect(used.size).toBeGreaterThan(20);
		expect([...used].filter((code) => !PROBLEM_CODES.includes(code))).toEqual([]);
	});

	test("say what cannot be answered", async () => {
		expect((await ask("GET", "/api/me", { headers: { accept: "text/html" } })).json.code).toBe("not_acceptable");
		for (const accept of ["*/*", "application/*", "text/html, */*;q=0.1", "application/problem+json"])
			expect((await ask("GET", "/api/me", { headers: { accept } })).status).toBe(200);
		const old = await ask("GET", "/api/me", { headers: { "conductor-version": "2019-01-01" } });
		expect([old.status, old.json.code]).toEqual([400, "invalid_request"]);
		expect((await ask("GET", "/api/me", { headers: { "conductor-version": "2026-01-01" } })).status).toBe(200);
	});
});

describe("what the gateway tells of itself", () => {
	const strangers = (path: string) => ask("GET", path, { token: null });

	test("health", async () => {
		expect((await strangers("/health/live")).json).toEqual({ status: "live" });
		const { json } = await strangers("/api/health");
		expect(json).toEqual({
			status: "degraded",
			services: [
				{ name: "ghosts", status: "down", nodes: 0 },
				{ name: "things", status: "up", nodes: 1 },
			],
		});
	});

	test("readiness asks the store, and says no more than that it failed", async () => {
		const service = gateway.broker.getLocalService("gateway") as unknown as { pingStore(): Promise<void> };
		const ping = service.pingStore;
		service.pingStore = () => Promise.reject(new Error("mongodb://user:secret@db is away"));
		const { status, text } = await strangers("/health/ready");
		service.pingStore = ping;
		expect([status, text]).toEqual([503, '{"status":"unavailable","checks":{"events":"ok","gateway":"failed"}}']);
		expect((await strangers("/health/ready")).status).toBe(200);
	});

	test("metrics by route template and status class", async () => {
		await ask("GET", "/api/things/t1");
		await ask("GET", "/api/things/some-other-id");
		await ask("GET", "/api/no/such/route");
		const { text, headers } = await strangers("/metrics");
		expect(headers.get("content-type")).toMatch(/^text\/plain/);
		expect(text).toMatch(
			/http_request_duration_seconds_count\{method="GET",route="\/api\/things\/:id",status="4xx"\} \d+/,
		);
		expect(text).toMatch(/process_resident_memory_bytes/);
		expect(text).not.toMatch(/some-other-id|no\/such/);
	});

	test("an OpenAPI document with every route and nothing dangling", async () => {
		const { json } = await strangers("/api/openapi.json");
		expect(json.openapi).toBe("3.1.0");
		const operations = Object.values(json.paths).flatMap((path) => Object.values(path as object));
		const ids = new Set(operations.map(({ operationId }) => operationId as string));
		expect(ids.size).toBe(operations.length);
		expect([...ids].filter((id) => !id.startsWith("gateway."))).toHaveLength(15);
		const own = [
			"/api/login",
			"/api/logout",
			"/api/session/tenant",
			"/api/health",
			"/health/ready",
			"/problems/{code}",
		];
		expect(Object.keys(json.paths)).toEqual(expect.arrayContaining(own));
		expect(Object.keys(json.paths).filter((path) => /[:*]/.test(path))).toEqual([]);
		const text = JSON.stringify(json);
		for (const [, ref = ""] of text.matchAll(/"\$ref":"#([^"]+)"/g)) {
			const found = ref
				.slice(1)
				.split("/")
				.reduce<Record<string, unknown> | undefined>(
					(at, key) => at?.[key] as Record<string, unknown> | undefined,
					json,
				);
			expect([ref, found !== undefined]).toEqual([ref, true]);
		}
		const ajv = createAjv();
		for (const operation of operations) {
			for (const { schema } of operation.parameters) if (schema) ajv.compile(schema);
			const bodies = (operation.requestBody?.content ?? {}) as Record<string, { schema: object }>;
			for (const { schema } of Object.values(bodies)) ajv.compile(schema);
		}
		const { parameters } = json.paths["/api/things"].get;
		const names = parameters.map(({ name }: { name: string }) => name);
		for (const name of ["status", "createdAt[gte]", "customFields", "sort", "limit", "cursor", "include"])
			expect(names).toContain(name);
	});

	test("a page about it that loads nothing from elsewhere", async () => {
		const { text, headers } = await strangers("/api/docs");
		expect(headers.get("content-security-policy")).not.toMatch(/https?:|\*/);
		const linked = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = ""]) => link);
		expect(linked.length).toBe(4);
		for (const link of linked) {
			expect(link).toMatch(/^\/api\/docs\//);
			expect((await strangers(link)).status).toBe(200);
		}
		for (const name of ["package.json", "..%2fpackage.json", "constructor"])
			expect((await strangers(`/api/docs/${name}`)).status).toBe(404);
	});

	test("security headers on every answer", async () => {
		for (const path of ["/api/me", "/api/nothing", "/health/live", "/api/things/misbehave"]) {
			const { headers } = await ask("GET", path);
			expect(headers.get("x-content-type-options")).toBe("nosniff");
			expect(headers.get("content-security-policy")).toMatch(/default-src 'none'/);
			expect(headers.get("cache-control")).toBe("no-store");
			expect(headers.get("x-powered-by")).toBeNull();
		}
	});
});
