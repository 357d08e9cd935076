import { type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";

/* Custom fields of tickets: values of a type, filters that compare in it, and fields that must be filled in. */

interface Answered {
	id: string;
	code?: string;
	customFields: Record<string, unknown>;
	errors?: { pointer: string; code: string }[];
	data: { subject: string }[];
}

let desk: Desk;
let tenant: DeskTenant;
let customerId: string;

beforeAll(async () => {
	desk = await startDesk();
	tenant = await desk.tenant();
	customerId = (await call("POST", "/customers", { name: "Cora" })).body.id;
	for (const [key, type, more] of [
		["plan", "select", { options: ["gold", "silver", "true"] }],
		["areas", "multiselect", { options: ["mail", "chat"] }],
		["seats", "integer"],
		["price", "number"],
		["vip", "boolean"],
		["renewal", "date"],
		["seen_at", "datetime"],
		["site", "url"],
		["serial", "text", { regex: "[A-Z]{2}\\d+" }],
		["old", "text"],
	] as const)
		await define(key, type, more);
	const old = (await call("GET", "/custom-fields?key=old&target=ticket")).body.data as unknown as { id: string }[];
	await call("PATCH", `/custom-fields/${old[0]?.id}`, { archived: true });
}, 30_000);
afterAll(() => desk?.stop());

const call = (method: string, route: string, body?: unknown, client: Client = tenant.as.owner) =>
	client<Answered>(method, route, body === undefined ? {} : { body });

async function define(key: string, type: string, more: object = {}): Promise<void> {
	const { status } = await call("POST", "/custom-fields", { target: "ticket", key, label: key, type, ...more });
	expect(status).toBe(201);
}

const open = (subject: string, customFields: object, client?: Client) =>
	call("POST", "/tickets", { subject, customerId, groupId: tenant.groupId, customFields }, client);

test.each([
	["plan", "gold", "bronze", "enum"],
	["areas", ["mail", "chat"], ["fax"], "enum"],
	["seats", 12, 1.5, "type"],
	["price", 1.5, "1.5", "type"],
	["vip", false, "false", "type"],
	["renewal", "2026-02-28", "2026-02-30", "date"],
	["seen_at", "2026-02-28T10:00:00+01:00", "yesterday", "date-time"],
	["site", "https://a.example/", "javascript:alert(1)", "url"],
	["serial", "AB12", "12AB", "pattern"],
])("a value of %s has its type", async (key, good, bad, code) => {
	const { status, body } = await open("Typed", { [key]: good });
	expect(status).toBe(201);
	expect(body.customFields[key]).toEqual(key === "seen_at" ? "2026-02-28T09:00:00.000Z" : good);
	const refused = await open("Typed", { [key]: bad });
	expect(refused.status).toBe(422);
	expect(refused.body.errors?.[0]).toMatchObject({ pointer: `/customFields/${key}`, code });
	const cleared = await call("PATCH", `/tickets/${body.id}`, { customFields: { [key]: null } });
	expect(cleared.body.customFields).toEqual({});
});

test("what is not defined, or is archived, is refused", async () => {
	expect((await open("x", { nothing: 1 })).body.code).toBe("unknown_field");
	expect((await open("x", { old: "a" })).body.errors?.[0]?.code).toBe("archived");
});

test("filters compare in the type of the field", async () => {
	await open("A", { plan: "gold", seats: 5, vip: true, renewal: "2026-03-01", areas: ["mail", "chat"], serial: "AA5" });
	await open("B", { plan: "silver", seats: 10, vip: false, renewal: "2026-04-01", areas: ["chat"] });
	await open("C", { plan: "true", seats: 100, seen_at: "2026-05-01T00:00:00.000Z" });
	const found = async (query: string) => {
		const { status, body } = await call("GET", `/tickets?${encodeURI(query)}&sort=number&limit=100`);
		return status === 200 ? body.data.map(({ subject }) => subject).filter((one) => one !== "Typed") : body.code;
	};
	expect(await found("customFields[plan]=gold")).toEqual(["A"]);
	expect(await found("customFields[plan]=gold,silver")).toEqual(["A", "B"]);
	expect(await found("customFields[plan]=true")).toEqual(["C"]);
	expect(await found("customFields[seats]=10")).toEqual(["B"]);
	expect(await found("customFields[seats][gte]=10")).toEqual(["B", "C"]);
	expect(await found("customFields[seats][gt]=5&customFields[seats][lt]=100")).toEqual(["B"]);
	expect(await found("customFields[vip]=true")).toEqual(["A"]);
	expect(await found("customFields[vip][exists]=true")).toEqual(["A", "B"]);
	expect(await found("customFields[renewal][lt]=2026-04-01")).toEqual(["A"]);
	expect(await found("customFields[areas]=mail")).toEqual(["A"]);
	expect(await found("customFields[seen_at]=2026-05-01T02:00:00+02:00")).toEqual(["C"]);
	expect(await found("customFields[plan]=gold&customFields[seats]=5")).toEqual(["A"]);
	expect(await found("customFields[seats]=many")).toBe("invalid_request");
	expect(await found("customFields[vip]=1")).toBe("invalid_request");
	expect(await found("customFields[nothing]=1")).toBe("unknown_parameter");
});

test("required fields are asked of staff when it opens and when it solves a ticket", async () => {
	const before = (await open("Before", {})).body.id;
	await define("cause", "text", { required: true });
	const refused = await open("After", {}, tenant.as.agent);
	expect(refused.status).toBe(422);
	expect(refused.body.errors).toEqual([expect.objectContaining({ pointer: "/customFields/cause", code: "required" })]);
	expect((await open("After", { cause: "rain" }, tenant.as.agent)).status).toBe(201);
	expect((await open("By a program", {}, tenant.as.service)).status).toBe(201);
	const cora = await tenant.customer(customerId);
	const hers = (await call("POST", "/tickets", { subject: "Hers" }, cora)).body.id;
	const solve = (id: string, body: object = {}, client = tenant.as.owner) =>
		call("PATCH", `/tickets/${id}`, { status: "solved", ...body }, client);
	expect((await solve(before)).body.errors?.[0]?.pointer).toBe("/customFields/cause");
	const reply = await call("POST", `/tickets/${before}/messages`, { body: "Done", status: "solved" });
	expect(reply.status).toBe(422);
	const bulk = await tenant.as.owner<{ results: { status: number; error: Answered }[] }>("POST", "/tickets/bulk", {
		body: { operations: [{ op: "update", id: before, patch: { status: "closed" } }] },
	});
	expect(bulk.body.results[0]?.error.errors?.[0]?.pointer).toBe("/operations/0/patch/customFields/cause");
	expect((await solve(before, { customFields: { cause: "snow" } })).status).toBe(200);
	expect((await solve(hers, {}, cora)).status).toBe(200);
	expect((await call("PATCH", `/tickets/${before}`, { customFields: { cause: null } })).status).toBe(422);
});
