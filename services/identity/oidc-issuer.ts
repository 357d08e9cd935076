import type { JWTVerifyGetKey } from "jose";
import type { Configuration } from "openid-client";
import type { Config } from "../../config.ts";
import { DEVELOPMENT_CLIENT_ID } from "../../contracts/sign-in.ts";
import type { Clock } from "../../lib/clock.ts";
import { Problem } from "../../lib/problem.ts";

/** An issuer and who we are to it. */
export interface IssuerSettings {
	issuer: string;
	clientId: string;
	/** what a bearer token's `aud` must name */
	audience: string;
	development: boolean;
}

/** An issuer whose metadata has been read. */
export interface KnownIssuer extends IssuerSettings {
	client: Configuration;
	/** its signing keys: fetched when needed, kept, and fetched again for a key id not seen before */
	keys: JWTVerifyGetKey;
}

/** How long an issuer may take for one answer, and by how much its clock may differ from ours, seconds. */
const TIMEOUT_SEC = 5;
const CLOCK_TOLERANCE_SEC = 30;

/** How long an issuer's metadata is relied on, ms. */
const METADATA_TTL_MS = 3600 * 1000;

/** 503 for an issuer that does not answer, or not as an issuer does. */
export function issuerUnavailable(cause: unknown): Problem {
	return new Problem(503, "unavailable", "The OpenID issuer does not answer. Try again soon.", {
		headers: { "Retry-After": "10" },
		cause,
	});
}

async function discover(settings: IssuerSettings): Promise<KnownIssuer> {
	// Loaded here, not at start: most requests carry a token of our own.
	const [openid, { createRemoteJWKSet }] = await Promise.all([import("openid-client"), import("jose")]);
	const issuer = new URL(settings.issuer);
	const client = await openid.discovery(
		issuer,
		settings.clientId,
		{ [openid.clockTolerance]: CLOCK_TOLERANCE_SEC },
		openid.None(),
		{
			timeout: TIMEOUT_SEC,
			execute: [
				// Else an ID token is believed for having come over TLS, without a look at its signature.
				openid.enableNonRepudiationChecks,
				// The configuration refuses an http issuer in production.
				...(issuer.protocol === "http:" ? [openid.allowInsecureRequests] : []),
			],
		},
	);
	const { jwks_uri: jwksUri, authorization_endpoint: authorization } = client.serverMetadata();
	if (!jwksUri || !authorization) throw new Error("the issuer's metadata names no keys or no authorization endpoint");
	const keys = createRemoteJWKSet(new URL(jwksUri), { timeoutDuration: TIMEOUT_SEC * 1000 });
	return { ...settings, client, keys };
}

/** The issuer of this deployment: the configured one, or in development the one that the gateway says it has mounted. */
export class Issuer {
	private readonly config: Config;
	private readonly clock: Clock;
	private settings: IssuerSettings | null;
	private reading: Promise<KnownIssuer> | null = null;
	private known: { issuer: KnownIssuer; readAt: number } | null = null;

	constructor(config: Config, clock: Clock) {
		this.config = config;
		this.clock = clock;
		this.settings = config.oidc && { ...config.oidc, development: false };
	}

	/** Which issuer this is, or null while there is none. */
	get name(): string | null {
		return this.settings?.issuer ?? null;
	}

	/** Takes the gateway's development issuer. Throws 403 where an issuer is configured and in production. */
	trustDevelopmentIssuer(issuer: string): void {
		if (this.config.production || this.config.oidc)
			throw new Problem(403, "forbidden", "There is no development issuer in this deployment.");
		if (this.settings?.issuer === issuer) return;
		const client = DEVELOPMENT_CLIENT_ID;
		this.settings = { issuer, clientId: client, audience: client, development: true };
		this.known = null;
		this.reading = null;
	}

	/**
	 * The issuer with its metadata, read once and again when it has aged; a failure is not remembered, and an aged copy
	 * serves while the issuer is away. Throws 404 `sign_in_not_configured` or 503 `unavailable`.
	 */
	async get(): Promise<KnownIssuer> {
		const { settings } = this;
		if (!settings)
			throw new Problem(404, "sign_in_not_configured", "No OpenID issuer is configured: use an API token.");
		const now = this.clock.now().getTime();
		if (this.known && now - this.known.readAt < METADATA_TTL_MS) return this.known.issuer;
		this.reading ??= this.read(settings, now);
		try {
			return await this.reading;
		} catch (error) {
			if (this.known) return this.known.issuer;
			throw issuerUnavailable(error);
		}
	}

	private async read(settings: IssuerSettings, now: number): Promise<KnownIssuer> {
		try {
			const issuer = await discover(settings);
			if (this.settings === settings) this.known = { issuer, readAt: now };
			return issuer;
		} finally {
			if (this.settings === settings) this.reading = null;
		}
	}
}
