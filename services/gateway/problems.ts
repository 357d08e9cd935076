import Negotiator from "negotiator";
import { isDatabaseAway } from "../../lib/database-away.ts";
import { isProblem, Problem, type ProblemItem } from "../../lib/problem.ts";
import { problemTitle, TITLE_LANGUAGES } from "./problem-titles.ts";

/** A problem as it goes over the wire: status, headers and the RFC 9457 document. */
export interface ProblemAnswer {
	status: number;
	headers: Record<string, string>;
	document: Record<string, unknown>;
}

/** How long a client should wait before it asks an unavailable part again, seconds. */
const RETRY_AFTER_SEC = 2;

/** Nobody began to do what was asked for. */
const UNAVAILABLE = new Set([
	"SERVICE_NOT_FOUND",
	"SERVICE_NOT_AVAILABLE",
	"QUEUE_FULL",
	"NOT_DELIVERED",
	"BAD_GATEWAY",
]);

/** Somebody may have done it, but no answer came. */
const UNANSWERED = new Set(["REQUEST_TIMEOUT", "REQUEST_SKIPPED", "REQUEST_REJECTED"]);

/**
 * What a client is told about an error. Problems are meant for clients and pass as they are. Of everything else only
 * the kind is told: a part that is not there, or whose database is not, is 503, a call without an answer 504, the rest 500 without a word of what
 * the error says.
 */
export function clientProblem(error: unknown): Problem {
	if (isProblem(error)) return error;
	const { type } = error as { type?: unknown };
	if (typeof type === "string" && UNAVAILABLE.has(type))
		return new Problem(503, "unavailable", "This part of the service cannot be reached. Try again soon.", {
			headers: { "Retry-After": String(RETRY_AFTER_SEC) },
			cause: error,
		});
	if (typeof type === "string" && UNANSWERED.has(type))
		return new Problem(504, "timeout", "No answer came in time. What was asked for may still have happened.", {
			cause: error,
		});
	if (isDatabaseAway(error))
		return new Problem(
			503,
			"unavailable",
			"This part of the service has lost its database. Try again soon; what was asked for may still have happened.",
			{ headers: { "Retry-After": String(RETRY_AFTER_SEC) }, cause: error },
		);
	return new Problem(500, "internal", "The request could not be answered. The error has been noted.", { cause: error });
}

/** The language of a problem's title for a client's `Accept-Language`. */
export function titleLanguage(acceptLanguage: string | undefined): string {
	if (!acceptLanguage || acceptLanguage.length > 200) return "en";
	const preferred = new Negotiator({ headers: { "accept-language": acceptLanguage } });
	return preferred.language([...TITLE_LANGUAGES]) ?? "en";
}

/** The problem document of an error, for one request. */
export function problemAnswer(
	problem: Problem,
	request: { path: string; traceId: string; acceptLanguage: string | undefined },
): ProblemAnswer {
	const language = titleLanguage(request.acceptLanguage);
	const { extra, errors, headers } = problem.data;
	const document: Record<string, unknown> = {
		...extra,
		type: `/problems/${problem.type}`,
		title: problemTitle(problem.type, language),
		status: problem.code,
		detail: problem.message,
		code: problem.type,
		instance: request.path,
		traceId: request.traceId,
		...(errors && errors.length > 0 ? { errors: errors satisfies ProblemItem[] } : {}),
	};
	return { status: problem.code, headers: { ...headers, "Content-Language": language }, document };
}
