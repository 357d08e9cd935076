import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Service } from "moleculer";
import { type ActionContract, HELP_CENTRE, type RestAlias } from "../../contracts/contract.ts";
import { streamSince } from "../../contracts/dashboard-stream.ts";
import { authenticate, tenantBySlug } from "../../contracts/identity-internal.ts";
import { recordView } from "../../contracts/knowledge-base-engagement.ts";
import type { LatencyWindow } from "../../lib/latency-window.ts";
import { Health } from "../../mixins/health.ts";
import { latenciesOf } from "../../mixins/measuring.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import type { Store } from "../../mixins/store.ts";
import { Admission } from "./admission.ts";
import { Authenticator } from "./authenticator.ts";
import type { Credential } from "./credentials.ts";
import { Drain } from "./drain.ts";
import { Endpoint } from "./endpoint.ts";
import type { Exchange } from "./exchange.ts";
import { AnswerCache } from "./help-centre/answer-cache.ts";
import { HelpCentre } from "./help-centre/help-centre.ts";
import { IdempotencyKeeper } from "./idempotency.ts";
import { ownRoutes } from "./own-routes.ts";
import { Pipeline } from "./pipeline.ts";
import { type Limiter, MemoryLimiter } from "./rate-limit/limiter.ts";
import { SharedLimiter } from "./rate-limit/shared-limiter.ts";
import type { RawRoute } from "./raw-route.ts";
import { type Route, RouteTable } from "./router.ts";
import { SharedCallers } from "./shared-callers.ts";
import type { StreamPace } from "./stream/dashboard-stream.ts";
import { DEFAULT_LIMITS, DEFAULT_PACE, StreamHub, type StreamLimits } from "./stream/stream-hub.ts";
import { ViewCounter } from "./views.ts";

/** How long requests under way may take when the gateway stops, ms. */
const DRAIN_CAP_MS = 8000;
/** How long idle connections are kept then, in case a request is on its way on them, ms. */
const DRAIN_GRACE_MS = 250;
const SWEEP_EVERY_MS = 10 * 60_000;
const VERBOSE = new Set(["info", "debug", "trace"]);

/** An alias as moleculer-web registered it. */
interface RegisteredAlias {
	method: string;
	fullPath: string;
	action: string;
}

/** The service as moleculer-web makes it. */
export type WebService = Service & { server: Server; aliases: RegisteredAlias[] };

/** What a gateway is made of. */
export interface GatewayParts {
	runtime: Runtime;
	store: Store;
	contracts: readonly ActionContract[];
	/** routes that answer HTTP themselves, beside the gateway's own */
	rawRoutes: readonly RawRoute[];
	callTimeoutMs?: number | undefined;
	drainGraceMs?: number | undefined;
	drainCapMs?: number | undefined;
	/** what streams do differently from the default */
	streams?: { pace?: Partial<StreamPace>; limits?: Partial<StreamLimits> } | undefined;
}

/** The route of an alias below the help centre of every tenant. */
function helpRoute(alias: RestAlias, endpoint: Endpoint): Route {
	const [method = "", path = ""] = alias.split(" ");
	return { method, template: `${HELP_CENTRE}${path}`, endpoint, help: true };
}

/** A running gateway, put together from its parts. */
export class Gateway {
	private readonly parts: GatewayParts;
	private readonly service: WebService;
	private readonly drain = new Drain();
	private readonly authenticator: Authenticator;
	private readonly latencies: LatencyWindow;
	private readonly idempotency: IdempotencyKeeper;
	private readonly helpCentre: HelpCentre;
	private readonly streams: StreamHub;
	private readonly pipeline: Pipeline;
	private readonly logsRequests: boolean;
	private sweeper: NodeJS.Timeout | undefined;

