import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import type { Caller } from "../../contracts/caller.ts";
import type { Clock } from "../../lib/clock.ts";
import { lazy } from "../../lib/lazy.ts";
import type { Exchange } from "./exchange.ts";

/**
 * How programs name themselves that ask on behalf of a reader: a front end's server, an application. Not crawlers, though
 * lists of bots have them.
 */
const PROGRAMS = [
	"node",
	"undici",
	"axios/1.7.2",
	"node-fetch/3.3.2",
	"got (https://github.com/sindresorhus/got)",
	"curl/8.5.0",
	"Wget/1.21.4",
	"HTTPie/3.2.2",
	"python-requests/2.32.3",
	"python-httpx/0.27.0",
	"Python-urllib/3.12",
	"Python/3.12 aiohttp/3.9.5",
	"Go-http-client/1.1",
	"okhttp/4.12.0",
	"Java/21.0.2",
	"Java-http-client/21.0.2",
	"Apache-HttpClient/5.3 (Java/21.0.2)",
	"PostmanRuntime/7.39.0",
	"insomnia/9.2.0",
	"Ruby",
	"Faraday v2.9.0",
	"GuzzleHttp/7",
	"Dart/3.4 (dart:io)",
	"Deno/1.44.0",
	"Bun/1.1.12",
];

const crawlers = lazy(() => {
	const { createIsbotFromList, list } = createRequire(import.meta.url)("isbot") as typeof import("isbot");
	return createIsbotFromList(
		list.filter((pattern) => {
			const expression = new RegExp(pattern, "i");
			return !PROGRAMS.some((program) => expression.test(program));
		}),
	);
});

/** What a request tells the knowledge base about a view. */
export interface View {
	articleId: string;
	locale: string;
	/** the same for the same reader for a while, and of no use to find out who it is */
	viewerKey: string;
}

export interface ViewCounterParts {
	clock: Clock;
	/** what viewers' keys are made with */
	secret(): string;
	/** tells the knowledge base; what becomes of it does not matter to the reader */
	record(view: View, caller: Caller, requestId: string): Promise<unknown>;
	/** told of a view that could not be counted */
	failed(error: unknown): void;
}

/** Tells the knowledge base when an article was read by somebody who is not staff, while the reader has it already. */
export class ViewCounter {
	private readonly parts: ViewCounterParts;

	constructor(parts: ViewCounterParts) {
		this.parts = parts;
	}

	/** Counts the answer where it shows an article to a reader. Never throws, never waits. */
	note(exchange: Exchange, status: number): void {
		if (isSeen(exchange, status)) void this.tell(exchange).catch(this.parts.failed);
	}

	private async tell(exchange: Exchange): Promise<void> {
		const { caller, req, requestId, article } = exchange;
		if (!caller || !article) return;
		const { id, locale } = article;
		if (crawlers()(req.headers["user-agent"])) return;
		const viewerKey = caller.kind === "customer" ? `c:${caller.id}` : this.visitorKey(exchange, caller);
		await this.parts.record({ articleId: id, locale, viewerKey }, caller, requestId);
	}

	/** A visitor's key by address and program, another one each day (UTC), so that nobody is followed for longer. */
	private visitorKey({ req }: Exchange, { tenant }: Caller): string {
		const day = this.parts.clock.now().toISOString().slice(0, 10);
		const who = [day, tenant?.id, req.socket.remoteAddress, req.headers["user-agent"] ?? ""].join("\n");
		return `v:${createHmac("sha256", this.parts.secret()).update(`view ${who}`).digest("base64url")}`;
	}
}

/** Whether somebody who is not staff was sent the whole article, and not to check how it will look. */
function isSeen({ req, caller, queryString }: Exchange, status: number): boolean {
	if (req.method !== "GET" || status !== 200) return false;
	if (caller?.kind !== "customer" && caller?.kind !== "anonymous") return false;
	return !new URLSearchParams(queryString).has("preview");
}
