import { TENANT_CHANGED } from "../../contracts/gateway.ts";
import { openApiDocument } from "../../services/gateway/openapi.ts";
import { manualClock } from "../support/manual-clock.ts";
import { fixtureContracts } from "./fixture-service.ts";
import {
	articlesFixture,
	type HelpState,
	helpContracts,
	helpState,
	open,
	other,
	slugAction,
	viewsFixture,
} from "./help-fixture.ts";
import { type Asked, type AskOptions, startGateway, type TestGateway } from "./start.ts";

const clock = manualClock();
let gateway: TestGateway;
let state: HelpState;

beforeEach(async () => {
	state = helpState();
	gateway = await startGateway({
		clock,
		contracts: [...fixtureContracts, ...helpContracts],
		services: [articlesFixture(state), viewsFixture(state)],
		identity: { tenantBySlug: slugAction(state) },
		env: { CORS_ORIGINS: "https://shop.example" },
	});
});
afterEach(() => gateway?.stop());

const visit = (method: string, path: string, options: AskOptions = {}): Promise<Asked> =>
	gateway.ask(method, `/api/help/open${path}`, { token: null, ...options });
const read = (path: string, headers: Record<string, string> = {}) => visit("GET", path, { headers });
const rate = (headers: Record<string, string> = {}, path = "/articles/a1/rate") =>
	visit("POST", path, { body: { value: "helpful" }, headers });
const cookieOf = ({ headers }: Asked) => (headers.get("set-cookie") ?? "").split(";")[0] as string;

describe("who is there", () => {
	test("is anonymous of the tenant in the path, whatever is sent", async () => {
		const expected = { kind: "anonymous", visitorKey: null, tenant: open.id };
		for (const headers of [
			{},
			{ authorization: "Bearer owner-token" },
			{ authorization: "Bearer nobody" },
			{ authorization: "Basic x" },
			{ cookie: "conductor_session=owner-token; conductor_visitor=forged" },
			{ "x-tenant-id": "t", "x-conductor-caller": "owner" },
		] as Record<string, string>[]) {
			const { status, json, headers: answered } = await read("/articles/a1", headers);
			expect([status, json.asked]).toEqual([200, expected]);
			expect(answered.get("set-cookie")).toBeNull();
		}
		expect(gateway.state.authentications).toBe(0);
		const { json } = await gateway.ask("GET", "/api/help/other/articles/a1", { token: null });
		expect(json.asked.tenant).toBe(other.id);
	});

	test("may do no more than visitors may, and finds nothing that is not at the help centre", async () => {
		const put = await visit("PUT", "/articles/a1", {
			body: { title: "x" },
			headers: { authorization: "Bearer owner-token" },
		});
		expect([put.status, put.json.code, state.titles.en]).toEqual([403, "forbidden", "Reset"]);
		for (const path of ["/things", "/me", "/suggest/x", ""]) expect((await read(path)).status).toBe(404);
		expect((await visit("DELETE", "/articles")).status).toBe(405);
	});

	test("finds the same 404 at every help centre that is not served", async () => {
		const bodies: unknown[] = [];
		for (const slug of [
			"nobody",
			"suspended",
			"provisioning",
			"offboarding",
			"offboarded",
			"OPEN",
			"a_b",
			"x".repeat(90),
		]) {
			const { status, json, headers } = await gateway.ask("GET", `/api/help/${slug}/articles/a1?x=1`, { token: null });
			expect([status, headers.get("cache-control")]).toEqual([404, "no-store"]);
			expect(headers.get("ratelimit-policy")).toBe('"help-default";q=600;w=60');
			bodies.push({ ...json, instance: "", traceId: "" });
		}
		for (const body of bodies) expect(body).toEqual(bodies[0]);
	});

	test("tenants are looked up once a moment, and again at once when one changed", async () => {
		await Promise.all([read("/articles"), read("/articles"), read("/articles")]);
		expect(state.lookups).toEqual(["open"]);
		const [tenant] = state.tenants;
		if (tenant) tenant.status = "suspended";
		expect((await read("/articles")).status).toBe(200);
		await gateway.broker.broadcast(TENANT_CHANGED, { tenantId: open.id });
		expect((await read("/articles")).status).toBe(404);
		if (tenant) tenant.status = "active";
		clock.advance(901);
		expect((await read("/articles")).status).toBe(200);
	});
});

