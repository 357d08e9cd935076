import type { IncomingHttpHeaders } from "node:http";
import { Problem } from "../../lib/problem.ts";

const refused = () => new Problem(403, "cross_site", "A write with a cookie must come from the same origin.");

function isOwnOrigin(origin: string, host: string | undefined): boolean {
	if (host === undefined || !URL.canParse(origin)) return false;
	const parsed = new URL(origin);
	return parsed.origin === origin && /^https?:$/.test(parsed.protocol) && parsed.host === host.toLowerCase();
}

/**
 * Refuses a write of which the browser says that another site's page sent it. One that is sent by no browser says
 * nothing and passes.
 * @throws 403 `cross_site`
 */
export function refuseCrossSite({ "sec-fetch-site": site, origin, host }: IncomingHttpHeaders): void {
	if (site !== undefined && site !== "same-origin") throw refused();
	if (origin !== undefined && !isOwnOrigin(origin, host)) throw refused();
}

/**
 * Lets a write that is authenticated by a cookie pass only when the browser says that it comes from our own pages:
 * `Sec-Fetch-Site: same-origin` where the browser sends it, else an `Origin` equal to the host that was asked. A cookie
 * without either is refused: every browser of the last years sends at least `Origin` with a write.
 * @throws 403 `cross_site`
 */
export function requireSameOrigin(headers: IncomingHttpHeaders): void {
	refuseCrossSite(headers);
	if (headers["sec-fetch-site"] === undefined && headers.origin === undefined) throw refused();
}
