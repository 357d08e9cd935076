import { createHash } from "node:crypto";
import { request } from "node:http";
import { STAFF_ROLES } from "../../contracts/permissions.ts";
import { Browser, type Page } from "./support/browser.ts";
import { type Entrance, openEntrance } from "./support/entrance.ts";

/** The action of the only form on a page. */
const formOf = (page: Page) =>
	new URL(/<form method="post" action="([^"]+)"/.exec(page.text)?.[1] ?? "", page.url).href;

/** Chooses somebody on the page that a sign-in leads to. */
async function signInAs(entrance: Entrance, browser: Browser, person: string): Promise<Page> {
	const choice = await entrance.signIn(browser);
	return browser.follow(await browser.visit(formOf(choice), { form: { person } }));
}

/** The status that the gateway answers with under a name for it that no DNS knows. */
function statusUnder(host: string, origin: string, path: string): Promise<number | undefined> {
	return new Promise((resolve, reject) => {
		const { port } = new URL(origin);
		const sent = request({ host: "127.0.0.1", port, path, headers: { host } }, (res) =>
			resolve(res.resume().statusCode),
		);
		sent.on("error", reject).end();
	});
}

describe("the development issuer", () => {
	let entrance: Entrance;

	beforeAll(async () => {
		// The demo tenant, whose people the issuer knows, is made in the embedded deployment only.
		entrance = await openEntrance({ MONGO_URL: "" });
	});

	afterAll(async () => {
		await entrance?.stop();
	});

	test("offers one demo person for each role, on a page that loads nothing", async () => {
		const page = await entrance.signIn(new Browser());
		expect(page.status).toBe(200);
		expect(new URL(page.url).origin).toBe(entrance.origin);
		for (const role of STAFF_ROLES) expect(page.text).toContain(`${role}@demo.example`);
		expect(page.text).not.toMatch(/<script|<link|src=|https?:\/\//);
		expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
	});

	test.each([...STAFF_ROLES])("signs in the %s of the demo tenant, and the next person after that", async (role) => {
		const browser = new Browser();
		const page = await signInAs(entrance, browser, role);
		expect([page.status, new URL(page.url).pathname]).toEqual([200, "/api/auth/user"]);
		expect(JSON.parse(page.text)).toMatchObject({ role, email: `${role}@demo.example`, tenant: { slug: "demo" } });
		await signInAs(entrance, browser, "viewer");
		expect((await entrance.whoAmI(browser)).body).toMatchObject({ role: "viewer" });
	});

	test("asks again for somebody it does not know", async () => {
		const browser = new Browser();
		const choice = await entrance.signIn(browser);
		const again = await browser.visit(formOf(choice), { form: { person: "root" } });
		expect(again.status).toBe(200);
		expect(again.text).toContain("owner@demo.example");
		expect((await browser.visit(formOf(again), { form: { person: "owner" } })).status).toBe(303);
	});

	test("goes on only in the browser that began", async () => {
		const choice = await entrance.signIn(new Browser());
		const { status, text } = await new Browser().visit(formOf(choice), { form: { person: "owner" } });
		expect(status).toBe(400);
		expect(text).toContain("/api/login");
	});

	test("sends codes to this machine only", async () => {
		const browser = new Browser();
		const { headers } = await browser.visit(`${entrance.origin}/api/login`);
		const authorize = new URL(headers.get("location") as string, entrance.origin);
		const to = async (redirectUri: string) => {
			authorize.searchParams.set("redirect_uri", redirectUri);
			const { status } = await browser.visit(authorize.href);
			return status;
		};
		expect(await to("http://localhost:5173/signed-in")).toBe(303);
		for (const foreign of [
			"https://evil.example/api/callback",
			"http://127.0.0.1.evil.example/",
			"http://user@127.0.0.1/",
			"javascript:alert(1)",
		])
			expect([foreign, await to(foreign)]).toEqual([foreign, 400]);
	});

	test("answers under no name that another site may have given this machine", async () => {
		for (const path of ["/api/login", "/oidc/.well-known/openid-configuration"]) {
			expect(await statusUnder("rebound.evil.example", entrance.origin, path)).toBe(403);
			expect(await statusUnder("localhost", entrance.origin, path)).toBeLessThan(400);
		}
	});

	test("signs tokens that are good as bearer tokens", async () => {
		const browser = new Browser();
		const verifier = "v".repeat(43);
		const challenge = createHash("sha256").update(verifier).digest("base64url");
		const redirectUri = "http://127.0.0.1:9/native";
		const query = new URLSearchParams({
			client_id: "conductor",
			response_type: "code",
			scope: "openid email",
			redirect_uri: redirectUri,
			code_challenge: challenge,
			code_challenge_method: "S256",
		});
		const choice = await browser.follow(await browser.visit(`${entrance.origin}/oidc/auth?${query}`));
		const chosen = await browser.visit(formOf(choice), { form: { person: "agent" } });
		const { next } = await browser.follow(chosen, ({ port }) => port === "9");
		const token = await browser.visit(`${entrance.origin}/oidc/token`, {
			form: {
				grant_type: "authorization_code",
				client_id: "conductor",
				redirect_uri: redirectUri,
				code: new URL(next as string).searchParams.get("code") as string,
				code_verifier: verifier,
			},
		});
		const { id_token: idToken } = JSON.parse(token.text) as { id_token: string };
		const { status, body } = await entrance.api(idToken, "GET", "/me");
		expect([status, body]).toEqual([200, expect.objectContaining({ role: "agent" })]);
	});
});

describe("in production without an issuer", () => {
	test("there is no way to sign in, and it says so", async () => {
		const entrance = await openEntrance({ NODE_ENV: "production" });
		try {
			const browser = new Browser();
			const login = await browser.visit(`${entrance.origin}/api/login`, { headers: { accept: "application/json" } });
			expect([login.status, JSON.parse(login.text).code]).toEqual([404, "sign_in_not_configured"]);
			expect((await browser.visit(`${entrance.origin}/api/login`)).text).toContain("use an API token");
			for (const path of ["/oidc/auth", "/oidc/.well-known/openid-configuration"])
				expect((await browser.visit(entrance.origin + path)).status).toBe(404);
			const tenant = await entrance.tenant("olga@people.example");
			expect((await entrance.api(tenant.ownerToken, "GET", "/me")).status).toBe(200);
		} finally {
			await entrance.stop();
		}
	});
});
