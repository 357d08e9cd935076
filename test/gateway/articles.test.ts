import { manualClock } from "../support/manual-clock.ts";
import { CALLERS } from "./fixture-service.ts";
import { articlesFixture, type HelpState, helpContracts, helpState, slugAction, viewsFixture } from "./help-fixture.ts";
import { type Asked, type AskOptions, startGateway, type TestGateway } from "./start.ts";

/* Articles as readers get them: which answers count as views, and what tells one language from another. */

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const clock = manualClock();
let gateway: TestGateway;
let state: HelpState;

beforeEach(async () => {
	state = helpState();
	gateway = await startGateway({
		clock,
		contracts: helpContracts,
		services: [articlesFixture(state), viewsFixture(state)],
		identity: { tenantBySlug: slugAction(state) },
	});
});
afterEach(() => gateway?.stop());

const visit = (method: string, path: string, options: AskOptions = {}): Promise<Asked> =>
	gateway.ask(method, `/api/help/open${path}`, { token: null, ...options });
const read = (path: string, headers: Record<string, string> = {}) => visit("GET", path, { headers });

describe("views", () => {
	/** Everything that was told so far, once a last one has arrived. */
	async function told(): Promise<Record<string, unknown>[]> {
		const before = state.views.length;
		await read("/articles/a1?locale=de", { "user-agent": `${BROWSER} last` });
		while (state.views.length === before || state.views.at(-1)?.locale !== "de")
			await new Promise((resolve) => setTimeout(resolve, 2));
		return state.views.splice(0).slice(0, -1);
	}

	test("are told for visitors and customers who were sent the article", async () => {
		await read("/articles/a1", { "user-agent": BROWSER });
		await gateway.ask("GET", "/api/articles/a1", { token: "customer-token" });
		const [visitor, customer, ...more] = await told();
		expect(visitor).toEqual({
			articleId: "a1",
			locale: "en",
			viewerKey: expect.stringMatching(/^v:[\w-]{43}$/),
			caller: "anonymous",
		});
		expect(customer).toEqual({
			articleId: "a1",
			locale: "en",
			viewerKey: `c:${CALLERS["customer-token"]?.id}`,
			caller: "customer",
		});
		expect(more).toEqual([]);
	});

	test("are none for staff, HEAD, 304, previews, errors, lists and crawlers", async () => {
		const tag = (await visit("HEAD", "/articles/a1")).headers.get("etag") ?? "";
		await gateway.ask("GET", "/api/articles/a1");
		await read("/articles/a1", { "if-none-match": tag });
		await read("/articles/a1?preview=true");
		await gateway.ask("GET", "/api/articles/a1?preview=true", { token: "customer-token" });
		await gateway.ask("GET", "/api/articles/a1", { token: "customer-token", headers: { "if-none-match": '"v3"' } });
		await read("/articles/a2");
		await read("/articles");
		for (const agent of [
			"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
			"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
			"Googlebot/2.1",
			"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
			"facebookexternalhit/1.1",
			"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0.0.0 Safari/537.36",
			"Screaming Frog SEO Spider/20.1",
		])
			await read("/articles/a1", { "user-agent": agent });
		expect(await told()).toEqual([]);
	});

	test("tell the same visitor by the same key for a day, and programs of readers are readers", async () => {
		for (const agent of [BROWSER, BROWSER, "curl/8.5.0", "node"]) await read("/articles/a1", { "user-agent": agent });
		clock.advance(24 * 3600_000);
		await read("/articles/a1", { "user-agent": BROWSER });
		const keys = (await told()).map(({ viewerKey }) => viewerKey);
		expect(keys.length).toBe(5);
		expect(keys[0]).toBe(keys[1]);
		expect(new Set(keys).size).toBe(4);
	});

	test("that cannot be counted hurt nobody", async () => {
		state.viewsFail = true;
		expect((await read("/articles/a1", { "user-agent": BROWSER })).status).toBe(200);
		expect((await told()).length).toBe(1);
		expect((await read("/articles/a1")).status).toBe(200);
	});
});

describe("a localised answer for those who signed in", () => {
	const get = (headers: Record<string, string>) => gateway.ask("GET", "/api/articles/a1", { headers });

	test("has a tag of its own in each language", async () => {
		const en = await get({ "accept-language": "en" });
		expect(en.headers.get("etag")).toBe('"v3-en"');
		expect(en.headers.get("content-language")).toBe("en");
		expect(en.headers.get("vary")).toBe("Origin, Accept, Accept-Language, Cookie-Free");
		expect((await get({ "accept-language": "en", "if-none-match": '"v3-en"' })).status).toBe(304);
		const de = await get({ "accept-language": "de", "if-none-match": '"v3-en"' });
		expect([de.status, de.headers.get("etag")]).toEqual([200, '"v3-de"']);
		const it = await get({ "accept-language": "it", "if-none-match": '"v3-en"' });
		expect([it.status, it.headers.get("etag")]).toEqual([200, '"v3-en-fallback"']);
	});

	test.each<Record<string, string>>([{}, { "accept-language": "*" }, { "accept-language": "" }])(
		"has its version for a tag where nobody says which language they would rather have: %p",
		async (headers) => {
			expect((await get(headers)).headers.get("etag")).toBe('"v3"');
			expect((await get({ ...headers, "if-none-match": '"v3"' })).status).toBe(304);
			expect((await get({ "accept-language": "en", "if-none-match": '"v3"' })).status).toBe(200);
			expect((await get({ ...headers, "if-none-match": '"v3-de"' })).status).toBe(200);
		},
	);

	test("is changed by its version, whichever language the tag is of", async () => {
		const put = (tag: string) =>
			gateway.ask("PUT", "/api/articles/a1", { body: { title: "New" }, headers: { "if-match": tag } });
		const stale = await put('"v2-de"');
		expect([stale.status, stale.headers.get("etag")]).toEqual([412, '"v3"']);
		expect((await put('"v3-de"')).headers.get("etag")).toBe('"v4"');
		expect((await put('"v1-de", "v4"')).status).toBe(200);
		expect((await put('"v5-en-fallback"')).status).toBe(200);
		expect((await put('"v6_de"')).status).toBe(412);
	});
});
