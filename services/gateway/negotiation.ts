import type { IncomingHttpHeaders } from "node:http";
import Negotiator from "negotiator";
import { Problem } from "../../lib/problem.ts";

/** The version of the API, as a date. */
export const API_VERSION = "2026-01-01";

const JSON_TYPES = ["application/json", "application/problem+json"];

/** @throws 406 where the client cannot read what is answered, 400 for a version of the API that there is not */
export function requireAcceptable(headers: IncomingHttpHeaders, types = JSON_TYPES): void {
	const { accept } = headers;
	const [type = ""] = types;
	if (accept !== undefined && accept !== "*/*" && !accept.startsWith(type))
		if (new Negotiator({ headers: { accept: accept.slice(0, 1000) } }).mediaType(types) === undefined)
			throw new Problem(406, "not_acceptable", `Answers are ${type}.`);
	const version = headers["conductor-version"];
	if (version !== undefined && version !== API_VERSION)
		throw new Problem(
			400,
			"invalid_request",
			`There is no version ${JSON.stringify(version)}; there is ${API_VERSION}.`,
		);
}
