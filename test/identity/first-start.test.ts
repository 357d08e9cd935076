import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ServiceBroker } from "moleculer";
import { loadConfig } from "../../config.ts";
import { revokeToken } from "../../contracts/api-tokens.ts";
import type { Caller } from "../../contracts/caller.ts";
import { listGroups } from "../../contracts/groups.ts";
import { authenticate } from "../../contracts/identity-internal.ts";
import { listTenants, provisionTenant } from "../../contracts/tenants.ts";
import { listUsers, me } from "../../contracts/users.ts";
import { systemClock } from "../../lib/clock.ts";
import { brokerOptions } from "../../moleculer.config.ts";
import { openRuntime } from "../../runtime.ts";
import { FIRST_START_DONE, type FirstStart } from "../../services/identity/first-start.ts";
import identityService from "../../services/identity/identity.service.ts";
import { problemOf } from "./tenancy.ts";

/** One process's share of a deployment, on a data folder that others may share. */
interface Process {
	told: FirstStart[];
	call<P, R>(
		contract: { name: string; readonly types?: { params: P; result: R } },
		params: P,
		caller?: Caller,
	): Promise<R>;
	stop(): Promise<void>;
}

let dataDir: string;
const running: Process[] = [];
beforeEach(async () => {
	dataDir = await mkdtemp(path.join(tmpdir(), "conductor-first-"));
});
afterEach(async () => {
	for (const one of running.splice(0)) await one.stop();
	await rm(dataDir, { recursive: true, force: true });
});

async function start(env: Record<string, string> = {}): Promise<Process> {
	const config = loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: "silent", ...env });
	const runtime = await openRuntime(config, systemClock, { strictQueries: true });
	const broker = new ServiceBroker(brokerOptions(config));
	const told: FirstStart[] = [];
	broker.createService({
		name: "listener",
		events: { [FIRST_START_DONE]: (ctx: { params: FirstStart }) => void told.push(ctx.params) },
	});
	broker.createService(identityService(runtime));
	await broker.start();
	let stopped = false;
	const one: Process = {
		told,
		call: (contract, params, caller) =>
			broker.call(contract.name, params as object, { meta: caller ? { caller } : {} }) as never,
		async stop() {
			if (stopped) return;
			stopped = true;
			await broker.stop();
			await runtime.close();
		},
	};
	running.push(one);
	return one;
}

test("makes a demo tenant with one person a role and a group, and tells the tokens once", async () => {
	const desk = await start();
	expect(desk.told).toHaveLength(1);
	const { demoToken, platformToken } = desk.told[0]!;
	const owner = await desk.call(authenticate, { bearer: demoToken ?? "" });
	expect(owner).toMatchObject({ kind: "user", role: "owner", email: "owner@demo.example", tenant: { slug: "demo" } });
	expect(await desk.call(me, {}, owner)).toMatchObject({ kind: "user", role: "owner", tenant: { name: "Demo" } });
	const [support] = (await desk.call(listGroups, {}, owner)).data;
	expect(support).toMatchObject({ name: "Support" });
	const people = (await desk.call(listUsers, { sort: "email" }, owner)).data;
	expect(people.map(({ email, role, groupIds }) => [email, role, groupIds])).toEqual([
		["admin@demo.example", "admin", []],
		["agent@demo.example", "agent", [support?.id]],
		["owner@demo.example", "owner", []],
		["supervisor@demo.example", "supervisor", [support?.id]],
		["viewer@demo.example", "viewer", []],
	]);
	const platform = await desk.call(authenticate, { bearer: platformToken ?? "" });
	expect(platform).toMatchObject({ kind: "platform", tenant: null, scopes: ["platform:*"] });
	const made = { slug: "first", name: "First", owner: { email: "o@first.example", name: "O" } };
	expect(await desk.call(provisionTenant, made, platform)).toMatchObject({ tenant: { slug: "first" } });

	await desk.stop();
	const again = await start();
	expect(again.told).toEqual([{ demoToken: null, platformToken: null }]);
	expect(await again.call(authenticate, { bearer: demoToken ?? "" })).toEqual(owner);
	expect(await again.call(authenticate, { bearer: platformToken ?? "" })).toEqual(platform);
});

