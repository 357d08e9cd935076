import type { SlaPolicyView } from "../../contracts/sla-policies.ts";
import { HOUR, type LabTicket, type SlaLab, startSlaLab } from "../support/sla-lab.ts";

let lab: SlaLab;

interface Refusal {
	code: string;
	errors: { pointer: string; code: string }[];
}

beforeAll(async () => {
	lab = await startSlaLab("2026-03-30T07:00:00.000Z");
}, 60_000);
afterAll(() => lab?.desk.stop());

const post = <T = SlaPolicyView>(body: object) => lab.owner<T>("POST", "/sla-policies", { body });
const made = async (body: object) => {
	const { status, body: policy } = await post({ calendarId: "always", ...body });
	if (status !== 201) throw new Error(JSON.stringify(policy));
	return policy;
};
const patch = <T = SlaPolicyView>(id: string, body: object) => lab.owner<T>("PATCH", `/sla-policies/${id}`, { body });
const when = (field: string, operator: string, value?: unknown) => ({
	all: [{ field, operator, ...(value === undefined ? {} : { value }) }],
});

describe("making one", () => {
	test("what is not said has a sensible value", async () => {
		const { status, body, headers } = await post({ name: "  Plain " });
		expect(status).toBe(201);
		expect(headers.get("location")).toBe(`/api/sla-policies/${body.id}`);
		const none = { low: null, normal: null, high: null, urgent: null };
		expect(body).toMatchObject({
			name: "Plain",
			description: null,
			active: true,
			isDefault: false,
			conditions: { all: [], any: [] },
			calendarId: "group",
			targets: { first_response: none, next_response: none, resolution: none },
			pauseOn: { first_response: [], next_response: [], resolution: ["pending", "on_hold"] },
			atRisk: { percent: 80 },
			effectiveFrom: null,
			version: 1,
		});
		const { body: next } = await post({ name: "Plain" });
		expect(next.position).toBe(body.position + 1);
		for (const { id } of [body, next]) await lab.owner("DELETE", `/sla-policies/${id}`);
	});

	const table: [string, object, string][] = [
		["no name", { name: " " }, "/name"],
		["a field that is not there", { name: "X", colour: "red" }, "/colour"],
		["a calendar that is not there", { name: "X", calendarId: "0190a0a0-0000-7000-8000-000000000000" }, "/calendarId"],
		["a target of nothing", { name: "X", targets: { resolution: { high: 0 } } }, "/targets/resolution/high"],
		["a target that is no length", { name: "X", targets: { resolution: { high: "1h" } } }, "/targets/resolution/high"],
		[
			"a metric that is not there",
			{ name: "X", targets: { second_response: { high: 60 } } },
			"/targets/second_response",
		],
		[
			"a priority that is not there",
			{ name: "X", targets: { resolution: { highest: 60 } } },
			"/targets/resolution/highest",
		],
		[
			"a first response after the resolution",
			{ name: "X", targets: { first_response: { high: 61 }, resolution: { high: 60 } } },
			"/targets/first_response/high",
		],
		["a pause in a status that is work", { name: "X", pauseOn: { resolution: ["open"] } }, "/pauseOn/resolution/0"],
		["more than all of it", { name: "X", atRisk: { percent: 101 } }, "/atRisk"],
		["both ways to be at risk", { name: "X", atRisk: { percent: 80, secBefore: 60 } }, "/atRisk"],
		[
			"a field of conditions that is not there",
			{ name: "X", conditions: when("colour", "is", "red") },
			"/conditions/all/0/field",
		],
		[
			"an operator that is not there",
			{ name: "X", conditions: when("priority", "like", "h") },
			"/conditions/all/0/operator",
		],
		[
			"an operator that does not fit",
			{ name: "X", conditions: when("groupId", "gt", "g") },
			"/conditions/all/0/operator",
		],
		[
			"a value that is not there",
			{ name: "X", conditions: when("priority", "is", "highest") },
			"/conditions/all/0/value",
		],
		["no value", { name: "X", conditions: when("priority", "is") }, "/conditions/all/0/value"],
		["no instant", { name: "X", effectiveFrom: "tomorrow" }, "/effectiveFrom"],
	];
	test.each(table)("refuses %s", async (_what, body, pointer) => {
		const { status, body: problem } = await post<Refusal>(body);
		expect(status).toBe(422);
		expect(problem.errors.map((one) => one.pointer)).toEqual(
			expect.arrayContaining([expect.stringContaining(pointer)]),
		);
	});

	test("a first response and a resolution may be the same", async () => {
		const policy = await made({ name: "Same", targets: { first_response: { high: 60 }, resolution: { high: 60 } } });
		const { status, body } = await patch<Refusal>(policy.id, { targets: { resolution: { high: 59 } } });
		expect([status, body.errors[0]?.pointer]).toEqual([422, "/targets/first_response/high"]);
		await lab.owner("DELETE", `/sla-policies/${policy.id}`);
	});

	test("is for admins; agents and supervisors look, viewers do not", async () => {
		const { admin, supervisor, agent, viewer } = lab.tenant.as;
		for (const by of [supervisor, agent]) {
			expect((await by("GET", "/sla-policies")).status).toBe(200);
			expect((await by("POST", "/sla-policies", { body: { name: "X" } })).status).toBe(403);
			expect((await by("PATCH", `/sla-policies/${lab.policyId}`, { body: { name: "X" } })).status).toBe(403);
			expect((await by("DELETE", `/sla-policies/${lab.policyId}`)).status).toBe(403);
		}
		expect((await viewer("GET", "/sla-policies")).status).toBe(403);
		expect((await lab.customer("GET", "/sla-policies")).status).toBe(403);
		expect((await admin("GET", `/sla-policies/${lab.policyId}`)).status).toBe(200);
	});
});

