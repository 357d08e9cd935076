import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import Provider from "oidc-provider";
import { createMemoryAdapter } from "oidc-provider/lib/adapters/memory_adapter.js";

export const CLIENT_ID = "the-repl";

/** The claims of somebody whom an issuer signs in. */
export interface IssuedPerson {
	sub: string;
	email?: string;
	email_verified?: boolean;
	[claim: string]: unknown;
}

/** An issuer that listens on this machine. */
export interface TestIssuer {
	issuer: string;
	/** whoever is signed in next, without a page to choose on */
	person: IssuedPerson;
	stop(): Promise<void>;
}

async function listen(server: Server): Promise<string> {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stopper(server: Server): () => Promise<void> {
	return () =>
		new Promise((resolve) => {
			server.close(() => resolve());
			server.closeAllConnections();
		});
}

async function signingKey() {
	const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
	const names = { alg: "ES256", use: "sig", kid: "test-key" };
	return {
		privateKey,
		jwk: { ...(await exportJWK(privateKey)), ...names },
		publicJwk: { ...(await exportJWK(publicKey)), ...names },
	};
}

/**
 * A certified issuer shaped like that of Replit: a public client with PKCE, and the person's claims in the ID token. It
 * signs in `person` at once.
 */
export async function startProvider(person: IssuedPerson): Promise<TestIssuer> {
	let handle: (req: IncomingMessage, res: ServerResponse) => unknown = () => undefined;
	const server = createServer((req, res) => void handle(req, res));
	const issuer = await listen(server);
	const state: TestIssuer = { issuer, person, stop: stopper(server) };
	const people = new Map<string, IssuedPerson>();
	const { jwk } = await signingKey();
	const provider = new Provider(issuer, {
		adapter: createMemoryAdapter(),
		jwks: { keys: [jwk as never] },
		cookies: { keys: ["a key of the tests"] },
		clients: [
			{
				client_id: CLIENT_ID,
				token_endpoint_auth_method: "none",
				redirect_uris: ["http://127.0.0.1/api/callback"],
				post_logout_redirect_uris: ["http://127.0.0.1/"],
				grant_types: ["authorization_code"],
				id_token_signed_response_alg: "ES256",
			},
		],
		pkce: { required: () => true },
		claims: {
			openid: ["sub"],
			email: ["email", "email_verified"],
			profile: ["first_name", "last_name", "profile_image_url"],
		},
		conformIdTokenClaims: false,
		ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 3600, IdToken: 3600, Interaction: 600, Session: 3600 },
		features: { devInteractions: { enabled: false } },
		interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
		findAccount: (_ctx, id) => {
			const found = people.get(id);
			return found && { accountId: id, claims: () => found };
		},
		loadExistingGrant: async ({ oidc: { client, session, provider: own } }) => {
			const earlier = session?.grantIdFor(client?.clientId as string);
			const kept = earlier ? await own.Grant.find(earlier) : undefined;
			if (kept && kept.accountId === session?.accountId) return kept;
			const grant = new own.Grant({ clientId: client?.clientId as string, accountId: session?.accountId as string });
			grant.addOIDCScope("openid email profile");
			await grant.save();
			return grant;
		},
	});
	// The port of whoever signs people in here is known only later.
	const registered = (uri: string) => /^http:\/\/127\.0\.0\.1:\d+\/api\/callback$/.test(uri);
	provider.Client.prototype.redirectUriAllowed = registered;
	const answer = provider.callback();
	handle = async (req, res) => {
		if (!req.url?.startsWith("/interaction/")) return answer(req, res);
		const { person: chosen } = state;
		people.set(chosen.sub, chosen);
		return provider.interactionFinished(req, res, { login: { accountId: chosen.sub } });
	};
	return state;
}

/** What a forged issuer knows when it answers with an ID token. */
export interface Forgery {
	issuer: string;
	nonce: string;
	person: IssuedPerson;
	/** a token as it should be, with some claims or times changed */
	sign(changes?: Record<string, unknown>): Promise<string>;
	/** the public key of its signatures, as a secret that anybody could use */
	publicKeyText: string;
}

/** An issuer whose ID tokens a test makes as it likes, and whose endpoints it can break. */
export interface Forger extends TestIssuer {
	idToken(forgery: Forgery): Promise<string>;
	/** a good token of this issuer for an audience, with some claims changed */
	sign(changes?: Record<string, unknown>): Promise<string>;
	publicKeyText: string;
	/** how many times each path was asked for */
	asked: Map<string, number>;
	/** paths that answer 503 now */
	broken: Set<string>;
}

export async function startForger(person: IssuedPerson): Promise<Forger> {
	const nonces = new Map<string, string>();
	const server = createServer((req, res) => void answer(req, res));
	const issuer = await listen(server);
	const { privateKey, publicJwk } = await signingKey();
	const publicKeyText = JSON.stringify(publicJwk);
	const sign = (changes: Record<string, unknown> = {}) => {
		const now = Math.floor(Date.now() / 1000);
		const claims = { iss: issuer, aud: CLIENT_ID, iat: now, exp: now + 300, ...forger.person, ...changes };
		return new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "test-key" }).sign(privateKey);
	};
	const forger: Forger = {
		issuer,
		person,
		stop: stopper(server),
		idToken: ({ nonce }) => sign({ nonce }),
		sign,
		publicKeyText,
		asked: new Map(),
		broken: new Set(),
	};

	async function json(path: string, body: URLSearchParams): Promise<unknown> {
		if (path === "/.well-known/openid-configuration")
			return {
				issuer,
				authorization_endpoint: `${issuer}/authorize`,
				token_endpoint: `${issuer}/token`,
				jwks_uri: `${issuer}/jwks`,
				response_types_supported: ["code"],
				subject_types_supported: ["public"],
				id_token_signing_alg_values_supported: ["ES256", "RS256"],
			};
		if (path === "/jwks") return { keys: [publicJwk] };
		const nonce = nonces.get(body.get("code") ?? "") ?? "";
		const forged = { issuer, nonce, person: forger.person, publicKeyText };
		const idToken = await forger.idToken({ ...forged, sign: (changes) => sign({ nonce, ...changes }) });
		return { access_token: "opaque", token_type: "Bearer", expires_in: 60, id_token: idToken };
	}

	async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
		const url = new URL(req.url ?? "", issuer);
		forger.asked.set(url.pathname, (forger.asked.get(url.pathname) ?? 0) + 1);
		if (forger.broken.has(url.pathname)) {
			res.writeHead(503).end();
			return;
		}
		if (url.pathname === "/authorize") {
			const code = `code-${nonces.size}`;
			nonces.set(code, url.searchParams.get("nonce") ?? "");
			const back = new URL(url.searchParams.get("redirect_uri") ?? "");
			back.search = new URLSearchParams({ code, state: url.searchParams.get("state") ?? "" }).toString();
			res.writeHead(302, { location: back.href }).end();
			return;
		}
		let body = "";
		for await (const chunk of req) body += String(chunk);
		const text = JSON.stringify(await json(url.pathname, new URLSearchParams(body)));
		res.writeHead(200, { "content-type": "application/json" }).end(text);
	}

	return forger;
}
