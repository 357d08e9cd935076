import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../../contracts/caller.ts";
import { requestIdOf, type TraceContext } from "../../lib/trace-context.ts";
import type { Credential } from "./credentials.ts";
import type { Visitor } from "./help-centre/visitor.ts";
import type { Route } from "./router.ts";

/** One request on its way through the gateway, with all that is known of it so far. */
export interface Exchange {
	req: IncomingMessage;
	res: ServerResponse;
	/** GET also for HEAD */
	method: string;
	path: string;
	queryString: string;
	requestId: string;
	trace: TraceContext;
	/** ms, of a clock that only goes forward */
	startedAt: number;
	route: Route | null;
	/** null until a credential was verified, and for good where none is needed */
	caller: Caller | null;
	/** what the caller was verified by */
	credential: Credential | null;
	/** who writes at a help centre, where they can be told apart */
	visitor: Visitor | null;
	/** the article that the answer shows, where reading it counts as a view */
	article: { id: string; locale: string } | null;
}

/** The beginning of an exchange: what can be said by the request line and headers alone. */
export function openExchange(req: IncomingMessage, res: ServerResponse, trace: TraceContext): Exchange {
	const url = req.url ?? "/";
	const at = url.indexOf("?");
	return {
		req,
		res,
		method: req.method === "HEAD" ? "GET" : (req.method ?? "GET"),
		path: at < 0 ? url : url.slice(0, at),
		queryString: at < 0 ? "" : url.slice(at + 1),
		requestId: requestIdOf(req.headers["x-request-id"] as string | undefined, trace.traceId),
		trace,
		startedAt: performance.now(),
		route: null,
		caller: null,
		credential: null,
		visitor: null,
		article: null,
	};
}
