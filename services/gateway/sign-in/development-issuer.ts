import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type Configuration, errors, type JWK } from "oidc-provider";
import { createMemoryAdapter } from "oidc-provider/lib/adapters/memory_adapter.js";
import { STAFF_ROLES } from "../../../contracts/permissions.ts";
import { DEMO_EMAIL_DOMAIN, DEVELOPMENT_CLIENT_ID } from "../../../contracts/sign-in.ts";
import { choicePage, type DemoPerson, overPage } from "./development-page.ts";
import { sendPage } from "./page.ts";

const SIGNING = "ES256";
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])$/;
const MAX_FORM_BYTES = 4096;

/** How long somebody may take to choose, seconds. */
const INTERACTION_SEC = 3600;

type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;

const DEMO_PEOPLE: readonly DemoPerson[] = STAFF_ROLES.map((role) => ({
	id: role,
	email: `${role}@${DEMO_EMAIL_DOMAIN}`,
	firstName: "Demo",
	lastName: role.slice(0, 1).toUpperCase() + role.slice(1),
}));

const personOf = (id: string) => DEMO_PEOPLE.find((person) => person.id === id);

async function configuration(mount: string): Promise<Configuration> {
	const { privateKey } = await generateKeyPair(SIGNING, { extractable: true });
	const key = { ...(await exportJWK(privateKey)), alg: SIGNING, use: "sig", kid: randomBytes(8).toString("hex") };
	return {
		adapter: createMemoryAdapter(),
		jwks: { keys: [key as JWK] },
		cookies: { keys: [randomBytes(32).toString("base64url")] },
		clients: [
			{
				client_id: DEVELOPMENT_CLIENT_ID,
				token_endpoint_auth_method: "none",
				// Only a placeholder: which addresses are right is decided for each request.
				redirect_uris: ["http://127.0.0.1/api/callback"],
				grant_types: ["authorization_code"],
				response_types: ["code"],
				id_token_signed_response_alg: SIGNING,
			},
		],
		pkce: { required: () => true },
		scopes: ["openid", "email", "profile"],
		claims: {
			openid: ["sub"],
			email: ["email", "email_verified"],
			profile: ["first_name", "last_name", "profile_image_url"],
		},
		// The claims that apps read stand in the ID token itself, as with the issuer of the preset.
		conformIdTokenClaims: false,
		ttl: {
			AccessToken: 3600,
			AuthorizationCode: 60,
			Grant: 3600,
			IdToken: 3600,
			Interaction: INTERACTION_SEC,
			Session: 3600,
		},
		features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
		interactions: { url: (_ctx, interaction) => `${mount}/interaction/${interaction.uid}` },
		findAccount: (_ctx, id) => {
			const person = personOf(id);
			if (!person) return undefined;
			const claims = () => ({
				sub: id,
				email: person.email,
				email_verified: true,
				first_name: person.firstName,
				last_name: person.lastName,
				profile_image_url: null,
			});
			return { accountId: id, claims };
		},
		// Nobody has to agree to anything in development: what is asked for is granted.
		loadExistingGrant: async ({ oidc }) => {
			const { client, session, provider } = oidc;
			if (!client || !session?.accountId) return undefined;
			// A second tab must not replace what the code of the first one rests on.
			const earlier = session.grantIdFor(client.clientId);
			const kept = earlier && (await provider.Grant.find(earlier));
			if (kept && kept.accountId === session.accountId) return kept;
			const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
			grant.addOIDCScope("openid email profile");
			await grant.save();
			return grant;
		},
		renderError: (ctx, out) => {
			sendPage(ctx.res, ctx.status, overPage(out.error_description ?? out.error));
			ctx.respond = false;
		},
	};
}

/** Sends browsers back to our own callback under the name they know us by, and native apps to this machine (RFC 8252). */
function allowRedirects(provider: Provider): void {
	provider.Client.prototype.redirectUriAllowed = (redirectUri: string) => {
		if (!URL.canParse(redirectUri)) return false;
		const { protocol, host, hostname, pathname, username, hash } = new URL(redirectUri);
		if (!/^https?:$/.test(protocol) || username !== "" || hash !== "") return false;
		const own = host === Provider.ctx?.host && pathname === "/api/callback";
		return own || (protocol === "http:" && LOOPBACK_HOST.test(hostname));
	};
}

async function readForm(req: IncomingMessage): Promise<URLSearchParams> {
	let text = "";
	for await (const chunk of req) {
		text += String(chunk);
		if (text.length > MAX_FORM_BYTES) return new URLSearchParams();
	}
	return new URLSearchParams(text);
}

/**
 * An OpenID issuer for trying the product without one: it signs in any of the demo people without a password, on a page
 * where one chooses. Its keys and codes live in memory and end with the process. Never to be mounted in production.
 */
export class DevelopmentIssuer {
	private readonly provider: Provider;
	private readonly mount: string;
	private readonly answer: (req: IncomingMessage, res: ServerResponse) => Promise<void>;

	private constructor(provider: Provider, mount: string) {
		this.provider = provider;
		this.mount = mount;
		this.answer = provider.callback();
	}

	/** Makes keys and the issuer. `mount` is the path of `issuer`. */
	static async start(issuer: string, mount: string): Promise<DevelopmentIssuer> {
		const provider = new Provider(issuer, await configuration(mount));
		allowRedirects(provider);
		return new DevelopmentIssuer(provider, mount);
	}

	/** Answers a request below the mount path. The request's body must be unread. */
	async handle(req: IncomingMessage & { originalUrl?: string }, res: ServerResponse): Promise<void> {
		const url = req.url ?? "";
		req.originalUrl = url;
		req.url = url.slice(this.mount.length);
		if (!req.url.startsWith("/interaction/")) return this.answer(req, res);
		try {
			await this.interact(req, res);
		} catch (error) {
			if (!(error instanceof errors.OIDCProviderError)) throw error;
			sendPage(res, 400, overPage("This sign-in is over, or was begun in another browser."));
		}
	}

	private async interact(req: IncomingMessage, res: ServerResponse): Promise<void> {
		const interaction = await this.provider.interactionDetails(req, res);
		const { params, uid } = interaction;
		const chosen = req.method === "POST" ? personOf((await readForm(req)).get("person") ?? "") : undefined;
		if (chosen) {
			await this.forgetOther(interaction, chosen.id);
			return this.provider.interactionFinished(req, res, { login: { accountId: chosen.id } });
		}
		// Browsers hold the redirects that follow a form to its policy too.
		const target = new URL(String(params.redirect_uri)).origin;
		sendPage(res, 200, choicePage(DEMO_PEOPLE, `${this.mount}/interaction/${uid}`), [target]);
	}

	/** Ends the session of whoever was chosen before, which the issuer would else want to be confirmed on a page with scripts. */
	private async forgetOther(interaction: Interaction, accountId: string): Promise<void> {
		const { session } = interaction;
		if (!session || session.accountId === accountId) return;
		await (await this.provider.Session.findByUid(session.uid))?.destroy();
		delete interaction.session;
		await interaction.save(INTERACTION_SEC);
	}
}
