import { createServer } from "node:http";
import type { ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import type { ActionContract } from "../../contracts/contract.ts";
import { CREDENTIAL_REVOKED, TENANT_CHANGED } from "../../contracts/gateway.ts";
import { contracts as allContracts } from "../../contracts/registry.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { Gateway, type WebService } from "./gateway.ts";

/** How the HTTP server treats slow and large requests, ms and bytes. */
const SERVER = {
	headersTimeout: 10_000,
	requestTimeout: 30_000,
	keepAliveTimeout: 65_000,
	maxHeaderSize: 16_384,
	connectionsCheckingInterval: 2000,
};

/** What tests set differently. */
export interface GatewayOptions {
	contracts?: readonly ActionContract[];
	/** how long an action may take, ms; the broker's own limit unless told */
	callTimeoutMs?: number;
	/** how long idle connections are kept when the gateway stops, ms */
	drainGraceMs?: number;
}

type GatewayService = WebService & { gateway: Gateway };

/**
 * The gateway: HTTP in, broker calls out. moleculer-web keeps the server and the registry of aliases; a request's way is
 * our own pipeline, so that every answer keeps the promises of the API.
 */
export default function gatewayService(runtime: Runtime, options: GatewayOptions = {}): ServiceSchema {
	const contracts = options.contracts ?? allContracts;
	const aliases = Object.fromEntries(contracts.flatMap(({ name, rest }) => rest.map((alias) => [alias, name])));
	return {
		name: "gateway",
		mixins: [ApiGateway as unknown as Partial<ServiceSchema>],
		settings: {
			port: runtime.config.port,
			ip: runtime.config.host,
			routes: [{ path: "/api", aliases, mappingPolicy: "restrict", bodyParsers: false, etag: false, logging: false }],
			logRequest: null,
			logResponse: null,
			logRequestParams: null,
			logRouteRegistration: null,
		},
		// None of the library's own actions: they show or change routes, or take a request past the pipeline.
		actions: { rest: false, listAliases: false, addRoute: false, removeRoute: false },
		events: {
			[CREDENTIAL_REVOKED](this: GatewayService) {
				this.gateway.forgetCallers();
			},
			[TENANT_CHANGED](this: GatewayService) {
				this.gateway.forgetCallers();
			},
		},
		methods: {
			createServer(this: GatewayService) {
				this.server = createServer(SERVER, (req, res) => void this.gateway.handle(req, res));
			},
		},
		created(this: GatewayService) {
			this.gateway = new Gateway(this, runtime, contracts, options);
		},
	} as unknown as ServiceSchema;
}
