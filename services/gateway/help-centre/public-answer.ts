import { hash } from "node:crypto";
import type { Exchange } from "../exchange.ts";
import { isFresh } from "../preconditions.ts";
import type { Answer } from "../respond.ts";

/** For how long browsers and CDNs may serve an answer, and for how long a stale one while they fetch the next. */
const CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600";

const MOVED_FOR_GOOD = new Set([301, 308]);

/**
 * What reading alone makes another: how often an article was read, and the number of a search. Nobody fetches an answer
 * again for their sake. (Inside a text the quotation marks would be escaped.)
 */
const OF_READING = /"viewCount":\d+|"searchId":"[^"]*"/g;

/**
 * The entity tag of what is answered, whatever it is made of: a list, a part of an article, its votes. A weak one where
 * something was left out of it. The language is in it because an answer is another one in another language even where no
 * word differs.
 */
function contentTag({ headers, body }: Answer): string {
	const content = (body ?? "").replaceAll(OF_READING, "");
	const digest = hash("sha256", `${headers["Content-Language"] ?? ""}\n${content}`, "base64url").slice(0, 27);
	return content.length === body?.length ? `"${digest}"` : `W/"${digest}"`;
}

/**
 * An answer of the help centre, which everybody may have and shared caches may keep: with an entity tag of its content,
 * and 304 where the client has this one. What went wrong and what was written is not kept by anybody.
 */
export function publicAnswer(exchange: Exchange, answer: Answer): Answer {
	if (exchange.method !== "GET") return answer;
	const cached = { "Cache-Control": CACHE_CONTROL };
	if (MOVED_FOR_GOOD.has(answer.status)) return { ...answer, headers: { ...answer.headers, ...cached } };
	if (answer.status !== 200) return answer;
	const ETag = contentTag(answer);
	const headers: Record<string, string> = { ...answer.headers, ...cached, ETag };
	if (!isFresh(exchange.req.headers["if-none-match"], ETag)) return { ...answer, headers };
	delete headers["Content-Type"];
	return { status: 304, headers, body: null };
}
