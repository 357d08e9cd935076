// Runs the product as a cluster on this machine: MongoDB, NATS, Redis, the gateway and each service are processes of
// their own. What a container engine does elsewhere, this does without one.
import path from "node:path";
import { parseArgs } from "node:util";
import { ConfigError, loadConfig } from "../config.ts";
import { announce } from "./announce.ts";
import { type Cluster, layOut, SERVER_NAMES } from "./cluster/cluster.ts";
import { type KeptSecrets, secretsOf } from "./cluster/secrets.ts";
import { MissingProgram } from "./cluster/servers.ts";
import { supervise } from "./cluster/supervisor.ts";

const HELP = `npm run cluster -- [--copies N] [--gateways N]

  --copies N     processes of each service (1)
  --gateways N   processes of the gateway, on PORT and the ports after it (1)

Settings are those of npm start, but for LOG_LEVEL, which is warn unless it is set. MONGO_URL, NATS_URL and REDIS_URL name servers that run already; where one is missing,
mongod, nats-server or redis-server from the PATH is started with its data below DATA_DIR.`;

const whole = (name: string, text: string) => {
	const value = Number(text);
	if (!/^[1-9]\d?$/.test(text)) throw new ConfigError(`--${name} must be a whole number from 1 to 99, not "${text}"`);
	return value;
};

function settings() {
	const { values } = parseArgs({
		options: {
			copies: { type: "string", default: "1" },
			gateways: { type: "string", default: "1" },
			help: { type: "boolean", default: false },
		},
	});
	if (values.help) {
		console.log(HELP);
		process.exit(0);
	}
	const dataDir = path.resolve(process.env.DATA_DIR ?? "data", "cluster");
	const { secrets, isNew } = secretsOf(dataDir, process.env);
	// Checked here once, so that a bad setting is one line and not one for each process.
	const config = loadConfig({ ...process.env, CLUSTER_SECRET: secrets.clusterSecret, DATA_DIR: dataDir });
	const ports = Array.from({ length: whole("gateways", values.gateways) }, (_, index) =>
		config.port === 0 ? 0 : config.port + index,
	);
	return { config, secrets, isNew, copies: whole("copies", values.copies), ports };
}

/** The operator's own settings go to every process, those that this script decides aside. */
function processEnvironment(secrets: KeptSecrets, production: boolean): Record<string, string> {
	const env: Record<string, string> = {};
	for (const [name, value] of Object.entries(process.env))
		if (value !== undefined && !/^(npm_|PORT$|SERVICES$|CONDUCTOR_(PORT|SERVICES)$)/.test(name)) env[name] = value;
	return {
		LOG_LEVEL: "warn",
		...env,
		PLATFORM_TOKEN: secrets.platformToken,
		...(production ? {} : { DEMO_TOKEN: secrets.demoToken }),
	};
}

/** Lines of a process that say what is said once for all of them. */
const SAID_ONCE = /^(Conductor (listens|runs)|Platform token|Token of the demo|Try it:|No OIDC_ISSUER)/;

/** Of the servers' many lines, those that tell of trouble. */
const TROUBLE = /\[(WRN|ERR|FTL)\]|# |error|fatal|"s":"[EF]"/i;

const say = (name: string, line: string) => console.log(`${name.padEnd(18)} | ${line}`);

async function stopAll(cluster: Cluster): Promise<void> {
	const bad = await cluster.stop();
	if (bad.length > 0) console.error(`ended otherwise than asked: ${bad.join(", ")}`);
	process.exit(bad.length > 0 ? 1 : 0);
}

async function main(): Promise<void> {
	const { config, secrets, isNew, copies, ports } = settings();
	const cluster = await layOut({
		dataDir: config.dataDir,
		secrets,
		copies,
		gatewayPorts: ports,
		env: processEnvironment(secrets, config.production),
		given: {
			...(config.mongoUrl === null ? {} : { mongo: config.mongoUrl }),
			...(config.natsUrl === null ? {} : { nats: config.natsUrl }),
			...(config.redisUrl === null ? {} : { redis: config.redisUrl }),
		},
		onLine: (name, line) => {
			const isServer = (SERVER_NAMES as readonly string[]).includes(name);
			if (isServer ? TROUBLE.test(line) : !SAID_ONCE.test(line)) say(name, line);
		},
	});
	let endSupervision = () => {};
	let stopping = false;
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.on(signal, () => {
			if (stopping) return;
			stopping = true;
			endSupervision();
			void stopAll(cluster);
		});
	console.log(`Starting ${[...cluster.processes.keys()].join(", ")}`);
	try {
		await cluster.start();
	} catch (error) {
		if (stopping) return;
		console.error(`conductor: ${(error as Error).message}`);
		await cluster.stop();
		process.exit(1);
	}
	endSupervision = supervise(cluster.processes.values(), say);
	for (const [name, origin] of cluster.operations) say(name, `${origin}/health/ready`);
	announce(
		{ ...config, dataDir: path.dirname(config.dataDir) },
		{
			origin: cluster.origins[0] ?? null,
			demoToken: isNew && !config.production ? secrets.demoToken : null,
			platformToken: isNew ? secrets.platformToken : null,
		},
	);
}

main().catch((error: unknown) => {
	if (!(error instanceof ConfigError || error instanceof MissingProgram)) throw error;
	console.error(`conductor: ${error.message}`);
	process.exit(2);
});
