import { Problem } from "../../lib/problem.ts";
import type { Claims } from "./oidc-claims.ts";
import type { Flow } from "./oidc-flow.ts";
import { issuerUnavailable, type KnownIssuer } from "./oidc-issuer.ts";

const SCOPE = "openid email profile";

/** Where to send a browser so that it comes back with a code, and the flow to remember until then. */
export async function authorizationRequest(
	issuer: KnownIssuer,
	request: { redirectUri: string; returnTo: string },
): Promise<{ url: string; flow: Flow }> {
	const openid = await import("openid-client");
	const verifier = openid.randomPKCECodeVerifier();
	const flow: Flow = {
		issuer: issuer.issuer,
		state: openid.randomState(),
		nonce: openid.randomNonce(),
		verifier,
		...request,
	};
	const url = openid.buildAuthorizationUrl(issuer.client, {
		redirect_uri: flow.redirectUri,
		scope: SCOPE,
		state: flow.state,
		nonce: flow.nonce,
		code_challenge: await openid.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
		// In development the point is to choose another person.
		...(issuer.development ? { prompt: "login" } : {}),
	});
	return { url: url.href, flow };
}

/**
 * Redeems what the issuer sent back, checks state, nonce, PKCE, issuer, audience, times and signature, and answers the
 * claims: those of the ID token, and of the userinfo endpoint where the token names no e-mail. No token is kept.
 * Throws 401 `sign_in_failed`, 503 `unavailable`.
 */
export async function redeem(issuer: KnownIssuer, flow: Flow, response: string): Promise<Claims> {
	const openid = await import("openid-client");
	const returned = new URL(flow.redirectUri);
	returned.search = response;
	try {
		const tokens = await openid.authorizationCodeGrant(issuer.client, returned, {
			pkceCodeVerifier: flow.verifier,
			expectedState: flow.state,
			expectedNonce: flow.nonce,
			idTokenExpected: true,
		});
		const claims = tokens.claims();
		if (!claims) throw signInFailed("The issuer sent no ID token.");
		if (claims.email !== undefined || !issuer.client.serverMetadata().userinfo_endpoint) return claims;
		return { ...(await openid.fetchUserInfo(issuer.client, tokens.access_token, claims.sub)), sub: claims.sub };
	} catch (error) {
		throw refusal(error);
	}
}

/** Where a front end sends the browser to sign out at the issuer too, or null where the issuer has no such page. */
export async function endSessionUrl(issuer: KnownIssuer, returnUri: string): Promise<string | null> {
	if (!issuer.client.serverMetadata().end_session_endpoint) return null;
	const openid = await import("openid-client");
	return openid.buildEndSessionUrl(issuer.client, { post_logout_redirect_uri: returnUri }).href;
}

function signInFailed(detail: string, cause?: unknown): Problem {
	return new Problem(401, "sign_in_failed", detail, { cause });
}

/** The issuer's own error code, when it is one that may be shown. */
function codeOf(error: unknown): string | null {
	const { error: code } = error as { error?: unknown };
	return typeof code === "string" && /^[a-z_]{1,40}$/.test(code) ? code : null;
}

/** Whether the issuer gave no verdict at all: it was not reached, took too long, or had trouble of its own. */
function withoutVerdict(error: unknown): boolean {
	for (let link = error; typeof link === "object" && link !== null; link = (link as { cause?: unknown }).cause) {
		const { name, code, message, status } = link as { name?: string; code?: string; message?: string; status?: number };
		if (name === "TimeoutError" || code === "OAUTH_TIMEOUT" || message === "fetch failed") return true;
		if (status !== undefined && status >= 500) return true;
	}
	return false;
}

/** What went wrong at the issuer, for a client: nothing of the issuer's texts but its error code. */
function refusal(error: unknown): Problem {
	if (error instanceof Problem) return error;
	if (withoutVerdict(error)) return issuerUnavailable(error);
	const code = codeOf(error);
	const detail = `The issuer's answer was not accepted${code ? ` (${code})` : ""}. Begin the sign-in again.`;
	return signInFailed(detail, error);
}
