import type { Service } from "moleculer";
import { entityTag } from "../../services/gateway/preconditions.ts";
import { CALLERS } from "./fixture-service.ts";
import { sendRaw } from "./raw-http.ts";
import { startGateway, type TestGateway } from "./start.ts";

/*
 * What is known to go wrong with the stock gateway and broker, one by one, each shown to be closed here. The names say
 * what would happen otherwise. The traps of stopping are in drain.test.ts, of repeats and clients that leave in
 * idempotency.test.ts, of rate limits and cookies in access.test.ts, of logs in process.test.ts.
 */

let gateway: TestGateway;
let { ask } = {} as TestGateway;
/** The actions that moleculer-web and moleculer-db bring along. */
const LIBRARY = /^(rest|listAliases|addRoute|removeRoute|find|count|list|create|insert|get|update|remove)$/;
const APP = "https://app.example.com";

beforeAll(async () => {
	gateway = await startGateway({ callTimeoutMs: 300, env: { CORS_ORIGINS: APP } });
	ask = gateway.ask;
});
afterAll(() => gateway?.stop());

describe("what a client sends into a request", () => {
	test("a __proto__ in the body becomes an inherited parameter", async () => {
		for (const key of ["__proto__", "constructor", "prototype", "\\u005f_proto__"]) {
			const { status, json } = await ask("POST", "/api/things", { raw: `{"name":"x","${key}":{"isAdmin":true}}` });
			expect([key, status, json.code]).toEqual([key, 422, "unknown_field"]);
			expect(json.errors[0].pointer).toMatch(/^\/(__proto__|constructor|prototype)$/);
		}
		const nested = await ask("POST", "/api/things", {
			raw: '{"name":"x","customFields":{"a/b":[{"__proto__":{"x":1}}]}}',
		});
		expect(nested.json.errors).toMatchObject([{ pointer: "/customFields/a~1b/0/__proto__" }]);
		expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
	});

	test("operators in the query reach the parameters as objects", async () => {
		for (const query of ["status[$ne]=x", "status[ne][x]=1", "$where=1", "status[]=x", "__proto__[x]=1"])
			expect((await ask("GET", `/api/things?${query}`)).json.code).toBe("unknown_parameter");
		for (const key of ["constructor", "__proto__", "toString"])
			expect((await ask("GET", `/api/things?customFields[${key}]=1`)).status).toBe(400);
		for (const name of ["constructor", "toString", "hasOwnProperty"])
			for (const route of ["things", "things/search", "things/t1"])
				expect((await ask("GET", `/api/${route}?${name}=1`)).status).toBe(400);
	});

	test("thousands of nested query keys are parsed", async () => {
		const deep = `a${"[a]".repeat(3000)}=1`;
		expect((await ask("GET", `/api/things?${deep}`)).status).toBe(400);
		const many = Array.from({ length: 2000 }, (_, index) => `a${index}=1`).join("&");
		expect([400, 431]).toContain((await ask("GET", `/api/things?${many}`)).status);
	});

	test("the query overrides the body, the body overrides the path", async () => {
		expect((await ask("POST", "/api/things?name=query", { body: { name: "body" } })).status).toBe(400);
		const { status, json } = await ask("PATCH", "/api/things/t1", { body: { id: "EVIL", name: "x" } });
		expect([status, json.errors[0].pointer]).toEqual([422, "/id"]);
		expect((await ask("GET", "/api/things/t1?id=EVIL")).status).toBe(400);
		expect((await ask("PATCH", "/api/things/t1", { body: { ifVersion: 99 } })).status).toBe(422);
	});

	test("another content type than JSON is ignored and the action runs without its fields", async () => {
		const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "json"];
		for (const type of types) {
			const answer = await ask("POST", "/api/things", { raw: '{"name":"x"}', headers: { "content-type": type } });
			expect([type, answer.status]).toEqual([type, 415]);
		}
		const utf16 = { "content-type": "application/json; charset=utf-16" };
		expect((await ask("POST", "/api/things", { raw: "{}", headers: utf16 })).status).toBe(415);
		const gzip = { "content-encoding": "gzip" };
		expect((await ask("POST", "/api/things", { raw: "{}", headers: gzip })).status).toBe(415);
	});

	test("a JSON body nested thousands of levels deep is walked", async () => {
		const deep = `{"name":"x","customFields":{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}}`;
		expect((await ask("POST", "/api/things", { raw: deep })).json.code).toBe("invalid_request");
	});

	test("headers of the client end up in the meta of calls", async () => {
		const headers = {
			"x-tenant-id": "another",
			"x-user-id": "root",
			"x-forwarded-user": "root",
			meta: '{"caller":{"role":"owner"}}',
		};
		const { json } = await ask("GET", "/api/me", { headers, token: "viewer-token" });
		expect(Object.keys(json.meta).sort()).toEqual(["acceptLanguage", "caller", "traceparent"]);
		expect(json.meta.caller).toEqual(JSON.parse(JSON.stringify(CALLERS["viewer-token"])));
		const anonymous = await ask("GET", "/api/things/open", { headers, token: null });
		expect(anonymous.json.caller).toBeNull();
	});

	test("an unbounded X-Request-Id is echoed and used", async () => {
		for (const id of ["x".repeat(3000), "a b", "a\u00e9", "<script>"]) {
			const { headers } = await ask("GET", "/api/me", { headers: { "x-request-id": id } });
			expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
		}
		const { headers } = await ask("GET", "/api/me", { headers: { "x-request-id": "order-42" } });
		expect(headers.get("x-request-id")).toBe("order-42");
	});

	test("a malformed traceparent is continued, a good one is lost", async () => {
		const given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
		const good = await ask("GET", "/api/me", { headers: { traceparent: given } });
		expect(good.json.meta.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
		expect(good.headers.get("traceparent")).toBe(good.json.meta.traceparent);
		expect(good.json.meta.traceparent).not.toBe(given);
		for (const bad of ["garbage", given.toUpperCase(), `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, `${given}-x`]) {
			const { json } = await ask("GET", "/api/me", { headers: { traceparent: bad } });
			expect(json.meta.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
			expect(json.meta.traceparent).not.toContain("4bf92f3577b34da6a3ce929d0e0e4736");
		}
	});
});

describe("routes", () => {
	test("the library publishes its own actions and the broker's", async () => {
		for (const path of [
			"/api/gateway/list-aliases",
			"/api/api/list-aliases",
			"/api/list-aliases",
			"/api/~node/list",
			"/~node/options",
			"/api/$node/list",
			"/api/things/internal",
			"/api/things.internal",
			"/things/create",
			"/apithings/t1",
			"/api",
			"/",
		])
			expect([path, (await ask("GET", path)).status]).toEqual([path, 404]);
		const { actions } = gateway.broker.getLocalService("gateway") as Service;
		expect(Object.keys(actions).filter((name) => LIBRARY.test(name))).toEqual([]);
	});

	test("any node can add or remove a route", async () => {
		for (const name of ["gateway.addRoute", "gateway.removeRoute", "gateway.listAliases", "gateway.rest"])
			await expect(gateway.broker.call(name, {})).rejects.toMatchObject({ type: "SERVICE_NOT_FOUND" });
	});

	test("HEAD on a GET is 404", async () => {
		const head = await ask("HEAD", "/api/things/t1");
		const get = await ask("GET", "/api/things/t1");
		expect([head.status, head.text]).toEqual([200, ""]);
		for (const name of ["etag", "content-type", "content-length"])
			expect(head.headers.get(name)).toBe(get.headers.get(name));
	});

	test("a wrong method is 404 without Allow", async () => {
		const { status, headers, json } = await ask("PUT", "/api/things", { body: {} });
		expect([status, headers.get("allow"), json.code]).toEqual([405, "GET, HEAD, POST, OPTIONS", "method_not_allowed"]);
		expect((await ask("OPTIONS", "/api/things")).headers.get("allow")).toBe("GET, HEAD, POST, OPTIONS");
	});

	test("a malformed percent-encoding is an error of its own kind", async () => {
		for (const path of ["/api/things/%E0%A4%A", "/api/things/%", "/api/%zz"])
			expect((await ask("GET", path)).json.code).toBe("invalid_request");
		expect((await ask("GET", "/api/things?status=%E0%A4%A")).json.code).toBe("invalid_request");
	});

	test("the routes of a service that is away are 404", async () => {
		const { status, headers, json } = await ask("GET", "/api/ghosts/g1");
		expect([status, json.code, headers.get("retry-after")]).toEqual([503, "unavailable", "2"]);
		expect((await ask("GET", "/api/things/t1")).status).toBe(200);
	});

	test("the server listens before its routes and services are there", async () => {
		const { json } = await ask("GET", "/health/ready");
		expect(json).toEqual({ status: "ready", checks: { events: "ok", gateway: "ok" } });
	});
});

describe("what an action answers", () => {
	test("its error text, stack and data go to the client", async () => {
		for (const how of ["database", "type", "coded", "thrown"]) {
			const { status, text, json } = await ask("POST", `/api/things/misbehave?how=${how}`);
			expect([how, status, json.code]).toEqual([how, 500, "internal"]);
			expect(text).not.toMatch(/secret|E11000|mongodb|at |plain string|nodeID|stack/);
			expect(json.traceId).toMatch(/^[0-9a-f]{32}$/);
		}
	});

	test("the validator's own errors show node and values", async () => {
		const { status, text, json } = await ask("POST", "/api/things", { body: { name: 7, emails: [{ value: "x" }] } });
		expect([status, json.code]).toEqual([422, "validation_failed"]);
		expect(json.errors.map((error: { pointer: string }) => error.pointer)).toEqual(["/name", "/emails/0/value"]);
		expect(text).not.toMatch(/nodeID|actual/);
	});

	test("a result {type:'Buffer'} is sent as bytes, or makes gigabytes of them", async () => {
		const small = await ask("GET", "/api/things/misbehave?how=buffer");
		expect([small.status, small.json]).toEqual([200, { type: "Buffer", data: [1, 2, 3] }]);
		const before = process.memoryUsage().rss;
		const huge = await ask("GET", "/api/things/misbehave?how=hugeBuffer");
		expect(huge.json).toEqual({ type: "Buffer", length: 200_000_000 });
		expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
	});

	test("null is an empty 200", async () => {
		const { status, text } = await ask("GET", "/api/things/misbehave?how=null");
		expect([status, text]).toEqual([204, ""]);
		for (const [how, value] of [
			["string", "text"],
			["number", 7],
			["array", [1, 2]],
		] as const)
			expect((await ask("GET", `/api/things/misbehave?how=${how}`)).json).toEqual(value);
	});

	test("an action called inside decides status and headers of the answer", async () => {
		const { status, headers, json } = await ask("GET", "/api/things/nested");
		expect([status, json]).toEqual([200, { ok: true }]);
		expect([headers.get("x-evil"), headers.get("location")]).toEqual([null, null]);
	});

	test("a service changes who the caller is, for this request or the next", async () => {
		const token = "viewer-token";
		expect((await ask("POST", "/api/things/misbehave?how=tamper", { token })).status).toBe(500);
		const { json } = await ask("GET", "/api/me", { token });
		expect([json.meta.caller.role, json.meta.commandId]).toEqual(["viewer", undefined]);
		expect((await ask("DELETE", "/api/things/t1", { token })).status).toBe(403);
	});

	test("the gateway's own action is retried with a rewritten URL, so that a failure becomes 404", async () => {
		const { schema } = gateway.broker.getLocalService("gateway") as Service;
		expect(Object.keys(schema.actions ?? {}).filter((name) => LIBRARY.test(name))).toEqual([]);
		expect(gateway.broker.options.retryPolicy?.enabled).toBe(false);
	});

	test("a call that takes too long hangs the request", async () => {
		const { status, json } = await ask("GET", "/api/things/misbehave?how=sleep&ms=900");
		expect([status, json.code]).toEqual([504, "timeout"]);
	});

	test("a 201 without Location, a Location without a resource", async () => {
		const { status, headers, json } = await ask("POST", "/api/things", { body: { name: "x" } });
		expect([status, headers.get("location")]).toEqual([201, `/api/things/${json.id}`]);
	});
});

describe("caching and conditions", () => {
	test("POST with If-None-Match runs the action and answers 304", async () => {
		const { status, json } = await ask("POST", "/api/things", {
			body: { name: "x" },
			headers: { "if-none-match": "*" },
		});
		expect([status, json.name]).toEqual([201, "x"]);
	});

	test("a tag of the body's bytes instead of the version", async () => {
		const { headers } = await ask("GET", "/api/things/t1");
		expect(headers.get("etag")).toBe(entityTag(3));
		const fresh = await ask("GET", "/api/things/t1", { headers: { "if-none-match": 'W/"v2", W/"v3"' } });
		expect([fresh.status, fresh.text, fresh.headers.get("etag")]).toEqual([304, "", '"v3"']);
		const included = { headers: { "if-none-match": '"v3"' } };
		expect((await ask("GET", "/api/things/t1?include=maker", included)).status).toBe(200);
		expect((await ask("GET", "/api/things", included)).status).toBe(200);
	});

	test("an answer from the cacher is given without asking who may have it", async () => {
		const allowed = await ask("GET", "/api/things/t1", { token: "viewer-token" });
		const denied = await ask("DELETE", "/api/things/t1", { token: "viewer-token" });
		const nobody = await ask("GET", "/api/things/t1", { token: null });
		expect([allowed.status, denied.status, nobody.status]).toEqual([200, 403, 401]);
		expect(allowed.headers.get("cache-control")).toBe("no-store");
	});
});

describe("CORS", () => {
	const from = (origin: string, method = "GET", path = "/api/me") =>
		ask(method, path, {
			headers: { origin, ...(method === "OPTIONS" ? { "access-control-request-method": "POST" } : {}) },
		});

	test("a part of an allowed origin is allowed too", async () => {
		for (const origin of [
			"https://app.example.co",
			"https://a",
			"https://evil.com",
			"null",
			`${APP}.evil.com`,
			`${APP}:8443`,
		]) {
			const { headers } = await from(origin);
			expect([origin, headers.get("access-control-allow-origin")]).toEqual([origin, null]);
			expect(headers.get("access-control-allow-credentials")).toBeNull();
		}
		const { headers } = await from(APP);
		expect(headers.get("access-control-allow-origin")).toBe(APP);
		expect(headers.get("vary")).toContain("Origin");
	});

	test("errors have no CORS headers, not even those of the body parser", async () => {
		const answers = [
			await ask("POST", "/api/things", { raw: "{", headers: { origin: APP } }),
			await ask("POST", "/api/things", { raw: `"${"x".repeat(1_100_000)}"`, headers: { origin: APP } }),
			await from(APP, "GET", "/api/nothing"),
			await from(APP, "DELETE", "/api/me"),
			await ask("GET", "/api/me", { token: null, headers: { origin: APP } }),
			await from(APP, "GET", "/api/things/misbehave"),
		];
		expect(answers.map(({ status }) => status)).toEqual([400, 413, 404, 405, 401, 500]);
		for (const { headers } of answers) expect(headers.get("access-control-allow-origin")).toBe(APP);
	});

	test("a preflight needs a credential, or reaches the action", async () => {
		const { status, headers } = await ask("OPTIONS", "/api/things", {
			token: null,
			headers: { origin: APP, "access-control-request-method": "POST" },
		});
		expect([status, headers.get("access-control-allow-methods")]).toEqual([204, "GET, HEAD, POST, OPTIONS"]);
		expect(headers.get("access-control-allow-headers")).toMatch(/Idempotency-Key/);
	});
});

describe("limits of what is read", () => {
	test("a large body is read before anybody asks who sent it", async () => {
		const raw = `{"name":"${"x".repeat(1_100_000)}"}`;
		expect((await ask("POST", "/api/things", { raw })).json.code).toBe("payload_too_large");
		const chunked = await sendRaw(
			gateway.port,
			`POST /api/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"nam`,
		);
		expect(chunked).toMatch(/^HTTP\/1\.1 401 /);
		expect(chunked).toMatch(/\r\nConnection: close\r\n/i);
	});

	test("broken JSON and broken UTF-8 are answered in the parser's words", async () => {
		for (const raw of ["{", '{"name":}', "nonsense", new Uint8Array([0x22, 0xff, 0x22])]) {
			const { status, json } = await ask("POST", "/api/things", { raw });
			expect([status, json.code]).toEqual([400, "invalid_request"]);
			expect(json.detail).not.toMatch(/position|token/i);
		}
	});

	test("headers without an end and of any size are waited for", async () => {
		const huge = await sendRaw(gateway.port, `GET /api/me HTTP/1.1\r\nHost: x\r\nX-A: ${"x".repeat(20_000)}\r\n\r\n`);
		expect(huge).toMatch(/^HTTP\/1\.1 431 /);
		const { server } = gateway.broker.getLocalService("gateway") as unknown as { server: Record<string, number> };
		expect(server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 });
	});

	test("a request that never ends keeps its connection", async () => {
		const hasty = await startGateway({
			server: { headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 },
		});
		const headers = await sendRaw(hasty.port, "GET /api/me HTTP/1.1\r\nHost: x\r\n");
		expect(headers).toMatch(/^HTTP\/1\.1 408 .*"code":"request_timeout"/s);
		const start = "POST /api/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer owner-token\r\n";
		const body = await sendRaw(hasty.port, `${start}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{`);
		expect(body).toMatch(/^HTTP\/1\.1 4(08|00) /);
		await hasty.stop();
	});

	test("what is no HTTP at all breaks the connection without a word", async () => {
		const answer = await sendRaw(gateway.port, "NONSENSE\r\n\r\n");
		expect(answer).toMatch(/^HTTP\/1\.1 400 /);
		expect(answer).toMatch(/application\/problem\+json/);
	});
});
