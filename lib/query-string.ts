import { Problem } from "./problem.ts";

/** One `name=value` of a query string, with what stood in brackets behind the name: `createdAt[gte]=…`. */
export interface QueryParameter {
	/** as the client wrote it, for messages */
	written: string;
	name: string;
	brackets: readonly string[];
	value: string;
}

const MAX_PARAMETERS = 100;
const MAX_LENGTH = 16_384;
const NAME = /^([A-Za-z][A-Za-z0-9_]{0,63})((?:\[[A-Za-z0-9_]{1,64}\]){0,2})$/;

function malformed(detail: string): Problem {
	return new Problem(400, "invalid_request", detail);
}

export function unknownParameter(written: string): Problem {
	const shown = written.slice(0, 64);
	return new Problem(400, "unknown_parameter", `There is no parameter ${JSON.stringify(shown)} here.`, {
		errors: [{ pointer: shown, code: "unknown_parameter", message: "This parameter is not known." }],
	});
}

export function badParameter(written: string, message: string): Problem {
	return new Problem(400, "invalid_request", `${written}: ${message}`, {
		errors: [{ pointer: written, code: "invalid", message }],
	});
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text.replaceAll("+", " "));
	} catch {
		throw malformed("The query string is not well encoded.");
	}
}

/**
 * The parameters of a query string in the order they were written.
 * @throws 400 for a malformed encoding, too many parameters, or a name that no parameter can have
 */
export function parseQueryString(text: string): QueryParameter[] {
	if (text === "") return [];
	if (text.length > MAX_LENGTH) throw malformed("The query string is too long.");
	const parts = text.split("&").filter((part) => part !== "");
	if (parts.length > MAX_PARAMETERS) throw malformed(`There may be at most ${MAX_PARAMETERS} parameters.`);
	return parts.map((part) => {
		const at = part.indexOf("=");
		const written = decode(at < 0 ? part : part.slice(0, at));
		const [, name, brackets] = NAME.exec(written) ?? [];
		if (name === undefined) throw unknownParameter(written);
		const inner = brackets ? brackets.slice(1, -1).split("][") : [];
		return { written, name, brackets: inner, value: at < 0 ? "" : decode(part.slice(at + 1)) };
	});
}
