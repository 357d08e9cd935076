import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { Problem, type ProblemItem } from "../../lib/problem.ts";

/** The largest body that is read, bytes. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** The deepest nesting of a body. The deepest thing any contract takes has six levels. */
const MAX_DEPTH = 32;

const FORBIDDEN_KEYS = new Set(["__proto__", "constructor", "prototype"]);
const SUSPICIOUS = /__proto__|constructor|prototype|\\u/;

function tooLarge(): Problem {
	return new Problem(413, "payload_too_large", `A body may have at most ${MAX_BODY_BYTES} bytes.`, {
		headers: { Connection: "close" },
	});
}

/** Whether a request announces a body. */
export function hasBody(req: IncomingMessage): boolean {
	const length = req.headers["content-length"];
	return (length !== undefined && length !== "0") || req.headers["transfer-encoding"] !== undefined;
}

/** @throws 415 unless a body is announced as plain JSON in UTF-8 */
export function requireJson(req: IncomingMessage): void {
	const [type, ...parameters] = (req.headers["content-type"] ?? "").toLowerCase().split(";");
	const mediaType = (type ?? "").trim();
	const isJson = mediaType === "application/json" || mediaType === "application/merge-patch+json";
	const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith("charset="));
	if (!isJson || (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)))
		throw new Problem(415, "unsupported_media_type", "The body must be application/json in UTF-8.");
	const encoding = req.headers["content-encoding"];
	if (encoding !== undefined && encoding !== "identity")
		throw new Problem(415, "unsupported_media_type", "The body must not be compressed.");
}

/** Reads a body to its end. @throws 413 as soon as it is known to be too large, 400 when the client breaks off */
export function readBody(req: IncomingMessage): Promise<Buffer> {
	if (Number(req.headers["content-length"] ?? 0) > MAX_BODY_BYTES) return Promise.reject(tooLarge());
	return new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		let size = 0;
		req.on("data", (chunk: Buffer) => {
			size += chunk.length;
			if (size <= MAX_BODY_BYTES) chunks.push(chunk);
			else {
				req.pause();
				req.removeAllListeners("data");
				reject(tooLarge());
			}
		});
		req.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
		const broken = () => reject(new Problem(400, "invalid_request", "The body ended too early."));
		req.on("error", broken);
		req.on("close", () => req.complete || broken());
	});
}

const pointerPart = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");

function checkDepth(value: object, depth: number): void {
	if (depth > MAX_DEPTH)
		throw new Problem(400, "invalid_request", `The body is nested deeper than ${MAX_DEPTH} levels.`);
	for (const inner of Object.values(value))
		if (typeof inner === "object" && inner !== null) checkDepth(inner, depth + 1);
}

function forbiddenKeys(value: unknown, pointer: string): ProblemItem[] {
	if (typeof value !== "object" || value === null) return [];
	return Object.entries(value).flatMap(([key, inner]) => {
		const at = `${pointer}/${pointerPart(key)}`;
		return FORBIDDEN_KEYS.has(key)
			? [{ pointer: at, code: "unknown_field", message: "This field is not known." }]
			: forbiddenKeys(inner, at);
	});
}

/**
 * Parses a body. Names that reach into JavaScript's own objects are refused wherever they stand, so that no handler ever
 * meets one, and so is nesting beyond reason.
 * @throws 400 for malformed JSON or UTF-8 and deep nesting, 422 `unknown_field` for such a name
 */
export function parseJson(body: Buffer): unknown {
	if (!isUtf8(body)) throw new Problem(400, "invalid_request", "The body is not valid UTF-8.");
	const text = body.toString("utf8").replace(/^\uFEFF/, "");
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new Problem(400, "invalid_request", "The body is not valid JSON.");
	}
	if (typeof value === "object" && value !== null) checkDepth(value, 1);
	// Nearly no body holds such a word, or an escape that could spell one: only then every name is looked at.
	const found = SUSPICIOUS.test(text) ? forbiddenKeys(value, "").slice(0, 50) : [];
	if (found.length > 0)
		throw new Problem(422, "unknown_field", `${found[0]?.pointer}: ${found[0]?.message}`, { errors: found });
	return value;
}
