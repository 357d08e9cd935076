import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { SERVICE_NAMES, type ServiceName } from "../../config.ts";
import { freePort } from "./free-port.ts";
import { ManagedProcess } from "./managed-process.ts";
import { mongoPlan, natsPlan, redisPlan, type ServerPlan } from "./servers.ts";

const FOUND_WITHIN_MS = 30_000;

const root = path.resolve(import.meta.dirname, "../..");

/** The servers a cluster stands on. */
export const SERVER_NAMES = ["mongo", "nats", "redis"] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

/** What the processes of a cluster share and nobody else may know. */
export interface ClusterSecrets {
	clusterSecret: string;
	natsPassword: string;
	redisPassword: string;
}

export interface ClusterOptions {
	/** folder of everything that is kept: of each server and of each process */
	dataDir: string;
	secrets: ClusterSecrets;
	/** processes of each service */
	copies: number;
	/** ports of the gateways, one process each; 0 is a free one */
	gatewayPorts: readonly number[];
	/** settings of every process, such as `PLATFORM_TOKEN` */
	env: Readonly<Record<string, string>>;
	/** addresses of servers that are there already and are left alone */
	given?: Partial<Record<ServerName, string>>;
	/** fewer services than all, for tests */
	services?: readonly ServiceName[];
	onLine?(name: string, line: string): void;
}

/** The processes of one deployment on this machine: servers, gateways, services. */
export interface Cluster {
	/** in the order in which they are started; servers that were given are not among them */
	processes: ReadonlyMap<string, ManagedProcess>;
	/** of the gateways, in the order of their ports */
	origins: readonly string[];
	urls: Record<ServerName, string>;
	/** where each process answers `/health` and `/metrics` */
	operations: ReadonlyMap<string, string>;
	/** the process of that name. @throws {Error} where there is none */
	process(name: string): ManagedProcess;
	/** the processes of a service */
	copiesOf(service: ServiceName): ManagedProcess[];
	/** Starts the servers, then everything else at once; resolves when all are ready and each gateway finds every service. */
	start(): Promise<void>;
	/** Asks gateways, then services, then servers to stop; resolves with the names of those that did not end well. */
	stop(): Promise<string[]>;
}

/** The flags that `npm start` gives to Node. */
function startArguments(): string[] {
	const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
		scripts: { start: string };
	};
	return scripts.start.split(" ").slice(1);
}

const SERVER_PLANS: Record<ServerName, (folder: string, port: number, secrets: ClusterSecrets) => ServerPlan> = {
	mongo: (folder, port) => mongoPlan(folder, port),
	nats: (folder, port, secrets) => natsPlan(folder, port, secrets.natsPassword),
	redis: (folder, port, secrets) => redisPlan(folder, port, secrets.redisPassword),
};

/**
 * Lays a cluster out without starting it.
 * @throws {MissingProgram} where a server is neither given nor on the PATH
 */
export async function layOut(options: ClusterOptions): Promise<Cluster> {
	const { dataDir, secrets, given = {}, onLine = () => undefined } = options;
	const processes = new Map<string, ManagedProcess>();
	const operations = new Map<string, string>();
	const urls = {} as Record<ServerName, string>;
	for (const name of SERVER_NAMES) {
		const address = given[name];
		if (address !== undefined) urls[name] = address;
		else {
			const plan = SERVER_PLANS[name](path.join(dataDir, name), await freePort(), secrets);
			urls[name] = plan.url;
			processes.set(name, new ManagedProcess(plan, (line) => onLine(name, line)));
		}
	}
	const folder = path.join(dataDir, "services");
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const origins: string[] = [];
	const add = async (service: ServiceName, copy: number, port: number) => {
		const name = `${service}.${copy}`;
		const operationsPort = service === "gateway" ? port : await freePort();
		operations.set(name, `http://127.0.0.1:${operationsPort}`);
		const env = {
			PATH: process.env.PATH ?? "",
			...options.env,
			// One for all: copies of the search service share out the indexes in it among themselves.
			DATA_DIR: folder,
			MONGO_URL: urls.mongo,
			NATS_URL: urls.nats,
			REDIS_URL: urls.redis,
			CLUSTER_SECRET: secrets.clusterSecret,
			SERVICES: service,
			PORT: String(port),
			...(service === "gateway" ? {} : { OPERATIONS_PORT: String(operationsPort) }),
		};
		const plan = {
			name,
			command: process.execPath,
			args: startArguments(),
			env,
			cwd: root,
			readyLine: /^Conductor (listens|runs)/,
		};
		processes.set(name, new ManagedProcess(plan, (line) => onLine(name, line)));
	};
	const services = options.services ?? SERVICE_NAMES;
	for (const service of services)
		if (service !== "gateway") for (let copy = 1; copy <= options.copies; copy++) await add(service, copy, 0);
	if (services.includes("gateway"))
		for (const [index, wish] of options.gatewayPorts.entries()) {
			const port = wish === 0 ? await freePort() : wish;
			origins.push(`http://127.0.0.1:${port}`);
			await add("gateway", index + 1, port);
		}
	return { processes, origins, urls, operations, ...actions(processes, options.services ? [] : origins) };
}

/** Resolves when a gateway finds every service; it hears of those that are started with it a moment later. */
async function findsAll(origin: string): Promise<void> {
	const end = performance.now() + FOUND_WITHIN_MS;
	while (performance.now() < end) {
		const answer = await fetch(`${origin}/api/health`).catch(() => null);
		const health = answer?.ok ? ((await answer.json()) as { status: string }) : null;
		if (health?.status === "ok") return;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	throw new Error(`${origin} did not find every service within ${FOUND_WITHIN_MS} ms`);
}

function actions(processes: ReadonlyMap<string, ManagedProcess>, origins: readonly string[]) {
	const find = (name: string) => {
		const found = processes.get(name);
		if (!found) throw new Error(`there is no process ${name}; there are ${[...processes.keys()].join(", ")}`);
		return found;
	};
	const isServer = ({ name }: ManagedProcess) => (SERVER_NAMES as readonly string[]).includes(name);
	const isGateway = ({ name }: ManagedProcess) => name.startsWith("gateway.");
	const all = [...processes.values()];
	const servers = all.filter(isServer);
	const services = all.filter((one) => !isServer(one) && !isGateway(one));
	return {
		process: find,
		copiesOf: (service: ServiceName) => all.filter(({ name }) => name.startsWith(`${service}.`)),
		async start() {
			await Promise.all(servers.map((one) => one.start()));
			await Promise.all(all.filter((one) => !isServer(one)).map((one) => one.start()));
			await Promise.all(origins.map(findsAll));
		},
		async stop() {
			const bad: string[] = [];
			for (const group of [all.filter(isGateway), services, servers])
				await Promise.all(
					group.map(async (one) => {
						const ran = one.running;
						const code = await one.stop();
						// Servers have codes of their own for a signal; what matters is that they were not killed.
						if (ran && (isServer(one) ? code === null : code !== 0)) bad.push(`${one.name} (${code})`);
					}),
				);
			return bad;
		},
	};
}
