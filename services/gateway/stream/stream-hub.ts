import type { Caller } from "../../../contracts/caller.ts";
import { streamSince } from "../../../contracts/dashboard-stream.ts";
import { Problem } from "../../../lib/problem.ts";
import { badParameter, unknownParameter } from "../../../lib/query-string.ts";
import { checkAccess } from "../../../mixins/authorization.ts";
import type { Credential } from "../credentials.ts";
import { requireAcceptable } from "../negotiation.ts";
import type { RawExchange, RawRoute } from "../raw-route.ts";
import { DashboardStream, type News, type StreamPace } from "./dashboard-stream.ts";
import { EventStream, setStreamHeaders } from "./event-stream.ts";

/** How many streams may be open at a time. */
export interface StreamLimits {
	perCredential: number;
	perTenant: number;
	perProcess: number;
}

export interface StreamHubParts {
	pace: StreamPace;
	limits: StreamLimits;
	/** the verified caller behind a credential, from memory for less than a second */
	authenticate(credential: Credential): Promise<Caller>;
	/** asks the dashboard */
	since(params: { after: string | null; limit: number }, caller: Caller, requestId: string): Promise<News>;
	/** told about what went wrong while a stream went on */
	failed(error: unknown): void;
}

export const DEFAULT_PACE: StreamPace = { heartbeatMs: 15_000, intervalMs: 150, stallMs: 60_000, retryMs: 3000 };
export const DEFAULT_LIMITS: StreamLimits = { perCredential: 20, perTenant: 500, perProcess: 2000 };

/** How many things one answer of the dashboard holds. */
const PAGE = 50;
const MAX_ID = 500;
const RETRY_AFTER_SEC = 15;

interface Open {
	stream: DashboardStream;
	tenantId: string;
	credentialHash: string;
}

/** All clients of this process that watch a dashboard. */
export class StreamHub {
	private readonly parts: StreamHubParts;
	private readonly open = new Set<Open>();
	private stopping = false;

	constructor(parts: StreamHubParts) {
		this.parts = parts;
	}

	/** The route of the stream. */
	route(): RawRoute {
		return {
			method: "GET",
			path: "/api/dashboard/stream",
			summary: "Watch the dashboard",
			description:
				"Server-sent events: `activity` (one row of the activity feed), `stats.delta` (`{now, delta, asOf}`: the counters, " +
				"and by how much they differ from those sent before) and at last `closed` (`{reason}`). A comment comes every 15 s. " +
				"With the `id` of the last event as `Last-Event-ID` or `lastEventId` it goes on behind that one: nothing is left " +
				"out, nothing comes twice. At most 20 streams for each credential.",
			access: "dashboard.read",
			produces: "text/event-stream",
			queryParameters: ["lastEventId"],
			endless: true,
			handler: (exchange) => this.serve(exchange),
		};
	}

	/** Something of a tenant's dashboard changed. */
	changed(tenantId: string): void {
		for (const one of this.open) if (one.tenantId === tenantId) one.stream.poke();
	}

	/** Credentials or tenants changed: every stream looks whether it may go on. */
	verify(): void {
		for (const { stream } of this.open) void stream.verify();
	}

	/** Ends all streams at once. Browsers connect again, to whoever serves then. */
	stop(): void {
		this.stopping = true;
		for (const { stream } of this.open) stream.close("stopping");
	}

	private async serve(exchange: RawExchange): Promise<void> {
		const { req, res } = exchange;
		const { caller, credential } = exchange;
		if (!caller?.tenant || !credential) throw new Error("a stream needs somebody who watches it");
		requireAcceptable(req.headers, ["text/event-stream"]);
		const after = lastEventId(exchange);
		if (req.method === "HEAD") {
			setStreamHeaders(res);
			res.end();
			return;
		}
		this.checkLimits(caller.tenant.id, credential.hash);
		const stream = this.make(exchange, caller.tenant.id, credential, after);
		const open = { stream, tenantId: caller.tenant.id, credentialHash: credential.hash };
		this.open.add(open);
		const forget = () => {
			this.open.delete(open);
			stream.release();
		};
		res.once("close", forget);
		if (this.stopping) stream.close("stopping");
		await stream.begin().catch((error: unknown) => {
			forget();
			throw error;
		});
	}

	private make(
		{ res, requestId }: RawExchange,
		tenantId: string,
		credential: Credential,
		after: string | null,
	): DashboardStream {
		const { pace, authenticate, since, failed } = this.parts;
		const parts = {
			out: new EventStream(res, pace.stallMs),
			pace,
			verify: async () => {
				const caller = await authenticate(credential);
				checkAccess(streamSince.access, caller);
				if (caller.tenant?.id !== tenantId)
					throw new Problem(401, "unauthenticated", "The credential belongs to another tenant now.");
				return caller;
			},
			since: (caller: Caller, id: string | null) => since({ after: id, limit: PAGE }, caller, requestId),
			failed,
		};
		return new DashboardStream(parts, after);
	}

	/** @throws 429 where a credential or tenant has too many streams, 503 where the process has */
	private checkLimits(tenantId: string, credentialHash: string): void {
		const { perCredential, perTenant, perProcess } = this.parts.limits;
		const headers = { "Retry-After": String(RETRY_AFTER_SEC) };
		if (this.open.size >= perProcess)
			throw new Problem(503, "unavailable", "Too many clients watch a dashboard now.", { headers });
		const open = [...this.open];
		if (
			open.filter((one) => one.credentialHash === credentialHash).length >= perCredential ||
			open.filter((one) => one.tenantId === tenantId).length >= perTenant
		)
			throw new Problem(429, "rate_limited", "There are too many open streams. Close another one first.", { headers });
	}
}

/**
 * The id after which a stream goes on, null to begin with now. What a browser sends when it connects again counts before
 * what the address says. @throws 400 for parameters that it does not take
 */
function lastEventId({ req, query }: RawExchange): string | null {
	for (const name of query.keys()) if (name !== "lastEventId") throw unknownParameter(name);
	const given = query.getAll("lastEventId");
	if (given.length > 1) throw badParameter("lastEventId", "is given twice");
	if ((given[0]?.length ?? 0) > MAX_ID) throw badParameter("lastEventId", `has more than ${MAX_ID} characters`);
	const header = req.headers["last-event-id"];
	const id = typeof header === "string" && header !== "" && header.length <= MAX_ID ? header : given[0];
	return id === undefined || id === "" ? null : id;
}
