import { createToken, getToken, listTokens, revokeToken } from "../../contracts/api-tokens.ts";
import type { TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf } from "../../contracts/contract.ts";
import { CREDENTIAL_REVOKED } from "../../contracts/gateway.ts";
import { authenticate } from "../../contracts/identity-internal.ts";
import { me, updateUser } from "../../contracts/users.ts";
import { newId } from "../../lib/ids.ts";
import { apiTokenModel } from "../../models/api-token.ts";
import { receiptModel } from "../../models/outbox.ts";
import type { TestBroker } from "../support/broker.ts";
import { service } from "../support/callers.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { problemOf, provision, startIdentity, type Tenancy } from "./tenancy.ts";

let clock: ManualClock;
let desk: TestBroker;
let one: Tenancy;
let two: Tenancy;
beforeAll(async () => {
	clock = manualClock();
	desk = await startIdentity({ clock });
	one = await provision(desk);
	two = await provision(desk);
});
afterAll(() => desk.stop());

const make = (fields: Partial<ParamsOf<typeof createToken>>, caller: TenantCaller = one.owner) =>
	desk.call(createToken, { name: "T", ...fields }, caller);
const who = (bearer: string) => desk.call(authenticate, { bearer });
const refused = { status: 401, code: "unauthenticated", pointers: [] };
const ABSENT = "0190a0a0-0000-7000-8000-000000000000";

describe("a token", () => {
	test("of a person acts as that person, as they are now", async () => {
		const person = await one.invite("agent");
		const { token, ...view } = await make({ name: " Laptop ", userId: person.id });
		expect(token).toMatch(/^cnd_[0-9a-f-]{36}_[A-Za-z0-9_-]{43}$/);
		expect(view).toMatchObject({ name: "Laptop", kind: "user", userId: person.id, scopes: [], revokedAt: null });
		expect(view.createdBy).toMatchObject({ type: "user", id: one.owner.id });
		const caller = await who(token);
		expect(caller).toMatchObject({
			kind: "user",
			id: person.id,
			role: "agent",
			email: person.email,
			credentialId: view.id,
		});
		await desk.call(updateUser, { id: person.id, role: "supervisor" }, one.owner);
		expect(await who(token)).toMatchObject({ role: "supervisor" });
		await desk.call(updateUser, { id: person.id, status: "deactivated" }, one.owner);
		expect(await problemOf(who(token))).toEqual(refused);
	});

	test("of a person may be narrowed by scopes", async () => {
		const person = await one.invite("supervisor");
		const caller = await who((await make({ userId: person.id, scopes: ["kb.*", "tenant.read"] })).token);
		expect((await desk.call(me, {}, caller)).permissions).toEqual([
			"tenant.read",
			"kb.read",
			"kb.write",
			"kb.publish",
			"kb.analytics",
			"kb.rate",
		]);
	});

	test("with scopes or a role acts as a service", async () => {
		const { token, id } = await make({ name: "Importer", scopes: ["tickets.*"] });
		expect(await who(token)).toMatchObject({
			kind: "service",
			id,
			name: "Importer",
			role: null,
			scopes: ["tickets.*"],
		});
		const agent = await who((await make({ role: "agent" })).token);
		expect(agent).toMatchObject({ kind: "service", role: "agent", scopes: [] });
		expect(await desk.call(me, {}, agent)).toMatchObject({ kind: "service", role: "agent", email: null });
	});

	test("is nowhere to be read again", async () => {
		const made = await desk.call(createToken, { name: "T", scopes: ["*"] }, one.owner, { commandId: "once" });
		const secret = made.token.split("_").slice(2).join("_");
		const page = await desk.call(listTokens, {}, one.owner);
		const shown = JSON.stringify([page, await desk.call(getToken, { id: made.id }, one.owner)]);
		expect(shown).not.toContain(secret);
		expect(shown).not.toContain("hash");
		const { adapter } = desk.broker.getLocalService("identity") as unknown as {
			adapter: {
				conn: { model(name: string): { find(filter: object, fields: null, options: object): Promise<unknown> } };
			};
		};
		for (const model of [apiTokenModel, receiptModel]) {
			const rows = await adapter.conn.model(model.name).find({}, null, { hint: { $natural: 1 } });
			expect(JSON.stringify(rows)).not.toContain(secret);
		}
	});

	test("of a repeated command is the same token with a new secret", async () => {
		const request = { name: "T", scopes: ["*"] };
		const first = await desk.call(createToken, request, one.owner, { commandId: "twice" });
		const second = await desk.call(createToken, request, one.owner, { commandId: "twice" });
		expect({ ...second, token: "" }).toEqual({ ...first, token: "" });
		expect(await problemOf(who(first.token))).toEqual(refused);
		expect(await who(second.token)).toMatchObject({ id: first.id });
	});

	test("is good until it expires", async () => {
		const expiresAt = new Date(clock.now().getTime() + 60_000).toISOString();
		const { token, ...view } = await make({ scopes: ["*"], expiresAt });
		expect(view.expiresAt).toBe(expiresAt);
		clock.advance(59_999);
		await who(token);
		clock.advance(1);
		expect(await problemOf(who(token))).toEqual(refused);
		const past = make({ scopes: ["*"], expiresAt });
		expect(await problemOf(past)).toMatchObject({ status: 422, pointers: ["/expiresAt"] });
	});

	test("that is not one is refused, whatever is wrong with it", async () => {
		const { token, id } = await make({ scopes: ["*"] });
		const wrong = `cnd_${id}_${"A".repeat(43)}`;
		for (const bearer of [
			"",
			"x",
			"cnd_",
			wrong,
			token.slice(0, -1),
			`${token}A`,
			token.toUpperCase(),
			`cnd_${ABSENT}_${"A".repeat(43)}`,
		])
			expect(await problemOf(who(bearer))).toEqual(refused);
		expect(await problemOf(desk.call(authenticate, {}))).toEqual(refused);
	});

	test("remembers when it was used, without a write each time", async () => {
		const { flushUses } = desk.broker.getLocalService("identity") as unknown as { flushUses(): Promise<void> };
		const { token, id } = await make({ scopes: ["*"] });
		await who(token);
		const used = clock.now().toISOString();
		await flushUses();
		expect(await desk.call(getToken, { id }, one.owner)).toMatchObject({ lastUsedAt: used, version: 1 });
		clock.advance(30_000);
		await who(token);
		await flushUses();
		expect(await desk.call(getToken, { id }, one.owner)).toMatchObject({ lastUsedAt: used });
		clock.advance(31_000);
		await who(token);
		await flushUses();
		expect(await desk.call(getToken, { id }, one.owner)).toMatchObject({ lastUsedAt: clock.now().toISOString() });
	});
});

