import fc from "fast-check";
import { agentsOf, totalsOf } from "../../services/dashboard/numbers/agents.ts";
import { bucketsOf, GRANULARITIES } from "../../services/dashboard/numbers/calendar.ts";
import { type ByClock, partsOf, totalOf } from "../../services/dashboard/numbers/counting.ts";
import { comparePlaces, countRows, type Drill, rowsBeyond } from "../../services/dashboard/numbers/drill-down.ts";
import { ALL_METRICS } from "../../services/dashboard/numbers/links.ts";
import { type Metric, metricOf, type Period } from "../../services/dashboard/numbers/metrics.ts";
import { csatBy, csatOf, slaBy, slaOf } from "../../services/dashboard/numbers/quality.ts";
import { DIMENSIONS, type Dimension, type Selection } from "../../services/dashboard/numbers/selection.ts";
import { nowOf } from "../../services/dashboard/numbers/stats.ts";
import { FactTable } from "../../services/dashboard/table/fact-table.ts";
import { GROUPS, latest, PEOPLE, START, STEP, STEPS, stories } from "./numbers-random.ts";
import { percentile, recount } from "./numbers-recount.ts";

const SEED = { seed: 20_260_320, numRuns: 150 };
const EVER = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

const instant = fc.integer({ min: -8, max: STEPS + 1200 }).map((n) => START + n * STEP);
const period: fc.Arbitrary<Period> = fc
	.record({ a: instant, b: instant, now: instant, odd: fc.integer({ min: 0, max: 1 }) })
	.map(({ a, b, now, odd }) => ({ from: Math.min(a, b), to: Math.max(a, b) + 1 + odd * (STEP - 1), now }));

/** The period with an end at an instant at which something happened in one of the stories. */
function ending(when: Period, told: Parameters<typeof latest>[0], pick: number): Period {
	const changes = told.flatMap(({ intervals }) => intervals.map(({ from }) => from));
	const to = changes[pick % Math.max(1, changes.length)];
	return to === undefined
		? when
		: { ...when, to, from: Math.min(when.from, to - STEP), now: when.now + (pick % 2) * 1e12 };
}

const condition = (values: readonly (string | null)[]) =>
	fc.oneof(
		fc.record({ eq: fc.constantFrom(...values) }),
		fc.record({ ne: fc.constantFrom(...values) }),
		fc.record({ in: fc.subarray([...values], { minLength: 1 }) }),
		fc.record({ nin: fc.subarray([...values], { minLength: 1 }) }),
	);

const filter: fc.Arbitrary<Selection["filter"]> = fc.record(
	{
		groupId: condition([...GROUPS, "g-unheard-of"]),
		assigneeId: condition(PEOPLE),
		priority: condition(["low", "normal", "high", "urgent"]),
		status: condition(["new", "open", "pending", "solved", "closed"]),
		channel: condition(["web", "email"]),
		type: condition(["question", "incident"]),
		tag: fc.oneof(condition(["x", "y"]), fc.record({ all: fc.subarray(["x", "y", "z"], { minLength: 1 }) })),
		tagAny: fc.record({ in: fc.subarray(["x", "y", "z"], { minLength: 1 }) }),
	},
	{ requiredKeys: [] },
);

const selection: fc.Arbitrary<Selection> = fc.record({
	reach: fc.oneof(
		fc.constant(null),
		fc.record({
			groupIds: fc.subarray(["g-a", "g-b", "g-unheard-of"]),
			personId: fc.constantFrom("p-1", "p-2", "p-unheard-of", null),
		}),
	),
	filter: fc.oneof(fc.constant({}), filter),
});

function tableOf(told: Parameters<typeof latest>[0], asked = 7): FactTable {
	const table = new FactTable();
	told.forEach((facts, index) => {
		table.put(facts);
		// Asking in between sorts what is there, as in life.
		if (index % asked === 0) nowOf(table, { reach: null, filter: {} });
	});
	return table;
}

const asEvents = (rows: { ticketId: string; at: number }[]) =>
	rows.map(({ ticketId, at }) => `${at} ${ticketId}`).sort();

