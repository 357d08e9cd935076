import { SignJWT, UnsecuredJWT } from "jose";
import { Browser } from "./support/browser.ts";
import { type Entrance, openEntrance } from "./support/entrance.ts";
import { CLIENT_ID, type Forger, type Forgery, startForger } from "./support/issuers.ts";

const NOW = () => Math.floor(Date.now() / 1000);
const PERSON = { sub: "olga", email: "olga@people.example", email_verified: true };

let forger: Forger;
let entrance: Entrance;
let tenant: { id: string; slug: string; ownerToken: string };

beforeAll(async () => {
	forger = await startForger(PERSON);
	entrance = await openEntrance({ OIDC_ISSUER: forger.issuer, REPL_ID: CLIENT_ID });
	tenant = await entrance.tenant(PERSON.email);
});

afterAll(async () => {
	await entrance?.stop();
	await forger?.stop();
});

/** Signed by nobody, or with the issuer's public key as if it were a shared secret. */
const unsigned = (claims: Record<string, unknown>) =>
	new UnsecuredJWT({ iat: NOW(), exp: NOW() + 300, ...claims }).encode();
const sharedSecret = (claims: Record<string, unknown>, secret: string) =>
	new SignJWT({ iat: NOW(), exp: NOW() + 300, ...claims })
		.setProtectedHeader({ alg: "HS256", kid: "test-key" })
		.sign(new TextEncoder().encode(secret));

async function signIn() {
	const browser = new Browser();
	const url = await entrance.signInUpToCallback(browser);
	const { status, text } = await browser.visit(url, { headers: { accept: "application/json" } });
	const code = text === "" ? null : (JSON.parse(text) as { code: string }).code;
	return { status, code, session: browser.cookiesNamed(entrance.origin, "conductor_session").length };
}

describe("an ID token", () => {
	test("that is right is believed", async () => {
		forger.idToken = ({ sign }) => sign();
		expect(await signIn()).toEqual({ status: 302, code: null, session: 1 });
	});

	const cases: [string, (forgery: Forgery) => Promise<string>][] = [
		["with the nonce of another sign-in", ({ sign }) => sign({ nonce: "another" })],
		["without a nonce", ({ sign }) => sign({ nonce: undefined })],
		["for another client", ({ sign }) => sign({ aud: "another-client" })],
		["of another issuer", ({ sign }) => sign({ iss: "https://id.example" })],
		["that has expired", ({ sign }) => sign({ iat: NOW() - 7200, exp: NOW() - 3600 })],
		["signed by nobody", async (f) => unsigned({ iss: f.issuer, aud: CLIENT_ID, nonce: f.nonce, ...f.person })],
		[
			"signed with the public key as a secret",
			(f) => sharedSecret({ iss: f.issuer, aud: CLIENT_ID, nonce: f.nonce, ...f.person }, f.publicKeyText),
		],
		["whose claims were changed after signing", async ({ sign }) => tampered(await sign())],
		["that is none", async () => "not-a-token"],
	];

	test.each(cases)("%s is refused", async (_name, forge) => {
		forger.idToken = forge;
		expect(await signIn()).toEqual({ status: 401, code: "sign_in_failed", session: 0 });
	});
});

/** The same signature and claims under another header. */
const withHeader = (token: string, header: object) =>
	[Buffer.from(JSON.stringify(header)).toString("base64url"), ...token.split(".").slice(1)].join(".");

/** The same signature under other claims. */
function tampered(token: string): string {
	const [header, payload, signature] = token.split(".") as [string, string, string];
	const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
	const changed = Buffer.from(JSON.stringify({ ...claims, email_verified: "true" })).toString("base64url");
	return [header, changed, signature].join(".");
}

