import { Problem } from "../../../lib/problem.ts";

/** Stands for our own origin while a path is looked at; `.invalid` can never be anybody's. */
const BASE = "http://own.invalid";
/** in characters as they go over the wire: the path is kept in a cookie until the person is back */
const MAX_LENGTH = 1024;

/** Paths that would begin or end a sign-in over again. */
const LOOPS = new Set(["/api/login", "/api/callback"]);

/**
 * The path that a browser is sent to after signing in: one of this site and nothing else. What browsers read differently
 * from how it looks is refused: `//host`, backslashes, control characters, and dots that leave two slashes in front.
 * @throws 400 `invalid_request` for anything that is no path of this site
 */
export function sameSitePath(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop some of them, which makes /\t/host a //host
	const suspicious = !text.startsWith("/") || text.startsWith("//") || /[\\\x00-\x20\x7f]/.test(text);
	const parsed = !suspicious && URL.canParse(text, BASE) ? new URL(text, BASE) : null;
	const path = parsed ? parsed.pathname + parsed.search + parsed.hash : "";
	if (parsed?.origin !== BASE || path.startsWith("//") || path.length > MAX_LENGTH || LOOPS.has(parsed.pathname))
		throw new Problem(400, "invalid_request", "returnTo must be a path of this site, such as /inbox?view=mine.");
	return path;
}
