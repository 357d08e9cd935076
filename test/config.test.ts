import path from "node:path";
import { ConfigError, loadConfig } from "../config.ts";

describe("the configuration", () => {
	test("of an empty environment is the embedded default", () => {
		expect(loadConfig({})).toEqual({
			port: 3000,
			host: "127.0.0.1",
			dataDir: path.resolve("data"),
			blobDir: null,
			mongoUrl: null,
			natsUrl: null,
			redisUrl: null,
			nats: { credentials: null, ca: null, certificate: null, key: null },
			clusterSecret: null,
			operationsPort: null,
			otlpEndpoint: null,
			traceRate: 0.1,
			services: ["gateway", "identity", "customers", "tickets", "knowledge-base", "search", "dashboard"],
			platformToken: null,
			demoToken: null,
			oidc: null,
			corsOrigins: [],
			logLevel: "info",
			production: false,
		});
	});

	test("takes every setting, plain or with the prefix", () => {
		const config = loadConfig({
			CONDUCTOR_PORT: "0",
			HOST: "0.0.0.0",
			DATA_DIR: "/var/lib/conductor",
			BLOB_DIR: "/var/lib/files",
			MONGO_URL: "mongodb://a:1,b:2/desk?replicaSet=rs",
			NATS_URL: "nats://localhost:4222",
			CLUSTER_SECRET: "a-secret-of-the-cluster",
			REDIS_URL: "rediss://localhost",
			SERVICES: " tickets , gateway,tickets",
			PLATFORM_TOKEN: "p".repeat(16),
			DEMO_TOKEN: "d".repeat(16),
			OIDC_ISSUER: "https://replit.com/oidc",
			REPL_ID: "client",
			CORS_ORIGINS: "https://app.example.com, http://localhost:5173",
			LOG_LEVEL: "debug",
		});
		expect(config).toMatchObject({
			port: 0,
			host: "0.0.0.0",
			blobDir: "/var/lib/files",
			services: ["tickets", "gateway"],
			oidc: { issuer: "https://replit.com/oidc", clientId: "client", audience: "client" },
			corsOrigins: ["https://app.example.com", "http://localhost:5173"],
			logLevel: "debug",
		});
	});

	test("takes an empty value as none", () => {
		expect(loadConfig({ MONGO_URL: "", PORT: " " })).toMatchObject({ mongoUrl: null, port: 3000 });
	});

	test.each([
		[{ PORT: "http" }, "PORT"],
		[{ PORT: "65536" }, "PORT"],
		[{ PORT: "-1" }, "PORT"],
		[{ HOST: "a b" }, "HOST"],
		[{ MONGO_URL: "http://x" }, "MONGO_URL"],
		[{ NATS_URL: "localhost" }, "NATS_URL"],
		[{ NATS_URL: "nats://localhost" }, "CLUSTER_SECRET"],
		[{ NATS_CA: "no-such-file.pem" }, "NATS_CA"],
		[{ NATS_KEY: "package.json" }, "NATS_CERTIFICATE"],
		[{ OPERATIONS_PORT: "x" }, "OPERATIONS_PORT"],
		[{ TRACE_RATE: "2" }, "TRACE_RATE"],
		[{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, "OTEL_EXPORTER_OTLP_ENDPOINT"],
		[{ REDIS_URL: "redis//x" }, "REDIS_URL"],
		[{ SERVICES: "tickets,billing" }, "billing"],
		[{ PLATFORM_TOKEN: "short" }, "PLATFORM_TOKEN"],
		[{ DEMO_TOKEN: "d".repeat(16), NODE_ENV: "production" }, "DEMO_TOKEN"],
		[{ OIDC_ISSUER: "nowhere", REPL_ID: "x" }, "OIDC_ISSUER"],
		[{ OIDC_ISSUER: "https://issuer.example" }, "REPL_ID"],
		[{ OIDC_ISSUER: "http://issuer.example", REPL_ID: "x", NODE_ENV: "production" }, "https"],
		[{ CORS_ORIGINS: "https://app.example.com/" }, "CORS_ORIGINS"],
		[{ CORS_ORIGINS: "*" }, "CORS_ORIGINS"],
		[{ LOG_LEVEL: "loud" }, "LOG_LEVEL"],
		[{ CONDUCTOR_POTR: "3000" }, "CONDUCTOR_POTR"],
		[{ CONDUCTOR_PORT: "1", PORT: "2" }, "differ"],
	])("refuses %j with one line", (environment, word) => {
		expect(() => loadConfig(environment)).toThrow(ConfigError);
		expect(() => loadConfig(environment)).toThrow(word);
		try {
			loadConfig(environment);
		} catch (error) {
			expect((error as Error).message).not.toContain("\n");
		}
	});
});
