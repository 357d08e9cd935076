/**
 * The name of the session cookie. Over https it carries the `__Host-` prefix, so that no other host or path, and nobody on
 * plain http, can set it.
 */
export function sessionCookieName(secure: boolean): string {
	return secure ? "__Host-conductor_session" : "conductor_session";
}

/** The value of a cookie in a `Cookie` header, or null. The first one of that name counts, as browsers send it. */
export function readCookie(header: string | undefined, name: string): string | null {
	if (header === undefined) return null;
	for (const part of header.split(";")) {
		const at = part.indexOf("=");
		if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim() || null;
	}
	return null;
}

/** A `Set-Cookie` line for a session. `maxAgeSec` 0 removes it. */
export function sessionCookie(value: string, options: { secure: boolean; maxAgeSec: number }): string {
	const flags = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${options.maxAgeSec}${options.secure ? "; Secure" : ""}`;
	return `${sessionCookieName(options.secure)}=${value}; ${flags}`;
}
