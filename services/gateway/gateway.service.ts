import type { AddressInfo } from "node:net";
import type { Context, ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import type { ActionContract } from "../../contracts/contract.ts";
import { DASHBOARD_CHANGED } from "../../contracts/dashboard-stream.ts";
import { CREDENTIAL_REVOKED, TENANT_CHANGED } from "../../contracts/gateway.ts";
import { contracts as allContracts } from "../../contracts/registry.ts";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { Store } from "../../mixins/store.ts";
import { partitionActions } from "../../mixins/tenant-partition.ts";
import { idempotencyModel } from "../../models/idempotency.ts";
import { contentRoute } from "./attachments/content.ts";
import { uploadRoute } from "./attachments/upload.ts";
import { answerClientError } from "./client-error.ts";
import { Gateway, type GatewayParts, type WebService } from "./gateway.ts";
import { jobActions } from "./jobs/job-actions.ts";
import { JobWorker } from "./jobs/job-worker.ts";
import { JOB_MODELS, openJobs } from "./jobs/jobs.ts";
import { operationsActions } from "./operations.ts";
import type { BrokerCall } from "./pipeline.ts";
import type { RawRoute } from "./raw-route.ts";
import { sagaActions } from "./sagas.ts";
import { signInNotice, signInRoutes } from "./sign-in/routes.ts";
import { exportRoute } from "./tenant-exports.ts";

// Not imported: an import would evaluate every export of the module, and with them load Node's whole WebSocket client.
const { createServer } = process.getBuiltinModule("node:http");

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
	/** how long requests under way may take then, ms */
	drainCapMs?: number;
	/** routes that answer HTTP themselves, beside the gateway's own */
	rawRoutes?: readonly RawRoute[];
	server?: Partial<typeof SERVER>;
	/** pace and limits of the dashboard's streams */
	streams?: GatewayParts["streams"];
}

type GatewayService = WebService & { gateway: Gateway; sayWhyNotListening(error: Error): void };

function webSettings(runtime: Runtime, contracts: readonly ActionContract[]): object {
	const aliases = Object.fromEntries(contracts.flatMap(({ name, rest }) => rest.map((alias) => [alias, name])));
	return {
		port: runtime.config.port,
		ip: runtime.config.host,
		routes: [{ path: "/api", aliases, mappingPolicy: "restrict", bodyParsers: false, etag: false, logging: false }],
		requestTimeout: SERVER.requestTimeout,
		logRequest: null,
		logResponse: null,
		logRequestParams: null,
		logRouteRegistration: null,
	};
}

/** Where the server listens, such as `http://127.0.0.1:3000`. */
function originOf({ server }: GatewayService, host: string): string {
	const { port } = server.address() as AddressInfo;
	return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * The gateway: HTTP in, broker calls out. moleculer-web keeps the server and the registry of aliases; a request's way is
 * our own pipeline, so that every answer keeps the promises of the API.
 */
export default function gatewayService(runtime: Runtime, options: GatewayOptions = {}): ServiceSchema {
	const contracts = options.contracts ?? allContracts;
	let log: (error: unknown) => void = () => undefined;
	const store = new Store(runtime, "gateway", [idempotencyModel, ...JOB_MODELS] as never[], (error) => log(error));
	const jobs = openJobs(store);
	let callBroker: BrokerCall = () => Promise.reject(new Error("the broker has not started yet"));
	const worker = new JobWorker({
		...jobs,
		clock: runtime.clock,
		call: (name, params, callOptions) => callBroker(name, params, callOptions),
		onError: (error) => log(error),
	});
	store.onStop(() => worker.stop());
	return {
		name: "gateway",
		// The store first: it is connected before the server listens, and closed after the last answer.
		mixins: [ApiGateway as unknown as Partial<ServiceSchema>, collectionMixin(store)],
		settings: webSettings(runtime, contracts),
		// None of the library's own actions: they show or change routes, or take a request past the pipeline.
		actions: {
			...{ rest: false, listAliases: false, addRoute: false, removeRoute: false },
			...operationsActions(runtime.events, () => store.secret),
			...sagaActions(() => store.secret),
			...jobActions(jobs, worker),
			...partitionActions("gateway", store, runtime.clock),
		},
		events: {
			[CREDENTIAL_REVOKED](this: GatewayService) {
				this.gateway.forgetCallers();
			},
			[TENANT_CHANGED](this: GatewayService) {
				this.gateway.forgetTenants();
			},
			[DASHBOARD_CHANGED](this: GatewayService, { params }: Context<{ tenantId: string }>) {
				this.gateway.dashboardChanged(params.tenantId);
			},
		},
		methods: {
			/** Works on every job that is due now. */
			settleJobs: () => worker.idle(),
			createServer(this: GatewayService) {
				this.server = createServer({ ...SERVER, ...options.server }, (req, res) => void this.gateway.handle(req, res));
				this.server.on("clientError", answerClientError);
				this.server.on("error", (error: Error) => this.sayWhyNotListening(error));
			},
			/** The library ends the process for a port in use and waits for ever otherwise; neither says why in plain words. */
			sayWhyNotListening(this: GatewayService, error: Error) {
				if (this.server.listening) return;
				console.error(`conductor: ${runtime.config.host}:${runtime.config.port} cannot be served: ${error.message}`);
				this.broker.fatal("The gateway cannot listen.", error, true);
			},
		},
		created(this: GatewayService) {
			log = (error) => this.logger.error({ err: error }, "the gateway's store failed");
			callBroker = (name, params, callOptions) => this.broker.call(name, params, callOptions);
			const { callTimeoutMs, drainGraceMs, drainCapMs, streams } = options;
			const rawRoutes = [
				...signInRoutes(runtime, { origin: () => originOf(this, runtime.config.host) }),
				exportRoute,
				uploadRoute,
				contentRoute,
				...(options.rawRoutes ?? []),
			];
			this.gateway = new Gateway(this, {
				runtime,
				store,
				contracts,
				rawRoutes,
				callTimeoutMs,
				drainGraceMs,
				drainCapMs,
				streams,
			});
		},
		started(this: GatewayService) {
			this.gateway.start();
			worker.start();
			const notice = signInNotice(runtime.config);
			if (notice) this.logger.warn(notice);
		},
		stopped(this: GatewayService) {
			this.gateway.stop();
		},
	} as unknown as ServiceSchema;
}