describe("every number", () => {
	test("is what going through every story counts, and so is the list of its rows", () => {
		fc.assert(
			fc.property(stories(), period, selection, fc.nat(), (told, some, chosen, pick) => {
				const when = ending(some, told, pick);
				const table = tableOf(told);
				const tickets = latest(told);
				for (const metric of ALL_METRICS) {
					const expected = recount(metric, tickets, when, chosen);
					const value = totalOf(table, metric, when, chosen);
					const drill: Drill = { metric, period: when, only: EVER, clock: "calendar", selection: chosen };
					const rows = rowsBeyond(table, drill, null, true, 10_000);
					expect(asEvents(rows)).toEqual(asEvents(expected));
					expect(countRows(table, drill)).toBe(expected.length);
					expect(rows.map(({ value: seconds }) => seconds).sort()).toEqual(
						expected.map((row) => (metricOf(metric).durations ? row.calendarSec : (row.value ?? null))).sort(),
					);
					if (metricOf(metric).state) expect(value).toBe(when.from > when.now ? null : expected.length);
					else if (!metricOf(metric).durations) expect(value).toBe(expected.length);
				}
			}),
			SEED,
		);
	});

	test("of durations is that of the exact values, by both clocks", () => {
		fc.assert(
			fc.property(stories(), period, selection, (told, when, chosen) => {
				const table = tableOf(told);
				for (const metric of ["firstResponse", "nextResponse", "resolution"] as const) {
					const expected = recount(metric, latest(told), when, chosen);
					const value = totalOf(table, metric, when, chosen) as ByClock;
					for (const clock of ["calendar", "business"] as const) {
						const seconds = expected.map((row) => row[`${clock}Sec`]).filter((one) => one !== null);
						const { count, avgSec, medianSec, p90Sec, p95Sec } = value[clock];
						expect(count).toBe(seconds.length);
						const drill = { metric, period: when, only: EVER, clock, selection: chosen };
						expect(countRows(table, drill)).toBe(count);
						const average = seconds.length ? seconds.reduce((a, b) => a + b, 0) / seconds.length : null;
						const all = [average, ...[0.5, 0.9, 0.95].map((share) => percentile(seconds, share))];
						for (const [index, given] of [avgSec, medianSec, p90Sec, p95Sec].entries()) {
							if (all[index] === null) expect(given).toBeNull();
							else expect(given).toBeCloseTo(all[index] as number, 6);
						}
					}
				}
			}),
			SEED,
		);
	});

	test("of promises and surveys is what its rows make", () => {
		fc.assert(
			fc.property(stories(), period, selection, (told, when, chosen) => {
				const table = tableOf(told);
				const rows = (metric: Metric) => recount(metric, latest(told), when, chosen);
				const count = (metric: Metric) => rows(metric).length;
				const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
				const sla = slaOf(table, when, chosen);
				for (const [name, scope] of [
					["all", ""],
					["first_response", "FirstResponse"],
					["next_response", "NextResponse"],
					["resolution", "Resolution"],
				] as const) {
					const [fulfilled, breached] = [count(`sla${scope}Fulfilled`), count(`sla${scope}Breached`)];
					const [waived, cancelled] = [count(`sla${scope}Waived`), count(`sla${scope}Cancelled`)];
					const attainment = share(fulfilled, fulfilled + breached);
					expect(sla[name]).toEqual({ fulfilled, breached, waived, cancelled, attainment });
					expect(totalOf(table, scope === "" ? "slaAttainment" : `sla${scope}Attainment`, when, chosen)).toBe(
						attainment,
					);
				}
				const ratings = rows("csatResponses").map(({ value }) => value as number);
				const of = (rating: number) => ratings.filter((one) => one === rating).length;
				const positive = of(4) + of(5);
				const positiveShare = share(positive, ratings.length);
				const avg = share(
					ratings.reduce((a, b) => a + b, 0),
					ratings.length,
				);
				const csat = csatOf(table, when, chosen);
				expect(csat).toEqual({
					...{ requested: count("csatRequested"), responses: ratings.length, avg, positive },
					responseRate: share(ratings.length, count("csatRequested")),
					positivePct: positiveShare === null ? null : positiveShare * 100,
					distribution: { 1: of(1), 2: of(2), 3: of(3), 4: of(4), 5: of(5) },
				});
				expect(totalOf(table, "csat", when, chosen)).toBe(avg);
				expect(totalOf(table, "csatPositivePct", when, chosen)).toBe(csat.positivePct);
				for (const dimension of ["group", "assignee", "priority"] as const) {
					const parts = [...slaBy(table, when, chosen, dimension).values()];
					expect(parts.reduce((sum, part) => sum + part.resolution.breached, 0)).toBe(sla.resolution.breached);
					const said = [...csatBy(table, when, chosen, dimension).values()];
					expect(said.reduce((sum, part) => sum + part.positive, 0)).toBe(positive);
				}
			}),
			SEED,
		);
	});

	test("is the sum of its parts, of its buckets, and both, each with the rows behind it", () => {
		const asked = fc.record({
			dimension: fc.constantFrom(...(Object.keys(DIMENSIONS) as Dimension[])),
			granularity: fc.constantFrom(...GRANULARITIES),
			timeZone: fc.constantFrom("Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"),
			metric: fc.constantFrom(...ALL_METRICS),
		});
		const shorter = period.map((when) => ({ ...when, to: Math.min(when.to, when.from + 12 * 86_400_000) }));
		fc.assert(
			fc.property(stories(), shorter, selection, asked, (told, when, chosen, { metric, ...how }) => {
				const table = tableOf(told);
				const buckets = bucketsOf(when, how.granularity, how.timeZone);
				const starts = buckets.map(({ from }) => from);
				const [whole] = partsOf(table, metric, when, chosen, starts, null);
				const parts = partsOf(table, metric, when, chosen, starts, how.dimension);
				const { state } = metricOf(metric);
				const size = (value: unknown) =>
					typeof value === "number" || value === null ? value : (value as ByClock).calendar.count;
				const sum = (values: unknown[]) => values.reduce((a: number, b) => a + ((size(b) ?? 0) as number), 0);
				expect(sum(parts.map(({ total }) => total))).toBe(size(whole?.total) ?? 0);
				if (!state) expect(sum(whole?.values ?? [])).toBe(size(whole?.total));
				expect(whole?.total).toEqual(totalOf(table, metric, when, chosen));
				buckets.forEach((bucket, index) => {
					const of = (values: readonly unknown[] | undefined) => values?.[index];
					expect(sum(parts.map(({ values }) => of(values)))).toBe(size(of(whole?.values)) ?? 0);
					const drill: Drill = state
						? { metric, period: { ...when, to: bucket.to }, only: EVER, clock: "calendar", selection: chosen }
						: { metric, period: when, only: bucket, clock: "calendar", selection: chosen };
					if (of(whole?.values) !== null) expect(countRows(table, drill)).toBe(size(of(whole?.values)));
					for (const part of parts.slice(0, 2)) {
						const name = DIMENSIONS[how.dimension];
						const narrowed = {
							...chosen,
							filter: { ...chosen.filter, [name]: { ...chosen.filter[name], eq: part.key } },
						};
						if (chosen.filter[name]?.eq === undefined && of(part.values) !== null)
							expect(countRows(table, { ...drill, selection: narrowed })).toBe(size(of(part.values)));
					}
				});
			}),
			{ ...SEED, numRuns: 60 },
		);
	});

	test("of people adds up to the totals, and the counters of now to each other", () => {
		fc.assert(
			fc.property(stories(), period, selection, (told, when, chosen) => {
				const table = tableOf(told);
				const rows = [...agentsOf(table, when, chosen).values()];
				const totals = totalsOf(table, when, chosen);
				const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0);
				expect(sum((row) => row.workload.backlog)).toBe(totals.workload.backlog);
				expect(sum((row) => row.workload.urgent)).toBe(totals.workload.urgent);
				for (const status of ["new", "open", "pending", "on_hold"] as const)
					expect(sum((row) => row.workload.byStatus[status])).toBe(totals.workload.byStatus[status]);
				for (const name of ["created", "solvedTickets", "solveEvents", "reopened", "closed", "replies"] as const)
					expect(sum((row) => row.period[name] as number)).toBe(totals.period[name]);
				expect(sum((row) => (row.period.resolution as ByClock).business.count)).toBe(
					(totals.period.resolution as ByClock).business.count,
				);
				expect(sum((row) => row.period.slaAttainment.all.breached)).toBe(totals.period.slaAttainment.all.breached);
				expect(sum((row) => row.period.csat.responses)).toBe(totals.period.csat.responses);
				const now = nowOf(table, chosen);
				const always = { ...EVER, now: when.now };
				expect(now.backlog).toBe(recount("backlog", latest(told), always, chosen).length);
				expect(now.unassigned).toBe(recount("unassigned", latest(told), always, chosen).length);
				expect(now.urgent).toBe(now.byPriority.urgent);
				for (const counts of [now.byStatus, now.byPriority])
					expect(Object.values(counts).reduce((a, b) => a + b)).toBe(now.backlog);
				expect(now.byGroup.reduce((all, { count }) => all + count, 0)).toBe(now.backlog);
			}),
			{ ...SEED, numRuns: 80 },
		);
	});
});