test("a change says what changes, and is refused where it is an old one's", async () => {
	const policy = await made({
		name: "Merged",
		targets: { resolution: { high: 600, low: 900 } },
		atRisk: { secBefore: 60 },
	});
	const { body } = await patch(policy.id, { targets: { resolution: { low: null } }, description: "Why", atRisk: null });
	expect(body).toMatchObject({
		name: "Merged",
		description: "Why",
		targets: { resolution: { high: 600, low: null } },
		atRisk: { percent: 80 },
		version: 2,
	});
	const stale = await lab.owner("PUT", `/sla-policies/${policy.id}`, {
		body: { name: "Late" },
		headers: { "if-match": '"v1"' },
	});
	expect(stale.status).toBe(412);
	expect((await lab.owner("DELETE", `/sla-policies/${policy.id}`)).status).toBe(204);
	expect((await lab.owner("GET", `/sla-policies/${policy.id}`)).status).toBe(404);
});

describe("which one holds", () => {
	const nameOf = async (fields: object) => (await lab.open({ ...fields }, lab.owner)).sla?.policyName ?? null;

	test("the first by position, the default where none does, and no other without conditions", async () => {
		const first = await made({ name: "First", position: 5, conditions: when("tags", "contains", "a") });
		const second = await made({ name: "Second", position: 6, conditions: { any: when("tags", "in", ["a", "b"]).all } });
		const never = await made({ name: "Never", position: 1 });
		const off = await made({ name: "Off", position: 2, active: false, conditions: when("tags", "present") });
		expect(await nameOf({ tags: ["a"] })).toBe("First");
		expect(await nameOf({ tags: ["b"] })).toBe("Second");
		expect(await nameOf({ tags: ["c"] })).toBe("Gold");
		await patch(second.id, { position: 4 });
		expect(await nameOf({ tags: ["a"] })).toBe("Second");
		await patch(lab.policyId, { isDefault: false });
		expect(await nameOf({ tags: ["c"] })).toBeNull();
		await patch(lab.policyId, { isDefault: true });
		for (const { id } of [first, second, never, off]) await lab.owner("DELETE", `/sla-policies/${id}`);
	});

	test("there is one default", async () => {
		const other = await made({ name: "Other", isDefault: true });
		expect((await lab.owner<SlaPolicyView>("GET", `/sla-policies/${lab.policyId}`)).body.isDefault).toBe(false);
		await patch(lab.policyId, { isDefault: true });
		expect((await lab.owner<SlaPolicyView>("GET", `/sla-policies/${other.id}`)).body.isDefault).toBe(false);
		await lab.owner("DELETE", `/sla-policies/${other.id}`);
	});

	test("one for later does not hold for what was made before", async () => {
		const later = await made({
			name: "Later",
			conditions: when("tags", "is", "later"),
			effectiveFrom: "2026-03-30T08:00:00.000Z",
		});
		expect(await nameOf({ tags: ["later"] })).toBe("Gold");
		await lab.at("2026-03-30T08:00:00.000Z");
		expect(await nameOf({ tags: ["later"] })).toBe("Later");
		await lab.owner("DELETE", `/sla-policies/${later.id}`);
	});

	test("tags of the customer, also when they change", async () => {
		const partners = await made({ name: "Partners", conditions: when("customerTags", "contains", "partner") });
		const { id } = await lab.open();
		expect((await lab.ticket(id)).sla?.policyName).toBe("Gold");
		await lab.owner("PATCH", `/customers/${lab.customerId}`, { body: { tags: ["partner"] } });
		await lab.desk.settle();
		expect((await lab.ticket(id)).sla?.policyName).toBe("Partners");
		expect((await lab.open()).id && (await nameOf({}))).toBe("Partners");
		await lab.owner("PATCH", `/customers/${lab.customerId}`, { body: { tags: [] } });
		await lab.owner("DELETE", `/sla-policies/${partners.id}`);
		await lab.desk.settle();
		expect((await lab.ticket(id)).sla?.policyName).toBe("Gold");
		await lab.explained(id);
		expect(await lab.drift()).toBe(0);
	});

	test("the calendar of the group, also when it changes", async () => {
		const ours = await made({
			name: "Ours",
			calendarId: "group",
			conditions: when("tags", "is", "ours"),
			targets: { first_response: { high: HOUR } },
		});
		const groups = `/groups/${lab.tenant.groupId}`;
		const { body: night } = await lab.owner<{ id: string }>("POST", "/calendars", {
			body: { name: "Night", timeZone: "UTC", hours: { mon: [["20:00", "24:00"]] } },
		});
		expect((await lab.owner("PATCH", groups, { body: { calendarId: "nothing" } })).status).toBe(422);
		expect((await lab.owner("PATCH", groups, { body: { calendarId: night.id } })).status).toBe(200);
		await lab.desk.settle();
		const ticket = await lab.open({ tags: ["ours"], groupId: lab.tenant.groupId, asCustomer: true }, lab.owner);
		expect(ticket.sla).toMatchObject({ policyName: "Ours", calendarId: night.id });
		expect(ticket.sla?.metrics.first_response?.dueAt).toBe("2026-03-30T21:00:00.000Z");
		await lab.owner("PATCH", groups, { body: { calendarId: lab.calendarId } });
		await lab.desk.settle();
		expect((await lab.ticket(ticket.id)).sla).toMatchObject({ calendarId: lab.calendarId });
		await lab.owner("PATCH", groups, { body: { calendarId: null } });
		await lab.desk.settle();
		const { body } = await lab.owner<{ data: { id: string; isDefault: boolean }[] }>("GET", "/calendars");
		const byDefault = body.data.find(({ isDefault }) => isDefault)?.id;
		expect((await lab.ticket(ticket.id)).sla).toMatchObject({ calendarId: byDefault });
		await lab.explained(ticket.id);
		expect(await lab.drift()).toBe(0);
		expect((await patch(ours.id, { calendarId: night.id })).status).toBe(200);
		expect((await lab.owner("DELETE", `/calendars/${night.id}`)).status).toBe(409);
		await lab.owner("DELETE", `/sla-policies/${ours.id}`);
		await lab.desk.settle();
	});

	test("a calendar that is never open is told of", async () => {
		const { body: closed } = await lab.owner<{ id: string }>("POST", "/calendars", {
			body: { name: "Closed", timeZone: "UTC", hours: { mon: [["00:00", "00:01"]] } },
		});
		const never = await made({
			name: "Never open",
			calendarId: closed.id,
			conditions: when("tags", "is", "never"),
			targets: { resolution: { high: 10 * 365 * 24 * HOUR } },
		});
		const { sla } = await lab.open({ tags: ["never"] }, lab.owner);
		expect(sla?.metrics.resolution).toMatchObject({ state: "active", dueAt: null, flag: "calendar_never_opens" });
		await lab.owner("DELETE", `/sla-policies/${never.id}`);
		await lab.desk.settle();
	});
});

