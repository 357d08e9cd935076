import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../../contracts/caller.ts";
import type { Clock } from "../../lib/clock.ts";
import { Problem } from "../../lib/problem.ts";
import type { Meta } from "../../mixins/action.ts";
import { checkAccess } from "../../mixins/authorization.ts";
import { preflightHeaders } from "./cors.ts";
import { type Credential, credentialOf, missingCredential } from "./credentials.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import { hasBody, parseJson, readBody, requireJson } from "./json-body.ts";
import { requireAcceptable } from "./negotiation.ts";
import { clientProblem } from "./problems.ts";
import { parseQueryString } from "./query-string.ts";
import type { Limit, Limiter } from "./rate-limit/limiter.ts";
import { anonymousLimits, callerLimits, limitHeaders, rateLimited } from "./rate-limit/limits.ts";
import type { RawExchange, RawRoute } from "./raw-route.ts";
import { type Answer, jsonAnswer, problemResponse, setCommonHeaders, write } from "./respond.ts";
import type { RouteMatch, RouteTable } from "./router.ts";
import { requireSameOrigin } from "./same-origin.ts";
import { readCookie, sessionCookieName } from "./session-cookie.ts";

/** Calls an action of the broker. */
export type BrokerCall = (
	name: string,
	params: Record<string, unknown>,
	options: { meta: Meta; requestID: string },
) => Promise<unknown>;

/** What the pipeline works with. */
export interface PipelineParts {
	table: RouteTable;
	clock: Clock;
	origins: ReadonlySet<string>;
	secureCookie: boolean;
	authenticate(credential: Credential): Promise<Caller>;
	/** for verified callers, and one of its own for addresses, so that a crowd of these displaces nobody */
	callerLimiter: Limiter;
	addressLimiter: Limiter;
	call: BrokerCall;
	/** whether every connection shall end with its next answer */
	closing(): boolean;
	/** told about an error whose text no client may see */
	unexpected(exchange: Exchange, error: unknown): void;
}

/** Every request's way: each step either hands on or ends with a problem, in an order that tells strangers nothing. */
export class Pipeline {
	private readonly parts: PipelineParts;

	constructor(parts: PipelineParts) {
		this.parts = parts;
	}

	/** Answers a request, whatever happens. */
	async handle(req: IncomingMessage, res: ServerResponse): Promise<Exchange> {
		const exchange = openExchange(req, res);
		try {
			setCommonHeaders(exchange, this.parts.origins);
			if (this.parts.closing()) res.setHeader("Connection", "close");
			const answer = await this.respond(exchange);
			if (answer) this.finish(exchange, answer);
		} catch (error) {
			this.finish(exchange, this.problem(exchange, error));
		}
		return exchange;
	}

	private finish(exchange: Exchange, answer: Answer): void {
		if (this.parts.closing()) answer.headers.Connection = "close";
		write(exchange, answer);
	}

	private problem(exchange: Exchange, error: unknown): Answer {
		const problem = clientProblem(error);
		if (problem.code >= 500) this.parts.unexpected(exchange, error);
		const answer = problemResponse(exchange, problem);
		// What the client still sends of a large body is not worth waiting for.
		if (!exchange.req.complete && Number(exchange.req.headers["content-length"] ?? Infinity) > 65_536)
			if (hasBody(exchange.req)) answer.headers.Connection = "close";
		return answer;
	}

	private async respond(exchange: Exchange): Promise<Answer | null> {
		const match = this.parts.table.match(exchange.method, exchange.path);
		if (match.kind !== "route") return this.unrouted(exchange, match);
		exchange.route = match.route;
		const { endpoint, raw } = match.route;
		if (raw) return this.raw(exchange, raw, match.params);
		return this.action(exchange, endpoint, match.params);
	}

	private unrouted(exchange: Exchange, match: Exclude<RouteMatch, { kind: "route" }>): Answer {
		if (match.kind === "malformed") throw new Problem(400, "invalid_request", "The path is not well encoded.");
		if (match.kind === "nothing") throw new Problem(404, "not_found", "There is no such resource.");
		const Allow = match.methods.join(", ");
		if (exchange.method !== "OPTIONS")
			throw new Problem(405, "method_not_allowed", `This resource knows ${Allow}.`, { headers: { Allow } });
		return { status: 204, headers: { Allow, ...preflightHeaders(match.methods) }, body: null };
	}

