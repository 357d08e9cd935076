import { rebuildDashboard } from "../../contracts/dashboard-internal.ts";
import { caughtUp } from "../dashboard/desk.ts";
import type { Client } from "../support/desk.ts";
import { type SlaLab, startSlaLab } from "../support/sla-lab.ts";

/*
 * Two days of promises and surveys over HTTP, by Berlin's business hours: what was kept, what was broken, forgiven and
 * said, and behind every number its rows.
 */

interface Attainment {
	fulfilled: number;
	breached: number;
	waived: number;
	cancelled: number;
	attainment: number | null;
}
type Sla = Record<"all" | "first_response" | "next_response" | "resolution", Attainment>;
interface Csat {
	requested: number;
	responses: number;
	responseRate: number | null;
	avg: number | null;
	positive: number;
	positivePct: number | null;
	distribution: Record<string, number>;
}
interface Numbers {
	slaAttainment: Sla;
	csat: Csat;
	firstResponse: Record<"calendar" | "business", { count: number; avgSec: number }>;
	resolution: Record<"calendar" | "business", { count: number; avgSec: number }>;
}
type Links = Record<string, string>;
interface Rows {
	data: { ticketId: string; at: string; value: number | null; agentId: string | null }[];
	page: { total: number };
}

const RANGE = "?from=2026-03-02&to=2026-03-05&timeZone=Europe/Berlin";
const tickets: Record<string, string> = {};
let lab: SlaLab;

