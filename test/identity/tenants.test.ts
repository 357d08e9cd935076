import type { TenantCaller } from "../../contracts/caller.ts";
import { authenticate } from "../../contracts/identity-internal.ts";
import { DEFAULT_SETTINGS } from "../../contracts/tenant-settings.ts";
import {
	administerTenant,
	getOwnTenant,
	getTenant,
	listTenants,
	provisionTenant,
	updateOwnTenant,
} from "../../contracts/tenants.ts";
import { me } from "../../contracts/users.ts";
import type { TestBroker } from "../support/broker.ts";
import { customer } from "../support/callers.ts";
import { eventsOf, PLATFORM_TOKEN, problemOf, provision, startIdentity } from "./tenancy.ts";

let desk: TestBroker;
beforeAll(async () => {
	desk = await startIdentity();
});
afterAll(() => desk.stop());

describe("provisioning", () => {
	test("makes a tenant, its owner and a token that works, and says so in events", async () => {
		const { made, owner } = await provision(desk, {
			name: "  Acme  ",
			locale: "de-at",
			timeZone: "Europe/Vienna",
			settings: { autoCloseAfterSec: 7200, rateLimit: { perMinute: 10 } },
			owner: { email: " Olga@ACME.example ", name: "Olga" },
		});
		expect(made.tenant).toMatchObject({
			name: "Acme",
			status: "active",
			locale: "de-AT",
			locales: ["de-AT"],
			timeZone: "Europe/Vienna",
			version: 1,
			settings: { ...DEFAULT_SETTINGS, autoCloseAfterSec: 7200, rateLimit: { perMinute: 10, perTokenPerMinute: 3000 } },
		});
		expect(made.owner).toMatchObject({ email: "olga@acme.example", role: "owner", status: "active" });
		expect(made.token).toMatch(/^cnd_[0-9a-f-]{36}_[A-Za-z0-9_-]{43}$/);
		expect(owner).toMatchObject({ kind: "user", id: made.owner.id, role: "owner", tenant: { id: made.tenant.id } });
		const events = await eventsOf(desk, made.tenant.id, 2);
		expect(events.map(({ type, subject, sequence }) => [type, subject, sequence])).toEqual([
			["tenant.provisioned", `tenant/${made.tenant.id}`, 1],
			["user.created", `user/${made.owner.id}`, 1],
		]);
		expect(events[0]?.actor).toEqual({ type: "service", id: "platform", name: "Platform" });
	});

	test.each(["a", "-ab", "ab-", "a--b", "Ab", "a_b", "a.b", "ä1", "x".repeat(64)])("%j is no slug", async (slug) => {
		expect(await problemOf(provision(desk, { slug }))).toMatchObject({ status: 422, pointers: ["/slug"] });
	});

	test.each(["admin", "api", "www", "login", "platform"])("the slug %s is reserved", async (slug) => {
		expect(await problemOf(provision(desk, { slug }))).toEqual({
			status: 422,
			code: "validation_failed",
			pointers: ["/slug"],
		});
	});

	test.each([
		[{ timeZone: "Mars/Olympus" }, "/timeZone"],
		[{ locale: "e" }, "/locale"],
		[{ settings: { autoCloseAfterSec: 3599 } }, "/settings/autoCloseAfterSec"],
		[{ settings: { autoCloseAfterSec: 2_419_201 } }, "/settings/autoCloseAfterSec"],
		[{ settings: { colour: "red" } as object }, "/settings/colour"],
		[{ owner: { email: "a@b@c", name: "X" } }, "/owner/email"],
		[{ owner: { email: "a@-b.example", name: "X" } }, "/owner/email"],
		[{ name: "   " }, "/name"],
	])("%j is refused", async (fields, pointer) => {
		const problem = await problemOf(provision(desk, fields));
		expect([problem.status, problem.pointers]).toEqual([422, expect.arrayContaining([pointer])]);
	});

	test("a slug is given once, also to two who ask at the same time", async () => {
		const ask = () => provision(desk, { slug: "twice" });
		const answers = await Promise.allSettled([ask(), ask(), ask()]);
		expect(answers.filter((answer) => answer.status === "fulfilled")).toHaveLength(1);
		expect(await problemOf(ask())).toEqual({ status: 409, code: "duplicate", pointers: ["/slug"] });
		expect(await desk.call(listTenants, { filter: { slug: { eq: "twice" } } }, await platform())).toMatchObject({
			data: [{ slug: "twice" }],
		});
	});

	test("a repeated command makes nothing twice and gives a token that works", async () => {
		const request = { slug: "repeated", name: "Repeated", owner: { email: "o@r.example", name: "O" } };
		const meta = { commandId: "platform POST /tenants key-1" };
		const first = await desk.call(provisionTenant, request, await platform(), meta);
		const second = await desk.call(provisionTenant, request, await platform(), meta);
		expect(second.tenant).toEqual(first.tenant);
		expect(second.token).not.toBe(first.token);
		expect(await problemOf(desk.call(authenticate, { bearer: first.token }))).toMatchObject({ status: 401 });
		expect(await desk.call(authenticate, { bearer: second.token })).toMatchObject({ id: first.owner.id });
	});

	test("is the platform's alone", async () => {
		const { owner } = await provision(desk);
		const request = { slug: "mine", name: "Mine", owner: { email: "o@m.example", name: "O" } };
		for (const contract of [provisionTenant, listTenants] as const)
			expect(await problemOf(desk.call(contract as typeof provisionTenant, request, owner))).toMatchObject({
				status: 403,
			});
		expect(await problemOf(desk.call(getTenant, { id: owner.tenant.id }, owner))).toMatchObject({ status: 403 });
		expect(await problemOf(desk.call(provisionTenant, request))).toMatchObject({ status: 401 });
	});
});

