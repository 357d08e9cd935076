import { type Desk, type DeskTenant, startDesk } from "../support/desk.ts";

interface Calendar {
	id: string;
	name: string;
	type: string;
	timeZone: string;
	hours: Record<string, string[][]>;
	holidays: object[];
	exceptions: object[];
	isDefault: boolean;
	version: number;
}
interface Problem {
	type: string;
	detail: string;
	errors: { pointer: string; code: string; message: string }[];
}
type List = { data: Calendar[] };

const NINE_TO_FIVE = [["09:00", "17:00"]];
const WEEK = { mon: NINE_TO_FIVE, tue: NINE_TO_FIVE, wed: NINE_TO_FIVE, thu: NINE_TO_FIVE, fri: NINE_TO_FIVE };
const BERLIN = { name: "Berlin", timeZone: "Europe/Berlin", hours: WEEK };

let desk: Desk;
let tenant: DeskTenant;
let foreign: DeskTenant;

beforeAll(async () => {
	desk = await startDesk();
	[tenant, foreign] = await Promise.all([desk.tenant(), desk.tenant()]);
}, 60_000);
afterAll(() => desk?.stop());

const post = <T = Calendar>(body: unknown, route = "/calendars") => tenant.as.owner<T>("POST", route, { body });
const compute = <T = Record<string, unknown>>(body: unknown) => post<T>(body, "/calendars/compute");

describe("a tenant", () => {
	test("begins with weekdays from nine to five in its own zone as its default", async () => {
		const { body } = await foreign.as.agent<List>("GET", "/calendars");
		expect(body.data).toEqual([
			expect.objectContaining({
				name: "Business hours",
				type: "weekly",
				timeZone: "UTC",
				hours: { ...WEEK, sat: [], sun: [] },
				holidays: [],
				exceptions: [],
				isDefault: true,
				version: 1,
			}),
		]);
	});

	test("has one default: another takes its place, and it goes only then", async () => {
		const { data } = (await tenant.as.owner<List>("GET", "/calendars?isDefault=true")).body;
		const [first] = data as [Calendar];
		const kept = await tenant.as.owner<Problem>("DELETE", `/calendars/${first.id}`);
		expect([kept.status, kept.body.type]).toEqual([409, "/problems/default_calendar"]);
		const given = await tenant.as.owner<Problem>("PATCH", `/calendars/${first.id}`, { body: { isDefault: false } });
		expect([given.status, given.body.errors[0]?.pointer]).toEqual([422, "/isDefault"]);

		const second = (await post({ ...BERLIN, isDefault: true })).body;
		expect(second.isDefault).toBe(true);
		const now = await tenant.as.owner<List>("GET", "/calendars?isDefault=true");
		expect(now.body.data.map(({ id }) => id)).toEqual([second.id]);
		const back = await tenant.as.owner<Calendar>("PATCH", `/calendars/${first.id}`, { body: { isDefault: true } });
		expect([back.status, back.body.isDefault]).toEqual([200, true]);
		const demoted = await tenant.as.owner<Calendar>("GET", `/calendars/${second.id}`);
		expect([demoted.body.isDefault, demoted.body.version]).toEqual([false, 2]);
		expect((await tenant.as.owner("DELETE", `/calendars/${second.id}`)).status).toBe(204);
		expect((await tenant.as.owner("GET", `/calendars/${second.id}`)).status).toBe(404);
	});

	test("has one default also where several want to be it at once", async () => {
		const wanted = Array.from({ length: 4 }, (_, i) => post({ ...BERLIN, name: `Rival ${i}`, isDefault: true }));
		expect((await Promise.all(wanted)).map(({ status }) => status)).toEqual([201, 201, 201, 201]);
		const { data } = (await tenant.as.owner<List>("GET", "/calendars?isDefault=true")).body;
		expect(data).toHaveLength(1);
	});
});

