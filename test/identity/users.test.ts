import { createToken } from "../../contracts/api-tokens.ts";
import type { TenantCaller } from "../../contracts/caller.ts";
import { createGroup } from "../../contracts/groups.ts";
import { authenticate, peopleByIds } from "../../contracts/identity-internal.ts";
import { STAFF_ROLES, type StaffRole } from "../../contracts/permissions.ts";
import { createUser, getUser, listUsers, setAvailability, updateUser } from "../../contracts/users.ts";
import type { TestBroker } from "../support/broker.ts";
import { customer, service } from "../support/callers.ts";
import { eventsOf, problemOf, provision, startIdentity, type Tenancy } from "./tenancy.ts";

let desk: TestBroker;
let one: Tenancy;
let two: Tenancy;
beforeAll(async () => {
	desk = await startIdentity();
	one = await provision(desk);
	two = await provision(desk);
});
afterAll(() => desk.stop());

const change = (id: string, fields: object, caller: TenantCaller) => desk.call(updateUser, { id, ...fields }, caller);

describe("inviting", () => {
	test("makes a person with everything that was said, the address in its one form", async () => {
		const group = await desk.call(createGroup, { name: "Invited here" }, one.owner);
		const fields = {
			name: " Jörg Müller ",
			role: "agent" as const,
			groupIds: [group.id],
			skills: [{ name: "billing", level: 3 }],
			maxOpenTickets: 5,
			locale: "de-at",
			timeZone: "Europe/Vienna",
		};
		const user = await desk.call(createUser, { email: "  Jörg@BÜCHER.example ", ...fields }, one.owner);
		expect(user).toMatchObject({
			...fields,
			tenantId: one.owner.tenant.id,
			name: "Jörg Müller",
			email: "jörg@xn--bcher-kva.example",
			locale: "de-AT",
			status: "active",
			availability: "offline",
			version: 1,
		});
		expect(await desk.call(getUser, { id: user.id }, one.owner)).toEqual(user);
		const again = desk.call(createUser, { email: "jörg@bücher.EXAMPLE", name: "J", role: "viewer" }, one.owner);
		expect(await problemOf(again)).toEqual({ status: 409, code: "duplicate", pointers: ["/email"] });
		const elsewhere = desk.call(createUser, { email: "jörg@bücher.example", name: "J", role: "viewer" }, two.owner);
		expect(await elsewhere).toMatchObject({ email: "jörg@xn--bcher-kva.example" });
	});

	test.each([
		[{ role: "boss" }, "/role"],
		[{ role: "customer" }, "/role"],
		[{ skills: [{ name: "x", level: 6 }] }, "/skills/0/level"],
		[{ maxOpenTickets: -1 }, "/maxOpenTickets"],
		[{ timeZone: "Nowhere/Here" }, "/timeZone"],
		[{ email: "nobody" }, "/email"],
		[{ status: "active" }, "/status"],
		[{ tenantId: "other" }, "/tenantId"],
		[{ email: { $ne: 1 } }, "/email"],
	])("%j is refused", async (fields, pointer) => {
		const request = { email: "x@one.example", name: "X", role: "agent", ...fields } as never;
		expect(await problemOf(desk.call(createUser, request, one.owner))).toMatchObject({
			status: 422,
			pointers: expect.arrayContaining([pointer]),
		});
	});

	test("a group of another tenant is as unknown as one that never was", async () => {
		const foreign = await desk.call(createGroup, { name: "Foreign" }, two.owner);
		const own = await desk.call(createGroup, { name: "Own" }, one.owner);
		const invite = (id: string) =>
			problemOf(one.invite("agent", { groupIds: [own.id, id] })).then(({ pointers, ...rest }) => ({
				pointers,
				...rest,
			}));
		const refused = { status: 422, code: "validation_failed", pointers: ["/groupIds/1"] };
		expect(await invite(foreign.id)).toEqual(refused);
		expect(await invite("0190a0a0-0000-7000-8000-000000000000")).toEqual(refused);
	});
});