	constructor(service: WebService, parts: GatewayParts) {
		const { runtime, store } = parts;
		const { clock, config, memory } = runtime;
		const failed = (error: unknown) => service.logger.error({ err: error }, "an idempotency key could not be kept");
		this.service = service;
		this.parts = parts;
		this.logsRequests = VERBOSE.has(config.logLevel);
		this.latencies = latenciesOf(service.broker, service.name);
		const shared = memory && new SharedCallers(memory, () => store.secret, clock);
		this.authenticator = new Authenticator((credential) => this.verify(credential), clock, shared);
		this.idempotency = new IdempotencyKeeper(store, clock, memory, failed);
		this.helpCentre = this.openHelpCentre();
		this.streams = this.openStreams();
		this.pipeline = new Pipeline({
			table: this.routes(),
			origins: new Set(config.corsOrigins),
			secureCookie: config.production,
			admission: new Admission({
				clock,
				secureCookie: config.production,
				authenticate: (credential) => this.authenticator.authenticate(credential),
				callerLimiter: this.limiter(),
				addressLimiter: this.limiter(),
			}),
			helpCentre: this.helpCentre,
			answers: new AnswerCache(memory, () => store.secret),
			views: this.viewCounter(),
			idempotency: this.idempotency,
			tracer: runtime.tracer,
			call: this.caller(),
			closing: () => this.drain.draining,
			unexpected: (exchange, error) => this.logUnexpected(exchange, error),
		});
		// The broker's hook comes before any service of this process stops: requests under way still need them.
		service.broker.middlewares.add({ name: "HttpDrain", stopping: () => this.comeToRest() } as never);
	}

	start(): void {
		this.sweeper = setInterval(() => void this.sweep().catch(() => undefined), SWEEP_EVERY_MS).unref();
	}

	/** Removes idempotency keys that have expired; returns how many. */
	sweep(): Promise<number> {
		return this.idempotency.sweep();
	}

	stop(): void {
		clearInterval(this.sweeper);
	}

	/** Nobody is trusted from memory any more, and whoever watches is looked at again. */
	forgetCallers(): void {
		this.authenticator.forget();
		this.streams.verify();
	}

	/** There is something new for whoever watches a tenant's dashboard. */
	dashboardChanged(tenantId: string): void {
		this.streams.changed(tenantId);
	}

	/** A tenant is another one now, or not to be seen any more. */
	forgetTenants(): void {
		this.forgetCallers();
		this.helpCentre.forget();
	}