describe("answers for caches", () => {
	test("are public for a minute, with a strong tag of their content", async () => {
		for (const path of ["/articles/a1", "/articles", "/search?q=x"]) {
			const { status, headers } = await read(path);
			expect(status).toBe(200);
			expect(headers.get("cache-control")).toBe("public, max-age=60, stale-while-revalidate=600");
			expect(headers.get("vary")?.split(/, */)).toEqual(expect.arrayContaining(["Origin", "Accept-Language"]));
			const tag = headers.get("etag") ?? "";
			// Weak where the counter of views or the number of the search is left out of it.
			expect(tag).toMatch(path === "/articles" ? /^"[\w-]{27}"$/ : /^W\/"[\w-]{27}"$/);
			for (const value of [tag, `W/${tag.replace("W/", "")}`, `"other", ${tag}`, "*"]) {
				const again = await read(path, { "if-none-match": value });
				expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", tag]);
				expect(again.headers.get("cache-control")).toMatch(/^public/);
				expect(again.headers.get("content-type")).toBeNull();
			}
			for (const value of ['"v3"', '"v3-en"', '"x"'])
				expect((await read(path, { "if-none-match": value })).status).toBe(200);
			const head = await visit("HEAD", path);
			expect([head.status, head.text, head.headers.get("etag")]).toEqual([200, "", tag]);
		}
	});

	test("are others in another language, and when anything in them changed", async () => {
		const en = await read("/articles/a1", { "accept-language": "en" });
		const tag = en.headers.get("etag") ?? "";
		const de = await read("/articles/a1", { "accept-language": "de", "if-none-match": tag });
		expect([de.status, de.json.title, de.headers.get("content-language")]).toEqual([200, "Zurücksetzen", "de"]);
		state.titles.en = "Reset it";
		expect((await read("/articles/a1", { "accept-language": "en", "if-none-match": tag })).status).toBe(200);
		const list = (await read("/articles")).headers.get("etag") ?? "";
		state.titles.fr = "Réinitialiser";
		expect((await read("/articles", { "if-none-match": list })).status).toBe(200);
	});

	test("keep no error", async () => {
		const refused = [
			await read("/articles/a2"),
			await read("/articles?nobodyKnowsThis=1"),
			await read("/articles/a1", { accept: "image/png" }),
		];
		expect(refused.map(({ status }) => status)).toEqual([404, 400, 406]);
		for (const { headers } of refused) {
			expect(headers.get("cache-control")).toBe("no-store");
			expect(headers.get("etag")).toBeNull();
		}
	});

	test("lead on to where an article is now", async () => {
		const moved = await read("/articles/by-slug/old?locale=de");
		expect([moved.status, moved.headers.get("location")]).toEqual([
			301,
			"/api/help/open/articles/by-slug/gr%C3%B6%C3%9Fe?locale=de",
		]);
		expect([moved.json.code, moved.headers.get("cache-control")]).toEqual([
			"moved",
			"public, max-age=60, stale-while-revalidate=600",
		]);
		const signedIn = await gateway.ask("GET", "/api/articles/by-slug/old");
		expect([signedIn.status, signedIn.headers.get("cache-control")]).toEqual([301, "no-store"]);
	});
});

describe("limits of visitors", () => {
	test("are counted by address and by tenant, search for itself, and use up nothing of the staff's", async () => {
		const first = await read("/articles");
		expect(first.headers.get("ratelimit-policy")).toBe('"help-default";q=100;w=60, "help-default-tenant";q=100;w=60');
		expect(first.headers.get("x-ratelimit-remaining")).toBe("99");
		const search = await read("/search?q=x");
		expect(search.headers.get("ratelimit-policy")).toBe('"help-search";q=25;w=60, "help-search-tenant";q=25;w=60');
		for (let i = 0; i < 99; i++) expect((await read("/articles")).status).toBe(200);
		const refused = await read("/articles");
		expect([refused.status, refused.json.code, refused.headers.get("cache-control")]).toEqual([
			429,
			"rate_limited",
			"no-store",
		]);
		expect(refused.headers.get("retry-after")).toBe("1");
		expect((await read("/search?q=x")).status).toBe(200);
		expect((await gateway.ask("GET", "/api/help/other/articles", { token: null })).status).toBe(200);
		expect((await gateway.ask("GET", "/api/articles")).headers.get("x-ratelimit-remaining")).toBe("2999");
		expect((await gateway.ask("GET", "/api/openapi.json", { token: null })).headers.get("x-ratelimit-remaining")).toBe(
			"599",
		);
	});
});

