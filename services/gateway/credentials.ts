import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Problem } from "../../lib/problem.ts";
import { readCookie, sessionCookieName } from "./session-cookie.ts";

/** What a client shows to be let in, unverified. */
export interface Credential {
	kind: "bearer" | "session";
	value: string;
	/** `X-Tenant-Id`, which only means something with a platform token */
	impersonateTenant?: string;
	/** names the credential without giving it away: SHA-256 of all of the above */
	hash: string;
}

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,8192})$/i;
const TENANT = /^[A-Za-z0-9_-]{1,64}$/;

function refuse(detail: string): Problem {
	return new Problem(401, "unauthenticated", detail, { headers: { "WWW-Authenticate": "Bearer" } });
}

/**
 * The credential of a request: the bearer token, else the session cookie, else null.
 * @throws 401 for an `Authorization` header that is no bearer token, 400 for a malformed `X-Tenant-Id`
 */
export function credentialOf(headers: IncomingHttpHeaders, secureCookie: boolean): Credential | null {
	const { authorization } = headers;
	if (authorization === undefined) {
		const value = readCookie(headers.cookie, sessionCookieName(secureCookie));
		if (value === null) return null;
		if (value.length > 256) throw refuse("The session is not valid.");
		return { kind: "session", value, hash: hash("sha256", `session ${value}`) };
	}
	const value = BEARER.exec(authorization)?.[1];
	if (value === undefined) throw refuse("The Authorization header must be a bearer token.");
	const tenant = headers["x-tenant-id"];
	if (tenant === undefined) return { kind: "bearer", value, hash: hash("sha256", `bearer ${value}`) };
	if (typeof tenant !== "string" || !TENANT.test(tenant))
		throw new Problem(400, "invalid_request", "The header X-Tenant-Id must be a tenant's id.");
	return { kind: "bearer", value, impersonateTenant: tenant, hash: hash("sha256", `bearer ${value} ${tenant}`) };
}

/** 401 for a request to what needs a credential, without one. */
export function missingCredential(): Problem {
	return refuse("This needs a credential: a bearer token or a session.");
}