describe("a calendar", () => {
	test("is made, shown, listed by name, changed day by day and removed", async () => {
		const made = await post({
			...BERLIN,
			name: "  Lunch break ",
			hours: {
				mon: [
					["08:00", "12:00"],
					["12:00", "13:00"],
					["14:00", "24:00"],
				],
				tue: null,
			},
			holidays: [
				{ date: "2026-12-25", name: "Christmas" },
				{ date: "2026-12-24", name: "Christmas Eve", from: "12:00", to: null },
			],
			exceptions: [{ date: "2026-12-31", hours: [["10:00", "12:00"]] }],
		});
		expect(made.status).toBe(201);
		expect(made.headers.get("location")).toBe(`/api/calendars/${made.body.id}`);
		expect(made.headers.get("etag")).toBe('"v1"');
		const monday = [
			["08:00", "13:00"],
			["14:00", "24:00"],
		];
		const closed = { tue: [], wed: [], thu: [], fri: [], sat: [], sun: [] };
		expect(made.body).toMatchObject({ name: "Lunch break", hours: { ...closed, mon: monday }, isDefault: false });
		expect(made.body.holidays).toEqual([
			{ date: "2026-12-25", name: "Christmas" },
			{ date: "2026-12-24", name: "Christmas Eve", from: "12:00" },
		]);

		const route = `/calendars/${made.body.id}`;
		const body = { hours: { sat: [["10:00", "14:00"]] }, holidays: [] };
		const changed = await tenant.as.admin<Calendar>("PATCH", route, { body, headers: { "if-match": '"v1"' } });
		expect(changed.status).toBe(200);
		expect(changed.body).toMatchObject({
			hours: { ...closed, mon: monday, sat: [["10:00", "14:00"]] },
			holidays: [],
			exceptions: made.body.exceptions,
			version: 2,
		});
		const stale = await tenant.as.admin<Problem>("PUT", route, { body, headers: { "if-match": '"v1"' } });
		expect([stale.status, stale.headers.get("etag")]).toEqual([412, '"v2"']);
		const same = await tenant.as.admin<Calendar>("PUT", route, { body });
		expect(same.body.version).toBe(2);
		const always = await tenant.as.admin<Calendar>("PUT", route, { body: { type: "always" } });
		expect(always.body).toMatchObject({ type: "always", hours: { ...closed, mon: [] } });
		expect((await tenant.as.owner("DELETE", route)).status).toBe(204);
	});

	test("is for owners and admins to change, for agents to read, and of its tenant alone", async () => {
		const { id } = (await post({ ...BERLIN, name: "Ours" })).body;
		for (const role of ["supervisor", "agent", "viewer"] as const) {
			expect((await tenant.as[role]("POST", "/calendars", { body: BERLIN })).status).toBe(403);
			expect((await tenant.as[role]("PATCH", `/calendars/${id}`, { body: { name: "Mine" } })).status).toBe(403);
			expect((await tenant.as[role]("DELETE", `/calendars/${id}`)).status).toBe(403);
			expect((await tenant.as[role]("GET", `/calendars/${id}`)).status).toBe(role === "viewer" ? 403 : 200);
		}
		expect((await foreign.as.owner("GET", `/calendars/${id}`)).status).toBe(404);
		expect((await foreign.as.owner("PATCH", `/calendars/${id}`, { body: { name: "Mine" } })).status).toBe(404);
		expect((await foreign.as.owner("DELETE", `/calendars/${id}`)).status).toBe(404);
		const asked = { calendarId: id, start: "2026-03-27T15:30:00Z", seconds: 3600 };
		expect((await foreign.as.owner("POST", "/calendars/compute", { body: asked })).status).toBe(404);
	});
});

test("a calendar that something goes by stays, and says what that is", async () => {
	const { id } = (await post({ ...BERLIN, name: "Used" })).body;
	const refusal = async () => {
		const { status, body } = await tenant.as.owner<Problem & { usedBy: object[] }>("DELETE", `/calendars/${id}`);
		return { status, type: body.type, usedBy: body.usedBy };
	};
	const inUse = (usedBy: object[]) => ({ status: 409, type: "/problems/calendar_in_use", usedBy });
	const targets = { resolution: { normal: 3600 } };
	const policy = (await post({ name: "Gold", calendarId: id, targets }, "/sla-policies")).body;
	expect(await refusal()).toEqual(inUse([{ kind: "policy", id: policy.id, name: "Gold" }]));
	expect((await tenant.as.owner("DELETE", `/sla-policies/${policy.id}`)).status).toBe(204);
	const group = (await post({ name: "Berlin", calendarId: id }, "/groups")).body;
	await desk.settle();
	expect(await refusal()).toEqual(inUse([{ kind: "group", id: group.id, name: "Berlin" }]));
	expect((await tenant.as.owner("PATCH", `/groups/${group.id}`, { body: { calendarId: null } })).status).toBe(200);
	await desk.settle();
	expect((await tenant.as.owner("DELETE", `/calendars/${id}`)).status).toBe(204);
});

