import { createHash } from "node:crypto";
import type { JWTPayload } from "jose";
import type { Caller } from "../../contracts/caller.ts";
import { Problem } from "../../lib/problem.ts";
import type { Identity } from "./identity-store.ts";
import { membershipOf, verifiedEmail } from "./oidc-claims.ts";
import { issuerUnavailable, type KnownIssuer } from "./oidc-issuer.ts";
import { callerOfUser, peopleByEmail } from "./people-behind.ts";

/** Signatures only, made with a private key: a shared-secret algorithm would let our copy of the public key sign. */
const ALGORITHMS = ["RS256", "ES256", "EdDSA"];

const CLOCK_TOLERANCE_SEC = 30;

/** Loaded with the first token that needs it: many deployments never see one, and every start would wait for it. */
const loadJose = () => import("jose");

/** Whether a bearer has the form of a JWT: three parts, of which none needs to be right. */
export function isJwt(bearer: string): boolean {
	return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(bearer);
}

function refused(detail: string, cause?: unknown): Problem {
	return new Problem(401, "unauthenticated", detail, {
		headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
		cause,
	});
}

const withoutSlash = (url: string) => url.replace(/\/$/, "");

/** Whether a token even claims to be one that we accept, so that nothing is fetched for any other. */
async function claimsToBeFrom(issuer: string, token: string): Promise<boolean> {
	const { decodeJwt, decodeProtectedHeader } = await loadJose();
	try {
		const { alg } = decodeProtectedHeader(token);
		const { iss } = decodeJwt(token);
		return ALGORITHMS.includes(alg ?? "") && typeof iss === "string" && withoutSlash(iss) === withoutSlash(issuer);
	} catch {
		return false;
	}
}

/** Whether the keys could not be had, which says nothing about the token. */
function withoutKeys(error: unknown): boolean {
	const { code } = error as { code?: unknown };
	const verdict = typeof code === "string" && /^ERR_J(OSE|W[A-Z]+)_/.test(code);
	return !verdict || ["ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID", "ERR_JOSE_GENERIC"].includes(code);
}

async function verify(issuer: KnownIssuer, token: string, now: Date): Promise<JWTPayload> {
	const { jwtVerify } = await loadJose();
	try {
		const { payload } = await jwtVerify(token, issuer.keys, {
			algorithms: ALGORITHMS,
			issuer: issuer.client.serverMetadata().issuer,
			audience: issuer.audience,
			requiredClaims: ["exp", "sub"],
			clockTolerance: CLOCK_TOLERANCE_SEC,
			currentDate: now,
		});
		return payload;
	} catch (error) {
		if (withoutKeys(error)) throw issuerUnavailable(error);
		throw refused("The token is not valid: wrong signature, issuer or audience, or it has expired.", error);
	}
}

/**
 * Who stands behind a JWT of the deployment's issuer: the active person with its verified e-mail, in the tenant that its
 * claim `tid` names or, without one, the only tenant there is.
 * @throws Problem 401 `unauthenticated` for a token that does not hold, 503 `unavailable` while the issuer is away
 */
export async function authenticateJwt(identity: Identity, token: string): Promise<Caller> {
	const { name } = identity.issuer;
	if (!name || !(await claimsToBeFrom(name, token)))
		throw refused("The token is not of an issuer that is accepted here.");
	const issuer = await identity.issuer.get();
	const claims = await verify(issuer, token, identity.runtime.clock.now());
	const email = verifiedEmail(claims, issuer.issuer);
	if (!email) throw refused("The token names no verified e-mail.");
	const people = await peopleByEmail(identity, email);
	if (people.length === 0) throw refused("The token's e-mail belongs to nobody here.");
	const person = membershipOf(people, claims.tid);
	if (!person) throw refused("The token's claim tid must name the tenant: its id or slug.");
	const subject = createHash("sha256").update(`${claims.iss} ${claims.sub}`).digest("hex").slice(0, 16);
	return callerOfUser(person, { id: `jwt:${subject}` });
}
