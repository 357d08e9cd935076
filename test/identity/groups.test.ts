import type { TenantCaller } from "../../contracts/caller.ts";
import { createGroup, deleteGroup, getGroup, listGroups, updateGroup } from "../../contracts/groups.ts";
import { groupsByIds } from "../../contracts/identity-internal.ts";
import { getUser, updateUser } from "../../contracts/users.ts";
import type { TestBroker } from "../support/broker.ts";
import { customer } from "../support/callers.ts";
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

const DEFAULTS = {
	strategy: "manual",
	maxOpenPerAgent: 20,
	countStatuses: ["new", "open"],
	considerAway: false,
	fallback: "unassigned",
};
const change = (id: string, fields: object, caller: TenantCaller) => desk.call(updateGroup, { id, ...fields }, caller);

test("a group has assignment settings, of which absent ones stay and null ones are the defaults", async () => {
	const assignment = { strategy: "load_balanced" as const, maxOpenPerAgent: 5 };
	const group = await desk.call(createGroup, { name: " Billing ", assignment }, one.owner);
	expect(group).toMatchObject({ name: "Billing", description: null, assignment: { ...DEFAULTS, ...assignment } });
	const named = await change(group.id, { description: "Money", assignment: { considerAway: true } }, one.owner);
	expect(named).toMatchObject({ name: "Billing", description: "Money", version: 2 });
	expect(named.assignment).toEqual({ ...DEFAULTS, ...assignment, considerAway: true });
	const reset = await change(group.id, { description: null, assignment: { maxOpenPerAgent: null } }, one.owner);
	expect(reset).toMatchObject({ description: null, assignment: { maxOpenPerAgent: 20, considerAway: true } });
	expect((await change(group.id, { assignment: null }, one.owner)).assignment).toEqual(DEFAULTS);
	expect(await change(group.id, { name: "Billing" }, one.owner)).toMatchObject({ version: 4 });
	expect(await problemOf(change(group.id, { name: "X", ifVersion: 3 }, one.owner))).toMatchObject({ status: 412 });
});

test.each([
	[{ name: "" }, "/name"],
	[{ name: "\t " }, "/name"],
	[{ name: "x".repeat(101) }, "/name"],
	[{ assignment: { strategy: "best" } }, "/assignment/strategy"],
	[{ assignment: { maxOpenPerAgent: 0 } }, "/assignment/maxOpenPerAgent"],
	[{ assignment: { countStatuses: ["solved"] } }, "/assignment/countStatuses/0"],
	[{ assignment: { other: 1 } }, "/assignment/other"],
	[{ calendar: "c1" }, "/calendar"],
])("%j is refused", async (fields, pointer) => {
	const problem = await problemOf(desk.call(createGroup, { name: "N", ...fields } as never, one.owner));
	expect(problem).toMatchObject({ status: 422, pointers: expect.arrayContaining([pointer]) });
});

test("a name is given once in a tenant, whatever its case, also to several who ask at once", async () => {
	const ask = (name: string) => desk.call(createGroup, { name }, one.owner);
	const answers = await Promise.allSettled([ask("Once"), ask("ONCE"), ask("once ")]);
	expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
	const taken = { status: 409, code: "duplicate", pointers: ["/name"] };
	expect(await problemOf(ask("oncE"))).toEqual(taken);
	const { id } = await ask("Another");
	expect(await problemOf(change(id, { name: "once" }, one.owner))).toEqual(taken);
	expect(await change(id, { name: "ANOTHER" }, one.owner)).toMatchObject({ name: "ANOTHER" });
	expect(await desk.call(createGroup, { name: "Once" }, two.owner)).toMatchObject({ name: "Once" });
});

test("owners and admins manage groups, all of the staff reads them", async () => {
	const { id } = await desk.call(createGroup, { name: "Ruled" }, one.owner);
	for (const role of ["admin", "supervisor", "agent", "viewer"] as const) {
		const caller = await one.invite(role);
		expect(await desk.call(getGroup, { id }, caller)).toMatchObject({ name: "Ruled" });
		const made = desk.call(createGroup, { name: `By ${role}` }, caller);
		if (role === "admin") expect(await made).toMatchObject({ name: "By admin" });
		else {
			expect(await problemOf(made)).toMatchObject({ status: 403 });
			expect(await problemOf(change(id, { name: "X" }, caller))).toMatchObject({ status: 403 });
			expect(await problemOf(desk.call(deleteGroup, { id }, caller))).toMatchObject({ status: 403 });
		}
	}
	expect(await problemOf(desk.call(listGroups, {}, customer(one.owner.tenant, "c")))).toMatchObject({ status: 403 });
});