describe("what no calendar is", () => {
	const day = (...windows: string[][]) => ({ ...BERLIN, hours: { mon: windows } });
	test.each<[string, unknown, string[]]>([
		["ends before it begins", day(["17:00", "09:00"]), ["/hours/mon/0"]],
		["is empty", day(["09:00", "09:00"]), ["/hours/mon/0"]],
		["ends at the next midnight but says so as the day's first", day(["18:00", "00:00"]), ["/hours/mon/0"]],
		["begins at 24:00", day(["24:00", "24:00"]), ["/hours/mon/0/0"]],
		["has no such time", day(["09:60", "25:00"]), ["/hours/mon/0/0", "/hours/mon/0/1"]],
		["has times of another form", day(["9:00", "17:00:00"]), ["/hours/mon/0/0", "/hours/mon/0/1"]],
		["overlaps", day(["09:00", "13:00"], ["12:59", "17:00"]), ["/hours/mon/1"]],
		["is out of order", day(["13:00", "17:00"], ["09:00", "12:00"]), ["/hours/mon/1"]],
		["is never open", { ...BERLIN, hours: {} }, ["/hours"]],
		["has no hours", { name: "None", timeZone: "UTC" }, ["/hours"]],
		["has no such zone", { ...BERLIN, timeZone: "Europe/Atlantis" }, ["/timeZone"]],
		["has an offset for a zone", { ...BERLIN, timeZone: "+02:00" }, ["/timeZone"]],
		["has hours though it is always open", { ...BERLIN, type: "always" }, ["/hours"]],
		["has no such date", { ...BERLIN, holidays: [{ date: "2026-02-30", name: "x" }] }, ["/holidays/0/date"]],
		[
			"has a date of another form",
			{ ...BERLIN, exceptions: [{ date: "1.2.2026", hours: [] }] },
			["/exceptions/0/date"],
		],
		[
			"has a holiday that ends before it begins",
			{ ...BERLIN, holidays: [{ date: "2026-02-03", name: "x", from: "12:00", to: "12:00" }] },
			["/holidays/0"],
		],
		[
			"has two exceptions on one date",
			{
				...BERLIN,
				exceptions: [
					{ date: "2026-02-03", hours: [] },
					{ date: "2026-02-03", hours: NINE_TO_FIVE },
				],
			},
			["/exceptions/1/date"],
		],
		["has another day", { ...BERLIN, hours: { monday: NINE_TO_FIVE } }, ["/hours/monday"]],
		["has half a window", day(["09:00"]), ["/hours/mon/0"]],
		["has a nameless holiday", { ...BERLIN, holidays: [{ date: "2026-02-03" }] }, ["/holidays/0/name"]],
		["has no name", { ...BERLIN, name: " " }, ["/name"]],
	])("%s", async (_what, body, pointers) => {
		const refused = await post<Problem>(body);
		expect(refused.status).toBe(422);
		expect(refused.body.errors.map(({ pointer }) => pointer)).toEqual(pointers);
	});

	test("is told with its place where a question brings one along", async () => {
		const { status, body } = await compute<Problem>({
			calendar: { ...BERLIN, hours: { mon: [["17:00", "09:00"]] }, name: undefined },
			start: "2026-03-27T15:30:00Z",
			seconds: 1,
		});
		expect([status, body.errors.map(({ pointer }) => pointer)]).toEqual([422, ["/calendar/hours/mon/0"]]);
	});
});