	private async action(
		exchange: Exchange,
		endpoint: Endpoint,
		path: Record<string, string | undefined>,
	): Promise<Answer> {
		const { req } = exchange;
		const { contract } = endpoint;
		const credential = await this.identify(exchange, contract.access === "public");
		const { caller } = exchange;
		await this.limit(exchange, caller ? callerLimits(caller, endpoint.kind) : null);
		if (caller && credential?.kind === "session" && exchange.method !== "GET") this.requireOwnPage(exchange);
		checkAccess(contract.access, caller ?? undefined);
		requireAcceptable(req.headers);
		const query = parseQueryString(exchange.queryString);
		const body = exchange.method === "GET" ? undefined : await this.body(exchange);
		const invocation = endpoint.prepare(exchange, path, query, body);
		const meta = this.meta(exchange);
		const result = await endpoint.invoke(invocation, (params) =>
			this.parts.call(contract.name, params, { meta, requestID: exchange.requestId }),
		);
		return endpoint.answer(exchange, invocation, result);
	}

	private meta(exchange: Exchange): Meta {
		const language = exchange.req.headers["accept-language"];
		return {
			traceparent: exchange.trace.traceparent,
			...(exchange.caller ? { caller: exchange.caller } : {}),
			...(language ? { acceptLanguage: language.slice(0, 200) } : {}),
		};
	}

	/**
	 * Verifies the credential and notes the caller. Where nobody needs one, a session that has ended is as good as none.
	 * A failure counts against the client's address.
	 */
	private async identify(exchange: Exchange, optional: boolean): Promise<Credential | null> {
		try {
			const credential = credentialOf(exchange.req.headers, this.parts.secureCookie);
			if (credential) exchange.caller = await this.parts.authenticate(credential);
			else if (!optional) throw missingCredential();
			return credential;
		} catch (error) {
			if ((error as { code?: unknown }).code !== 401) throw error;
			if (optional && exchange.req.headers.authorization === undefined) return null;
			await this.limit(exchange, null);
			throw withChallenge(error as Problem);
		}
	}

	/** Takes a token of the caller's limits, or of the address's where nobody is known. @throws 429 */
	private async limit(exchange: Exchange, limits: Limit[] | null): Promise<void> {
		const { callerLimiter, addressLimiter, clock } = this.parts;
		const now = clock.now().getTime();
		const taken = limits
			? callerLimiter.take(limits, now)
			: addressLimiter.take(anonymousLimits(exchange.req.socket.remoteAddress ?? "unknown"), now);
		const decision = taken instanceof Promise ? await taken : taken;
		const headers = limitHeaders(decision);
		for (const name in headers) exchange.res.setHeader(name, headers[name] as string);
		if (!decision.allowed) throw rateLimited(decision);
	}

	private requireOwnPage({ req, method }: Exchange): void {
		requireSameOrigin(req.headers);
		if (method === "POST" || hasBody(req)) requireJson(req);
	}

	private async body(exchange: Exchange): Promise<unknown> {
		const { req } = exchange;
		if (!hasBody(req)) return undefined;
		requireJson(req);
		const bytes = await readBody(req);
		return bytes.length === 0 ? undefined : parseJson(bytes);
	}

	private async raw(exchange: Exchange, raw: RawRoute, params: Record<string, string | undefined>): Promise<null> {
		await this.limit(exchange, null);
		if (exchange.method !== "GET" && raw.crossSite !== "own") this.requireOwnPage(exchange);
		await raw.handler(this.rawExchange(exchange, params));
		return null;
	}

	private rawExchange(exchange: Exchange, params: Record<string, string | undefined>): RawExchange {
		const { req, res, requestId } = exchange;
		const { secureCookie } = this.parts;
		return {
			req,
			res,
			params,
			requestId,
			query: new URLSearchParams(exchange.queryString),
			session: readCookie(req.headers.cookie, sessionCookieName(secureCookie)),
			secure: secureCookie,
			json: () => this.body(exchange),
			call: (contract, input) =>
				this.parts.call(contract.name, input as Record<string, unknown>, {
					meta: { traceparent: exchange.trace.traceparent },
					requestID: requestId,
				}) as never,
			send: (status, value) => write(exchange, jsonAnswer(status, value)),
			redirect: (location, status = 302) => write(exchange, { status, headers: { Location: location }, body: null }),
		};
	}
}

/** A 401 always says what it asks for (RFC 9110). */
function withChallenge(error: Problem): Problem {
	const headers = { "WWW-Authenticate": "Bearer", ...error.data?.headers };
	return new Problem(401, "unauthenticated", error.message, { headers });
}
