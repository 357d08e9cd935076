import fc from "fast-check";
import type { Pause } from "../../../services/tickets/sla/business-time.ts";
import type { CalendarSpec, Window } from "../../../services/tickets/sla/calendar-days.ts";

const pad = (n: number) => String(n).padStart(2, "0");
const timeOf = (minute: number) => `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;

/** Windows of a day, in order and apart; up to 24:00. */
const windows = fc.uniqueArray(fc.integer({ min: 0, max: 1440 }), { minLength: 0, maxLength: 6 }).map((minutes) => {
	const sorted = minutes.sort((a, b) => a - b);
	return Array.from({ length: Math.floor(sorted.length / 2) }, (_, i): Window => {
		return [timeOf(sorted[2 * i] as number), timeOf(sorted[2 * i + 1] as number)];
	});
});

/** A date some days from another. */
const dateNear = (at: number) =>
	fc.integer({ min: -6, max: 6 }).map((days) => new Date(at + days * 86_400_000).toISOString().slice(0, 10));

const part = fc.option(
	fc.uniqueArray(fc.integer({ min: 0, max: 1440 }), { minLength: 2, maxLength: 2 }).map((two) => {
		const [from, to] = two.sort((a, b) => a - b) as [number, number];
		return { from: timeOf(from), to: timeOf(to) };
	}),
	{ nil: {} },
);

/** Any calendar of a zone, with holidays and exceptions around an instant. */
export function calendarNear(timeZone: string, at: number): fc.Arbitrary<CalendarSpec> {
	const day = fc.oneof({ weight: 3, arbitrary: windows }, fc.constant([["09:00", "17:00"] as Window]));
	return fc.record({
		timeZone: fc.constant(timeZone),
		type: fc.constantFrom("weekly" as const, "weekly" as const, "weekly" as const, "always" as const),
		hours: fc.record({ mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day }),
		holidays: fc.array(
			fc.tuple(dateNear(at), part).map(([date, given]) => ({ date, name: "Holiday", ...given })),
			{ maxLength: 3 },
		),
		exceptions: fc.uniqueArray(fc.record({ date: dateNear(at), hours: windows }), {
			maxLength: 2,
			selector: ({ date }) => date,
		}),
	});
}

/** Pauses between two instants, in any order, overlapping or not, whole steps from the first; some without an end. */
export function pausesBetween(from: number, to: number, stepMs: number): fc.Arbitrary<Pause[]> {
	const at = fc.integer({ min: 0, max: Math.floor((to - from) / stepMs) }).map((step) => from + step * stepMs);
	const pause = fc.tuple(at, fc.option(at, { freq: 12 })).map(([one, other]): Pause => {
		const first = new Date(other === null ? one : Math.min(one, other));
		return { from: first, to: other === null ? null : new Date(Math.max(one, other)), reason: "pending" };
	});
	return fc.array(pause, { maxLength: 4 });
}

/** Zones, each with local noons around which its clock does something, or nothing. */
export const PLACES: readonly (readonly [timeZone: string, ...around: string[]])[] = [
	["UTC", "2026-03-29T12:00:00Z", "2024-02-29T12:00:00Z"],
	["Europe/Berlin", "2026-03-29T12:00:00Z", "2026-10-25T12:00:00Z"],
	["America/New_York", "2026-03-08T12:00:00Z", "2026-11-01T12:00:00Z"],
	["Australia/Lord_Howe", "2026-04-05T00:00:00Z", "2026-10-04T00:00:00Z"],
	["Asia/Kolkata", "2026-01-01T06:00:00Z"],
	["Asia/Kathmandu", "1986-01-01T06:00:00Z"],
	["Pacific/Apia", "2011-12-30T12:00:00Z", "2012-04-01T00:00:00Z"],
	["America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-02-18T12:00:00Z"],
	["Africa/Casablanca", "2026-02-15T12:00:00Z", "2026-03-22T12:00:00Z"],
	["Pacific/Chatham", "2026-04-04T14:00:00Z", "2026-09-26T14:00:00Z"],
	["Africa/Cairo", "2026-04-24T00:00:00Z"],
];