test("another tenant's group is not there", async () => {
	const foreign = await desk.call(createGroup, { name: "Hidden" }, two.owner);
	const absent = { status: 404, code: "not_found", pointers: [] };
	for (const id of [foreign.id, "0190a0a0-0000-7000-8000-000000000000"]) {
		expect(await problemOf(desk.call(getGroup, { id }, one.owner))).toEqual(absent);
		expect(await problemOf(change(id, { name: "X" }, one.owner))).toEqual(absent);
		expect(await problemOf(desk.call(deleteGroup, { id }, one.owner))).toEqual(absent);
	}
	const own = await desk.call(createGroup, { name: "Shown" }, one.owner);
	expect(await desk.call(groupsByIds, { tenantId: one.tenantId, ids: [foreign.id, own.id] })).toEqual([
		{ id: own.id, name: "Shown", assignment: own.assignment, calendarId: null, version: 1 },
	]);
});

test("removing a group takes its people out of it and says so", async () => {
	const { owner, invite, tenantId } = await provision(desk);
	const gone = await desk.call(createGroup, { name: "Gone" }, owner);
	const kept = await desk.call(createGroup, { name: "Kept" }, owner);
	const people = [
		await invite("agent", { groupIds: [kept.id, gone.id] }),
		await invite("agent", { groupIds: [gone.id] }),
	];
	const other = await invite("agent", { groupIds: [kept.id] });
	expect(await problemOf(desk.call(deleteGroup, { id: gone.id, ifVersion: 9 }, owner))).toMatchObject({ status: 412 });
	expect(await desk.call(deleteGroup, { id: gone.id, ifVersion: 1 }, owner)).toBeNull();
	expect(await problemOf(desk.call(getGroup, { id: gone.id }, owner))).toMatchObject({ status: 404 });
	const groupsOf = async ({ id }: TenantCaller) => (await desk.call(getUser, { id }, owner)).groupIds;
	expect([await groupsOf(people[0]!), await groupsOf(people[1]!), await groupsOf(other)]).toEqual([
		[kept.id],
		[],
		[kept.id],
	]);
	const events = await eventsOf(desk, tenantId, 10);
	expect(events.slice(7).map(({ type, subject, sequence }) => [type, subject, sequence])).toEqual([
		["group.deleted", `group/${gone.id}`, 2],
		["user.updated", `user/${people[0]?.id}`, 2],
		["user.updated", `user/${people[1]?.id}`, 2],
	]);
	expect(events[7]?.data).toMatchObject({ name: "Gone", deleted: true });
	expect(events[8]?.data).toMatchObject({ groupIds: [kept.id] });
});

test("nobody is left in a group that was removed while people joined it", async () => {
	const { owner, invite, tenantId } = await provision(desk);
	const { id: groupId } = await desk.call(createGroup, { name: "Contested" }, owner);
	const people = await Promise.all(Array.from({ length: 6 }, () => invite("agent")));
	const join = ({ id }: TenantCaller) => desk.call(updateUser, { id, groupIds: [groupId] }, owner);
	const work = people.map(join);
	work.splice(3, 0, desk.call(deleteGroup, { id: groupId }, owner) as never);
	await Promise.allSettled(work);
	for (const { id } of people) expect((await desk.call(getUser, { id }, owner)).groupIds).toEqual([]);
	expect(await desk.call(groupsByIds, { tenantId, ids: [groupId] })).toEqual([]);
});

test.each(["name", "-name", "createdAt", "-createdAt"])("the list sorted by %s, two at a time", async (sort) => {
	const { owner } = await provision(desk);
	for (const name of ["b", "A", "c", "D"]) await desk.call(createGroup, { name }, owner);
	const seen: string[] = [];
	let cursor: string | undefined;
	do {
		const page = await desk.call(listGroups, { sort, limit: 2, ...(cursor ? { cursor } : {}) }, owner);
		seen.push(...page.data.map((group) => group.name));
		cursor = page.page.nextCursor ?? undefined;
	} while (cursor);
	const order = sort.endsWith("name") ? ["A", "b", "c", "D"] : ["b", "A", "c", "D"];
	expect(seen).toEqual(sort.startsWith("-") ? order.reverse() : order);
	expect(await desk.call(listGroups, { filter: { name: { in: ["A", "c"] } }, sort }, owner)).toMatchObject({
		data: [{}, {}],
	});
});