const platform = () => desk.call(authenticate, { bearer: PLATFORM_TOKEN });

describe("the platform", () => {
	test("sees no tenant's data", async () => {
		for (const contract of [me, getOwnTenant])
			expect(await problemOf(desk.call(contract as typeof me, {}, await platform()))).toMatchObject({ status: 403 });
	});

	test("lists tenants by every filter and sort, page by page", async () => {
		for (let i = 0; i < 4; i++) await provision(desk, { name: `Listed ${i}`, plan: "listed" });
		for (const sort of ["createdAt", "-createdAt", "name", "-name"]) {
			const names: string[] = [];
			let cursor: string | undefined;
			do {
				const params = { filter: { plan: { eq: "listed" }, status: { in: ["active"] } }, sort, limit: 3 };
				const page = await desk.call(listTenants, { ...params, ...(cursor ? { cursor } : {}) }, await platform());
				names.push(...page.data.map((tenant) => tenant.name));
				cursor = page.page.nextCursor ?? undefined;
			} while (cursor);
			const expected = ["Listed 0", "Listed 1", "Listed 2", "Listed 3"];
			expect(names).toEqual(sort.startsWith("-") ? expected.reverse() : expected);
		}
	});

	test("suspends a tenant, whose credentials then say why they are refused, and lets it back in", async () => {
		const { tenantId: id, ownerToken, owner } = await provision(desk);
		const suspended = await desk.call(administerTenant, { id, status: "suspended" }, await platform());
		expect(suspended).toMatchObject({ status: "suspended", version: 2 });
		expect(await problemOf(desk.call(authenticate, { bearer: ownerToken }))).toMatchObject({
			status: 403,
			code: "tenant_suspended",
		});
		await desk.call(administerTenant, { id, status: "active", plan: "gold" }, await platform());
		expect(await desk.call(authenticate, { bearer: ownerToken })).toEqual(owner);
		const types = (await eventsOf(desk, id, 4)).map(({ type }) => type);
		expect(types).toEqual(["tenant.provisioned", "user.created", "tenant.suspended", "tenant.updated"]);
	});

	test("sets limits and plan, and gets 412 for an old version, 404 for an unknown tenant", async () => {
		const { tenantId: id } = await provision(desk);
		const changed = await desk.call(
			administerTenant,
			{ id, plan: "gold", settings: { rateLimit: { perTokenPerMinute: 7 } }, ifVersion: 1 },
			await platform(),
		);
		expect(changed).toMatchObject({ plan: "gold", settings: { rateLimit: { perMinute: 6000, perTokenPerMinute: 7 } } });
		const stale = desk.call(administerTenant, { id, plan: null, ifVersion: 1 }, await platform());
		expect(await problemOf(stale)).toMatchObject({ status: 412 });
		expect(await desk.call(administerTenant, { id, plan: null }, await platform())).toMatchObject({ plan: null });
		const unknown = desk.call(administerTenant, { id: "nobody", plan: null }, await platform());
		expect(await problemOf(unknown)).toMatchObject({ status: 404 });
	});

	test("acts in a tenant as its admin, by id or slug, and the tenant can see it", async () => {
		const { tenantId, made } = await provision(desk);
		for (const impersonateTenant of [tenantId, made.tenant.slug]) {
			const caller = await desk.call(authenticate, { bearer: PLATFORM_TOKEN, impersonateTenant });
			expect(caller).toMatchObject({
				kind: "service",
				role: "admin",
				onBehalfOf: "platform",
				tenant: { id: tenantId },
			});
			expect(await desk.call(me, {}, caller)).toMatchObject({ kind: "service", role: "admin" });
		}
		const audited = (await eventsOf(desk, tenantId, 4)).filter(({ type }) => type === "platform.impersonated");
		expect(audited).toHaveLength(2);
		expect(audited[0]).toMatchObject({ tenantId, actor: { type: "service", id: "platform" } });
		const nowhere = desk.call(authenticate, { bearer: PLATFORM_TOKEN, impersonateTenant: "nowhere" });
		expect(await problemOf(nowhere)).toMatchObject({ status: 404 });
	});

	test("no other credential impersonates", async () => {
		const one = await provision(desk);
		const two = await provision(desk);
		const caller = await desk.call(authenticate, { bearer: one.ownerToken, impersonateTenant: two.tenantId });
		expect(caller.tenant?.id).toBe(one.tenantId);
	});
});

