import type { IncomingMessage, ServerResponse } from "node:http";
import type { TObject } from "typebox";
import type { Caller } from "../../contracts/caller.ts";
import type { Access, ActionContract } from "../../contracts/contract.ts";
import type { Credential } from "./credentials.ts";
import type { Answer } from "./respond.ts";

/** What the handler of a raw route is given. */
export interface RawExchange {
	req: IncomingMessage;
	res: ServerResponse;
	/** path parameters, decoded; a wildcard is under `*` */
	params: Record<string, string | undefined>;
	query: URLSearchParams;
	/** id of the request, as in `X-Request-Id` and in problems' `traceId` */
	requestId: string;
	/** whether the session cookie is `Secure` with the `__Host-` prefix here */
	secure: boolean;
	/** who asks, where the route has an `access`; else null */
	caller: Caller | null;
	/** what the caller was verified by */
	credential: Credential | null;
	/** the value of the session cookie, unverified; null where none was sent */
	session: string | null;
	/** the request's JSON body, with all the gateway's checks (415, 413, 400); only when nobody read the body yet */
	json(): Promise<unknown>;
	/** calls an action as nobody: for `internal` and `public` ones */
	call<P, R>(contract: ActionContract<P, R>, params: P): Promise<R>;
	/**
	 * Answers with what `perform` makes, which is done once for the request's `Idempotency-Key` where it has one: a repeat
	 * is answered as the first one was. `content` says what the request is beside its path and query, in place of a body
	 * that was read otherwise. Resolves to the answer.
	 * @throws what `perform` throws, where there is no key; 400, 409 and 422 as for every request with one
	 */
	answerOnce(content: string, perform: (call: RawExchange["call"]) => Promise<Answer>): Promise<Answer>;
	/** answers with JSON */
	send(status: number, body: unknown): void;
	/** answers with a redirect; `location` must already be known to be safe */
	redirect(location: string, status?: 302 | 303): void;
}

/**
 * A route that answers HTTP itself instead of calling one action: sign-in, redirects, mounted applications. It gets the
 * request id, security headers, limits by address and CORS like every other; what it throws is answered as a problem.
 */
export interface RawRoute {
	method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
	/** whole path from the root, such as `/api/login`; a trailing `*` takes everything below */
	path: string;
	summary: string;
	description?: string;
	/** who may come in, as for actions; anybody unless told */
	access?: Access;
	/** names of the query parameters that it takes, all of them texts */
	queryParameters?: readonly string[];
	/** media type of a good answer, where it is no JSON */
	produces?: string;
	/** shape of a good answer, where it is JSON */
	result?: TObject;
	/** the answer goes on until either side ends it: how long it takes says nothing */
	endless?: boolean;
	/** status of a good answer, 200 unless told */
	status?: number;
	/** the JSON body that it reads, where it reads one */
	body?: TObject;
	/** media types of the body that it reads itself, where that is no JSON; a cookie may come with these as well */
	consumes?: readonly string[];
	/** it answers a repeated `Idempotency-Key` as the first time, by `answerOnce` */
	takesIdempotencyKey?: boolean;
	/** not part of the API's description: files of a page, mounted applications */
	undescribed?: boolean;
	/**
	 * A write is refused unless it comes from the same origin with a JSON content type. A mounted application that
	 * protects its own forms says `"own"`.
	 */
	crossSite?: "refuse" | "own";
	/** no token is taken from the address's bucket: for what an orchestrator or monitor asks all the time */
	unlimited?: boolean;
	handler(exchange: RawExchange): Promise<void> | void;
}