describe("who manages whom", () => {
	test("owners everybody, admins everybody but owners, others nobody", async () => {
		const { invite, owner } = await provision(desk);
		for (const by of STAFF_ROLES)
			for (const target of STAFF_ROLES)
				for (const to of STAFF_ROLES) {
					const caller = by === "owner" ? owner : await invite(by);
					const person = await invite(target);
					const answer = change(person.id, { role: to, name: "Changed" }, caller);
					const manages = by === "owner" || (by === "admin" && target !== "owner" && to !== "owner");
					if (manages) expect(await answer).toMatchObject({ role: to });
					else expect([by, target, to, (await problemOf(answer)).status]).toEqual([by, target, to, 403]);
				}
	});

	test.each<[StaffRole, boolean]>([
		["owner", false],
		["admin", true],
		["agent", true],
	])("an admin invites somebody as %s: %s", async (role, may) => {
		const admin = await one.invite("admin");
		const answer = desk.call(createUser, { email: `by-admin-${role}@one.example`, name: "B", role }, admin);
		if (may) expect(await answer).toMatchObject({ role });
		else expect(await problemOf(answer)).toMatchObject({ status: 403, code: "forbidden" });
	});

	test("nobody raises the own role, lowering it is free", async () => {
		const admin = await one.invite("admin");
		expect(await problemOf(change(admin.id, { role: "owner" }, admin))).toMatchObject({ status: 403 });
		expect(await change(admin.id, { role: "viewer" }, admin)).toMatchObject({ role: "viewer" });
	});

	test("a service with the scope manages all but owners", async () => {
		const integration = service(one.owner.tenant, ["users.manage"]) as TenantCaller;
		const person = await one.invite("agent");
		expect(await change(person.id, { role: "supervisor" }, integration)).toMatchObject({ role: "supervisor" });
		expect(await problemOf(change(person.id, { role: "owner" }, integration))).toMatchObject({ status: 403 });
		expect(await problemOf(change(one.owner.id, { name: "X" }, integration))).toMatchObject({ status: 403 });
		const reader = service(one.owner.tenant, ["users.read"]) as TenantCaller;
		expect(await problemOf(change(person.id, { name: "X" }, reader))).toMatchObject({ status: 403 });
	});
});

describe("changing", () => {
	test("touches what is named, null clears, an unchanged person keeps the version", async () => {
		const person = await one.invite("agent", { maxOpenTickets: 3, locale: "de", skills: [{ name: "x", level: 1 }] });
		const named = await change(person.id, { name: "Named", ifVersion: 1 }, one.owner);
		expect(named).toMatchObject({ name: "Named", maxOpenTickets: 3, locale: "de", version: 2 });
		const cleared = await change(person.id, { maxOpenTickets: null, locale: null, skills: null }, one.owner);
		expect(cleared).toMatchObject({ maxOpenTickets: null, locale: null, skills: [], version: 3 });
		expect(await change(person.id, { name: "Named" }, one.owner)).toEqual(cleared);
		expect(await problemOf(change(person.id, { name: "X", ifVersion: 2 }, one.owner))).toMatchObject({ status: 412 });
	});

	test("another tenant's person is not there", async () => {
		const unknown = await problemOf(change("0190a0a0-0000-7000-8000-000000000000", { name: "X" }, one.owner));
		expect(await problemOf(change(two.owner.id, { name: "X" }, one.owner))).toEqual(unknown);
		expect(await problemOf(desk.call(getUser, { id: two.owner.id }, one.owner))).toEqual(unknown);
		expect(unknown).toEqual({ status: 404, code: "not_found", pointers: [] });
		const tenantId = one.tenantId;
		expect(await desk.call(peopleByIds, { tenantId, ids: [two.owner.id, one.owner.id] })).toMatchObject([
			{ id: one.owner.id, role: "owner" },
		]);
	});

	test("a taken address is refused", async () => {
		const person = await one.invite("agent");
		const taken = change(person.id, { email: one.owner.email?.toUpperCase() }, one.owner);
		expect(await problemOf(taken)).toEqual({ status: 409, code: "duplicate", pointers: ["/email"] });
	});

	test("deactivating ends the tokens, for good", async () => {
		const { owner, invite, tenantId } = await provision(desk);
		const person = await invite("agent");
		const { token } = await desk.call(createToken, { name: "t", userId: person.id }, owner);
		await desk.call(setAvailability, { availability: "online" }, person);
		const out = await change(person.id, { status: "deactivated" }, owner);
		expect(out).toMatchObject({ status: "deactivated", availability: "offline" });
		expect(await problemOf(desk.call(authenticate, { bearer: token }))).toMatchObject({ status: 401 });
		await change(person.id, { status: "active" }, owner);
		expect(await problemOf(desk.call(authenticate, { bearer: token }))).toMatchObject({ status: 401 });
		const events = await eventsOf(desk, tenantId, 6);
		expect(events.map(({ type, sequence }) => [type, sequence]).slice(2)).toEqual([
			["user.created", 1],
			["user.availability_changed", 2],
			["user.deactivated", 3],
			["user.updated", 4],
		]);
		expect(events.at(-2)?.data).toMatchObject({ status: "deactivated", role: "agent", availability: "offline" });
	});
});