describe("making", () => {
	test.each([
		[{}, "/scopes"],
		[{ userId: "OWNER", customerId: "c" }, "/customerId"],
		[{ userId: "OWNER", role: "agent" }, "/role"],
		[{ customerId: "c", role: "agent" }, "/role"],
		[{ userId: ABSENT }, "/userId"],
		[{ userId: "FOREIGN" }, "/userId"],
		[{ scopes: [] }, "/scopes"],
		[{ scopes: ["tickets.read", "ticket.reed"] }, "/scopes/1"],
		[{ scopes: ["platform:*"] }, "/scopes/0"],
		[{ role: "customer" }, "/role"],
		[{ scopes: ["*"], hash: "x" }, "/hash"],
		[{ scopes: ["*"], expiresAt: "tomorrow" }, "/expiresAt"],
	])("%j is refused", async (fields, pointer) => {
		const text = JSON.stringify(fields).replace("OWNER", one.owner.id).replace("FOREIGN", two.owner.id);
		const problem = await problemOf(make(JSON.parse(text)));
		expect(problem).toMatchObject({ status: 422, pointers: expect.arrayContaining([pointer]) });
	});

	test("never gives out more than the maker has", async () => {
		const admin = await one.invite("admin");
		const agent = await one.invite("agent");
		const forbidden = { status: 403, code: "forbidden" };
		expect(await problemOf(make({ userId: one.owner.id }, admin))).toMatchObject(forbidden);
		expect(await problemOf(make({ userId: one.owner.id, scopes: ["kb.read"] }, admin))).toMatchObject(forbidden);
		expect(await problemOf(make({ role: "owner" }, admin))).toMatchObject(forbidden);
		expect(await problemOf(make({ scopes: ["*"] }, admin))).toMatchObject(forbidden);
		expect(await problemOf(make({ scopes: ["tenant.delete"] }, admin))).toMatchObject(forbidden);
		expect(await make({ role: "admin" }, admin)).toMatchObject({ role: "admin" });
		expect(await make({ userId: agent.id }, admin)).toMatchObject({ userId: agent.id });
		expect(await make({ scopes: ["tickets.*", "tokens.manage"] }, admin)).toMatchObject({ kind: "service" });
		expect(await problemOf(make({ userId: agent.id }, agent))).toMatchObject(forbidden);
		const integration = service(one.owner.tenant, ["tokens.manage", "kb.*"]) as TenantCaller;
		expect(await make({ scopes: ["kb.read"] }, integration)).toMatchObject({ scopes: ["kb.read"] });
		for (const fields of [
			{ scopes: ["tickets.read"] },
			{ userId: agent.id },
			{ role: "viewer" as const },
			{ scopes: ["*"] },
		])
			expect(await problemOf(make(fields, integration))).toMatchObject(forbidden);
	});

	test("waits for nobody when the customers cannot be asked", async () => {
		expect(await problemOf(make({ customerId: ABSENT }))).toMatchObject({ status: 503, code: "unavailable" });
	});
});