describe("a bearer token of the issuer", () => {
	const me = async (token: string) => {
		const { status, headers, body } = await entrance.api<{ email?: string; code?: string }>(token, "GET", "/me");
		return { status, code: body.code, email: body.email, challenge: headers.get("www-authenticate") };
	};
	const refused = {
		status: 401,
		code: "unauthenticated",
		email: undefined,
		challenge: expect.stringContaining("Bearer"),
	};

	test("that is right lets its person in", async () => {
		expect(await me(await forger.sign())).toMatchObject({ status: 200, email: PERSON.email });
	});

	test("names the tenant of a person of several, by slug or id", async () => {
		const email = "petra@people.example";
		const mine = [await entrance.tenant(email), await entrance.tenant("somebody@people.example", email)];
		const petra = { sub: "petra", email };
		expect(await me(await forger.sign(petra))).toEqual(refused);
		for (const { id, slug } of mine)
			for (const tid of [id, slug]) {
				const { body } = await entrance.api<{ tenant: { id: string } }>(
					await forger.sign({ ...petra, tid }),
					"GET",
					"/me",
				);
				expect(body.tenant.id).toBe(id);
			}
		expect(await me(await forger.sign({ ...petra, tid: tenant.slug }))).toEqual(refused);
		expect(await me(await forger.sign({ tid: (mine[0] as { slug: string }).slug }))).toEqual(refused);
	});

	const cases: [string, () => Promise<string>][] = [
		["for another audience", () => forger.sign({ aud: "another-api" })],
		["without an audience", () => forger.sign({ aud: undefined })],
		["of another issuer", () => forger.sign({ iss: "https://id.example" })],
		["of an issuer that only looks alike", () => forger.sign({ iss: `${forger.issuer}.evil.example` })],
		["that has expired", () => forger.sign({ exp: NOW() - 60 })],
		["that never expires", () => forger.sign({ exp: undefined })],
		["that is not good yet", () => forger.sign({ nbf: NOW() + 600 })],
		["without a subject", () => forger.sign({ sub: undefined })],
		["of somebody unknown", () => forger.sign({ email: "nobody@people.example" })],
		["with an address nobody verified", () => forger.sign({ email_verified: false })],
		["that says nothing about its address", () => forger.sign({ email_verified: undefined })],
		["without an address", () => forger.sign({ email: undefined })],
		["signed by nobody", async () => unsigned({ iss: forger.issuer, aud: CLIENT_ID, ...PERSON })],
		[
			"signed with the public key as a secret",
			() => sharedSecret({ iss: forger.issuer, aud: CLIENT_ID, ...PERSON }, forger.publicKeyText),
		],
		["whose claims were changed after signing", async () => tampered(await forger.sign())],
		["that names another kind of key", async () => withHeader(await forger.sign(), { alg: "RS256", kid: "test-key" })],
		["that names a key nobody has", async () => withHeader(await forger.sign(), { alg: "ES256", kid: "nobody's" })],
		["that wants more of its reader", async () => withHeader(await forger.sign(), { alg: "ES256", crit: ["x"], x: 1 })],
		["that only has the form of one", async () => "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"],
		["of three words", async () => "a.b.c"],
	];

	test.each(cases)("%s is refused", async (_name, make) => {
		expect(await me(await make())).toEqual(refused);
	});

	test("for whom nobody is left is refused: deactivated, or the tenant suspended", async () => {
		const leaver = { sub: "leo", email: "leo@people.example" };
		const { id, ownerToken } = await entrance.tenant("boss@people.example", leaver.email);
		const token = await forger.sign(leaver);
		const { body } = await entrance.api<{ id: string }>(token, "GET", "/me");
		await entrance.api(ownerToken, "PATCH", `/users/${body.id}`, { status: "deactivated" });
		entrance.clock.advance(1000);
		expect(await me(token)).toEqual(refused);
		await entrance.platform("PATCH", `/tenants/${id}`, { status: "suspended" });
		expect(await me(await forger.sign({ sub: "boss", email: "boss@people.example" }))).toEqual(refused);
	});
});

describe("an issuer that is away", () => {
	test("is a clear 503 that names no address, and is found again when it is back", async () => {
		const other = await startForger(PERSON);
		const door = await openEntrance({ OIDC_ISSUER: other.issuer, REPL_ID: CLIENT_ID });
		try {
			const metadata = "/.well-known/openid-configuration";
			other.broken.add(metadata);
			const login = async () =>
				new Browser().visit(`${door.origin}/api/login`, { headers: { accept: "application/json" } });
			const { status, headers, text } = await login();
			expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([503, "unavailable"]);
			expect(headers.get("retry-after")).toBe("10");
			expect(text).not.toContain(other.issuer);
			expect((await door.api(await other.sign(), "GET", "/me")).status).toBe(503);
			expect((await door.api(await other.sign({ iss: "https://id.example" }), "GET", "/me")).status).toBe(401);
			other.broken.delete(metadata);
			expect((await login()).status).toBe(302);
			const asked = other.asked.get(metadata);
			expect((await login()).status).toBe(302);
			expect(other.asked.get(metadata)).toBe(asked);
		} finally {
			await door.stop();
			await other.stop();
		}
	});

	test("in the middle of a sign-in is told as 503 too, and no session starts", async () => {
		const other = await startForger(PERSON);
		const door = await openEntrance({ OIDC_ISSUER: other.issuer, REPL_ID: CLIENT_ID });
		try {
			const browser = new Browser();
			const url = await door.signInUpToCallback(browser);
			await other.stop();
			const { status } = await browser.visit(url, { headers: { accept: "application/json" } });
			expect([status, browser.cookiesNamed(door.origin, "conductor_session")]).toEqual([503, []]);
			expect((await door.api(await other.sign(), "GET", "/me")).status).toBe(503);
		} finally {
			await door.stop();
		}
	});
});