describe("availability", () => {
	test("is everybody's own and stamped when it changes", async () => {
		const person = await one.invite("viewer");
		const online = await desk.call(setAvailability, { availability: "online" }, person);
		expect(online).toMatchObject({ id: person.id, availability: "online", version: 2 });
		expect(await desk.call(setAvailability, { availability: "online" }, person)).toEqual(online);
	});

	test("is nothing for customers and services", async () => {
		for (const caller of [customer(one.owner.tenant, "c"), service(one.owner.tenant, ["*"])])
			expect(await problemOf(desk.call(setAvailability, { availability: "away" }, caller))).toMatchObject({
				status: 403,
			});
	});
});

describe("the list", () => {
	let mine: Tenancy;
	let groupId: string;
	beforeAll(async () => {
		mine = await provision(desk);
		({ id: groupId } = await desk.call(createGroup, { name: "Listed" }, mine.owner));
		for (const [index, role] of (["agent", "agent", "viewer", "admin"] as const).entries())
			await mine.invite(role, {
				name: `${"dBcA"[index]} person`,
				email: `p${index}@one.example`,
				groupIds: index % 2 ? [groupId] : [],
			});
	});
	const names = async (params: Parameters<typeof desk.call<object, unknown>>[1]) =>
		((await desk.call(listUsers, params as never, mine.owner)) as { data: { name: string }[] }).data.map(
			(u) => u.name[0],
		);

	test.each([
		[{ role: { eq: "agent" } }, ["B", "d"]],
		[{ role: { in: ["admin", "viewer"] } }, ["A", "c"]],
		[{ status: { eq: "deactivated" } }, []],
		[{ groupId: { eq: "GROUP" } }, ["A", "B"]],
		[{ groupId: { all: ["GROUP"] }, role: { eq: "agent" } }, ["B"]],
		[{ email: { eq: " P2@ONE.example" } }, ["c"]],
		[{ email: { in: ["p0@one.example", "P1@one.example"] } }, ["B", "d"]],
		[{ availability: { ne: "offline" } }, []],
		[{ createdAt: { gte: "2000-01-01T00:00:00Z" }, role: { ne: "owner" } }, ["A", "B", "c", "d"]],
	])("filtered by %j", async (filter, expected) => {
		const withGroup = JSON.parse(JSON.stringify(filter).replaceAll("GROUP", groupId));
		for (const sort of ["name", "createdAt", "-email", "-name"])
			expect((await names({ filter: withGroup, sort })).toSorted()).toEqual(expected.toSorted());
		expect(await names({ filter: withGroup })).toEqual(expected);
	});

	test.each(["name", "-name", "createdAt", "-createdAt", "email", "-email"])(
		"sorted by %s, two at a time",
		async (sort) => {
			const whole = await names({ sort });
			const seen: string[] = [];
			let cursor: string | undefined;
			do {
				const page = await desk.call(listUsers, { sort, limit: 2, ...(cursor ? { cursor } : {}) }, mine.owner);
				seen.push(...page.data.map((user) => user.name[0] ?? ""));
				cursor = page.page.nextCursor ?? undefined;
			} while (cursor);
			expect(seen).toEqual(whole);
			expect(seen).toHaveLength(5);
			if (sort === "name") expect(seen).toEqual(["A", "B", "c", "d", "O"]);
		},
	);

	test("is for the staff", async () => {
		expect(await problemOf(desk.call(listUsers, {}, customer(mine.owner.tenant, "c")))).toMatchObject({ status: 403 });
		expect(await desk.call(listUsers, { count: true }, await mine.invite("viewer"))).toMatchObject({
			page: { total: 6 },
		});
	});
});