describe("lists", () => {
	type Tickets = { data: LabTicket[]; page: { nextCursor: string | null } };
	const list = async (query: string) => (await lab.owner<Tickets>("GET", `/tickets${query}`)).body.data;

	test("of urgent tickets: what is due next first, what is never due last", async () => {
		const fields = { priority: "urgent", tags: ["sorted"], asCustomer: true };
		const slow = await made({
			name: "Slow",
			conditions: when("type", "is", "task"),
			targets: { resolution: { urgent: 9e5 } },
		});
		const none = await made({ name: "None", conditions: when("type", "is", "problem") });
		const never = await lab.open({ ...fields, type: "problem" }, lab.owner);
		const late = await lab.open({ ...fields, type: "task" }, lab.owner);
		const soon = await lab.open(fields, lab.owner);
		const urgent = await list("/priority/urgent");
		expect(urgent.map(({ id }) => id).filter((id) => [never.id, late.id, soon.id].includes(id))).toEqual([
			soon.id,
			late.id,
			never.id,
		]);
		const sorted = await list("?sort=nextBreachAt&tag=sorted");
		expect(sorted.map(({ id }) => id)).toEqual([soon.id, late.id, never.id]);
		for (const { id } of [slow, none]) await lab.owner("DELETE", `/sla-policies/${id}`);
		await lab.desk.settle();
	});

	test("by state, which the store keeps up with", async () => {
		const { id } = await lab.open({ tags: ["by-state"] }, lab.owner);
		const has = async (state: string) => (await list(`?slaState=${state}&tag=by-state`)).map((one) => one.id);
		expect(await has("active")).toEqual([id]);
		expect(await has("breached,at_risk")).toEqual([]);
		await lab.patch(id, { status: "pending" });
		expect(await has("paused")).toEqual([id]);
		await lab.patch(id, { status: "solved" });
		expect(await has("met,none")).toEqual([id]);
		expect((await lab.owner("GET", "/tickets?slaState=late")).status).toBe(400);
		expect((await lab.customer("GET", "/tickets?slaState=met")).status).toBe(400);
	});
});

test("customers are not told of promises", async () => {
	const { id } = await lab.open();
	const { body } = await lab.customer<LabTicket>("GET", `/tickets/${id}`);
	expect(body.sla).toBeUndefined();
	expect((await lab.customer("GET", `/tickets/${id}/sla`)).status).toBe(403);
	expect((await lab.tenant.as.agent("GET", "/tickets/0190a0a0-0000-7000-8000-000000000000/sla")).status).toBe(404);
});
