import { existsSync } from "node:fs";
import path from "node:path";
import { startApp } from "../../app.ts";
import { loadConfig } from "../../config.ts";
import { type Api, apiOf } from "../../scripts/api-client.ts";
import { testEnvironment } from "../support/broker.ts";
import { importMail, type Mail, type Outcome, readMail, rootsFirst, threadRoots } from "../support/import-mail.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";
import { type CountedTicket, percentile, recountMail } from "../support/recount-mail.ts";

/*
 * A mailbox goes in, the process is killed in the middle of it, the import is run again: every number of the dashboard
 * must be what a count over the mails alone says, then, and after the read models were made anew.
 */

const REAL = path.resolve(import.meta.dirname, "../../../shared/data/mail.ndjson");
const SOME = process.env.MAIL === "all" ? Number.POSITIVE_INFINITY : 80;
const TOKEN = "demo-token-of-the-mail-numbers";
const ZONE = "Europe/Berlin";
const RANGE = `from=2002-01-01&to=2003-01-01&timeZone=${ZONE}`;

/** Threads of our own, for machines without the real mail: answers of others, and of the sender. */
function ownMails(): Mail[] {
	return Array.from({ length: 60 }, (_, index) => {
		const thread = Math.floor(index / 4);
		const first = thread * 4;
		return {
			id: `<${index}@own.example>`,
			inReplyTo: index === first ? null : `<${first}@own.example>`,
			from: { name: null, email: index % 3 === 0 ? `asker${thread}@own.example` : `other${index % 5}@own.example` },
			date: new Date(Date.UTC(2002, 2, 28 + thread, index % 24, (index * 7) % 60)).toISOString(),
			subject: `Thread ${thread}`,
			text: `Mail ${index}`,
		};
	});
}

let environment: Awaited<ReturnType<typeof testEnvironment>>;
let running: RunningProcess;
let mails: Mail[];
let roots: Map<string, string>;
let expected: CountedTicket[];

const env = () => ({ ...environment.env, DEMO_TOKEN: TOKEN, LOG_LEVEL: "error" });
const api = (): Api => apiOf(running.origin, TOKEN);
const start = async () => {
	running = await startProcess(env());
};

beforeAll(async () => {
	environment = await testEnvironment();
	mails = existsSync(REAL) ? readMail(REAL).slice(0, SOME) : ownMails();
	roots = threadRoots(mails);
	await start();
});
afterAll(async () => {
	await running?.kill();
	await environment.cleanup();
});

interface Durations {
	count: number;
	avgSec: number | null;
	medianSec: number | null;
	p90Sec: number | null;
	p95Sec: number | null;
}

interface Stats {
	lagMs: number;
	now: { backlog: number; unassigned: number; urgent: number; byStatus: Record<string, number> };
	kpis: Record<string, number | null> & Record<"firstResponse" | "nextResponse", { calendar: Durations }>;
	links: Record<string, string>;
}

async function get<T>(route: string): Promise<T> {
	return (await api().request<T>("GET", route, undefined, [])).body;
}

/** The numbers, when everything that was acknowledged is in them. */
async function stats(): Promise<Stats> {
	for (let asked = 0; asked < 2000; asked++) {
		const found = await get<Stats>(`/dashboard/stats?${RANGE}`);
		if (found.lagMs === 0) return found;
	}
	throw new Error("the dashboard does not catch up");
}

/** Mails of the file as the import took them: in its order, without those that were refused. */
function taken(outcomes: readonly Outcome[]): Mail[] {
	const ids = new Set(outcomes.filter(({ ticketId }) => ticketId !== null).map(({ mail }) => mail.id));
	return rootsFirst(mails, roots).filter(({ id }) => ids.has(id));
}

function expectDurations(found: Durations, seconds: readonly number[]): void {
	const mean = seconds.length === 0 ? null : seconds.reduce((sum, one) => sum + one, 0) / seconds.length;
	const wanted = { count: seconds.length, avgSec: mean, medianSec: 50, p90Sec: 90, p95Sec: 95 };
	expect(found.count).toBe(wanted.count);
	for (const [name, p] of Object.entries({ medianSec: 50, p90Sec: 90, p95Sec: 95 }) as [keyof Durations, number][])
		expectNumber(found[name], percentile(seconds, p));
	expectNumber(found.avgSec, mean);
}

function expectNumber(found: number | null, wanted: number | null): void {
	if (wanted === null) expect(found).toBeNull();
	else expect(found).toBeCloseTo(wanted, 3);
}