describe("a tenant's own settings", () => {
	let owner: TenantCaller;
	beforeAll(async () => {
		({ owner } = await provision(desk));
	});
	const settingsAfter = async (settings: object) =>
		(await desk.call(updateOwnTenant, { settings } as never, owner)).settings;

	test("are merged, null gives the default back", async () => {
		expect(await settingsAfter({ autoCloseAfterSec: 3600, retention: { auditDays: 365 } })).toMatchObject({
			autoCloseAfterSec: 3600,
			retention: { closedTicketsDays: null, auditDays: 365, eventDays: 90 },
		});
		expect(await settingsAfter({ pendingReminderAfterSec: 3600, retention: { eventDays: 7 } })).toMatchObject({
			autoCloseAfterSec: 3600,
			pendingReminderAfterSec: 3600,
			retention: { auditDays: 365, eventDays: 7 },
		});
		const reset = { autoCloseAfterSec: null, pendingReminderAfterSec: null, retention: null };
		expect(await settingsAfter(reset)).toEqual(DEFAULT_SETTINGS);
	});

	test.each([
		[{ rateLimit: { perMinute: 100_000 } }, "unknown_field"],
		[{ autoCloseAfterSec: 3599 }, "validation_failed"],
		[{ autoCloseAfterSec: 2_419_201 }, "validation_failed"],
		[{ autoCloseAfterSec: "1 day" }, "validation_failed"],
		[{ idempotencyTtlSec: 1 }, "validation_failed"],
		[{ agentTicketScope: "some" }, "validation_failed"],
		[{ slaDefaultPauseOn: { resolution: ["open"] } }, "validation_failed"],
		[{ retention: { auditDays: 1 } }, "validation_failed"],
	])("%j is refused", async (settings, code) => {
		expect(await problemOf(settingsAfter(settings))).toMatchObject({ status: 422, code });
	});

	test("are for owners and admins; every caller reads them but customers", async () => {
		const { invite, owner } = await provision(desk);
		for (const role of ["admin", "supervisor", "agent", "viewer"] as const) {
			const caller = await invite(role);
			expect(await desk.call(getOwnTenant, {}, caller)).toHaveProperty("settings");
			const change = desk.call(updateOwnTenant, { name: `By ${role}` }, caller);
			if (role === "admin") expect(await change).toMatchObject({ name: "By admin" });
			else expect(await problemOf(change)).toMatchObject({ status: 403 });
		}
		expect(await desk.call(getOwnTenant, {}, customer(owner.tenant, "c1"))).not.toHaveProperty("settings");
	});

	test("languages keep the default among them", async () => {
		const change = (fields: object) => desk.call(updateOwnTenant, fields, owner);
		expect(await change({ locales: ["en", "de", "DE"] })).toMatchObject({ locale: "en", locales: ["en", "de"] });
		expect(await change({ locale: "fr-ca" })).toMatchObject({ locale: "fr-CA", locales: ["fr-CA", "en", "de"] });
		expect(await problemOf(change({ locales: ["en"] }))).toMatchObject({ status: 422, pointers: ["/locales"] });
		expect(await problemOf(change({ timeZone: "+02:00" }))).toMatchObject({ status: 422, pointers: ["/timeZone"] });
	});

	test("an unchanged tenant keeps its version, an old version is refused", async () => {
		const before = await desk.call(getOwnTenant, {}, owner);
		expect(await desk.call(updateOwnTenant, { name: before.name }, owner)).toEqual(before);
		const stale = desk.call(updateOwnTenant, { name: "Other", ifVersion: before.version - 1 }, owner);
		expect(await problemOf(stale)).toMatchObject({ status: 412 });
	});
});
