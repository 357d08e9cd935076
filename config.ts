import { accessSync, constants } from "node:fs";
import path from "node:path";

/** Every service of the product, in no particular order. */
export const SERVICE_NAMES = [
	"gateway",
	"identity",
	"customers",
	"tickets",
	"knowledge-base",
	"search",
	"dashboard",
] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** Everything that can be configured, parsed and checked. */
export interface Config {
	/** port of the gateway; 0 takes a free one */
	port: number;
	host: string;
	/** absolute folder of the embedded store */
	dataDir: string;
	/** absolute folder of attachments' contents, the same for all processes; null for where the documents are */
	blobDir: string | null;
	mongoUrl: string | null;
	natsUrl: string | null;
	redisUrl: string | null;
	/** how a process proves itself to the NATS server beyond what the URL says: paths of files */
	nats: { credentials: string | null; ca: string | null; certificate: string | null; key: string | null };
	/** what the processes of a cluster sign their messages to each other with */
	clusterSecret: string | null;
	/** where a process without a gateway answers `/health` and `/metrics`; null for nowhere */
	operationsPort: number | null;
	/** base URL of an OpenTelemetry collector, which gets `/v1/traces` */
	otlpEndpoint: string | null;
	/** share of the requests that are traced where the client does not say, 0 to 1 */
	traceRate: number;
	/** which services this process runs */
	services: readonly ServiceName[];
	platformToken: string | null;
	demoToken: string | null;
	oidc: { issuer: string; clientId: string; audience: string } | null;
	corsOrigins: readonly string[];
	logLevel: (typeof LOG_LEVELS)[number];
	production: boolean;
}