const inYear = (at: number) => at >= Date.parse("2001-12-31T23:00:00Z") && at < Date.parse("2002-12-31T23:00:00Z");

function expectNumbers({ now, kpis }: Stats): void {
	const open = expected.filter(({ status }) => status === "open").length;
	expect(now).toMatchObject({
		backlog: expected.length,
		unassigned: expected.filter(({ assigned }) => !assigned).length,
		urgent: 0,
		byStatus: { new: expected.length - open, open, pending: 0, on_hold: 0 },
	});
	expect(kpis).toMatchObject({
		created: expected.filter(({ createdAt }) => inYear(createdAt)).length,
		...{ solvedTickets: 0, solveEvents: 0, reopened: 0, reopenRate: null, closed: 0 },
	});
	const responses = expected.flatMap(({ responses }) => responses).filter(({ at }) => inYear(at));
	const seconds = (first: boolean) => responses.filter((one) => one.first === first).map((one) => one.seconds);
	expectDurations(kpis.firstResponse.calendar, seconds(true));
	expectDurations(kpis.nextResponse.calendar, seconds(false));
}

interface Series {
	total: number;
	buckets: { start: string; value: number; drillDown: string }[];
	links: Record<string, string>;
}

/** The local day of an instant, by what Node knows of time zones. */
const dayFormat = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, dateStyle: "short" });

async function expectDays(): Promise<void> {
	const series = await get<Series>(`/dashboard/timeseries?metric=created&granularity=day&${RANGE}`);
	const days = new Map<string, number>();
	for (const { createdAt } of expected)
		if (inYear(createdAt)) days.set(dayFormat.format(createdAt), (days.get(dayFormat.format(createdAt)) ?? 0) + 1);
	expect(series.buckets).toHaveLength(365);
	for (const { start, value } of series.buckets)
		expect([start.slice(0, 10), value]).toEqual([start.slice(0, 10), days.get(start.slice(0, 10)) ?? 0]);
	expect(series.total).toBe(series.buckets.reduce((sum, { value }) => sum + value, 0));
}

interface Rows {
	data: { ticketId: string; value: number | null }[];
	page: { nextCursor: string | null; total?: number };
}

/** Every number with a link is as many as the rows behind it. */
async function expectDrillDowns({ kpis, now, links }: Stats): Promise<void> {
	const numbers: Record<string, unknown> = { ...kpis, ...now };
	for (const [name, link] of Object.entries(links)) {
		const number = numbers[name] as number | { calendar: Durations } | null | undefined;
		const count = typeof number === "object" && number !== null ? number.calendar.count : number;
		if (typeof count !== "number") continue;
		const { page } = await get<Rows>(`${link.replace(/^\/api/, "")}&count=true&limit=1`);
		expect([name, page.total]).toEqual([name, count]);
	}
}

async function expectAll(): Promise<void> {
	const found = await stats();
	expectNumbers(found);
	await expectDrillDowns(found);
	await expectDays();
}

test("numbers are those of the mails, through a kill in the middle of the import and a second import", async () => {
	// The first half goes in, and the process is killed while it does.
	const half = mails.slice(0, Math.floor(mails.length * 0.6));
	let acknowledged = 0;
	const cutOff: Api = {
		...api(),
		async request(method, route, body, accepted) {
			const answer = await apiOf(running.origin, TOKEN).request(method, route, body, accepted);
			if (++acknowledged === Math.floor(half.length / 2)) void running.kill();
			return answer as never;
		},
	};
	await expect(importMail(cutOff, half)).rejects.toThrow();
	await running.kill();
	await start();
	const outcomes = await importMail(api(), mails);
	expect(outcomes.some(({ duplicate }) => duplicate)).toBe(true);
	expected = recountMail(taken(outcomes), roots);
	await expectAll();

	const again = await importMail(api(), mails);
	expect(again.filter(({ ticketId, duplicate }) => ticketId !== null && !duplicate)).toEqual([]);
	await expectAll();
}, 300_000);

test("numbers are the same after a restart, and after the read models were made anew from the log", async () => {
	expect(await running.stop()).toBe(0);
	const app = await startApp(loadConfig(env()));
	running = { ...running, origin: app.origin ?? "", kill: () => app.stop(), stop: async () => 0 };
	await expectAll();
	const before = await stats();
	await app.broker.call("dashboard.rebuild", {});
	const after = await stats();
	expect({ ...after, asOf: null }).toEqual({ ...before, asOf: null });
	await expectAll();
}, 300_000);
