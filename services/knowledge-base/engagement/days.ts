import { invalidField, Problem } from "../../../lib/problem.ts";

const DAY_MS = 24 * 3600 * 1000;
const DEFAULT_DAYS = 30;
export const MAX_DAYS = 366;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
	let format = formats.get(timeZone);
	if (!format) {
		format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
		formats.set(timeZone, format);
	}
	return format;
}

/** The calendar day of an instant in an IANA time zone, `YYYY-MM-DD`. */
export function dayOf(at: Date, timeZone: string): string {
	const parts = formatOf(timeZone).formatToParts(at);
	const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
	return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
}

/** The day so many days later (or earlier). */
export function addDays(day: string, days: number): string {
	return new Date(Date.parse(`${day}T00:00:00.000Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** When a day's views are older than 30 days: with its 30th day after. */
export function leavesAt(day: string): Date {
	return new Date(`${addDays(day, 30)}T00:00:00.000Z`);
}

function isDay(text: string): boolean {
	if (!DAY.test(text)) return false;
	const at = new Date(`${text}T00:00:00.000Z`);
	return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i;

function readDay(name: "from" | "to", text: string, timeZone: string): string {
	if (isDay(text)) return text;
	const at = INSTANT.test(text) ? new Date(text) : new Date(Number.NaN);
	if (Number.isNaN(at.getTime()))
		throw new Problem(400, "invalid_request", `${name} is a day (YYYY-MM-DD) or an instant.`, {
			errors: [{ pointer: name, code: "format", message: "This is no day and no instant." }],
		});
	// A range up to an instant does not reach into the day that begins with it.
	return dayOf(name === "to" ? new Date(at.getTime() - 1) : at, timeZone);
}

/**
 * The days that a request asks for, both included: the last 30 unless told, as far as today.
 * @throws 400 `invalid_request` for what is no day, 422 where the range is upside down or longer than 366 days
 */
export function daysAsked(
	asked: { from?: string | undefined; to?: string | undefined },
	timeZone: string,
	now: Date,
): { from: string; to: string } {
	const to = asked.to === undefined ? dayOf(now, timeZone) : readDay("to", asked.to, timeZone);
	const from = asked.from === undefined ? addDays(to, 1 - DEFAULT_DAYS) : readDay("from", asked.from, timeZone);
	if (from > to) throw invalidField("from", "The range ends before it begins.");
	if (addDays(from, MAX_DAYS - 1) < to) throw invalidField("from", `The range has at most ${MAX_DAYS} days.`);
	return { from, to };
}
