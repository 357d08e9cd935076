import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Service } from "moleculer";
import type { ActionContract } from "../../contracts/contract.ts";
import { authenticate } from "../../contracts/identity-internal.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { Authenticator } from "./authenticator.ts";
import type { Credential } from "./credentials.ts";
import { Drain } from "./drain.ts";
import { Endpoint } from "./endpoint.ts";
import type { Exchange } from "./exchange.ts";
import { Pipeline } from "./pipeline.ts";
import { MemoryLimiter } from "./rate-limit/limiter.ts";
import { RouteTable } from "./router.ts";

/** How long requests under way may take when the gateway stops, ms. */
const DRAIN_CAP_MS = 8000;
const DRAIN_GRACE_MS = 250;

/** An alias as moleculer-web registered it. */
interface RegisteredAlias {
	method: string;
	fullPath: string;
	action: string;
}

/** The service as moleculer-web makes it. */
export type WebService = Service & { server: Server; aliases: RegisteredAlias[] };

/** The parts of a running gateway, put together. */
export class Gateway {
	readonly drain = new Drain();
	private readonly authenticator: Authenticator;
	private readonly pipeline: Pipeline;
	private readonly service: WebService;

	constructor(
		service: WebService,
		runtime: Runtime,
		contracts: readonly ActionContract[],
		options: { callTimeoutMs?: number; drainGraceMs?: number },
	) {
		this.service = service;
		const { broker } = service;
		const timeout = options.callTimeoutMs === undefined ? {} : { timeout: options.callTimeoutMs };
		this.authenticator = new Authenticator((credential) => this.verify(credential), runtime.clock);
		this.pipeline = new Pipeline({
			table: this.routes(contracts),
			clock: runtime.clock,
			origins: new Set(runtime.config.corsOrigins),
			secureCookie: runtime.config.production,
			authenticate: (credential) => this.authenticator.authenticate(credential),
			callerLimiter: new MemoryLimiter(),
			addressLimiter: new MemoryLimiter(),
			call: (name, params, call) => broker.call(name, params, { ...call, ...timeout }),
			closing: () => this.drain.draining,
			unexpected: (exchange, error) => this.logUnexpected(exchange, error),
		});
		// The hook of the broker comes before any service of this process stops: requests under way still need them.
		broker.middlewares.add({
			name: "HttpDrain",
			stopping: () =>
				this.drain.run(service.server, {
					graceMs: options.drainGraceMs ?? DRAIN_GRACE_MS,
					capMs: DRAIN_CAP_MS,
				}),
		} as never);
	}

	/** Nobody is trusted from memory any more. */
	forgetCallers(): void {
		this.authenticator.forget();
	}

	/** Answers one request. */
	async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
		this.drain.begin();
		res.once("close", () => this.drain.end());
		await this.pipeline.handle(req, res);
	}

	/** The routes of the aliases that moleculer-web has registered. */
	private routes(contracts: readonly ActionContract[]): RouteTable {
		const table = new RouteTable();
		const endpoints = new Map(contracts.map((contract) => [contract.name, new Endpoint(contract)]));
		for (const { method, fullPath, action } of this.service.aliases) {
			const endpoint = endpoints.get(action);
			if (!endpoint) throw new Error(`the alias ${method} ${fullPath} leads to ${action}, which has no contract`);
			table.add({ method, template: fullPath, endpoint });
		}
		return table;
	}

	private verify(credential: Credential) {
		const { kind, value, impersonateTenant } = credential;
		const params = { [kind]: value, ...(impersonateTenant ? { impersonateTenant } : {}) };
		return this.service.broker.call(authenticate.name, params) as never;
	}

	private logUnexpected(exchange: Exchange, error: unknown): void {
		this.service.logger.error(
			{ traceId: exchange.trace.traceId, requestId: exchange.requestId, err: error },
			"request failed",
		);
	}
}
