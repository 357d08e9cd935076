// Prints what business time costs: a question to a calendar that is in use, one to a calendar that nobody asked yet, and
// questions far from today.
import { before, compileCalendar, due, elapsed, type Pause, segments } from "../services/tickets/sla/business-time.ts";
import type { CalendarSpec, Window } from "../services/tickets/sla/calendar-days.ts";
import { table } from "./measure.ts";

const LUNCH: Window[] = [
	["08:30", "12:00"],
	["13:00", "17:30"],
];

/** Five days with a lunch break, ten holidays and two short days a year. */
function calendarOf(timeZone: string): CalendarSpec {
	const years = Array.from({ length: 20 }, (_, i) => 2015 + i);
	return {
		timeZone,
		hours: { mon: LUNCH, tue: LUNCH, wed: LUNCH, thu: LUNCH, fri: LUNCH },
		holidays: years.flatMap((year) =>
			Array.from({ length: 10 }, (_, i) => ({ date: `${year}-0${(i % 9) + 1}-1${i}`, name: "H" })),
		),
		exceptions: years.flatMap((year) =>
			[24, 31].map((day) => ({ date: `${year}-12-${day}`, hours: [LUNCH[0] as Window] })),
		),
	};
}

const START = Date.parse("2026-03-02T09:00:00Z");
const HOUR = 3_600_000;
/** Instants of a year around now, in no order. */
const starts = Array.from({ length: 4096 }, (_, i) => new Date(START + ((i * 7919) % 4096) * 2 * HOUR + i));
const pausesOf = (start: Date, count: number): Pause[] =>
	Array.from({ length: count }, (_, i) => ({
		from: new Date(start.getTime() + (5 * i + 2) * HOUR),
		to: new Date(start.getTime() + (5 * i + 4) * HOUR),
	}));

/** µs for one call, the best of some rounds. */
function microseconds(work: (start: Date, index: number) => unknown): number {
	let best = Infinity;
	for (let round = 0; round < 7; round++) {
		const begun = performance.now();
		for (const [index, start] of starts.entries()) work(start, index);
		best = Math.min(best, ((performance.now() - begun) * 1000) / starts.length);
	}
	return best;
}

function once(work: () => unknown): number {
	const begun = performance.now();
	work();
	return (performance.now() - begun) * 1000;
}

/** Rows of a table: what is asked, and µs. */
export function slaEngineTimes(): (string | number)[][] {
	const berlin = compileCalendar(calendarOf("Europe/Berlin"));
	const always = compileCalendar("always");
	const paused = starts.map((start) => pausesOf(start, 4));
	const end = (start: Date) => new Date(start.getTime() + 30 * 24 * HOUR);
	const cold = ["America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"];
	const first = cold.map((zone) => once(() => due(compileCalendar(calendarOf(zone)), new Date(START), 28_800)));
	const second = cold.map((zone) => once(() => due(compileCalendar(calendarOf(zone)), new Date(START), 28_800)));
	const decades = once(() =>
		elapsed(compileCalendar(calendarOf("Europe/Rome")), new Date(0), new Date(Date.UTC(2100, 0))),
	);
	const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	return [
		["due, 8 hours", microseconds((start) => due(berlin, start, 28_800))],
		["due, 8 hours, 4 pauses", microseconds((start, i) => due(berlin, start, 28_800, paused[i]))],
		["due, 40 days", microseconds((start) => due(berlin, start, 40 * 28_800))],
		["due, day and night", microseconds((start) => due(always, start, 28_800))],
		["elapsed, 30 days", microseconds((start) => elapsed(berlin, start, end(start)))],
		["elapsed, 30 days, 4 pauses", microseconds((start, i) => elapsed(berlin, start, end(start), paused[i]))],
		["before, 8 hours", microseconds((start) => before(berlin, start, 28_800))],
		["parts of 30 days, 4 pauses", microseconds((start, i) => segments(berlin, start, end(start), paused[i]))],
		["first question to a calendar of a new zone", mean(first)],
		["first question to a calendar of a known zone", mean(second)],
		["elapsed, 130 years, new zone", decades],
	];
}

if (import.meta.main) console.log(table(["business time", "µs"], slaEngineTimes()));
