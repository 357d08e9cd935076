import { Browser } from "./support/browser.ts";
import { type Entrance, openEntrance } from "./support/entrance.ts";
import { CLIENT_ID, startProvider, type TestIssuer } from "./support/issuers.ts";

let issuer: TestIssuer;
let entrance: Entrance;
let count = 0;

/** Somebody new, with an address that nobody else has. */
const somebody = () => {
	const sub = `person-${++count}`;
	return { sub, email: `${sub}@people.example`, email_verified: true, first_name: "Pat", last_name: "Person" };
};

const SESSION = "conductor_session";
const secretOf = (browser: Browser) => browser.cookiesNamed(entrance.origin, SESSION)[0]?.value ?? "";
const codeOf = (text: string) => (JSON.parse(text) as { code?: string }).code;

beforeAll(async () => {
	issuer = await startProvider(somebody());
	entrance = await openEntrance({ OIDC_ISSUER: issuer.issuer, REPL_ID: CLIENT_ID });
});

afterAll(async () => {
	await entrance?.stop();
	await issuer?.stop();
});

/** A tenant with one person, who is signed in. */
async function signedIn() {
	issuer.person = somebody();
	const { email } = issuer.person as { email: string };
	const tenant = await entrance.tenant(email);
	const browser = new Browser();
	const page = await entrance.signIn(browser);
	return { email, tenant, browser, page };
}

