import { type FactTable, OUTCOMES, PROMISES } from "../table/fact-table.ts";
import { splitter } from "./counting.ts";
import { type Metric, type Period, visitCounted } from "./metrics.ts";
import type { Dimension, Selection } from "./selection.ts";

/** How promises came out. */
export interface Attainment {
	/** in time */
	fulfilled: number;
	breached: number;
	waived: number;
	cancelled: number;
	/** the share of those in time among them and the breached; null where there are none */
	attainment: number | null;
}

const SCOPES = ["all", ...PROMISES] as const;

/** Of all promises, and of those of each metric. */
export type SlaNumbers = Record<(typeof SCOPES)[number], Attainment>;

/** What customers said, by when they said it. */
export interface Csat {
	/** by when they were asked */
	requested: number;
	responses: number;
	/** responses divided by requested, which may be more than 1 where the asking was before the range */
	responseRate: number | null;
	avg: number | null;
	/** ratings of 4 and 5 */
	positive: number;
	positivePct: number | null;
	distribution: Record<"1" | "2" | "3" | "4" | "5", number>;
}

/** Numbers of each value of a dimension that has any; of the whole under null where there is none. */
type Cells = Map<string | null, number[]>;

interface Tally {
	metric: Metric;
	cells: number;
	cellOf(row: number): number;
}

function tally(
	table: FactTable,
	{ metric, cells, cellOf }: Tally,
	period: Period,
	selection: Selection,
	dimension: Dimension | null,
): Cells {
	const { of, text } = splitter(table, metric, dimension);
	const found = new Map<number, number[]>();
	visitCounted(table, metric, period, selection, (row) => {
		const key = of(row);
		let counts = found.get(key);
		if (!counts) {
			counts = new Array<number>(cells).fill(0);
			found.set(key, counts);
		}
		(counts[cellOf(row)] as number)++;
	});
	return new Map([...found].map(([key, counts]) => [text(key), counts]));
}

const quotient = (share: number, of: number) => (of > 0 ? share / of : null);

function attainmentOf(counts: readonly number[]): Attainment {
	const [fulfilled = 0, breached = 0, cancelled = 0, waived = 0] = counts;
	return { fulfilled, breached, waived, cancelled, attainment: quotient(fulfilled, fulfilled + breached) };
}

function slaNumbersOf(cells: readonly number[] = []): SlaNumbers {
	const width = OUTCOMES.length;
	const of = (promise: number) => OUTCOMES.map((_, outcome) => cells[promise * width + outcome] ?? 0);
	const each = PROMISES.map((_, promise) => of(promise));
	const all = OUTCOMES.map((_, outcome) => each.reduce((sum, counts) => sum + (counts[outcome] as number), 0));
	return Object.fromEntries(
		SCOPES.map((scope, place) => [scope, attainmentOf([all, ...each][place] ?? [])]),
	) as SlaNumbers;
}

/** How promises came out in a period, by the values of a dimension. */
export function slaBy(
	table: FactTable,
	period: Period,
	selection: Selection,
	dimension: Dimension | null,
): Map<string | null, SlaNumbers> {
	const { promise, outcome } = table.promises.at;
	const cellOf = (row: number) => (promise[row] as number) * OUTCOMES.length + (outcome[row] as number);
	const all = { metric: "slaOutcomes" as const, cells: PROMISES.length * OUTCOMES.length, cellOf };
	const cells = tally(table, all, period, selection, dimension);
	return new Map([...cells].map(([key, counts]) => [key, slaNumbersOf(counts)]));
}

/** How all promises came out in a period. */
export function slaOf(table: FactTable, period: Period, selection: Selection): SlaNumbers {
	return slaBy(table, period, selection, null).get(null) ?? slaNumbersOf();
}

/** Of somebody who promised nothing. */
export const noSla = () => slaNumbersOf();

const RATINGS = ["1", "2", "3", "4", "5"] as const;

function csatFrom(requested: number, ratings: readonly number[] = []): Csat {
	const counts = RATINGS.map((rating) => ratings[Number(rating)] ?? 0);
	const responses = counts.reduce((sum, count) => sum + count, 0);
	const points = counts.reduce((sum, count, place) => sum + count * (place + 1), 0);
	const positive = (counts[3] as number) + (counts[4] as number);
	const share = quotient(positive, responses);
	return {
		requested,
		responses,
		responseRate: quotient(responses, requested),
		avg: quotient(points, responses),
		positive,
		positivePct: share === null ? null : share * 100,
		distribution: Object.fromEntries(
			RATINGS.map((rating, place) => [rating, counts[place] ?? 0]),
		) as Csat["distribution"],
	};
}

/** What customers said in a period, by the values of a dimension. */
export function csatBy(
	table: FactTable,
	period: Period,
	selection: Selection,
	dimension: Dimension | null,
): Map<string | null, Csat> {
	const { rating } = table.answers.at;
	const ratings = { metric: "csatResponses" as const, cells: 6, cellOf: (row: number) => rating[row] as number };
	const asked = { metric: "csatRequested" as const, cells: 1, cellOf: () => 0 };
	const answers = tally(table, ratings, period, selection, dimension);
	const surveys = tally(table, asked, period, selection, dimension);
	const keys = new Set([...surveys.keys(), ...answers.keys()]);
	return new Map([...keys].map((key) => [key, csatFrom(surveys.get(key)?.[0] ?? 0, answers.get(key))]));
}

/** What all customers said in a period. */
export function csatOf(table: FactTable, period: Period, selection: Selection): Csat {
	return csatBy(table, period, selection, null).get(null) ?? csatFrom(0);
}

/** Of somebody about whom nobody was asked. */
export const noCsat = () => csatFrom(0);