async function ok<T>(client: Client, method: string, route: string, body?: unknown): Promise<T> {
	const answer = await client<T>(method, route, body === undefined ? {} : { body });
	if (answer.status >= 300)
		throw new Error(`${method} ${route} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
	return answer.body;
}
const get = <T>(route: string, client = lab.owner) => ok<T>(client, "GET", `/dashboard${route}`);
const rows = (link: string) => get<Rows>(`${link.replace("/api/dashboard", "")}&count=true`);
const id = (name: string) => tickets[name] as string;
const rate = (name: string, rating: number) => ok(lab.customer, "POST", `/tickets/${id(name)}/csat`, { rating });

async function open(name: string, fields: Record<string, unknown> = {}): Promise<void> {
	const ticket = await lab.open(
		{ groupId: lab.tenant.groupId, assigneeId: lab.tenant.userIds.agent, ...fields },
		lab.owner,
	);
	tickets[name] = ticket.id;
}

async function twoDays(): Promise<void> {
	const { agent } = lab.tenant.as;
	for (const name of ["good", "late", "forgiven", "gone"]) await open(name, { asCustomer: true });
	await open("fast", { asCustomer: true, priority: "urgent" });
	// Monday 09:30: one is answered in time, the rest will be late after 10:00.
	await lab.at("2026-03-02T08:30:00.000Z");
	await lab.reply(id("good"), {}, agent);
	await lab.reply(id("fast"), {}, agent);
	await lab.patch(id("fast"), { status: "solved" }, agent);
	await ok(lab.owner, "DELETE", `/tickets/${id("gone")}`);
	await lab.at("2026-03-02T10:00:00.000Z");
	await lab.reply(id("late"), {}, agent);
	await ok(lab.owner, "POST", `/tickets/${id("forgiven")}/sla/waive`, { metric: "first_response", reason: "Strike" });
	// Tuesday: eight business hours are over at 09:00 already.
	await lab.at("2026-03-03T09:00:00.000Z");
	await lab.patch(id("good"), { status: "solved" }, agent);
	await rate("fast", 2);
	await lab.at("2026-03-03T10:00:00.000Z");
	await rate("fast", 5);
	await rate("good", 3);
	await caughtUp(lab.desk.app as never);
}

beforeAll(async () => {
	lab = await startSlaLab("2026-03-02T08:00:00.000Z");
	await twoDays();
}, 90_000);
afterAll(() => lab?.desk.stop());

const attainment = (fulfilled: number, breached: number, waived = 0, cancelled = 0): Attainment => ({
	...{ fulfilled, breached, waived, cancelled },
	attainment: fulfilled + breached === 0 ? null : fulfilled / (fulfilled + breached),
});

test("promises count once, when they were kept or broken; those that were forgiven do not", async () => {
	const sla = await get<
		{ slaAttainment: Sla; byAgent: (Sla & { agentId: string | null; name: string })[] } & Record<string, never>
	>(`/sla${RANGE}`);
	// Resolution: "fast" in time; "good", "late" and "forgiven" are late on Tuesday at 09:00.
	expect(sla.slaAttainment).toEqual({
		all: attainment(3, 4, 1),
		first_response: attainment(2, 1, 1),
		next_response: attainment(0, 0),
		resolution: attainment(1, 3),
	});
	expect(sla.byAgent).toHaveLength(1);
	expect(sla.byAgent[0]).toMatchObject({ agentId: lab.tenant.userIds.agent, ...sla.slaAttainment });
	const { byPriority, byGroup } = sla as unknown as Record<string, (Sla & { drillDown: string })[]>;
	expect(byPriority?.map((part) => [(part as never as { priority: string }).priority, part.all])).toEqual([
		["urgent", attainment(2, 0)],
		["high", attainment(1, 4, 1)],
	]);
	expect(byGroup).toMatchObject([{ name: "First line", ...sla.slaAttainment }]);
});

test("a promise was broken when it was due, whenever somebody noticed", async () => {
	const { links } = await get<{ links: Links }>(`/sla${RANGE}`);
	const broken = await rows(links["slaAttainment.first_response.breached"] as string);
	expect(broken.data).toMatchObject([{ ticketId: id("late"), at: "2026-03-02T09:00:00.000Z", value: 7200 }]);
	const kept = await rows(links["slaAttainment.first_response.fulfilled"] as string);
	expect(kept.data.map(({ value }) => value)).toEqual([1800, 1800]);
	const late = await rows(links["slaAttainment.resolution.breached"] as string);
	expect(late.data.map(({ at }) => at)).toEqual(Array.from({ length: 3 }, () => "2026-03-02T16:00:00.000Z"));
});

test("customers' answers count by the last of each, and by who was asked", async () => {
	const csat = await get<Csat & { byAgent: (Csat & { agentId: string })[]; deltaPct: Record<string, number | null> }>(
		`/csat${RANGE}`,
	);
	expect(csat).toMatchObject({
		...{ requested: 2, responses: 2, responseRate: 1, avg: 4, positive: 1, positivePct: 50 },
		distribution: { "1": 0, "2": 0, "3": 1, "4": 0, "5": 1 },
	});
	expect(csat.byAgent).toMatchObject([{ agentId: lab.tenant.userIds.agent, responses: 2, avg: 4 }]);
	expect(csat.deltaPct).toMatchObject({ responses: null, avg: null });
	const nothing = await get<Csat>("/csat?from=2026-01-01&to=2026-01-02");
	expect(nothing).toMatchObject({ requested: 0, responses: 0, responseRate: null, avg: null, positivePct: null });
});

test("the same numbers stand in stats, metrics and by person, with business hours beside the wall clock", async () => {
	const { slaAttainment } = await get<{ slaAttainment: Sla }>(`/sla${RANGE}`);
	const csat = await get<Csat>(`/csat${RANGE}`);
	const stats = await get<{ kpis: Numbers; deltaPct: { slaAttainment: unknown } }>(`/stats${RANGE}`);
	expect(stats.kpis.slaAttainment).toEqual(slaAttainment);
	expect(csat).toMatchObject(stats.kpis.csat);
	expect(await get<Numbers>(`/metrics${RANGE}`)).toMatchObject({ slaAttainment, csat: stats.kpis.csat });
	const agents = await get<{ totals: { period: Numbers }; agents: { agentId: string; period: Numbers }[] }>(
		`/agents${RANGE}`,
	);
	expect(agents.totals.period).toMatchObject({ slaAttainment, csat: stats.kpis.csat });
	const mine = agents.agents.find(({ agentId }) => agentId === lab.tenant.userIds.agent);
	expect(mine?.period).toMatchObject({ slaAttainment, csat: stats.kpis.csat });
	const { firstResponse, resolution } = stats.kpis;
	// Half an hour twice and two hours once; half an hour, and a night that is no business time.
	expect(firstResponse.calendar).toMatchObject({ count: 3, avgSec: 3600 });
	expect(firstResponse.business).toMatchObject({ count: 3, avgSec: 3600 });
	expect(resolution.calendar).toMatchObject({ count: 2, avgSec: (1800 + 25 * 3600) / 2 });
	expect(resolution.business).toMatchObject({ count: 2, avgSec: (1800 + 9 * 3600) / 2 });
});

test("behind every number are as many rows", async () => {
	const at = (numbers: unknown, path: string) =>
		path.split(".").reduce((inner, key) => (inner as Record<string, unknown>)?.[key], numbers);
	for (const route of ["/sla", "/csat", "/stats", "/metrics"]) {
		const numbers = await get<{ links: Links }>(route + RANGE);
		for (const [path, link] of Object.entries(numbers.links)) {
			if (!/slaAttainment|csat|responses|requested|positive|distribution/.test(path)) continue;
			// The numbers before stand under what they are of.
			const value = at(numbers, path);
			expect([route, path, (await rows(link)).page.total]).toEqual([route, path, value]);
		}
	}
	const { byAgent, links } = await get<{ byAgent: (Sla & { drillDown: string })[]; links: Links }>(`/sla${RANGE}`);
	const mine = await rows(`${links["slaAttainment.all.fulfilled"]}&${byAgent[0]?.drillDown}`);
	expect(mine.page.total).toBe(byAgent[0]?.all.fulfilled);
});

test("day by day", async () => {
	const days = (metric: string) =>
		get<{ total: number; buckets: { value: number | null }[] }>(`/timeseries${RANGE}&metric=${metric}`);
	const values = async (metric: string) => {
		const { total, buckets } = await days(metric);
		return [total, ...buckets.map(({ value }) => value)];
	};
	expect(await values("slaBreached")).toEqual([4, 4, 0, 0]);
	expect(await values("slaAttainment")).toEqual([3 / 7, 3 / 7, null, null]);
	expect(await values("slaFirstResponseAttainment")).toEqual([2 / 3, 2 / 3, null, null]);
	expect(await values("csat")).toEqual([4, null, 4, null]);
	expect(await values("csatRequested")).toEqual([2, 1, 1, 0]);
});

test("agents see what they reach, customers nothing", async () => {
	const { agent } = lab.tenant.as;
	const sla = await get<{ slaAttainment: Sla }>(`/sla${RANGE}`, agent);
	expect(sla.slaAttainment.all.breached).toBe(4);
	const elsewhere = await get<{ slaAttainment: Sla }>(`/sla${RANGE}&groupId=none`);
	expect(elsewhere.slaAttainment.all).toEqual(attainment(0, 0));
	for (const route of ["/dashboard/sla", "/dashboard/csat"])
		expect((await lab.customer("GET", route)).status).toBe(403);
});

test("made anew from the log they are the same to the byte", async () => {
	const ask = async () => {
		const answers = await Promise.all(
			["/stats", "/sla", "/csat", "/agents"].map((route) => get<object>(route + RANGE)),
		);
		return JSON.stringify(answers);
	};
	const before = await ask();
	const { broker } = lab.desk.app;
	const outcome = await broker.call(rebuildDashboard.name, {});
	expect(outcome).toMatchObject({ replaced: 0, removed: 0, skipped: 0 });
	expect(await ask()).toBe(before);
});