describe("signing in", () => {
	test("leads through the issuer to where one wanted to go, signed in", async () => {
		const { email, tenant, browser, page } = await signedIn();
		expect(page.status).toBe(200);
		expect(page.url).toBe(`${entrance.origin}/api/auth/user`);
		expect(JSON.parse(page.text)).toMatchObject({ kind: "user", email, role: "owner", tenant: { slug: tenant.slug } });
		const [cookie] = browser.cookiesNamed(entrance.origin, SESSION);
		expect(cookie?.value).toMatch(/^[A-Za-z0-9_-]{43}$/);
		expect(cookie?.line).toMatch(/; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/);
		expect(browser.cookiesNamed(entrance.origin, "conductor_signin_")).toEqual([]);
	});

	test("asks the issuer with a code, PKCE, a state and a nonce", async () => {
		const { status, headers } = await new Browser().visit(`${entrance.origin}/api/login`);
		expect(status).toBe(302);
		const url = new URL(headers.get("location") as string);
		expect(url.origin).toBe(issuer.issuer);
		expect(Object.fromEntries(url.searchParams)).toMatchObject({
			response_type: "code",
			client_id: CLIENT_ID,
			redirect_uri: `${entrance.origin}/api/callback`,
			code_challenge_method: "S256",
			code_challenge: expect.stringMatching(/^.{43}$/),
			state: expect.stringMatching(/^.{43}$/),
			nonce: expect.stringMatching(/^.{43}$/),
		});
	});

	test("works in several tabs at once, each ending where it began", async () => {
		issuer.person = somebody();
		await entrance.tenant(issuer.person.email as string);
		const browser = new Browser();
		const first = await entrance.signInUpToCallback(browser, "/first");
		const second = await entrance.signInUpToCallback(browser, "/second");
		expect((await browser.visit(first)).headers.get("location")).toBe("/first");
		expect((await browser.visit(second)).headers.get("location")).toBe("/second");
		expect((await entrance.whoAmI(browser)).status).toBe(200);
	});

	test.each(["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""])(
		"leads nowhere else: returnTo=%s is refused",
		async (returnTo) => {
			const url = `${entrance.origin}/api/login?returnTo=${encodeURIComponent(returnTo)}`;
			const { status, headers } = await new Browser().visit(url, { headers: { accept: "application/json" } });
			expect(status).toBe(400);
			expect(headers.get("location")).toBeNull();
		},
	);

	test("refuses parameters that it does not know", async () => {
		const url = `${entrance.origin}/api/login?return_to=/inbox`;
		const { status, text } = await new Browser().visit(url, { headers: { accept: "application/json" } });
		expect([status, codeOf(text)]).toEqual([400, "unknown_parameter"]);
	});
});

describe("who is let in", () => {
	async function outcome() {
		const browser = new Browser();
		const callback = await entrance.signInUpToCallback(browser);
		const { status, text } = await browser.visit(callback, { headers: { accept: "application/json" } });
		return { status, code: text === "" ? null : codeOf(text), cookies: browser.cookiesNamed(entrance.origin, SESSION) };
	}
	const refused = { status: 403, code: "not_invited", cookies: [] };

	test("nobody whom no tenant knows", async () => {
		issuer.person = somebody();
		expect(await outcome()).toEqual(refused);
	});

	test("nobody whose address the issuer does not vouch for", async () => {
		issuer.person = { ...somebody(), email_verified: false };
		await entrance.tenant(issuer.person.email as string);
		expect(await outcome()).toEqual(refused);
		const { email_verified: _, ...unmarked } = somebody();
		issuer.person = unmarked;
		await entrance.tenant(unmarked.email);
		expect(await outcome()).toEqual(refused);
	});

	test("nobody who was deactivated", async () => {
		const owner = somebody();
		issuer.person = somebody();
		const tenant = await entrance.tenant(owner.email, issuer.person.email as string);
		const users = await entrance.api<{ data: { id: string; email: string }[] }>(tenant.ownerToken, "GET", "/users");
		const { id } = users.body.data.find(({ email }) => email === issuer.person.email) ?? { id: "" };
		await entrance.api(tenant.ownerToken, "PATCH", `/users/${id}`, { status: "deactivated" });
		expect(await outcome()).toEqual(refused);
	});

	test("nobody of a suspended tenant", async () => {
		issuer.person = somebody();
		const tenant = await entrance.tenant(issuer.person.email as string);
		await entrance.platform("PATCH", `/tenants/${tenant.id}`, { status: "suspended" });
		expect(await outcome()).toEqual(refused);
	});

	test("a browser is told so on a page, without the address in it being markup", async () => {
		issuer.person = somebody();
		const browser = new Browser();
		const page = await browser.visit(await entrance.signInUpToCallback(browser));
		expect(page.status).toBe(403);
		expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
		expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
		expect(page.text).toContain("Ask an owner of your desk to invite you.");
		expect(page.text).not.toMatch(/<script|src=/);
	});
});

describe("what the issuer sends back", () => {
	const callback = async (browser: Browser, url: string) => {
		const { status, text } = await browser.visit(url, { headers: { accept: "application/json" } });
		return [status, text === "" ? null : codeOf(text)];
	};

	beforeEach(async () => {
		issuer.person = somebody();
		await entrance.tenant(issuer.person.email as string);
	});

	test("is taken once: a code does not work a second time", async () => {
		const browser = new Browser();
		const url = await entrance.signInUpToCallback(browser);
		const [flow] = browser.cookiesNamed(entrance.origin, "conductor_signin_");
		expect((await callback(browser, url))[0]).toBe(302);
		expect(await callback(browser, url)).toEqual([400, "sign_in_expired"]);
		browser.plant(entrance.origin, flow?.name as string, flow?.value as string);
		expect(await callback(browser, url)).toEqual([401, "sign_in_failed"]);
	});

	test("counts only in the browser that began", async () => {
		const url = await entrance.signInUpToCallback(new Browser());
		const victim = new Browser();
		expect(await callback(victim, url)).toEqual([400, "sign_in_expired"]);
		expect(victim.cookiesNamed(entrance.origin, SESSION)).toEqual([]);
	});

	test("must carry the state that was sent, to its last character", async () => {
		const browser = new Browser();
		const url = new URL(await entrance.signInUpToCallback(browser));
		const state = url.searchParams.get("state") as string;
		url.searchParams.set("state", state.slice(0, 20) + "x".repeat(23));
		expect(await callback(browser, url.href)).toEqual([401, "sign_in_failed"]);
		url.searchParams.delete("state");
		expect(await callback(browser, url.href)).toEqual([400, "sign_in_expired"]);
	});

	test("must fit the PKCE verifier: a code of another sign-in is refused", async () => {
		const browser = new Browser();
		const first = new URL(await entrance.signInUpToCallback(browser));
		const second = new URL(await entrance.signInUpToCallback(browser));
		first.searchParams.set("code", second.searchParams.get("code") as string);
		expect(await callback(browser, first.href)).toEqual([401, "sign_in_failed"]);
	});

	test("must come soon", async () => {
		const browser = new Browser();
		const url = await entrance.signInUpToCallback(browser);
		entrance.clock.advance(601_000);
		expect(await callback(browser, url)).toEqual([400, "sign_in_expired"]);
	});

	test("may be a refusal, which is told without the issuer's own words", async () => {
		const browser = new Browser();
		const url = new URL(await entrance.signInUpToCallback(browser));
		url.searchParams.delete("code");
		url.searchParams.set("error", "access_denied");
		url.searchParams.set("error_description", "<b>No way</b>");
		const { status, text } = await browser.visit(url.href, { headers: { accept: "application/json" } });
		expect([status, codeOf(text)]).toEqual([401, "sign_in_failed"]);
		expect(text).toContain("(access_denied)");
		expect(text).not.toContain("No way");
	});
});

describe("a session", () => {
	test("is never the one that the browser came with", async () => {
		const attacker = await signedIn();
		const planted = secretOf(attacker.browser);
		issuer.person = somebody();
		const { email } = issuer.person;
		await entrance.tenant(email as string);
		const victim = new Browser();
		victim.plant(entrance.origin, SESSION, planted);
		await entrance.signIn(victim);
		expect(secretOf(victim)).not.toBe(planted);
		expect((await entrance.whoAmI(victim)).body).toMatchObject({ email });
		expect((await entrance.whoAmI(attacker.browser)).status).toBe(401);
		const made = new Browser();
		made.plant(entrance.origin, SESSION, "A".repeat(43));
		expect((await entrance.whoAmI(made)).status).toBe(401);
		await entrance.signIn(made);
		expect(secretOf(made)).not.toBe("A".repeat(43));
	});

	test("ends with the sign-out, at once", async () => {
		const { browser } = await signedIn();
		const stolen = new Browser();
		stolen.plant(entrance.origin, SESSION, secretOf(browser));
		expect((await entrance.whoAmI(stolen)).status).toBe(200);
		const { status, text } = await browser.write(`${entrance.origin}/api/logout`, {});
		expect(status).toBe(200);
		const { endSessionUrl } = JSON.parse(text) as { endSessionUrl: string };
		expect(new URL(endSessionUrl).origin).toBe(issuer.issuer);
		expect(new URL(endSessionUrl).searchParams.get("post_logout_redirect_uri")).toBe(`${entrance.origin}/`);
		expect(browser.cookiesNamed(entrance.origin, SESSION)).toEqual([]);
		expect((await entrance.whoAmI(stolen)).status).toBe(401);
	});

	test("that is none can be signed out of too", async () => {
		const { status, text } = await new Browser().write(`${entrance.origin}/api/logout`, {});
		expect([status, JSON.parse(text)]).toEqual([200, { endSessionUrl: null }]);
	});

	test("ends when it was not used for eight hours, and after seven days of use", async () => {
		const { browser } = await signedIn();
		const HOUR = 3_600_000;
		entrance.clock.advance(8 * HOUR - 1000);
		expect((await entrance.whoAmI(browser)).status).toBe(200);
		entrance.clock.advance(8 * HOUR - 1000);
		expect((await entrance.whoAmI(browser)).status).toBe(200);
		entrance.clock.advance(8 * HOUR);
		expect((await entrance.whoAmI(browser)).status).toBe(401);
		const other = await signedIn();
		for (let hours = 0; hours < 7 * 24 - 4; hours += 4) {
			entrance.clock.advance(4 * HOUR);
			expect((await entrance.whoAmI(other.browser)).status).toBe(200);
		}
		entrance.clock.advance(4 * HOUR);
		expect((await entrance.whoAmI(other.browser)).status).toBe(401);
	});

	test("ends when its person is deactivated, gets another address, or the tenant is suspended", async () => {
		const owner = somebody();
		const people = [somebody(), somebody(), somebody()];
		const tenant = await entrance.tenant(owner.email, ...people.map(({ email }) => email));
		const browsers: Browser[] = [];
		for (const person of people) {
			issuer.person = person;
			const browser = new Browser();
			await entrance.signIn(browser);
			browsers.push(browser);
		}
		const [first, second, third] = browsers as [Browser, Browser, Browser];
		const idOf = async (browser: Browser) => (await entrance.whoAmI(browser)).body.id;
		const patch = async (id: unknown, body: object) => {
			const { status } = await entrance.api(tenant.ownerToken, "PATCH", `/users/${id}`, body);
			expect(status).toBe(200);
		};
		await patch(await idOf(first), { status: "deactivated" });
		expect((await entrance.whoAmI(first)).status).toBe(401);
		await patch(await idOf(second), { email: somebody().email });
		entrance.clock.advance(1000);
		expect((await entrance.whoAmI(second)).status).toBe(401);
		expect((await entrance.whoAmI(third)).status).toBe(200);
		await entrance.platform("PATCH", `/tenants/${tenant.id}`, { status: "suspended" });
		expect((await entrance.whoAmI(third)).status).toBe(403);
		await entrance.platform("PATCH", `/tenants/${tenant.id}`, { status: "active" });
		expect((await entrance.whoAmI(third)).status).toBe(200);
		expect((await entrance.whoAmI(first)).status).toBe(401);
	});
});

describe("a person of several tenants", () => {
	test("starts in the oldest, moves to another with a new session, and to none that is not theirs", async () => {
		issuer.person = somebody();
		const email = issuer.person.email as string;
		const first = await entrance.tenant(email);
		const second = await entrance.tenant(somebody().email, email);
		const foreign = await entrance.tenant(somebody().email);
		const browser = new Browser();
		await entrance.signIn(browser);
		expect((await entrance.whoAmI(browser)).body).toMatchObject({ tenant: { slug: first.slug } });
		const listed = await browser.visit(`${entrance.origin}/api/session`);
		expect(JSON.parse(listed.text)).toMatchObject({
			tenants: [
				{ slug: first.slug, current: true },
				{ slug: second.slug, current: false },
			],
		});

		const before = secretOf(browser);
		const move = (slug: unknown) => browser.write(`${entrance.origin}/api/session/tenant`, { slug });
		const moved = await move(second.slug);
		expect([moved.status, JSON.parse(moved.text).tenant.slug]).toEqual([200, second.slug]);
		expect(moved.text).not.toContain(secretOf(browser));
		expect((await entrance.whoAmI(browser)).body).toMatchObject({ role: "agent", tenant: { slug: second.slug } });
		const old = new Browser();
		old.plant(entrance.origin, SESSION, before);
		expect((await entrance.whoAmI(old)).status).toBe(401);

		const answers = [await move(foreign.slug), await move("no-such-tenant")];
		const [one, other] = answers.map(({ status, text }) => {
			const { instance: _instance, traceId: _trace, ...rest } = JSON.parse(text) as Record<string, unknown>;
			return { status, ...rest };
		});
		expect(one).toMatchObject({ status: 404, code: "not_found" });
		expect(one).toEqual(other);
		expect((await entrance.whoAmI(browser)).body).toMatchObject({ tenant: { slug: second.slug } });

		await entrance.signIn(browser);
		expect((await entrance.whoAmI(browser)).body).toMatchObject({ tenant: { slug: second.slug } });
	});

	test("cannot be made one by a tenant that gives its own person somebody else's address", async () => {
		const victim = somebody();
		const victims = await entrance.tenant(victim.email);
		issuer.person = somebody();
		const mine = await entrance.tenant(somebody().email, issuer.person.email as string);
		const browser = new Browser();
		await entrance.signIn(browser);
		const { id } = (await entrance.whoAmI(browser)).body;
		await entrance.api(mine.ownerToken, "PATCH", `/users/${id}`, { email: victim.email });
		entrance.clock.advance(1000);
		const { status } = await browser.write(`${entrance.origin}/api/session/tenant`, { slug: victims.slug });
		expect(status).toBe(401);
	});

	test("needs a session and a proper body to move", async () => {
		const { browser } = await signedIn();
		const url = `${entrance.origin}/api/session/tenant`;
		expect((await new Browser().write(url, { slug: "x" })).status).toBe(401);
		expect((await browser.write(url, {})).status).toBe(422);
		const unknown = await browser.write(url, { slug: "x", session: "y" });
		expect([unknown.status, codeOf(unknown.text)]).toEqual([422, "unknown_field"]);
	});
});

describe("a write with a session", () => {
	const name = { name: "Group of a browser" };

	test("passes from the site's own pages", async () => {
		const { browser } = await signedIn();
		expect((await browser.write(`${entrance.origin}/api/groups`, name)).status).toBe(201);
	});

	test.each([
		["another site", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
		[
			"another site, in a browser that says little",
			{ origin: "https://evil.example", "sec-fetch-site": "same-origin" },
		],
		["a neighbour", { "sec-fetch-site": "same-site" }],
		["nowhere known", { origin: "null", "sec-fetch-site": "none" }],
		["an address typed in", { "sec-fetch-site": "none" }],
	])("is refused from %s, on every route", async (_name, headers) => {
		const { browser } = await signedIn();
		for (const route of ["/api/groups", "/api/logout", "/api/session/tenant"]) {
			const { status, text } = await browser.visit(entrance.origin + route, { method: "POST", json: name, headers });
			expect([route, status, codeOf(text)]).toEqual([route, 403, "cross_site"]);
		}
		expect((await entrance.whoAmI(browser)).status).toBe(200);
	});

	test("is refused as a form sends it", async () => {
		const { browser } = await signedIn();
		const own = { origin: entrance.origin, "sec-fetch-site": "same-origin" };
		for (const route of ["/api/groups", "/api/logout"]) {
			const { status } = await browser.visit(entrance.origin + route, { form: name, headers: own });
			expect([route, status]).toEqual([route, 415]);
		}
	});
});