	/** Answers one request. Never rejects. */
	async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
		this.drain.begin();
		const startedAt = performance.now();
		let answeredAt: number | null = null;
		const handled = this.pipeline.handle(req, res);
		res.once("close", () => {
			this.drain.end();
			const closedAt = performance.now();
			void handled.then((exchange) => {
				const until = exchange.route?.raw?.endless ? (answeredAt ?? closedAt) : closedAt;
				this.note(exchange, until - startedAt);
			});
		});
		await handled;
		answeredAt = performance.now();
	}

	private comeToRest(): Promise<void> {
		this.streams.stop();
		const { drainGraceMs = DRAIN_GRACE_MS, drainCapMs = DRAIN_CAP_MS } = this.parts;
		return this.drain.run(this.service.server, { graceMs: drainGraceMs, capMs: drainCapMs });
	}

	private caller() {
		const { callTimeoutMs } = this.parts;
		const timeout = callTimeoutMs === undefined ? {} : { timeout: callTimeoutMs };
		return (name: string, params: object, options: object) =>
			this.service.broker.call(name, params, { ...options, ...timeout }) as Promise<unknown>;
	}

	/** The routes of the aliases that moleculer-web has registered, and those that answer HTTP themselves. */
	private routes(): RouteTable {
		const { contracts, rawRoutes, runtime } = this.parts;
		const table = new RouteTable();
		const endpoints = new Map(contracts.map((contract) => [contract.name, new Endpoint(contract)]));
		for (const { method, fullPath, action } of this.service.aliases) {
			const endpoint = endpoints.get(action);
			if (!endpoint) throw new Error(`the alias ${method} ${fullPath} leads to ${action}, which has no contract`);
			table.add({ method, template: fullPath, endpoint });
		}
		for (const { name, help } of contracts)
			for (const alias of help) table.add(helpRoute(alias, endpoints.get(name) as Endpoint));
		const health = new Health(this.service.broker, runtime, () => this.drain.draining);
		for (const raw of ownRoutes(contracts, health, runtime.metrics, [this.streams.route(), ...rawRoutes]))
			table.add({ method: raw.method, template: raw.path, raw });
		return table;
	}

	private openHelpCentre(): HelpCentre {
		const { clock, config } = this.parts.runtime;
		const call = this.caller();
		return new HelpCentre({
			clock,
			secureCookie: config.production,
			tenantBySlug: (slug) => call(tenantBySlug.name, { slug }, {}) as never,
			secret: () => this.parts.store.secret,
			limiter: this.limiter(),
		});
	}

	/** Buckets that all gateways share, where they share anything. */
	private limiter(): Limiter {
		const { memory } = this.parts.runtime;
		return memory ? new SharedLimiter(memory, new MemoryLimiter()) : new MemoryLimiter();
	}

	private viewCounter(): ViewCounter {
		const call = this.caller();
		return new ViewCounter({
			clock: this.parts.runtime.clock,
			secret: () => this.parts.store.secret,
			record: (view, caller, requestID) => call(recordView.name, view, { meta: { caller }, requestID }),
			failed: (error) => this.service.logger.debug({ err: error }, "a view was not counted"),
		});
	}

	private openStreams(): StreamHub {
		const { pace, limits } = this.parts.streams ?? {};
		const call = this.caller();
		return new StreamHub({
			pace: { ...DEFAULT_PACE, ...pace },
			limits: { ...DEFAULT_LIMITS, ...limits },
			authenticate: (credential) => this.authenticator.authenticate(credential),
			since: (params, caller, requestID) => call(streamSince.name, params, { meta: { caller }, requestID }) as never,
			failed: (error) => this.service.logger.warn({ err: error }, "a dashboard stream waits for what is new"),
		});
	}

	private verify({ kind, value, impersonateTenant }: Credential) {
		const params = { [kind]: value, ...(impersonateTenant ? { impersonateTenant } : {}) };
		return this.service.broker.call(authenticate.name, params) as never;
	}

	/** One line and one measurement a request: the route's template, never its values, bodies or credentials. */
	private note(exchange: Exchange, ms: number): void {
		const { res, req, route, caller } = exchange;
		const method = req.method ?? "";
		const template = route?.template ?? "none";
		const left = !res.writableFinished && !(route?.raw?.endless && res.headersSent);
		const status = left ? 499 : res.statusCode;
		this.observe(exchange, { template, status, ms });
		// A stream lasts as long as its reader wants: that says nothing about how fast answers are.
		if (!route?.raw?.endless) this.latencies.add(ms, status >= 500);
		if (!this.logsRequests) return;
		this.service.logger.info(
			{
				requestId: exchange.requestId,
				traceId: exchange.trace.traceId,
				method,
				route: template,
				status,
				ms: Math.round(ms * 10) / 10,
				...(caller ? { tenantId: caller.tenant?.id ?? null, callerId: caller.id } : {}),
			},
			"request",
		);
	}

	/** The request as a measurement and, where its trace is sampled, as the span that all others are below. */
	private observe(
		exchange: Exchange,
		{ template, status, ms }: { template: string; status: number; ms: number },
	): void {
		const { metrics, tracer } = this.parts.runtime;
		const { method, trace, requestId, caller } = exchange;
		const labels = { method, route: template, status: `${Math.floor(status / 100)}xx` };
		metrics.histogram("conductor_http_request_duration_seconds", labels).observe(ms / 1000);
		if (!trace.sampled) return;
		const tenantId = caller?.tenant?.id;
		const attributes = {
			"http.request.method": method,
			"http.route": template,
			"http.response.status_code": status,
			"conductor.request_id": requestId,
			...(tenantId ? { "conductor.tenant_id": tenantId } : {}),
		};
		tracer.record(
			trace,
			{ service: "gateway", name: `${method} ${template}`, kind: "server", attributes },
			ms,
			status >= 500,
		);
	}

	private logUnexpected({ trace, requestId, route }: Exchange, error: unknown): void {
		const at = { traceId: trace.traceId, requestId, route: route?.template };
		this.service.logger.error({ ...at, err: error }, "a request could not be answered");
	}
}
