import type { Config } from "../../../config.ts";
import {
	beginSignIn,
	completeSignIn,
	endSession,
	SwitchTenantBody,
	sessionTenants,
	switchTenant,
} from "../../../contracts/sign-in.ts";
import { lazy } from "../../../lib/lazy.ts";
import { Problem } from "../../../lib/problem.ts";
import { createAjv, schemaProblem } from "../../../mixins/contract-validator.ts";
import type { Runtime } from "../../../mixins/runtime.ts";
import type { RawExchange, RawRoute } from "../raw-route.ts";
import { readCookie, sessionCookie } from "../session-cookie.ts";
import { DevelopmentMount, hasDevelopmentIssuer } from "./development-mount.ts";
import { withErrorPage } from "./error-page.ts";
import { dropFlow, flowCookieName, keepFlow, surplusFlows } from "./flow-cookie.ts";
import { sameSitePath } from "./return-to.ts";

const HOST = /^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/;
const MAX_SESSION = 256;

/** What an operator should know about signing in when the gateway starts, or null where nothing is out of the ordinary. */
export function signInNotice(config: Config): string | null {
	if (config.oidc || hasDevelopmentIssuer(config)) return null;
	return "no OpenID issuer is configured (OIDC_ISSUER): API tokens are the only way in";
}

/**
 * The origin under which the browser reached us, so that it comes back to where its cookies are. A forged `Host` leads
 * nowhere: an issuer sends browsers only to addresses registered with it.
 */
function ownOrigin({ req, secure }: RawExchange): string {
	const { host } = req.headers;
	if (!host || !HOST.test(host)) throw new Problem(400, "invalid_request", "The Host header names no host.");
	return `${secure ? "https" : "http"}://${host}`;
}

const sessionOf = ({ session }: RawExchange) => (session !== null && session.length <= MAX_SESSION ? session : null);

function returnToOf(query: URLSearchParams): string {
	for (const name of query.keys())
		if (name !== "returnTo") throw new Problem(400, "unknown_parameter", "Signing in takes returnTo and nothing else.");
	const [returnTo = "/", ...more] = query.getAll("returnTo");
	return sameSitePath(more.length > 0 ? "" : returnTo);
}

async function login(exchange: RawExchange, development: DevelopmentMount | null): Promise<void> {
	const { req, res, secure } = exchange;
	const returnTo = returnToOf(exchange.query);
	const redirectUri = `${ownOrigin(exchange)}/api/callback`;
	await development?.ready(exchange);
	const { url, state, flow } = await exchange.call(beginSignIn, { redirectUri, returnTo });
	const name = flowCookieName(state, secure);
	if (!name) throw new Error("identity named a sign-in in a way that no cookie can be");
	for (const surplus of surplusFlows(req.headers.cookie, secure))
		res.appendHeader("Set-Cookie", dropFlow(surplus, secure));
	res.appendHeader("Set-Cookie", keepFlow(name, flow, secure));
	exchange.redirect(development ? pathOf(url) : url);
}

/** The development issuer is on whatever origin the browser uses for us. */
function pathOf(url: string): string {
	const { pathname, search } = new URL(url);
	return pathname + search;
}

async function callback(exchange: RawExchange): Promise<void> {
	const { req, res, secure, query } = exchange;
	const name = flowCookieName(query.get("state"), secure);
	const flow = name && readCookie(req.headers.cookie, name);
	if (!name || !flow)
		throw new Problem(400, "sign_in_expired", "This sign-in was begun too long ago or elsewhere. Begin it again.");
	// However it ends, it is not tried twice.
	res.appendHeader("Set-Cookie", dropFlow(name, secure));
	const replaces = sessionOf(exchange);
	const response = query.toString();
	const done = await exchange.call(completeSignIn, { flow, response, ...(replaces ? { replaces } : {}) });
	res.appendHeader("Set-Cookie", sessionCookie(done.session, { secure, maxAgeSec: done.maxAgeSec }));
	exchange.redirect(done.returnTo);
}

async function logout(exchange: RawExchange): Promise<void> {
	const session = sessionOf(exchange);
	const returnUri = `${ownOrigin(exchange)}/`;
	const result = await exchange.call(endSession, { returnUri, ...(session ? { session } : {}) });
	exchange.res.appendHeader("Set-Cookie", sessionCookie("", { secure: exchange.secure, maxAgeSec: 0 }));
	exchange.send(200, result);
}

function requireSession(exchange: RawExchange): string {
	const session = sessionOf(exchange);
	if (!session) throw new Problem(401, "unauthenticated", "This needs the cookie of a session. Sign in first.");
	return session;
}

async function tenants(exchange: RawExchange): Promise<void> {
	exchange.send(200, await exchange.call(sessionTenants, { session: requireSession(exchange) }));
}

/** Compiled when the first body comes: a start has no time for it. */
const checkBody = lazy(() => createAjv().compile<{ slug: string }>(SwitchTenantBody));

async function changeTenant(exchange: RawExchange): Promise<void> {
	const session = requireSession(exchange);
	const body = await exchange.json();
	if (!checkBody()(body)) throw schemaProblem(checkBody().errors ?? []);
	const moved = await exchange.call(switchTenant, { session, slug: body.slug });
	const { secure } = exchange;
	exchange.res.appendHeader("Set-Cookie", sessionCookie(moved.session, { secure, maxAgeSec: moved.maxAgeSec }));
	exchange.send(200, { tenant: moved.tenant });
}

/**
 * The gateway's routes for signing in and out in a browser. `options.origin()` is the gateway's own origin once it
 * listens. Sessions, OpenID and who is let in are identity's; here are cookies and redirects.
 */
export function signInRoutes(runtime: Runtime, options: { origin(): string }): RawRoute[] {
	const development = hasDevelopmentIssuer(runtime.config)
		? new DevelopmentMount(runtime.config, options.origin)
		: null;
	return [
		{
			method: "GET",
			path: "/api/login",
			summary: "Sign in with the OpenID issuer",
			status: 302,
			handler: (exchange) => withErrorPage(exchange, () => login(exchange, development)),
		},
		{
			method: "GET",
			path: "/api/callback",
			summary: "Where the OpenID issuer sends the browser back to",
			status: 302,
			handler: (exchange) => withErrorPage(exchange, () => callback(exchange)),
		},
		{ method: "POST", path: "/api/logout", summary: "Sign out", handler: logout },
		{ method: "GET", path: "/api/session", summary: "The tenants that the session can move to", handler: tenants },
		{
			method: "POST",
			path: "/api/session/tenant",
			summary: "Move the session to another tenant",
			body: SwitchTenantBody,
			handler: changeTenant,
		},
		...(development?.routes() ?? []),
	];
}
