import type { FactTable } from "../table/fact-table.ts";
import {
	durationColumn,
	type Metric,
	metricOf,
	type Period,
	counts as rowCounts,
	stateEnd,
	valueColumn,
	visitCounted,
} from "./metrics.ts";
import { type Durations, durationsOf } from "./percentiles.ts";
import { columnOf, type Dimension, type Selection } from "./selection.ts";

/** What is made of two metrics: the first divided by the second, times a factor. */
export const RATIOS = {
	reopenRate: { share: "reopened", of: "solveEvents", times: 1 },
	slaAttainment: { share: "slaFulfilled", of: "slaJudged", times: 1 },
	slaFirstResponseAttainment: { share: "slaFirstResponseFulfilled", of: "slaFirstResponseJudged", times: 1 },
	slaNextResponseAttainment: { share: "slaNextResponseFulfilled", of: "slaNextResponseJudged", times: 1 },
	slaResolutionAttainment: { share: "slaResolutionFulfilled", of: "slaResolutionJudged", times: 1 },
	csatResponseRate: { share: "csatResponses", of: "csatRequested", times: 1 },
	csat: { share: "csatPoints", of: "csatResponses", times: 1 },
	csatPositivePct: { share: "csatPositive", of: "csatResponses", times: 100 },
} as const satisfies Record<string, { share: Metric; of: Metric; times: number }>;
export type Ratio = keyof typeof RATIOS;

/** What may be asked for by name: the counted ones, and what is made of two of them. */
export type Measure = Metric | Ratio;

export const isRatio = (measure: Measure): measure is Ratio => measure in RATIOS;

export interface ByClock {
	calendar: Durations;
	business: Durations;
}

/** null: not known, or nothing to speak of. */
export type Value = number | null | ByClock;

/** A number for each part of a range, and for the whole range. */
export interface Series {
	total: Value;
	values: Value[];
}

/** Part of a whole: the text that its rows share (null: none), and its numbers. */
export interface Part extends Series {
	key: string | null;
}

/** The places in a range where it is cut: each part from one to before the next. */
interface Cuts {
	starts: Float64Array;
	to: number;
}

