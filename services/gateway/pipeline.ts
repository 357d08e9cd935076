import type { IncomingMessage, ServerResponse } from "node:http";
import { DEFAULT_SETTINGS } from "../../contracts/tenant-settings.ts";
import { Problem } from "../../lib/problem.ts";
import { parseQueryString } from "../../lib/query-string.ts";
import type { Tracer } from "../../lib/tracer.ts";
import type { Meta } from "../../mixins/action.ts";
import type { Admission } from "./admission.ts";
import { preflightHeaders } from "./cors.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import type { AnswerCache } from "./help-centre/answer-cache.ts";
import type { HelpCentre } from "./help-centre/help-centre.ts";
import { publicAnswer } from "./help-centre/public-answer.ts";
import { visitorCookie } from "./help-centre/visitor.ts";
import { type IdempotencyKeeper, idempotencyKeyOf, type KeyedRequest } from "./idempotency.ts";
import { hasBody, parseJson, readBody, requireJson } from "./json-body.ts";
import { requireAcceptable } from "./negotiation.ts";
import { clientProblem } from "./problems.ts";
import type { RawExchange, RawRoute } from "./raw-route.ts";
import { type Answer, jsonAnswer, problemResponse, setCommonHeaders, write } from "./respond.ts";
import type { PathParameters, RouteMatch, RouteTable } from "./router.ts";
import { readCookie, sessionCookieName } from "./session-cookie.ts";
import type { ViewCounter } from "./views.ts";

/** Calls an action of the broker. */
export type BrokerCall = (
	name: string,
	params: Record<string, unknown>,
	options: { meta: Meta; requestID: string },
) => Promise<unknown>;

/** What the pipeline works with. */
export interface PipelineParts {
	table: RouteTable;
	origins: ReadonlySet<string>;
	secureCookie: boolean;
	admission: Admission;
	helpCentre: HelpCentre;
	answers: AnswerCache;
	views: ViewCounter;
	idempotency: IdempotencyKeeper;
	tracer: Tracer;
	call: BrokerCall;
	/** whether every connection shall end with its next answer */
	closing(): boolean;
	/** told about an error whose text no client may see */
	unexpected(exchange: Exchange, error: unknown): void;
}

/** A body that is still arriving is not waited for beyond this many bytes, when the answer is known already. */
const WORTH_READING = 65_536;

/** Every request's way: each step either hands on or ends with a problem, in an order that tells strangers nothing. */
export class Pipeline {
	private readonly parts: PipelineParts;

	constructor(parts: PipelineParts) {
		this.parts = parts;
	}

	/** Answers a request, whatever happens. Never rejects. */
	async handle(req: IncomingMessage, res: ServerResponse): Promise<Exchange> {
		const exchange = openExchange(req, res, this.parts.tracer.begin(req.headers.traceparent as string | undefined));
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
		if (this.parts.closing()) exchange.res.setHeader("Connection", "close");
		write(exchange, answer);
		if (exchange.article) this.parts.views.note(exchange, answer.status);
	}

	private problem(exchange: Exchange, error: unknown): Answer {
		const problem = clientProblem(error);
		if (problem.code >= 500) this.parts.unexpected(exchange, error);
		const { req, res } = exchange;
		const announced = Number(req.headers["content-length"] ?? Number.POSITIVE_INFINITY);
		if (!req.complete && hasBody(req) && announced > WORTH_READING) res.setHeader("Connection", "close");
		return problemResponse(exchange, problem);
	}

	private async respond(exchange: Exchange): Promise<Answer | null> {
		const match = this.parts.table.match(exchange.method, exchange.path);
		if (match.kind !== "route") return this.unrouted(exchange, match);
		exchange.route = match.route;
		const { endpoint, raw, help } = match.route;
		if (raw) return this.raw(exchange, raw, match.params);
		return help ? this.help(exchange, endpoint, match.params) : this.action(exchange, endpoint, match.params);
	}

	private unrouted(exchange: Exchange, match: Exclude<RouteMatch, { kind: "route" }>): Answer {
		if (match.kind === "malformed") throw new Problem(400, "invalid_request", "The path is not well encoded.");
		if (match.kind === "nothing") throw new Problem(404, "not_found", "There is no such resource.");
		const Allow = match.methods.join(", ");
		if (exchange.method !== "OPTIONS")
			throw new Problem(405, "method_not_allowed", `This resource knows ${Allow}.`, { headers: { Allow } });
		return { status: 204, headers: { Allow, ...preflightHeaders(match.methods) }, body: null };
	}

	private async action(exchange: Exchange, endpoint: Endpoint, path: PathParameters): Promise<Answer> {
		const { access, alsoPlatform } = endpoint.contract;
		await this.parts.admission.admit(exchange, { access, alsoPlatform, kind: endpoint.kind });
		return this.admitted(exchange, endpoint, path);
	}

	/** The same for anybody at a help centre. */
	private async help(exchange: Exchange, endpoint: Endpoint, path: PathParameters): Promise<Answer> {
		await this.parts.helpCentre.admit(exchange, endpoint, path.tenantSlug ?? "");
		const answer = await this.parts.answers
			.recall(exchange, endpoint, () => this.admitted(exchange, endpoint, path))
			.catch((error) => this.problem(exchange, error));
		const { visitor, method, res } = exchange;
		if (visitor?.isNew && method !== "DELETE" && answer.status < 300)
			res.appendHeader("Set-Cookie", visitorCookie(visitor, this.parts.secureCookie));
		return publicAnswer(exchange, answer);
	}

