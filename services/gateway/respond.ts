import type { ServerResponse } from "node:http";
import type { Problem } from "../../lib/problem.ts";
import { corsHeaders } from "./cors.ts";
import type { Exchange } from "./exchange.ts";
import { API_VERSION } from "./negotiation.ts";
import { problemAnswer } from "./problems.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

/** An answer before it is written. `body` is null where there is none. */
export interface Answer {
	status: number;
	headers: Record<string, string>;
	body: string | null;
}

export const JSON_TYPE = "application/json; charset=utf-8";

/** The headers that every answer carries, set before anything can go wrong. */
export function setCommonHeaders(exchange: Exchange, origins: ReadonlySet<string>): void {
	const { req, res } = exchange;
	for (const name in SECURITY_HEADERS) res.setHeader(name, SECURITY_HEADERS[name] as string);
	res.setHeader("X-Request-Id", exchange.requestId);
	res.setHeader("traceparent", exchange.trace.traceparent);
	res.setHeader("Conductor-Version", API_VERSION);
	if (req.headers.origin !== undefined)
		for (const [name, value] of Object.entries(corsHeaders(req.headers.origin, origins))) res.setHeader(name, value);
}

/** What an answer varies with comes on top of what all answers vary with. */
function setHeader(res: ServerResponse, name: string, value: string): void {
	if (name !== "Vary") res.setHeader(name, value);
	else {
		const names = `${res.getHeader("Vary") ?? ""},${value}`.split(",").map((part) => part.trim());
		const seen = new Map(names.filter(Boolean).map((part) => [part.toLowerCase(), part]));
		res.setHeader("Vary", [...seen.values()].join(", "));
	}
}

/** Writes an answer. A client that left meanwhile is no error. */
export function write({ req, res }: Exchange, answer: Answer): void {
	if (res.headersSent || res.destroyed) return;
	res.statusCode = answer.status;
	for (const name in answer.headers) setHeader(res, name, answer.headers[name] as string);
	if (answer.body === null) {
		if (answer.status !== 204 && answer.status !== 304) res.setHeader("Content-Length", 0);
		res.end();
		return;
	}
	res.setHeader("Content-Length", Buffer.byteLength(answer.body));
	if (req.method === "HEAD") res.end();
	else res.end(answer.body);
}

/** An answer with a JSON body, which is always our own serialisation: no value of it can make it anything else. */
export function jsonAnswer(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
	return { status, headers: { "Content-Type": JSON_TYPE, ...headers }, body: JSON.stringify(value) };
}

/** Where something is now, as a header may hold it, with what the client asked of it. */
function redirectTarget(location: string, queryString: string): string {
	const target = location.replaceAll(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()));
	return queryString === "" || target.includes("?") ? target : `${target}?${queryString}`;
}

/** A problem as an answer. One that says where the resource is now is a redirect there. */
export function problemResponse(exchange: Exchange, problem: Problem): Answer {
	const { status, headers, document } = problemAnswer(problem, {
		path: exchange.path.slice(0, 2048),
		traceId: exchange.trace.traceId,
		acceptLanguage: exchange.req.headers["accept-language"],
	});
	if (headers.Location !== undefined && status < 400)
		headers.Location = redirectTarget(headers.Location, exchange.queryString);
	return {
		status,
		headers: { "Content-Type": "application/problem+json; charset=utf-8", ...headers },
		body: JSON.stringify(document),
	};
}
