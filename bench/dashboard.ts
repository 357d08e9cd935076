// Prints what the dashboard costs: loading a tenant's table, its memory, and answers over the same days as history grows.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig } from "../config.ts";
import { systemClock } from "../lib/clock.ts";
import { Store } from "../mixins/store.ts";
import { dashboardTenantModel } from "../models/dashboard-tenant.ts";
import { dashboardTicketModel } from "../models/dashboard-ticket.ts";
import { openRuntime } from "../runtime.ts";
import type { Interval, Solve, TicketFacts } from "../services/dashboard/facts.ts";
import { agentsOf, totalsOf } from "../services/dashboard/numbers/agents.ts";
import { bucketsOf, previousOf } from "../services/dashboard/numbers/calendar.ts";
import { partsOf } from "../services/dashboard/numbers/counting.ts";
import { rowsBeyond } from "../services/dashboard/numbers/drill-down.ts";
import { kpisOf, nowOf } from "../services/dashboard/numbers/stats.ts";
import type { FactTable } from "../services/dashboard/table/fact-table.ts";
import { FactTables } from "../services/dashboard/table/fact-tables.ts";
import { latencies, percentile, table as tableText } from "./measure.ts";

const TENANT = "bench";
const NOW = Date.parse("2026-06-15T12:00:00.000Z");
const DAY = 86_400_000;
/** A desk of this size: history grows by days, not what happens in a day. */
const PER_DAY = 250;
const AGENTS = 40;
const GROUPS = 8;
const BATCH = 1000;

const PRIORITIES = ["low", "normal", "normal", "normal", "high", "urgent"] as const;

/** A ticket as many are: answered twice, solved the next day unless it is fresh, every seventh of them reopened. */
function ticket(n: number, size: number): TicketFacts {
	const createdAt = NOW - Math.floor(((size - n) / PER_DAY) * DAY);
	const at = (hours: number) => createdAt + hours * 3_600_000 + (n % 997) * 1000;
	const who = { groupId: `group-${n % GROUPS}`, assigneeId: `agent-${n % AGENTS}` };
	const priority = PRIORITIES[n % PRIORITIES.length] as TicketFacts["priority"];
	const reopened = n % 7 === 0;
	const steps: [number, Interval["status"]][] = [
		[1, "open"],
		[20, "solved"],
		...(reopened
			? ([
					[24, "open"],
					[30, "solved"],
				] as [number, Interval["status"]][])
			: []),
		[130, "closed"],
	];
	const past = steps.filter(([hours]) => at(hours) < NOW);
	const intervals: Interval[] = [{ status: "new", priority, ...who, assigneeId: null, from: createdAt, to: null }];
	for (const [hours, status] of past) {
		(intervals.at(-1) as Interval).to = at(hours);
		intervals.push({ status, priority, ...who, from: at(hours), to: null });
	}
	const status = (intervals.at(-1) as Interval).status;
	const solves: Solve[] = past
		.filter(([, to]) => to === "solved")
		.map(([hours], index) => ({
			sequence: index,
			at: at(hours),
			...who,
			calendarSec: hours * 3600 + (n % 997),
			businessSec: null,
			reopenedAt: hours === 20 && reopened && at(24) < NOW ? at(24) : null,
		}));
	const answers = [1, 5].filter((hours) => at(hours) < NOW);
	const message = { kind: "public_reply", groupId: who.groupId } as const;
	return {
		_id: `ticket-${n}`,
		tenantId: TENANT,
		rev: n,
		sequence: 1,
		deleted: false,
		number: n,
		subject: `Ticket ${n} about a parcel that has not come`,
		status,
		priority,
		type: "question",
		channel: n % 3 === 0 ? "email" : "web",
		customerId: `customer-${n % 5000}`,
		companyId: null,
		...who,
		followerIds: [],
		tags: n % 4 === 0 ? ["billing"] : [],
		createdAt,
		closedAt: status === "closed" ? at(130) : null,
		intervals,
		solves,
		responses: answers.map((hours, index) => ({
			sequence: index,
			at: at(hours),
			agentId: who.assigneeId,
			groupId: who.groupId,
			calendarSec: hours * 3600,
			businessSec: null,
			first: index === 0,
		})),
		messages: [0, ...answers].map((hours, index) => ({
			...message,
			seq: index + 1,
			at: at(hours),
			authorType: index === 0 ? "customer" : "agent",
			authorId: index === 0 ? null : who.assigneeId,
		})),
	};
}