/** The last place in rising numbers that is not above a value, -1 where all are. */
function lastUpTo(sorted: Float64Array, value: number): number {
	let low = 0;
	let high = sorted.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((sorted[middle] as number) <= value) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

export const byClock = (calendar: readonly number[], business: readonly number[]): ByClock => ({
	calendar: durationsOf(calendar),
	business: durationsOf(business),
});

/** Gathers rows of one series. A row counts for the parts from the first to the last. */
interface Gatherer {
	add(row: number, first: number, last: number): void;
	series(): Series;
}

/** Counts what happened in each part, each row once or by its weight. */
function eventCounter(parts: number, weights: ArrayLike<number> | null): Gatherer {
	const values = new Array<number>(parts).fill(0);
	let total = 0;
	return {
		add(row, first) {
			const weight = weights ? (weights[row] as number) : 1;
			(values[first] as number) += weight;
			total += weight;
		},
		series: () => ({ total, values }),
	};
}

/** Counts what was so at the end of each part; the whole is the last of them. */
function stateCounter(known: number, parts: number): Gatherer {
	const steps = new Int32Array(parts + 1);
	return {
		add(_row, first, last) {
			(steps[first] as number)++;
			(steps[last + 1] as number)--;
		},
		series() {
			let so = 0;
			const values = Array.from({ length: parts }, (_, part) => {
				so += steps[part] as number;
				return part < known ? so : null;
			});
			return { total: known === 0 ? null : so, values };
		},
	};
}

/** Keeps how long each took, by part. */
function durationGatherer(table: FactTable, metric: Metric, parts: number): Gatherer {
	const make = () => Array.from({ length: parts }, (): number[] => []);
	const columns = {
		calendar: durationColumn(table, metric, "calendar"),
		business: durationColumn(table, metric, "business"),
	};
	const kept = { calendar: make(), business: make() };
	return {
		add(row, first) {
			kept.calendar[first]?.push(columns.calendar?.[row] as number);
			const business = columns.business?.[row] as number;
			if (!Number.isNaN(business)) kept.business[first]?.push(business);
		},
		series: () => ({
			total: byClock(kept.calendar.flat(), kept.business.flat()),
			values: kept.calendar.map((calendar, part) => byClock(calendar, kept.business[part] ?? [])),
		}),
	};
}

function gathererOf(table: FactTable, metric: Metric, period: Period, cuts: Cuts): () => Gatherer {
	const parts = cuts.starts.length;
	const { state, durations, weighed } = metricOf(metric);
	if (durations) return () => durationGatherer(table, metric, parts);
	if (!state) return () => eventCounter(parts, weighed ? valueColumn(table, metric) : null);
	// Of what lies wholly in the future nothing is known.
	const known = lastUpTo(cuts.starts, period.now) + 1;
	return () => stateCounter(known, parts);
}

/** Visits each row that counts in any part, with the first and the last part that it counts in. */
function visitParts(
	table: FactTable,
	metric: Metric,
	period: Period,
	selection: Selection,
	cuts: Cuts,
	visitor: (row: number, first: number, last: number) => void,
): void {
	if (!metricOf(metric).state) {
		visitCounted(table, metric, period, selection, (row, at) => {
			const part = lastUpTo(cuts.starts, at);
			visitor(row, part, part);
		});
		return;
	}
	const ends = Float64Array.from(cuts.starts, (_, part) => stateEnd(cuts.starts[part + 1] ?? cuts.to, period.now));
	const { from } = table.stretches.at;
	const good = rowCounts(table, metric, period.to, selection);
	table.stretches.timeline.visit(ends[0] as number, undefined, (row, until) => {
		const first = lastUpTo(ends, from[row] as number) + 1;
		const last = lastUpTo(ends, until);
		if (first <= last && good(row)) visitor(row, first, last);
	});
}

/** Which part of the whole a row belongs to, as a small number, and the text of each. */
export function splitter(
	table: FactTable,
	metric: Metric,
	dimension: Dimension | null,
): { of: (row: number) => number; text: (key: number) => string | null } {
	const { source } = metricOf(metric);
	if (dimension === null) return { of: () => 0, text: () => null };
	const { values, ofTicket, text } = columnOf(table, source, dimension);
	const { ticket } = table[source].at;
	const of = ofTicket
		? (row: number) => values[ticket[row] as number] as number
		: (row: number) => values[row] as number;
	return { of, text };
}

/** What a metric counts in a range, in its parts, for each value of a dimension that has any. */
function tally(
	table: FactTable,
	metric: Metric,
	period: Period,
	selection: Selection,
	starts: readonly number[],
	dimension: Dimension | null,
): Part[] {
	const cuts = { starts: Float64Array.from(starts), to: period.to };
	const make = gathererOf(table, metric, period, cuts);
	const { of, text } = splitter(table, metric, dimension);
	const gatherers = new Map<number, Gatherer>();
	if (dimension === null) gatherers.set(0, make());
	visitParts(table, metric, period, selection, cuts, (row, first, last) => {
		const key = of(row);
		let gatherer = gatherers.get(key);
		if (!gatherer) {
			gatherer = make();
			gatherers.set(key, gatherer);
		}
		gatherer.add(row, first, last);
	});
	return [...gatherers].map(([key, gatherer]) => ({ key: text(key), ...gatherer.series() }));
}

function quotient(share: Value | undefined, of: Value | undefined, times: number): number | null {
	return typeof share === "number" && typeof of === "number" && of > 0 ? (share / of) * times : null;
}

function quotients(shares: readonly Part[], wholes: readonly Part[], times: number, parts: number): Part[] {
	const keys = [...new Set([...shares, ...wholes].map(({ key }) => key))];
	return keys.map((key) => {
		const [share, whole] = [shares, wholes].map((all) => all.find((part) => part.key === key));
		return {
			key,
			total: quotient(share?.total ?? 0, whole?.total, times),
			values: Array.from({ length: parts }, (_, part) =>
				quotient(share?.values[part] ?? 0, whole?.values[part], times),
			),
		};
	});
}

/**
 * A measure over a range that is cut at `starts` (the first of which is where it begins), for each value of a dimension
 * that has any rows; without a dimension one part, which is there always.
 */
export function partsOf(
	table: FactTable,
	measure: Measure,
	period: Period,
	selection: Selection,
	starts: readonly number[],
	dimension: Dimension | null,
): Part[] {
	const of = (metric: Metric) => tally(table, metric, period, selection, starts, dimension);
	if (!isRatio(measure)) return of(measure);
	const { share, of: whole, times } = RATIOS[measure];
	return quotients(of(share), of(whole), times, starts.length);
}

/** A measure over a whole range. */
export function totalOf(table: FactTable, measure: Measure, period: Period, selection: Selection): Value {
	return partsOf(table, measure, period, selection, [period.from], null)[0]?.total ?? null;
}

/** A measure over a whole range by the values of a dimension. */
export function valuesBy(
	table: FactTable,
	measure: Measure,
	period: Period,
	selection: Selection,
	dimension: Dimension,
): Map<string | null, Value> {
	const parts = partsOf(table, measure, period, selection, [period.from], dimension);
	return new Map(parts.map(({ key, total }) => [key, total]));
}
