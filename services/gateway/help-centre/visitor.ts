import { createHmac, randomBytes } from "node:crypto";
import { readCookie } from "../session-cookie.ts";

/** Somebody at a help centre who has not signed in, told apart by a cookie of ours. */
export interface Visitor {
	/** what the cookie holds: 256 random bits */
	cookie: string;
	/** the same for all requests with this cookie in one tenant, and of no use to find the cookie */
	key: string;
	/** the browser does not have the cookie yet */
	isNew: boolean;
}

const VALUE = /^[A-Za-z0-9_-]{43}$/;
/** A year: the browser may forget who voted then. */
const MAX_AGE_SEC = 365 * 24 * 3600;

/** The name of the visitor's cookie, with the same protection over https as a session's. */
export function visitorCookieName(secure: boolean): string {
	return secure ? "__Host-conductor_visitor" : "conductor_visitor";
}

const keyOf = (secret: string, tenantId: string, cookie: string) =>
	createHmac("sha256", secret).update(`visitor ${tenantId} ${cookie}`).digest("base64url");

/** The visitor whose cookie a request carries, or null where it has none of ours. */
export function knownVisitor(
	header: string | undefined,
	context: { secure: boolean; secret: string; tenantId: string },
): Visitor | null {
	const cookie = readCookie(header, visitorCookieName(context.secure));
	if (cookie === null || !VALUE.test(cookie)) return null;
	return { cookie, key: keyOf(context.secret, context.tenantId, cookie), isNew: false };
}

/** A visitor nobody has seen before. */
export function newVisitor(context: { secret: string; tenantId: string }): Visitor {
	const cookie = randomBytes(32).toString("base64url");
	return { cookie, key: keyOf(context.secret, context.tenantId, cookie), isNew: true };
}

/** The `Set-Cookie` line by which a browser remembers that it is this visitor. */
export function visitorCookie({ cookie }: Visitor, secure: boolean): string {
	const flags = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${MAX_AGE_SEC}${secure ? "; Secure" : ""}`;
	return `${visitorCookieName(secure)}=${cookie}; ${flags}`;
}