/** A setting that cannot be used. The message is the one line that an operator is shown. */
export class ConfigError extends Error {
	override name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "CONDUCTOR_";
const KNOWN = new Set([
	"PORT",
	"HOST",
	"DATA_DIR",
	"BLOB_DIR",
	"MONGO_URL",
	"NATS_URL",
	"REDIS_URL",
	"NATS_CREDENTIALS",
	"NATS_CA",
	"NATS_CERTIFICATE",
	"NATS_KEY",
	"CLUSTER_SECRET",
	"OPERATIONS_PORT",
	"OTEL_EXPORTER_OTLP_ENDPOINT",
	"TRACE_RATE",
	"SERVICES",
	"PLATFORM_TOKEN",
	"DEMO_TOKEN",
	"OIDC_ISSUER",
	"REPL_ID",
	"OIDC_AUDIENCE",
	"CORS_ORIGINS",
	"LOG_LEVEL",
]);

function url(name: string, value: string | undefined, schemes: readonly string[]): string | null {
	if (value === undefined) return null;
	// A replica set's URL names several hosts, which URL itself does not parse: its scheme is what can be checked.
	const scheme = /^([a-z][a-z0-9+.-]*):\/\/[^\s/]/.exec(value)?.[1];
	if (!scheme || !schemes.includes(scheme))
		throw new ConfigError(`${name} must be a URL starting with ${schemes.map((s) => `${s}://`).join(" or ")}`);
	return value;
}

function origin(value: string): string {
	const parsed = URL.canParse(value) ? new URL(value) : null;
	if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.origin !== value)
		throw new ConfigError(`CORS_ORIGINS holds "${value}", which is not an origin such as https://app.example.com`);
	return value;
}

function portNumber(name: string, value: string): number {
	const port = Number(value);
	if (!/^\d{1,5}$/.test(value) || port > 65_535)
		throw new ConfigError(`${name} must be a whole number from 0 to 65535, not "${value}"`);
	return port;
}

function share(name: string, value: string): number {
	if (!/^(0|1|0?\.\d+|1\.0+)$/.test(value))
		throw new ConfigError(`${name} must be a number from 0 to 1, not "${value}"`);
	return Number(value);
}

/** The absolute path of a file that must be there to read. */
function file(name: string, value: string | undefined): string | null {
	if (value === undefined) return null;
	try {
		accessSync(value, constants.R_OK);
	} catch {
		throw new ConfigError(`${name} names "${value}", which is no file that can be read`);
	}
	return path.resolve(value);
}

const folder = (value: string | undefined) => (value === undefined ? null : path.resolve(value));

function commaList(value: string | undefined): string[] {
	return (value ?? "")
		.split(",")
		.map((part) => part.trim())
		.filter((part) => part !== "");
}

function services(value: string | undefined): readonly ServiceName[] {
	const names = commaList(value);
	if (names.length === 0) return SERVICE_NAMES;
	for (const name of names)
		if (!(SERVICE_NAMES as readonly string[]).includes(name))
			throw new ConfigError(`SERVICES names "${name}"; there are ${SERVICE_NAMES.join(", ")}`);
	return [...new Set(names)] as ServiceName[];
}

function secret(name: string, value: string | undefined): string | null {
	if (value === undefined) return null;
	if (!/^[\x21-\x7e]{16,512}$/.test(value))
		throw new ConfigError(`${name} must be 16 to 512 printable characters without spaces`);
	return value;
}

function oidc(get: (name: string) => string | undefined, production: boolean): Config["oidc"] {
	const issuer = get("OIDC_ISSUER");
	if (issuer === undefined) return null;
	const parsed = URL.canParse(issuer) ? new URL(issuer) : null;
	if (!parsed || !/^https?:$/.test(parsed.protocol)) throw new ConfigError("OIDC_ISSUER must be an https URL");
	if (production && parsed.protocol !== "https:")
		throw new ConfigError("OIDC_ISSUER must be an https URL in production");
	const clientId = get("REPL_ID");
	if (clientId === undefined) throw new ConfigError("OIDC_ISSUER needs REPL_ID, the client id at that issuer");
	return { issuer, clientId, audience: get("OIDC_AUDIENCE") ?? clientId };
}

function natsFiles(get: (name: string) => string | undefined): Config["nats"] {
	const [certificate, key] = [file("NATS_CERTIFICATE", get("NATS_CERTIFICATE")), file("NATS_KEY", get("NATS_KEY"))];
	if ((certificate === null) !== (key === null))
		throw new ConfigError("NATS_CERTIFICATE and NATS_KEY belong together; one of them is missing");
	return {
		credentials: file("NATS_CREDENTIALS", get("NATS_CREDENTIALS")),
		ca: file("NATS_CA", get("NATS_CA")),
		certificate,
		key,
	};
}

function checkNames(environment: Environment): void {
	for (const name of Object.keys(environment)) {
		if (!name.startsWith(PREFIX)) continue;
		if (!KNOWN.has(name.slice(PREFIX.length)))
			throw new ConfigError(`${name} is not a setting; there are ${[...KNOWN].map((n) => PREFIX + n).join(", ")}`);
		const plain = environment[name.slice(PREFIX.length)];
		if (plain !== undefined && plain !== environment[name])
			throw new ConfigError(`${name} and ${name.slice(PREFIX.length)} are both set and differ`);
	}
}

/**
 * Reads the configuration from environment variables. Every setting may also be written with the prefix `CONDUCTOR_`;
 * an unknown name under that prefix is refused, so that a misspelt setting never goes unnoticed.
 * @throws ConfigError with one clear line for the first thing wrong
 */
export function loadConfig(environment: Environment): Config {
	checkNames(environment);
	const get = (name: string) => {
		const value = environment[PREFIX + name] ?? environment[name];
		return value === undefined || value.trim() === "" ? undefined : value.trim();
	};
	const production = environment.NODE_ENV === "production";
	const logLevel = get("LOG_LEVEL") ?? "info";
	if (!(LOG_LEVELS as readonly string[]).includes(logLevel))
		throw new ConfigError(`LOG_LEVEL is "${logLevel}"; there are ${LOG_LEVELS.join(", ")}`);
	if (production && get("DEMO_TOKEN") !== undefined)
		throw new ConfigError("DEMO_TOKEN is for development; NODE_ENV is production");
	const host = get("HOST") ?? "127.0.0.1";
	if (!/^[A-Za-z0-9.:_-]+$/.test(host)) throw new ConfigError(`HOST is "${host}", which is no address or host name`);
	const natsUrl = url("NATS_URL", get("NATS_URL"), ["nats", "tls"]);
	const clusterSecret = secret("CLUSTER_SECRET", get("CLUSTER_SECRET"));
	if (natsUrl !== null && clusterSecret === null)
		throw new ConfigError(
			"NATS_URL needs CLUSTER_SECRET, the same in every process: what they sign their messages with",
		);
	const operationsPort = get("OPERATIONS_PORT");
	return {
		port: portNumber("PORT", get("PORT") ?? "3000"),
		host,
		dataDir: path.resolve(get("DATA_DIR") ?? "data"),
		blobDir: folder(get("BLOB_DIR")),
		mongoUrl: url("MONGO_URL", get("MONGO_URL"), ["mongodb", "mongodb+srv"]),
		natsUrl,
		nats: natsFiles(get),
		clusterSecret,
		operationsPort: operationsPort === undefined ? null : portNumber("OPERATIONS_PORT", operationsPort),
		otlpEndpoint: url("OTEL_EXPORTER_OTLP_ENDPOINT", get("OTEL_EXPORTER_OTLP_ENDPOINT"), ["http", "https"]),
		traceRate: share("TRACE_RATE", get("TRACE_RATE") ?? "0.1"),
		redisUrl: url("REDIS_URL", get("REDIS_URL"), ["redis", "rediss"]),
		services: services(get("SERVICES")),
		platformToken: secret("PLATFORM_TOKEN", get("PLATFORM_TOKEN")),
		demoToken: secret("DEMO_TOKEN", get("DEMO_TOKEN")),
		oidc: oidc(get, production),
		corsOrigins: commaList(get("CORS_ORIGINS")).map(origin),
		logLevel: logLevel as Config["logLevel"],
		production,
	};
}
