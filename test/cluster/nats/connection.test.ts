import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type NatsConnection, nkeys } from "nats";
import { type NatsFiles, natsConnectionOptions, natsLibrary } from "../../../cluster/nats/connection.ts";
import { startNats, type TestNats } from "../../support/nats.ts";
import { clusterNode } from "../../support/node.ts";

const folder = mkdtempSync(path.join(tmpdir(), "nats-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));
const NO_FILES: NatsFiles = { credentials: null, ca: null, certificate: null, key: null };
const probe = await startNats();
await probe?.stop();
const withNats = probe ? describe : describe.skip;

const file = (name: string) => path.join(folder, name);
const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });

/** A certificate authority, and certificates of a server at 127.0.0.1 and of a client that it has signed. */
function makeCertificates(): void {
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
	for (const ca of ["ca", "other-ca"])
		openssl(
			"req",
			"-x509",
			...key,
			"-keyout",
			file(`${ca}.key`),
			"-out",
			file(`${ca}.pem`),
			"-days",
			"2",
			"-subj",
			`/CN=${ca}`,
		);
	writeFileSync(file("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost");
	for (const who of ["server", "client"]) {
		openssl("req", ...key, "-keyout", file(`${who}.key`), "-out", file(`${who}.csr`), "-subj", `/CN=${who}`);
		const signed = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-extfile", file("names")];
		openssl("x509", "-req", "-in", file(`${who}.csr`), ...signed, "-out", file(`${who}.pem`), "-days", "2");
	}
}

const connect = (url: string, files: Partial<NatsFiles> = {}): Promise<NatsConnection> =>
	natsLibrary().connect({ ...natsConnectionOptions(url, { ...NO_FILES, ...files }, "test"), timeout: 3000 });

async function isLetIn(url: string, files: Partial<NatsFiles> = {}): Promise<boolean> {
	const connection = await connect(url, files).catch(() => null);
	await connection?.flush();
	await connection?.close();
	return connection !== null;
}

/** Does something with a server of a configuration, and stops it. */
async function withServer(configuration: string, work: (nats: TestNats) => Promise<void>): Promise<void> {
	const nats = (await startNats({ configuration })) as TestNats;
	try {
		await work(nats);
	} finally {
		await nats.stop();
	}
}

withNats("how a process proves itself to NATS", () => {
	test("by a user and password in the URL, encoded where they need it", async () => {
		await withServer('authorization { user: "desk", password: "p@ss/w:rd" }', async ({ port }) => {
			expect(await isLetIn(`nats://desk:${encodeURIComponent("p@ss/w:rd")}@127.0.0.1:${port}`)).toBe(true);
			expect(await isLetIn(`nats://desk:wrong@127.0.0.1:${port}`)).toBe(false);
			expect(await isLetIn(`nats://127.0.0.1:${port}`)).toBe(false);
		});
	});

	test("by a token in the URL", async () => {
		await withServer('authorization { token: "t0ken" }', async ({ port }) => {
			expect(await isLetIn(`nats://t0ken@127.0.0.1:${port}`)).toBe(true);
			expect(await isLetIn(`nats://other@127.0.0.1:${port}`)).toBe(false);
		});
	});

	test("by the seed of an nkey in a file", async () => {
		const [user, stranger] = [nkeys.createUser(), nkeys.createUser()];
		writeFileSync(file("user.nk"), `${new TextDecoder().decode(user.getSeed())}\n`);
		writeFileSync(file("stranger.nk"), new TextDecoder().decode(stranger.getSeed()));
		await withServer(`authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`, async ({ url }) => {
			expect(await isLetIn(url, { credentials: file("user.nk") })).toBe(true);
			expect(await isLetIn(url, { credentials: file("stranger.nk") })).toBe(false);
			expect(await isLetIn(url)).toBe(false);
		});
	});

	test("by a file of credentials of an operator's account", async () => {
		const { operatorJwt, accounts, systemKey, credentials } = operatorSetup();
		writeFileSync(file("user.creds"), credentials);
		const configuration = [
			`operator: ${operatorJwt}`,
			"resolver: MEMORY",
			`system_account: ${systemKey}`,
			`resolver_preload: { ${accounts.map((account) => account.join(": ")).join(", ")} }`,
		].join("\n");
		await withServer(configuration, async ({ url }) => {
			expect(await isLetIn(url, { credentials: file("user.creds") })).toBe(true);
			expect(await isLetIn(url)).toBe(false);
		});
	}, 15_000);
});

withNats("TLS", () => {
	beforeAll(makeCertificates);
	const tls = (verify: boolean) =>
		`tls { cert_file: "${file("server.pem")}", key_file: "${file("server.key")}", ca_file: "${file("ca.pem")}", verify: ${verify} }`;

	test("the server is believed by its authority alone", async () => {
		await withServer(tls(false), async ({ port }) => {
			expect(await isLetIn(`tls://127.0.0.1:${port}`, { ca: file("ca.pem") })).toBe(true);
			expect(await isLetIn(`nats://127.0.0.1:${port}`, { ca: file("ca.pem") })).toBe(true);
			expect(await isLetIn(`tls://127.0.0.1:${port}`, { ca: file("other-ca.pem") })).toBe(false);
			expect(await isLetIn(`tls://127.0.0.1:${port}`)).toBe(false);
		});
	});

	test("TLS that was asked for is not done without", async () => {
		await withServer("", async ({ port }) => {
			expect(await isLetIn(`tls://127.0.0.1:${port}`)).toBe(false);
		});
	});

	test("the process proves itself by a certificate of its own", async () => {
		const own = { ca: file("ca.pem"), certificate: file("client.pem"), key: file("client.key") };
		await withServer(tls(true), async ({ port }) => {
			expect(await isLetIn(`tls://127.0.0.1:${port}`, own)).toBe(true);
			expect(await isLetIn(`tls://127.0.0.1:${port}`, { ca: file("ca.pem") })).toBe(false);
		});
	});

	test("processes find each other over it, with a password too", async () => {
		const configuration = `${tls(false)}\nauthorization { user: desk, password: secret }`;
		await withServer(configuration, async ({ port }) => {
			const url = `tls://desk:secret@127.0.0.1:${port}`;
			const env = { NATS_CA: file("ca.pem") };
			const [one, other] = [clusterNode(url, [], env), clusterNode(url, [], env)];
			await Promise.all([one.start(), other.start()]);
			expect((await one.ping(other.nodeID, 3000)) as object).toMatchObject({ nodeID: other.nodeID });
			await Promise.all([one.stop(), other.stop()]);
		});
	}, 20_000);
});

/** What `nsc` would make: an operator, its account, and a user of that. */
function operatorSetup() {
	const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
	const signed = (by: ReturnType<typeof nkeys.createUser>, sub: string, name: string, nats: object) => {
		const issued = { jti: sub, iat: Math.floor(Date.now() / 1000), iss: by.getPublicKey(), name, sub };
		const content = `${encode({ typ: "JWT", alg: "ed25519-nkey" })}.${encode({ ...issued, nats: { version: 2, ...nats } })}`;
		return `${content}.${Buffer.from(by.sign(Buffer.from(content))).toString("base64url")}`;
	};
	const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];
	const [accountKey, userKey] = [account.getPublicKey(), user.getPublicKey()];
	const systemKey = nkeys.createAccount().getPublicKey();
	const unlimited = { subs: -1, data: -1, payload: -1 };
	const limits = { ...unlimited, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
	const userJwt = signed(account, userKey, "desk", { type: "user", pub: {}, sub: {}, ...unlimited });
	const seed = new TextDecoder().decode(user.getSeed());
	const content = { type: "account", limits, default_permissions: { pub: {}, sub: {} } };
	return {
		systemKey,
		accounts: [accountKey, systemKey].map((key) => [key, signed(operator, key, key, content)]),
		operatorJwt: signed(operator, operator.getPublicKey(), "operator", { type: "operator", system_account: systemKey }),
		credentials: [
			"-----BEGIN NATS USER JWT-----",
			userJwt,
			"------END NATS USER JWT------",
			"",
			"-----BEGIN USER NKEY SEED-----",
			seed,
			"------END USER NKEY SEED------",
			"",
		].join("\n"),
	};
}
