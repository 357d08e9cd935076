import type { Caller } from "../../contracts/caller.ts";
import type { Access } from "../../contracts/contract.ts";
import type { Clock } from "../../lib/clock.ts";
import { Problem } from "../../lib/problem.ts";
import { checkAccess } from "../../mixins/authorization.ts";
import { type Credential, credentialOf, missingCredential } from "./credentials.ts";
import type { Exchange } from "./exchange.ts";
import { hasBody, requireJson } from "./json-body.ts";
import type { Limit, Limiter } from "./rate-limit/limiter.ts";
import { anonymousLimits, callerLimits, type RequestKind, takeTokens } from "./rate-limit/limits.ts";
import { requireSameOrigin } from "./same-origin.ts";

export interface AdmissionParts {
	clock: Clock;
	secureCookie: boolean;
	authenticate(credential: Credential): Promise<Caller>;
	/** for verified callers, and one of its own for addresses, so that a crowd of these displaces nobody */
	callerLimiter: Limiter;
	addressLimiter: Limiter;
}

/** Who may come in, and how often. */
export class Admission {
	private readonly parts: AdmissionParts;

	constructor(parts: AdmissionParts) {
		this.parts = parts;
	}

	/**
	 * Lets a request through to what only some may call, with its verified caller noted in the exchange.
	 * @throws 401, then 429, then 403, before anything of the request's content is looked at
	 */
	async admit(
		exchange: Exchange,
		{
			access,
			alsoPlatform = false,
			kind,
			anyBody = false,
		}: { access: Access; alsoPlatform?: boolean; kind: RequestKind; anyBody?: boolean },
	): Promise<void> {
		await this.identify(exchange, access === "public");
		const { caller, credential } = exchange;
		await this.limit(exchange, caller ? callerLimits(caller, kind) : this.anonymous(exchange));
		if (caller && credential?.kind === "session" && exchange.method !== "GET") requireOwnPage(exchange, anyBody);
		checkAccess(access, caller ?? undefined, alsoPlatform);
	}

	/** Lets a request through to a raw route, which nobody has to sign in for. @throws 429 and 403 */
	async admitStranger(exchange: Exchange, route: { unlimited?: boolean; crossSite?: "refuse" | "own" }): Promise<void> {
		if (!route.unlimited) await this.limit(exchange, this.anonymous(exchange));
		if (exchange.method !== "GET" && route.crossSite !== "own") requireOwnPage(exchange);
	}

	/**
	 * Verifies the credential and notes the caller. Where nobody needs one, a session that has ended is as good as none.
	 * Failures count against the client's address; a good credential is never held up by the failures of others there.
	 */
	private async identify(exchange: Exchange, optional: boolean): Promise<void> {
		try {
			const credential = credentialOf(exchange.req.headers, this.parts.secureCookie);
			if (credential) exchange.caller = await this.parts.authenticate(credential);
			else if (!optional) throw missingCredential();
			exchange.credential = credential;
		} catch (error) {
			if ((error as { code?: unknown }).code !== 401) throw error;
			if (optional && exchange.req.headers.authorization === undefined) return;
			await this.limit(exchange, this.anonymous(exchange));
			throw withChallenge(error as Problem);
		}
	}

	/** The address is the socket's: a header such as `X-Forwarded-For` can say anything. */
	private anonymous({ req }: Exchange): Limit[] {
		return anonymousLimits(req.socket.remoteAddress ?? "unknown");
	}

	private async limit(exchange: Exchange, limits: Limit[]): Promise<void> {
		const { callerLimiter, addressLimiter, clock } = this.parts;
		await takeTokens(exchange.res, exchange.caller ? callerLimiter : addressLimiter, limits, clock.now());
	}
}

function requireOwnPage({ req, method }: Exchange, anyBody = false): void {
	requireSameOrigin(req.headers);
	if (anyBody) return;
	if (method === "POST" || hasBody(req)) requireJson(req);
}

/** A 401 always says what it asks for (RFC 9110). */
function withChallenge(error: Problem): Problem {
	const headers = { "WWW-Authenticate": "Bearer", ...error.data?.headers };
	return new Problem(401, "unauthenticated", error.message, { headers });
}