describe("whoever rates", () => {
	test("gets a cookie with the first rating and is known by it, in each tenant as somebody else", async () => {
		const first = await rate();
		expect([first.status, first.headers.get("cache-control")]).toEqual([200, "no-store"]);
		const [pair, ...flags] = (first.headers.get("set-cookie") ?? "").split("; ");
		expect(pair).toMatch(/^conductor_visitor=[\w-]{43}$/);
		expect(flags.sort()).toEqual(["HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=Lax"]);
		const cookie = cookieOf(first);
		const second = await rate({ cookie });
		expect([second.json.voter, second.headers.get("set-cookie")]).toEqual([first.json.voter, null]);
		expect(first.json.voter).not.toContain(cookie.split("=")[1]);
		expect((await rate()).json.voter).not.toBe(first.json.voter);
		expect((await visit("DELETE", "/articles/a1/rate", { headers: { cookie } })).json.voter).toBe(first.json.voter);
		const elsewhere = await gateway.ask("POST", "/api/help/other/articles/a1/rate", {
			token: null,
			body: { value: "helpful" },
			headers: { cookie },
		});
		expect([elsewhere.status, elsewhere.json.voter === first.json.voter]).toEqual([200, false]);
	});

	test("gets none otherwise", async () => {
		const answers = [
			await rate({}, "/articles/a2/rate"),
			await visit("POST", "/articles/a1/rate", { body: { wrong: 1 } }),
			await visit("DELETE", "/articles/a1/rate"),
			await visit("POST", "/suggest", { body: { text: "x" } }),
		];
		expect(answers.map(({ status }) => status)).toEqual([404, 422, 200, 200]);
		for (const { headers } of answers) expect(headers.get("set-cookie")).toBeNull();
		for (const cookie of ["conductor_visitor=", "conductor_visitor=short", `conductor_visitor=${"é".repeat(43)}`])
			expect((await rate({ cookie: encodeURI(cookie) })).headers.get("set-cookie")).toMatch(/^conductor_visitor=/);
	});

	test("must be on our own page, as far as a browser says", async () => {
		const own = gateway.origin;
		for (const headers of [
			{ "sec-fetch-site": "same-origin", origin: own },
			{ origin: own },
			{ "sec-fetch-site": "same-origin" },
			{},
		] as Record<string, string>[])
			expect((await rate(headers)).status).toBe(200);
		for (const headers of [
			{ "sec-fetch-site": "cross-site" },
			{ "sec-fetch-site": "same-site", origin: own },
			{ origin: "https://shop.example" },
			{ origin: "null" },
		] as Record<string, string>[]) {
			const { status, json } = await rate(headers);
			expect([status, json.code]).toEqual([403, "cross_site"]);
		}
		const form = await visit("POST", "/articles/a1/rate", {
			raw: "value=helpful",
			headers: { "content-type": "text/plain" },
		});
		expect(form.status).toBe(415);
		const asked = await visit("POST", "/suggest", { body: { text: "x" }, headers: { origin: "https://shop.example" } });
		expect([asked.status, asked.headers.get("access-control-allow-origin")]).toEqual([200, "https://shop.example"]);
	});

	test("over https has a cookie that nobody else can set", async () => {
		const secure = await startGateway({
			contracts: helpContracts,
			services: [articlesFixture(state)],
			identity: { tenantBySlug: slugAction(state) },
			env: { NODE_ENV: "production", PLATFORM_TOKEN: "a-platform-token-of-the-tests" },
		});
		try {
			const ask = (headers: Record<string, string>) =>
				secure.ask("POST", "/api/help/open/articles/a1/rate", { token: null, body: { value: "x" }, headers });
			const first = await ask({});
			expect(first.headers.get("set-cookie")).toMatch(
				/^__Host-conductor_visitor=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; .*Secure$/,
			);
			expect((await ask({ cookie: cookieOf(first) })).json.voter).toBe(first.json.voter);
			expect((await ask({ cookie: cookieOf(first).replace("__Host-", "") })).json.voter).not.toBe(first.json.voter);
		} finally {
			await secure.stop();
		}
	});

	test("gets the first answer again with an Idempotency-Key, and nobody else does", async () => {
		const key = { "idempotency-key": "the same for all" };
		const [a, b] = [cookieOf(await rate()), cookieOf(await rate())];
		const first = await rate({ ...key, cookie: a });
		const again = await rate({ ...key, cookie: a });
		expect([again.json, again.headers.get("idempotency-replayed")]).toEqual([first.json, "true"]);
		const another = await rate({ ...key, cookie: b });
		expect([
			another.status,
			another.headers.get("idempotency-replayed"),
			another.json.voter === first.json.voter,
		]).toEqual([200, null, false]);
		const strangers = [await rate(key), await rate(key)];
		expect(new Set([first, another, ...strangers].map(({ json }) => json.voter)).size).toBe(4);
		const suggested = () => visit("POST", "/suggest", { body: { text: "x" }, headers: key });
		expect([(await suggested()).json.call, (await suggested()).json.call]).toEqual([1, 2]);
		expect((await rate({ "idempotency-key": "k".repeat(256) })).status).toBe(400);
	});
});

test("the description of the API has the help centre's routes, for anybody", () => {
	const { paths } = openApiDocument(helpContracts) as {
		paths: Record<string, Record<string, Record<string, unknown>>>;
	};
	const get = paths["/api/help/{tenantSlug}/articles/{id}"]?.get;
	expect(get).toMatchObject({
		operationId: "articles.get.help",
		tags: ["help-centre"],
		security: [],
		description: expect.stringMatching(/^In a language\.\n\nFor everybody/),
		parameters: expect.arrayContaining([expect.objectContaining({ name: "tenantSlug", in: "path" })]),
	});
	const statuses = Object.keys((get as { responses: object }).responses);
	expect(statuses).toEqual(expect.arrayContaining(["200", "304", "404", "429"]));
	expect(statuses).not.toContain("401");
	expect(Object.keys(paths)).toContain("/api/articles/{id}");
});
