import { caughtUp } from "../dashboard/desk.ts";
import { type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { manualClock } from "../support/manual-clock.ts";

/*
 * A day on the desk over HTTP, with a clock that the test moves: every number, and for every number the list of what it
 * counted.
 */

const clock = manualClock("2025-03-03T09:00:00.000Z");
const HOUR = 3_600_000;

let desk: Desk;
let home: DeskTenant;
let groupB: string;
let agentB: Client;
const tickets: Record<string, string> = {};

interface Durations {
	count: number;
	avgSec: number | null;
	medianSec: number | null;
	p90Sec: number | null;
	p95Sec: number | null;
}
interface Stats {
	asOf: string;
	lagMs: number;
	now: Record<string, number> & { byStatus: Record<string, number>; byGroup: { name: string; count: number }[] };
	kpis: Record<string, number | null> &
		Record<"firstResponse" | "resolution", { calendar: Durations; business: Durations }>;
	previous: { kpis: Record<string, number | null> };
	deltaPct: Record<string, number | null>;
	links: Record<string, string>;
	filtersApplied: Record<string, unknown>;
	range: { from: string; to: string };
	timeZone: string;
}
interface Rows {
	data: {
		ticketId: string;
		number: number;
		subject: string | null;
		at: string;
		value: number | null;
		agentId: string;
		agentName: string | null;
	}[];
	page: { total: number; nextCursor: string | null };
}

async function ok<T>(client: Client, method: string, route: string, body?: unknown): Promise<T> {
	const answer = await client<T>(method, route, body === undefined ? {} : { body });
	if (answer.status >= 300)
		throw new Error(`${method} ${route} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
	return answer.body;
}
const stats = (client: Client, query = "") => ok<Stats>(client, "GET", `/dashboard/stats${query}`);
const rows = (client: Client, route: string) =>
	ok<Rows>(client, "GET", `${route.replace("/api", "")}${route.includes("?") ? "&" : "?"}count=true&limit=100`);
const patch = (name: string, body: unknown) => ok(home.as.owner, "PATCH", `/tickets/${tickets[name]}`, body);
const reply = (client: Client, name: string, body = "Here is what to do.") =>
	ok(client, "POST", `/tickets/${tickets[name]}/messages`, { body });

async function aDay(): Promise<void> {
	const { owner, supervisor, agent } = home.as;
	const { id: customerId } = await ok<{ id: string }>(owner, "POST", "/customers", {
		name: "Cora Customer",
		email: "cora@dashboard.example",
	});
	const make = async (name: string, fields: object) => {
		const body = { subject: `About ${name}`, description: "Hello", customerId, asCustomer: true, ...fields };
		tickets[name] = (await ok<{ id: string }>(supervisor, "POST", "/tickets", body)).id;
	};
	await make("solved", { groupId: home.groupId, assigneeId: home.userIds.agent, tags: ["a", "b"] });
	await make("reopened", { groupId: home.groupId, assigneeId: home.userIds.agent, tags: ["a"] });
	await make("moved", { groupId: home.groupId, priority: "urgent" });
	await make("deleted", { groupId: home.groupId });
	await make("ungrouped", { channel: "email" });
	clock.advance(HOUR);
	await reply(agent, "solved");
	await reply(agent, "reopened");
	clock.advance(HOUR);
	await patch("solved", { status: "solved" });
	await patch("reopened", { status: "solved" });
	clock.advance(HOUR);
	await patch("reopened", { status: "open" });
	await patch("moved", { groupId: groupB });
	await ok(owner, "DELETE", `/tickets/${tickets.deleted}`);
	clock.advance(HOUR);
	await reply(agent, "reopened", "And once more.");
	await caughtUp(desk.app as never);
}

beforeAll(async () => {
	desk = await startDesk({ clock });
	home = await desk.tenant();
	const { owner } = home.as;
	groupB = (await ok<{ id: string }>(owner, "POST", "/groups", { name: "Second line" })).id;
	const body = { name: "Berta", email: "berta@desk.example", role: "agent", groupIds: [groupB] };
	const { id: userId } = await ok<{ id: string }>(owner, "POST", "/users", body);
	const made = await ok<{ token: string }>(owner, "POST", "/tokens", { name: "berta", userId });
	agentB = desk.client(made.token);
	await aDay();
}, 60_000);
afterAll(() => desk?.stop());

test("stats: what happened today, and how things stand", async () => {
	const { now, kpis, lagMs, asOf, range, timeZone, deltaPct } = await stats(home.as.owner);
	expect({ lagMs, asOf, timeZone }).toEqual({ lagMs: 0, asOf: clock.now().toISOString(), timeZone: "UTC" });
	expect(range).toEqual({ from: "2025-02-25T00:00:00.000Z", to: "2025-03-04T00:00:00.000Z" });
	expect(now).toMatchObject({ backlog: 3, unassigned: 2, urgent: 1 });
	expect(now.byGroup.map(({ name, count }) => [name, count])).toEqual(
		expect.arrayContaining([
			["First line", 1],
			["Second line", 1],
			[null, 1],
		]),
	);
	expect(kpis).toMatchObject({
		created: 4,
		solvedTickets: 1,
		solveEvents: 2,
		reopened: 1,
		reopenRate: 0.5,
		closed: 0,
		backlog: 3,
		replies: 3,
		slaAttainment: { all: { fulfilled: 0, breached: 0, attainment: null } },
		csat: { responses: 0, avg: null },
	});
	const hour = { count: 2, avgSec: 3600, medianSec: 3600, p90Sec: 3600, p95Sec: 3600 };
	expect(kpis.firstResponse.calendar).toEqual(hour);
	expect(kpis.resolution.calendar).toMatchObject({ count: 1, avgSec: 7200 });
	expect(deltaPct.created).toBeNull();
	const [, march] = await Promise.all([0, stats(home.as.owner, "?from=2025-03-03T10:00:00Z&to=2025-03-03T11:00:00Z")]);
	// What was created an hour before counts as the previous period.
	expect(march).toMatchObject({
		kpis: { created: 0 },
		previous: { kpis: { created: 4 } },
		deltaPct: { created: -100 },
	});
	expect(march.kpis.resolution.calendar).toEqual({
		count: 0,
		avgSec: null,
		medianSec: null,
		p90Sec: null,
		p95Sec: null,
	});
});

test("every number of stats has a link to as many rows", async () => {
	for (const query of ["", `?groupId=${home.groupId}`, "?tag=a&tag=b", "?assigneeId=none&priority=low,normal"]) {
		const answer = await stats(home.as.owner, query);
		expect(Object.keys(answer.links).length).toBeGreaterThan(25);
		for (const [path, route] of Object.entries(answer.links)) {
			const { page } = await rows(home.as.owner, route);
			const steps = path.split(".");
			const value =
				steps[1] === "byGroup"
					? answer.now.byGroup.find(
							(row) => (row as { groupId?: string }).groupId === (steps[2] === "none" ? null : steps[2]),
						)?.count
					: steps.reduce<unknown>((all, step) => (all as Record<string, unknown>)[step], answer);
			const expected =
				typeof value === "object" && value !== null ? (value as { calendar: Durations }).calendar.count : value;
			expect([path, page.total]).toEqual([path, expected]);
		}
	}
});

test("the rows say what was counted, when and whose", async () => {
	const { links } = await stats(home.as.owner);
	const { data } = await rows(home.as.owner, links["kpis.resolution"] as string);
	expect(data).toEqual([
		expect.objectContaining({
			ticketId: tickets.solved,
			subject: "About solved",
			value: 7200,
			agentId: home.userIds.agent,
			at: "2025-03-03T11:00:00.000Z",
		}),
	]);
	const first = await ok<Rows>(home.as.owner, "GET", "/dashboard/tickets?metric=created&limit=3");
	const second = await ok<Rows>(
		home.as.owner,
		"GET",
		`/dashboard/tickets?metric=created&limit=3&cursor=${first.page.nextCursor}`,
	);
	const ids = [...first.data, ...second.data].map(({ ticketId }) => ticketId);
	expect(ids).toHaveLength(4);
	expect(new Set(ids).size).toBe(4);
	for (const route of [
		`metric=closed&limit=3&cursor=${first.page.nextCursor}`,
		`metric=created&groupId=${groupB}&cursor=${first.page.nextCursor}`,
	])
		expect((await home.as.owner("GET", `/dashboard/tickets?${route}`)).status).toBe(400);
	expect(
		(await agentB("GET", `/dashboard/tickets?metric=created&limit=3&cursor=${first.page.nextCursor}`)).status,
	).toBe(400);
});

test("a time series adds up, by hours of a half-hour zone and by group", async () => {
	interface Series {
		total: number;
		buckets: { from: string; start: string; value: number; drillDown: string }[];
		series: { key: string | null; name: string | null; total: number; values: number[]; drillDown: string }[];
		links: Record<string, string>;
	}
	for (const metric of ["created", "solvedTickets", "solveEvents", "replies", "backlog"]) {
		const answer = await ok<Series>(
			home.as.owner,
			"GET",
			`/dashboard/timeseries?metric=${metric}&granularity=hour&timeZone=Asia/Kolkata&from=2025-03-03&to=2025-03-04&groupBy=group`,
		);
		expect(answer.buckets).toHaveLength(24);
		expect(answer.buckets[0]).toMatchObject({ start: "2025-03-03T00:00:00+05:30", from: "2025-03-02T18:30:00.000Z" });
		if (metric !== "backlog") expect(answer.buckets.reduce((sum, { value }) => sum + value, 0)).toBe(answer.total);
		for (const [index, bucket] of answer.buckets.entries()) {
			if (bucket.value === null) continue;
			expect(answer.series.reduce((sum, { values }) => sum + (values[index] as number), 0)).toBe(bucket.value);
			if (bucket.value === 0) continue;
			const whole = await rows(home.as.owner, `${answer.links.metric}&${bucket.drillDown}`);
			expect(whole.page.total).toBe(bucket.value);
			for (const { values, drillDown } of answer.series) {
				const part = await rows(home.as.owner, `${answer.links.metric}&${drillDown}&${bucket.drillDown}`);
				expect(part.page.total).toBe(values[index]);
			}
		}
	}
});

test("people and nobody add up to the totals", async () => {
	interface Numbers {
		workload: { backlog: number };
		period: Record<string, number>;
		drillDown: string;
	}
	const answer = await ok<{
		agents: (Numbers & { agentId: string; name: string })[];
		unassigned: Numbers;
		totals: Numbers;
		links: Record<string, string>;
	}>(home.as.owner, "GET", "/dashboard/agents");
	const all = [...answer.agents, answer.unassigned];
	expect(answer.agents.find(({ agentId }) => agentId === home.userIds.agent)).toMatchObject({
		workload: { backlog: 1 },
		period: { solvedTickets: 1, solveEvents: 2, reopened: 1, reopenRate: 0.5, replies: 3 },
	});
	expect(all.reduce((sum, { workload }) => sum + workload.backlog, 0)).toBe(answer.totals.workload.backlog);
	for (const metric of ["created", "solvedTickets", "solveEvents", "reopened", "replies"]) {
		expect(all.reduce((sum, { period }) => sum + (period[metric] as number), 0)).toBe(answer.totals.period[metric]);
		for (const { period, drillDown } of all)
			expect((await rows(home.as.owner, `${answer.links[`period.${metric}`]}&${drillDown}`)).page.total).toBe(
				period[metric],
			);
	}
});

test("a restored ticket counts again, a frozen moment is told in the same bytes", async () => {
	await ok(home.as.owner, "POST", `/tickets/${tickets.deleted}/restore`);
	await caughtUp(desk.app as never);
	const { now, kpis } = await stats(home.as.owner);
	expect([now.backlog, kpis.created]).toEqual([4, 5]);
	const text = async () => JSON.stringify((await home.as.owner("GET", "/dashboard/stats")).body);
	expect(await text()).toBe(await text());
	await ok(home.as.owner, "DELETE", `/tickets/${tickets.deleted}`);
	await caughtUp(desk.app as never);
});

test("agents see the numbers of their groups and their own, viewers no names, customers and strangers nothing", async () => {
	const { as, userIds } = home;
	expect((await stats(as.agent)).kpis).toMatchObject({ created: 2, solveEvents: 2 });
	expect(await stats(agentB)).toMatchObject({ now: { backlog: 1, urgent: 1 }, kpis: { created: 1, solveEvents: 0 } });
	await ok(as.owner, "POST", `/tickets/${tickets.ungrouped}/followers`, { userId: userIds.agent });
	await patch("moved", { assigneeId: null });
	await caughtUp(desk.app as never);
	expect((await stats(as.agent)).kpis.created).toBe(3);
	const others = await rows(as.agent, `/dashboard/tickets?metric=backlog&groupId=${groupB}`);
	expect(others.page.total).toBe(0);
	const viewer = await rows(as.viewer, "/dashboard/tickets?metric=solveEvents");
	expect(viewer.page.total).toBe(2);
	expect(viewer.data.map(({ ticketId }) => ticketId)).toEqual(expect.arrayContaining([tickets.solved]));
	const strange = await rows(as.viewer, `/dashboard/tickets?metric=backlog&groupId=${groupB}`);
	expect(strange.page.total).toBe(1);
	expect(strange.data[0]).toMatchObject({ ticketId: null, number: null, subject: null });
	expect(viewer.data.every(({ subject, agentName }) => subject === null && agentName === null)).toBe(true);
	const people = await ok<{ agents: { name: string | null }[] }>(as.viewer, "GET", "/dashboard/agents");
	expect(people.agents.every(({ name }) => name === null)).toBe(true);
	const { token } = await ok<{ token: string }>(as.owner, "POST", "/tokens", { name: "n", scopes: ["dashboard.read"] });
	const service = desk.client(token);
	expect((await stats(service)).kpis.created).toBe(4);
	expect((await rows(service, "/dashboard/tickets?metric=created")).data[0]).toMatchObject({
		ticketId: null,
		subject: null,
	});
	const narrow = await ok<{ token: string }>(as.owner, "POST", "/tokens", {
		name: "narrow",
		userId: userIds.agent,
		scopes: ["dashboard.read"],
	}).catch(() => null);
	if (narrow) expect((await stats(desk.client(narrow.token))).kpis.created).toBe(3);
	const foreign = await desk.tenant();
	const nothing = await stats(foreign.as.owner, `?groupId=${groupB}`);
	expect([nothing.now.backlog, nothing.kpis.created]).toEqual([0, 0]);
	const page = await ok<{ data: { id: string }[] }>(as.owner, "GET", "/customers");
	const customer = await home.customer(page.data[0]?.id as string);
	for (const route of ["stats", "metrics", "timeseries", "agents", "kb", "tickets"])
		expect((await customer("GET", `/dashboard/${route}`)).status).toBe(403);
});

test("the setting that agents see assigned tickets only holds here too; all does not widen the dashboard", async () => {
	const set = (agentTicketScope: string) => ok(home.as.owner, "PATCH", "/tenant", { settings: { agentTicketScope } });
	await set("assigned");
	expect((await stats(agentB)).now.backlog).toBe(0);
	await set("all");
	expect((await stats(agentB)).now.backlog).toBe(1);
	await set("groups");
});

test("metrics: throughput for all, the system for owners and admins", async () => {
	interface Metrics {
		throughput: { created: number };
		perDay: { created: number };
		system: { services: { name: string; status: string; consumerLag: number | null }[] } | null;
	}
	await caughtUp(desk.app as never);
	const answer = await ok<Metrics>(home.as.admin, "GET", "/dashboard/metrics?from=2025-03-02&to=2025-03-04");
	expect(answer).toMatchObject({ throughput: { created: 4 }, perDay: { created: 2 } });
	expect(answer.system?.services).toContainEqual(
		expect.objectContaining({ name: "dashboard", status: "up", consumerLag: 0 }),
	);
	expect((await ok<Metrics>(home.as.supervisor, "GET", "/dashboard/metrics")).system).toBeNull();
	expect(await ok(home.as.agent, "GET", "/dashboard/kb")).toMatchObject({ views: 0, helpfulRate: null, searches: 0 });
});

test.each([
	["from=2025-03-04&to=2025-03-04", 422],
	["from=2025-03-05&to=2025-03-04", 422],
	["from=yesterday", 400],
	["from=2025-02-30", 400],
	["timeZone=Mars/Olympus", 422],
	["groupId[gt]=1", 400],
	["status=nonsense", 400],
	["q=1", 400],
])("a question that makes no sense is refused: %s", async (query, status) => {
	for (const route of ["stats", "metrics", "timeseries", "agents", "tickets"])
		expect((await home.as.owner("GET", `/dashboard/${route}?${query}`)).status).toBe(status);
});

test("too many buckets are refused", async () => {
	const route = "/dashboard/timeseries?granularity=hour&from=2000-01-01&to=2025-01-01";
	expect((await home.as.owner("GET", route)).status).toBe(422);
});