describe("asking for business time", () => {
	const calendar = { timeZone: "Europe/Berlin", hours: WEEK };
	const friday = "2026-03-27T15:30:00Z";

	test.each<[string, unknown, unknown]>([
		["an hour over the weekend", { start: friday, seconds: 3600 }, { dueAt: "2026-03-30T07:30:00.000Z" }],
		["48 minutes", { start: friday, seconds: 2880 }, { dueAt: "2026-03-30T07:18:00.000Z" }],
		["eight hours", { start: friday, seconds: 28_800 }, { dueAt: "2026-03-30T14:30:00.000Z" }],
		["what was used", { start: friday, end: "2026-03-30T10:00:00+02:00" }, { elapsedSec: 5400 }],
		[
			"eight hours with a pause",
			{ start: friday, seconds: 28_800, pauses: [["2026-03-30T08:00:00Z", "2026-03-31T09:00:00Z"]] },
			{ dueAt: "2026-04-01T07:30:00.000Z" },
		],
		[
			"a pause without an end",
			{ start: friday, seconds: 28_800, pauses: [["2026-03-30T08:00:00Z", null]] },
			{ dueAt: null, flags: ["calendar_never_opens"] },
		],
		["backwards", { end: "2026-03-30T07:30:00Z", seconds: 3600 }, { beforeAt: "2026-03-27T15:30:00.000Z" }],
		["nothing", { start: "2026-03-28T00:00:00.500Z", seconds: 0 }, { dueAt: "2026-03-28T00:00:00.500Z" }],
		["an end before the start", { start: friday, end: "2026-03-01T00:00:00Z" }, { elapsedSec: 0 }],
	])("%s", async (_what, question, expected) => {
		const { status, body } = await compute({ calendar, ...(question as object) });
		expect([status, body]).toEqual([200, expected]);
	});

	test("takes day and night, holidays, exceptions and a stored calendar", async () => {
		const always = await compute({ calendar: "always", start: friday, end: "2026-03-30T15:30:00Z" });
		expect(always.body).toEqual({ elapsedSec: 3 * 86_400 });
		const day = { start: "2026-03-29T00:00:00+01:00", end: "2026-03-30T00:00:00+02:00" };
		expect((await compute({ calendar: { type: "always", timeZone: "Europe/Berlin" }, ...day })).body).toEqual({
			elapsedSec: 23 * 3600,
		});
		const special = {
			...calendar,
			holidays: [{ date: "2026-03-30" }, { date: "2026-03-31", name: "Part", from: "09:00", to: "12:00" }],
			exceptions: [{ date: "2026-03-30", hours: [["16:00", "16:30"]] }],
		};
		const range = { start: "2026-03-28T00:00:00Z", end: "2026-04-01T00:00:00Z" };
		expect((await compute({ calendar: special, ...range })).body).toEqual({ elapsedSec: 1800 + 5 * 3600 });
		const { id } = (await post({ name: "Stored", ...calendar, holidays: [], exceptions: special.exceptions })).body;
		expect((await compute({ calendarId: id, ...range })).body).toEqual({ elapsedSec: 1800 + 8 * 3600 });
		await tenant.as.owner("PATCH", `/calendars/${id}`, { body: { exceptions: null } });
		expect((await compute({ calendarId: id, ...range })).body).toEqual({ elapsedSec: 16 * 3600 });
	});

	test.each<[string, unknown, string[]]>([
		["all three", { calendar: "always", start: friday, end: friday, seconds: 1 }, ["/start", "/end", "/seconds"]],
		["one", { calendar: "always", start: friday }, ["/end", "/seconds"]],
		["no calendar", { start: friday, seconds: 1 }, ["/calendarId"]],
		["two calendars", { calendarId: "x", calendar: "always", start: friday, seconds: 1 }, ["/calendarId"]],
		["an instant without an offset", { calendar: "always", start: "2026-03-27T15:30:00", seconds: 1 }, ["/start"]],
		["an instant far away", { calendar: "always", start: "9026-03-27T15:30:00Z", seconds: 1 }, ["/start"]],
		["half a second", { calendar: "always", start: friday, seconds: 0.5 }, ["/seconds"]],
		["a negative length", { calendar: "always", start: friday, seconds: -1 }, ["/seconds"]],
		[
			"a pause without a beginning",
			{ calendar: "always", start: friday, seconds: 1, pauses: [[null, friday]] },
			["/pauses/0/0"],
		],
		[
			"a pause that ends before it begins",
			{ calendar: "always", start: friday, seconds: 1, pauses: [[friday, "2026-03-01T00:00:00Z"]] },
			["/pauses/0"],
		],
	])("refuses %s", async (_what, question, pointers) => {
		const { status, body } = await compute<Problem>(question);
		expect([status, body.errors.map(({ pointer }) => pointer)]).toEqual([422, pointers]);
	});

	test("refuses what would take long: decades of a calendar that opens every hour", async () => {
		const hourly = Array.from({ length: 24 }, (_, hour) => {
			const text = String(hour).padStart(2, "0");
			return [`${text}:00`, `${text}:30`];
		});
		const days = { mon: hourly, tue: hourly, wed: hourly, thu: hourly, fri: hourly, sat: hourly, sun: hourly };
		const often = { timeZone: "UTC", hours: days };
		const long = { calendar: often, start: "1980-01-01T00:00:00Z", end: "2080-01-01T00:00:00Z" };
		const { status, body } = await compute<Problem>(long);
		expect([status, body.errors[0]?.pointer]).toEqual([422, "/end"]);
		const year = await compute({ ...long, end: "1981-01-01T00:00:00Z" });
		expect(year.body).toEqual({ elapsedSec: 366 * 12 * 3600 });
		const tooMany = await compute<Problem>({
			...long,
			calendar: { ...often, hours: { mon: [...hourly, ["23:45", "24:00"]] } },
		});
		expect(tooMany.status).toBe(422);
	});

	test("is quick also for decades and thousands of holidays and pauses", async () => {
		const at = (day: number) => new Date(Date.UTC(1990, 0, 1 + day)).toISOString();
		const dates = Array.from({ length: 5000 }, (_, day) => at(day * 2).slice(0, 10));
		const hostile = {
			calendar: { ...calendar, timeZone: "Pacific/Apia", holidays: dates.map((date) => ({ date })) },
			pauses: dates.slice(0, 3000).map((_, i) => [at(i * 3), at(i * 3 + 1)]),
			start: at(0),
			end: "2090-01-01T00:00:00Z",
		};
		const begun = performance.now();
		const { status, body } = await compute<{ elapsedSec: number }>(hostile);
		expect([status, body.elapsedSec > 0]).toEqual([200, true]);
		expect(performance.now() - begun).toBeLessThan(5000);
	});
});