	private async admitted(exchange: Exchange, endpoint: Endpoint, path: PathParameters): Promise<Answer> {
		requireAcceptable(exchange.req.headers);
		const key = idempotencyKeyOf(exchange.method, exchange.req.headers);
		const body = exchange.method === "GET" ? null : await bodyOf(exchange);
		return this.once(exchange, key, body, (commandId) => this.perform(exchange, endpoint, path, body, commandId));
	}

	/** The answer that the request's key has already, or the one that `perform` makes. */
	private async once(
		exchange: Exchange,
		key: string | null,
		body: Buffer | null,
		perform: (commandId?: string) => Promise<Answer>,
	): Promise<Answer> {
		if (key === null || isUnknownVisitor(exchange)) return perform();
		return this.parts.idempotency.answer(keyedRequest(exchange, key, body), (commandId) =>
			perform(commandId).catch((error) => this.problem(exchange, error)),
		);
	}

	/** Calls the action with what the request says. */
	private async perform(
		exchange: Exchange,
		endpoint: Endpoint,
		path: PathParameters,
		body: Buffer | null,
		commandId?: string,
	): Promise<Answer> {
		const query = parseQueryString(exchange.queryString);
		const invocation = endpoint.prepare(exchange, path, query, body === null ? undefined : parseJson(body));
		const options = { meta: metaOf(exchange, commandId), requestID: exchange.requestId };
		const { name } = endpoint.contract;
		const result = await endpoint.invoke(invocation, (params) => this.parts.call(name, params, options));
		if (endpoint.contract.countsView) exchange.article = result as Exchange["article"];
		return endpoint.answer(exchange, invocation, result);
	}

	private async raw(exchange: Exchange, raw: RawRoute, params: PathParameters): Promise<null> {
		const { admission } = this.parts;
		if (raw.access === undefined) await admission.admitStranger(exchange, raw);
		else await admission.admit(exchange, { access: raw.access, kind: "default", anyBody: raw.consumes !== undefined });
		await raw.handler(this.rawExchange(exchange, params));
		return null;
	}

	private rawExchange(exchange: Exchange, params: PathParameters): RawExchange {
		const { req, res, requestId, caller, credential } = exchange;
		const { secureCookie } = this.parts;
		const callAs =
			(commandId?: string): RawExchange["call"] =>
			(contract, input) =>
				this.parts.call(contract.name, input as Record<string, unknown>, {
					meta: metaOf(exchange, commandId),
					requestID: requestId,
				}) as never;
		return {
			req,
			res,
			caller,
			credential,
			params,
			requestId,
			query: new URLSearchParams(exchange.queryString),
			session: readCookie(req.headers.cookie, sessionCookieName(secureCookie)),
			secure: secureCookie,
			json: async () => {
				const bytes = await bodyOf(exchange);
				return bytes === null ? undefined : parseJson(bytes);
			},
			call: callAs(),
			answerOnce: async (content, perform) => {
				const key = idempotencyKeyOf(exchange.method, req.headers);
				const answer = await this.once(exchange, key, Buffer.from(content), (commandId) => perform(callAs(commandId)));
				this.finish(exchange, answer);
				return answer;
			},
			send: (status, value) => this.finish(exchange, jsonAnswer(status, value)),
			redirect: (Location, status = 302) => this.finish(exchange, { status, headers: { Location }, body: null }),
		};
	}
}

/** What the action is told beside its parameters: verified things, and the languages that the client prefers. */
function metaOf({ req, trace, caller }: Exchange, commandId?: string): Meta {
	const language = req.headers["accept-language"];
	return {
		traceparent: trace.traceparent,
		...(caller ? { caller } : {}),
		...(commandId ? { commandId } : {}),
		...(language ? { acceptLanguage: language.slice(0, 200) } : {}),
	};
}

async function bodyOf({ req }: Exchange): Promise<Buffer | null> {
	if (!hasBody(req)) return null;
	requireJson(req);
	const bytes = await readBody(req);
	return bytes.length === 0 ? null : bytes;
}

/**
 * Whether nobody can say who writes. Such a request is never taken for the repeat of another one: the other may be by
 * somebody else behind the same address who chose the same key.
 */
function isUnknownVisitor({ route, visitor }: Exchange): boolean {
	return route?.help === true && (visitor === null || visitor.isNew);
}

function senderOf({ caller, visitor, req }: Exchange): string {
	if (visitor) return `visitor ${visitor.key}`;
	return caller ? `credential ${caller.credentialId ?? caller.id}` : `address ${req.socket.remoteAddress}`;
}

function keyedRequest(exchange: Exchange, key: string, body: Buffer | null): KeyedRequest {
	const { caller, credential, visitor } = exchange;
	return {
		key,
		tenantId: caller?.tenant?.id ?? (caller ? "platform" : "public"),
		sender: senderOf(exchange),
		secret: credential?.value ?? visitor?.cookie ?? "",

		method: exchange.method,
		path: exchange.path,
		queryString: exchange.queryString,
		body,
		ttlSec: (caller?.tenant?.settings ?? DEFAULT_SETTINGS).idempotencyTtlSec,
	};
}
