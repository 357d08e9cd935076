import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { loadConfig, SERVICE_NAMES } from "../../config.ts";
import { type ComposeService, composeFile, environmentFile, interpolate, root } from "./compose-file.ts";

const SECRETS = {
	MONGO_PASSWORD: "1e5mongo",
	NATS_PASSWORD: "1234567890",
	REDIS_PASSWORD: "redis1234",
	CLUSTER_SECRET: "cluster-secret-of-the-test",
	PLATFORM_TOKEN: "platform-token-of-the-test",
};
const compose = composeFile({ ...environmentFile(".env.example"), ...SECRETS });
const own = Object.entries(compose.services).filter(([, { build }]) => build !== undefined);
const every = Object.entries(compose.services);

test("the file is what the Compose specification allows", () => {
	const schema = JSON.parse(readFileSync(path.join(root, "test/support/compose.schema.json"), "utf8"));
	const ajv = new Ajv({ strict: false, allErrors: true });
	addFormats.default(ajv);
	delete schema.$schema;
	const validate = ajv.compile(schema);
	validate(compose);
	expect(validate.errors).toBeNull();
	expect(validate({ services: { gateway: { image: 5 } } })).toBe(false);
});

test("each service of the product has a container of its name", () => {
	expect(own.map(([name]) => name).sort()).toEqual([...SERVICE_NAMES].sort());
	for (const [name, service] of own) expect([name, service.environment?.SERVICES]).toEqual([name, name]);
});

test.each(own)("the settings of %s are known and accepted", (_name, { environment = {} }) => {
	const prefixed = Object.fromEntries(
		Object.entries(environment).map(([name, value]) => [`CONDUCTOR_${name}`, String(value)]),
	);
	const config = loadConfig({ ...prefixed, NODE_ENV: "production" });
	expect(config).toMatchObject({ host: "0.0.0.0", dataDir: "/data", clusterSecret: SECRETS.CLUSTER_SECRET });
	for (const url of [config.mongoUrl, config.natsUrl, config.redisUrl])
		expect(Object.keys(compose.services)).toContain(/@([a-z]+):\d+/.exec(url ?? "")?.[1]);
	expect(config.operationsPort).toBe(config.services.includes("gateway") ? null : 9100);
});

test.each(own)("a setting of %s that is left out of .env stops it where it is needed", (name) => {
	for (const missing of Object.keys(SECRETS))
		expect(() => composeFile({ ...environmentFile(".env.example"), ...SECRETS, [missing]: "" })).toThrow(missing);
	expect(compose.services[name]?.environment?.LOG_LEVEL).toBe("info");
});

test(".env.example names every variable that the file asks for, and no other", () => {
	const text = readFileSync(path.join(root, "docker-compose.yml"), "utf8");
	const { asked } = interpolate(text, { ...environmentFile(".env.example"), ...SECRETS });
	expect([...asked].sort()).toEqual(Object.keys(environmentFile(".env.example")).sort());
});

test.each(every)("%s is checked, limited and started again", (_name, service: ComposeService) => {
	expect(service.healthcheck?.test.length).toBeGreaterThan(1);
	expect(service.deploy?.resources.limits).toMatchObject({ cpus: expect.any(String), memory: expect.any(String) });
	expect(service.restart).toBe("unless-stopped");
	expect(service.image).toMatch(/^(conductor|[a-z/-]+:v?[\d.]+(-alpine)?)$/);
});

test("what is mounted is there, and every volume is declared", () => {
	const volumes = every.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(":")[0] as string);
	const files = volumes.filter((source) => source.startsWith("."));
	expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
	const named = volumes.filter((source) => !source.startsWith("."));
	expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes).sort());
});

test("only what observes is behind the profile", () => {
	const observing = every.filter(([, { profiles }]) => profiles?.includes("observability")).map(([name]) => name);
	expect(observing.sort()).toEqual(["grafana", "jaeger", "prometheus"]);
});

test("scripts that containers run are sound", () => {
	execFileSync("bash", ["-n", path.join(root, "deploy/mongo.sh")]);
	execFileSync(process.execPath, ["--check", path.join(root, "deploy/health-check.mjs")]);
});

/** The server's own check of its settings, less what it is too old for. */
test("a NATS server understands its settings, with a password of digits alone", () => {
	const found = spawnSync("nats-server", ["--version"], { encoding: "utf8" });
	if (found.error && process.env.CI) throw new Error("nats-server is not on the PATH");
	if (found.error) return console.warn("No nats-server on the PATH: its settings are not checked.");
	const text = readFileSync(path.join(root, "deploy/nats.conf"), "utf8");
	const folder = mkdtempSync(path.join(tmpdir(), "nats-conf-"));
	const file = path.join(folder, "nats.conf");
	const minor = Number(/v2\.(\d+)/.exec(found.stdout)?.[1]);
	writeFileSync(file, minor >= 10 ? text : text.replace(/^\s*sync_interval.*$/m, ""));
	const checked = spawnSync("nats-server", ["-t", "-c", file], {
		encoding: "utf8",
		env: { PATH: process.env.PATH, NATS_PASSWORD: compose.services.nats?.environment?.NATS_PASSWORD },
	});
	rmSync(folder, { recursive: true });
	expect([checked.status, checked.stderr]).toEqual([0, expect.stringContaining("is valid")]);
});
