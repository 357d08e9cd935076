import type { Duplex } from "node:stream";
import { Problem } from "../../lib/problem.ts";
import { continueTrace } from "../../lib/trace-context.ts";
import { problemAnswer } from "./problems.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

const { STATUS_CODES } = process.getBuiltinModule("node:http");

/**
 * Connections on which a large body may take longer than a request usually may: whoever reads it keeps the time. The
 * server knows one limit for all requests.
 */
export const patientConnections = new WeakSet<object>();

function problemOf(code: string | undefined): Problem {
	if (code === "HPE_HEADER_OVERFLOW")
		return new Problem(431, "header_too_large", "The request line and headers are too large together.");
	if (code === "ERR_HTTP_REQUEST_TIMEOUT")
		return new Problem(408, "request_timeout", "The request took too long to arrive.");
	return new Problem(400, "invalid_request", "This is not a well-formed HTTP request.");
}

/**
 * Answers what the HTTP parser could not make a request of, as a problem like everything else, and ends the connection.
 * There is no request, so nothing of it can be told or logged.
 */
export function answerClientError(error: Error & { code?: string }, socket: Duplex): void {
	if (error.code === "ERR_HTTP_REQUEST_TIMEOUT" && patientConnections.has(socket)) return;
	const halfAnswered = (socket as { _httpMessage?: { headersSent: boolean } | null })._httpMessage?.headersSent;
	if (error.code === "ECONNRESET" || !socket.writable || halfAnswered) {
		socket.destroy();
		return;
	}
	const { traceId } = continueTrace(undefined);
	const { status, document } = problemAnswer(problemOf(error.code), { path: "", traceId, acceptLanguage: undefined });
	const body = JSON.stringify(document);
	const headers = {
		...SECURITY_HEADERS,
		"Content-Type": "application/problem+json; charset=utf-8",
		"Content-Length": String(Buffer.byteLength(body)),
		"X-Request-Id": traceId,
		Connection: "close",
	};
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
	socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", body].join("\r\n"));
}