test("several at the same time make everything once", async () => {
	const processes = await Promise.all([start(), start(), start()]);
	const demo = processes.map(({ told }) => told[0]?.demoToken).filter((token) => token !== null);
	const platform = processes.map(({ told }) => told[0]?.platformToken).filter((token) => token !== null);
	expect([demo.length, platform.length]).toEqual([1, 1]);
	for (const { call } of processes) {
		expect(await call(authenticate, { bearer: demo[0] ?? "" })).toMatchObject({ role: "owner" });
		const caller = await call(authenticate, { bearer: platform[0] ?? "" });
		expect((await call(listTenants, {}, caller)).data).toHaveLength(1);
	}
});

test.each(["sixteen-letters!", "cnd_0190a0a0-0000-7000-8000-000000000000_made-up", "a.b.c-looks-like-a-jwt"])(
	"DEMO_TOKEN %s is the owner's token",
	async (DEMO_TOKEN) => {
		const desk = await start({ DEMO_TOKEN });
		expect(desk.told).toMatchObject([{ demoToken: DEMO_TOKEN }]);
		expect(await desk.call(authenticate, { bearer: DEMO_TOKEN })).toMatchObject({
			role: "owner",
			tenant: { slug: "demo" },
		});
		expect(await problemOf(desk.call(authenticate, { bearer: `${DEMO_TOKEN}x` }))).toMatchObject({ status: 401 });
	},
);

test("DEMO_TOKEN takes the place of the value before, and a revoked value stays revoked", async () => {
	const first = await start();
	const value = first.told[0]?.demoToken ?? "";
	await first.stop();

	const second = await start({ DEMO_TOKEN: "the-second-value-of-it" });
	expect(second.told).toEqual([{ demoToken: "the-second-value-of-it", platformToken: null }]);
	expect(await problemOf(second.call(authenticate, { bearer: value }))).toMatchObject({ status: 401 });
	const owner = await second.call(authenticate, { bearer: "the-second-value-of-it" });
	await second.call(revokeToken, { id: owner.credentialId ?? "" }, owner);
	expect(await problemOf(second.call(authenticate, { bearer: "the-second-value-of-it" }))).toMatchObject({
		status: 401,
	});
	await second.stop();

	const third = await start({ DEMO_TOKEN: "the-second-value-of-it" });
	expect(third.told).toEqual([{ demoToken: null, platformToken: null }]);
	expect(await problemOf(third.call(authenticate, { bearer: "the-second-value-of-it" }))).toMatchObject({
		status: 401,
	});
	await third.stop();

	const fourth = await start({ DEMO_TOKEN: "the-third-value-of-it" });
	expect(await fourth.call(authenticate, { bearer: "the-third-value-of-it" })).toMatchObject({ id: owner.id });
});

test("a configured platform token is the only one", async () => {
	const first = await start();
	const madeUp = first.told[0]?.platformToken ?? "";
	await first.stop();
	const second = await start({ PLATFORM_TOKEN: "given-by-the-operator" });
	expect(await second.call(authenticate, { bearer: "given-by-the-operator" })).toMatchObject({ kind: "platform" });
	expect(await problemOf(second.call(authenticate, { bearer: madeUp }))).toMatchObject({ status: 401 });
	expect(second.told).toEqual([{ demoToken: null, platformToken: null }]);
});

test("production makes no demo tenant, and no platform token where one is given", async () => {
	const desk = await start({ NODE_ENV: "production", PLATFORM_TOKEN: "given-by-the-operator" });
	expect(desk.told).toEqual([{ demoToken: null, platformToken: null }]);
	const platform = await desk.call(authenticate, { bearer: "given-by-the-operator" });
	expect((await desk.call(listTenants, {}, platform)).data).toEqual([]);
});