describe("the list of rows", () => {
	test("goes forth and back in pages without gap or repetition", () => {
		const asked = fc.record({
			metric: fc.constantFrom(...ALL_METRICS),
			descending: fc.boolean(),
			limit: fc.integer({ min: 1, max: 7 }),
		});
		fc.assert(
			fc.property(stories(), period, asked, (told, when, { metric, descending, limit }) => {
				const table = tableOf(told);
				const drill: Drill = {
					metric,
					period: when,
					only: EVER,
					clock: "calendar",
					selection: { reach: null, filter: {} },
				};
				const all = rowsBeyond(table, drill, null, descending, 10_000);
				const sorted = [...all].sort((a, b) => (descending ? comparePlaces(b, a) : comparePlaces(a, b)));
				expect(all).toEqual(sorted);
				const walked = [];
				for (let place = null; ; ) {
					const page = rowsBeyond(table, drill, place, descending, limit);
					walked.push(...page);
					place = page.at(-1) as (typeof all)[number];
					if (page.length < limit) break;
				}
				expect(walked).toEqual(all);
				const last = all.at(-1);
				if (last) expect(rowsBeyond(table, drill, last, !descending, 10_000)).toEqual(all.slice(0, -1).reverse());
			}),
			SEED,
		);
	});
});

test("a table that was changed many thousand times answers like a new one, and keeps small", () => {
	const told = fc.sample(stories(40), { seed: 7, numRuns: 4000 }).flat();
	const table = tableOf(told, 50);
	const fresh = tableOf(latest(told));
	const when = { from: START, to: START + STEPS * STEP, now: START + STEPS * STEP };
	for (const metric of ALL_METRICS)
		expect(totalOf(table, metric, when, { reach: null, filter: {} })).toEqual(
			totalOf(fresh, metric, when, { reach: null, filter: {} }),
		);
	expect(told.length).toBeGreaterThan(12_000);
	expect(table.size).toBeLessThan(40_000);
});
