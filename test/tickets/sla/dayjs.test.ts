import dayjs from "dayjs";
import utc from "dayjs/plugin/utc.js";
import businessTime from "dayjs-business-time";
import fc from "fast-check";
import { compileCalendar, due, elapsed } from "../../../services/tickets/sla/business-time.ts";
import type { Window } from "../../../services/tickets/sla/calendar-days.ts";

/*
 * Beside dayjs-business-time, as far as that goes: whole minutes of one zone, whole holidays, at least one open day, and
 * no window that ends at midnight.
 */

dayjs.extend(utc);
dayjs.extend(businessTime as never);

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const NAMES = {
	...{ mon: "monday", tue: "tuesday", wed: "wednesday", thu: "thursday" },
	...{ fri: "friday", sat: "saturday", sun: "sunday" },
} as const;
const pad = (n: number) => String(n).padStart(2, "0");
const timeOf = (minute: number) => `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;

const windows = fc
	.uniqueArray(fc.integer({ min: 0, max: 1439 }), { minLength: 2, maxLength: 6 })
	.map((minutes): Window[] => {
		const sorted = minutes.sort((a, b) => a - b);
		return Array.from({ length: Math.floor(sorted.length / 2) }, (_, i) => [
			timeOf(sorted[2 * i] as number),
			timeOf(sorted[2 * i + 1] as number),
		]);
	});
const FIRST = Date.parse("2026-02-02T00:00:00Z");
const minute = fc.integer({ min: 0, max: 60 * 24 * 60 }).map((n) => new Date(FIRST + n * 60_000));
const day = fc.oneof(windows, fc.constant([] as Window[]));
const week = fc.record({ mon: windows, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day });
const holidays = fc.uniqueArray(
	fc.integer({ min: 0, max: 60 }).map((n) => new Date(FIRST + n * 86_400_000).toISOString().slice(0, 10)),
	{ maxLength: 4 },
);

function setUp(hours: Record<(typeof DAYS)[number], Window[]>, dates: string[]) {
	const segments = (list: Window[]) =>
		list.length === 0 ? null : list.map(([from, to]) => ({ start: `${from}:00`, end: `${to}:00` }));
	const map = Object.fromEntries(DAYS.map((name) => [NAMES[name], segments(hours[name])]));
	const library = dayjs as unknown as { setBusinessTime(map: object): void; setHolidays(dates: string[]): void };
	library.setBusinessTime(map);
	library.setHolidays(dates);
	const named = dates.map((date) => ({ date, name: "Holiday" }));
	return compileCalendar({ timeZone: "UTC", hours, holidays: named, exceptions: [] });
}

type Business = dayjs.Dayjs & {
	businessMinutesDiff(other: dayjs.Dayjs): number;
	addBusinessMinutes(minutes: number): dayjs.Dayjs;
};
const business = (date: Date) => dayjs.utc(date) as Business;

test("the same minutes elapse", () => {
	fc.assert(
		fc.property(week, holidays, minute, minute, (hours, dates, one, other) => {
			const bt = setUp(hours, dates);
			const [start, end] = one < other ? [one, other] : [other, one];
			expect(elapsed(bt, start, end)).toBe(Math.abs(business(start).businessMinutesDiff(dayjs.utc(end))) * 60);
		}),
		{ seed: 11, numRuns: 200 },
	);
});

test("the same minute is due, at closing time where that is when they are used up", () => {
	fc.assert(
		fc.property(week, holidays, minute, fc.integer({ min: 1, max: 3000 }), (hours, dates, start, minutes) => {
			const bt = setUp(hours, dates);
			expect(due(bt, start, minutes * 60)).toEqual(business(start).addBusinessMinutes(minutes).toDate());
		}),
		{ seed: 12, numRuns: 200 },
	);
});