async function fillFacts(store: Store, size: number, done: number): Promise<void> {
	const tickets = store.model(dashboardTicketModel);
	for (let next = done; next < size; next += BATCH) {
		const rows = Array.from({ length: Math.min(BATCH, size - next) }, (_, index) => ticket(next + index + 1, size));
		await tickets.collection.insertMany(rows as never[]);
	}
	await store.model(dashboardTenantModel).updateOne(
		{ _id: TENANT },
		{
			$set: {
				tenantId: TENANT,
				rev: size,
				generation: size,
				sequence: 1,
				locale: "en",
				timeZone: "Europe/Berlin",
				status: "active",
				eventDays: 90,
				rebuiltTo: 0,
			},
		},
		{ upsert: true },
	);
}

const EVERYTHING = { reach: null, filter: {} };
const WEEK = { from: NOW - 7 * DAY, to: NOW, now: NOW };
const MONTH = { from: NOW - 30 * DAY, to: NOW, now: NOW };
const AN_AGENT = { reach: { groupIds: ["group-1"], personId: "agent-2" }, filter: {} };

const ANSWERS: [string, (table: FactTable) => unknown][] = [
	[
		"stats, 7 days",
		(table) => [
			nowOf(table, EVERYTHING),
			kpisOf(table, WEEK, EVERYTHING),
			kpisOf(table, { ...previousOf(WEEK), now: NOW }, EVERYTHING),
		],
	],
	["stats of an agent", (table) => [nowOf(table, AN_AGENT), kpisOf(table, WEEK, AN_AGENT)]],
	[
		"timeseries, 30 days by group",
		(table) => {
			const starts = bucketsOf(MONTH, "day", "Europe/Berlin").map(({ from }) => from);
			return partsOf(table, "created", MONTH, EVERYTHING, starts, "group");
		},
	],
	[
		"timeseries of the backlog, 30 days",
		(table) => {
			const starts = bucketsOf(MONTH, "day", "Europe/Berlin").map(({ from }) => from);
			return partsOf(table, "backlog", MONTH, EVERYTHING, starts, null);
		},
	],
	["agents, 7 days", (table) => [agentsOf(table, WEEK, EVERYTHING), totalsOf(table, WEEK, EVERYTHING)]],
	[
		"25 rows behind a number",
		(table) => {
			const only = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
			const drill = { metric: "created", period: WEEK, only, clock: "calendar", selection: EVERYTHING } as const;
			return rowsBeyond(table, drill, null, true, 26);
		},
	],
];

const megabytes = () => {
	(globalThis as { gc?: () => void }).gc?.();
	const { heapUsed, arrayBuffers } = process.memoryUsage();
	return (heapUsed + arrayBuffers) / 1024 / 1024;
};

/** Measures the dashboard over so many tickets each and prints what it found. */
export async function benchDashboard(sizes: readonly number[]): Promise<void> {
	const columns: (string | number)[][] = [["load, ms"], ["table, MB"], ["rows"], ["nothing new, ms"]];
	const times: (string | number)[][] = ANSWERS.map(([name]) => [name]);
	for (const size of sizes) {
		const dataDir = await mkdtemp(path.join(tmpdir(), "conductor-bench-dashboard-"));
		const runtime = await openRuntime(loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: "silent" }), systemClock);
		const store = new Store(
			runtime,
			"dashboard",
			[dashboardTicketModel, dashboardTenantModel] as never,
			() => undefined,
		);
		try {
			await store.adapter.connect();
			await fillFacts(store, size, 0);
			const before = megabytes();
			const tables = new FactTables(store);
			const start = performance.now();
			const table = await tables.of(TENANT);
			columns[0]?.push(performance.now() - start);
			columns[1]?.push(megabytes() - before);
			columns[2]?.push(table.size);
			const again = await latencies(50, () => tables.of(TENANT));
			columns[3]?.push(percentile(again, 0.5));
			for (const [index, [, answer]] of ANSWERS.entries()) {
				await latencies(20, async () => answer(table));
				const all = await latencies(100, async () => answer(table));
				times[index]?.push(`${percentile(all, 0.5).toFixed(2)} / ${percentile(all, 0.99).toFixed(2)}`);
			}
		} finally {
			await store.adapter.disconnect();
			await runtime.close();
			await rm(dataDir, { recursive: true, force: true });
		}
	}
	const head = ["dashboard, p50 / p99 ms", ...sizes.map((size) => `${size} tickets`)];
	console.log(tableText(head, [...columns, ...times]));
}

if (import.meta.main) await benchDashboard((process.env.BENCH_TICKETS ?? "10000,100000").split(",").map(Number));