describe("revoking", () => {
	test("ends a token at once and tells every node", async () => {
		const told: unknown[] = [];
		desk.broker.createService({
			name: "node",
			events: { [CREDENTIAL_REVOKED]: (ctx: { params: unknown }) => void told.push(ctx.params) },
		});
		await desk.broker.waitForServices("node");
		const { token, id } = await make({ scopes: ["*"] });
		await who(token);
		expect(await desk.call(revokeToken, { id }, one.owner)).toBeNull();
		expect(await problemOf(who(token))).toEqual(refused);
		expect(told).toEqual([{ credentialId: id, credentialHash: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
		const view = await desk.call(getToken, { id }, one.owner);
		expect(view.revokedAt).not.toBeNull();
		expect(await desk.call(revokeToken, { id }, one.owner)).toBeNull();
		expect(await desk.call(getToken, { id }, one.owner)).toEqual(view);
	});

	test("an owner's token is for owners, another tenant's is not there", async () => {
		const admin = await one.invite("admin");
		const ofOwner = await make({ userId: one.owner.id });
		expect(await problemOf(desk.call(revokeToken, { id: ofOwner.id }, admin))).toMatchObject({ status: 403 });
		const absent = await problemOf(desk.call(revokeToken, { id: ABSENT }, two.owner));
		expect(absent).toMatchObject({ status: 404 });
		expect(await problemOf(desk.call(revokeToken, { id: ofOwner.id }, two.owner))).toEqual(absent);
		expect(await problemOf(desk.call(getToken, { id: ofOwner.id }, two.owner))).toEqual(absent);
		expect(await problemOf(desk.call(revokeToken, { id: ofOwner.id, ifVersion: 7 }, one.owner))).toMatchObject({
			status: 412,
		});
		expect(await who(ofOwner.token)).toMatchObject({ id: one.owner.id });
		expect(await desk.call(revokeToken, { id: ofOwner.id, ifVersion: 1 }, one.owner)).toBeNull();
	});
});

describe("the list", () => {
	test("has every filter and sort, page by page", async () => {
		const { owner, invite } = await provision(desk);
		const person = await invite("agent");
		for (const fields of [{ userId: person.id }, { scopes: ["*"] }, { role: "agent" as const }])
			await make(fields, owner);
		const [gone] = (await desk.call(listTokens, { sort: "-createdAt" }, owner)).data;
		await desk.call(revokeToken, { id: gone?.id ?? "" }, owner);
		const count = async (filter: Record<string, Record<string, unknown>>) =>
			(await desk.call(listTokens, { filter, sort: "createdAt" }, owner)).data.length;
		expect(await count({})).toBe(4);
		expect(await count({ kind: { eq: "service" } })).toBe(2);
		expect(await count({ userId: { eq: person.id } })).toBe(1);
		expect(await count({ userId: { eq: null } })).toBe(2);
		expect(await count({ customerId: { eq: newId() } })).toBe(0);
		expect(await count({ revokedAt: { exists: false } })).toBe(3);
		expect(await count({ revokedAt: { eq: null }, kind: { in: ["service"] } })).toBe(1);
		const first = await desk.call(listTokens, { limit: 3, count: true }, owner);
		expect(first.page).toMatchObject({ hasMore: true, total: 4 });
		const rest = await desk.call(listTokens, { limit: 3, cursor: first.page.nextCursor ?? "" }, owner);
		expect(rest.data).toHaveLength(1);
	});
});
