import { localTimeIn } from "../../../lib/local-time.ts";
import { WEEKDAYS, type Weekday } from "../../../models/calendar.ts";

/** From and until when, as `HH:MM` of the calendar's zone; until may be `24:00`. */
export type Window = readonly [from: string, to: string];

/** When a calendar is open. Dates are `YYYY-MM-DD` of its zone. */
export interface CalendarSpec {
	/** `always`: every day is open all day, and `hours` says nothing */
	type?: "weekly" | "always";
	/** IANA */
	timeZone: string;
	hours: { readonly [day in Weekday]?: readonly Window[] };
	/** a whole date, or the part of it between `from` and `to` */
	holidays: readonly { date: string; name: string; from?: string | null; to?: string | null }[];
	/** the hours of a date instead of its weekday's; its holidays do not count then */
	exceptions: readonly { date: string; hours: readonly Window[] }[];
}

/** A stretch of time: ms, from the one included to the other, which is not. */
export type Span = [from: number, to: number];

const MINUTE = 60_000;
const DAY = 86_400_000;
const ALL_DAY: Span = [0, DAY];

/** A time of day as ms since midnight. */
function timeOfDay(text: string): number {
	return (Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))) * MINUTE;
}

/** A date as days since 1970-01-01. */
export function dayNumber(date: string): number {
	return Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY);
}

/** Spans in their order, those that overlap or touch made one, empty ones left out. */
export function union(spans: readonly Span[]): Span[] {
	const merged: Span[] = [];
	for (const [from, to] of spans.filter((span) => span[0] < span[1]).sort((a, b) => a[0] - b[0])) {
		const last = merged.at(-1);
		if (last && from <= last[1]) last[1] = Math.max(last[1], to);
		else merged.push([from, to]);
	}
	return merged;
}

/** What is left of spans without those of another list; both in order and without overlap. */
function without(spans: readonly Span[], taken: readonly Span[]): Span[] {
	let left = spans.map(([from, to]): Span => [from, to]);
	for (const [from, to] of taken)
		left = left.flatMap((span): Span[] => [
			[span[0], Math.min(span[1], from)],
			[Math.max(span[0], to), span[1]],
		]);
	return left.filter(([from, to]) => from < to);
}

const spansOf = (windows: readonly Window[]) => union(windows.map(([from, to]) => [timeOfDay(from), timeOfDay(to)]));

export interface Holiday {
	name: string;
	span: Span;
}

/** The days of any zone's calendar of which a part lies between two instants, and some before and after them. */
function* daysAround(from: number, to: number): Generator<number> {
	for (let day = Math.floor(from / DAY) - 2; day <= Math.floor(to / DAY) + 2; day++) yield day;
}

const clipped = (span: Span, from: number, to: number): Span => [Math.max(span[0], from), Math.min(span[1], to)];

/** The days of a calendar by the clock of its zone, and the instants that they are. */
export class CalendarDays {
	readonly #timeZone: string;
	/** the spans of a usual day, from Monday */
	readonly #week: Span[][];
	readonly #holidays = new Map<number, Holiday[]>();
	readonly #exceptions = new Map<number, Span[]>();
	/** the spans of the days that are not as usual */
	readonly #special = new Map<number, Span[]>();

	constructor({ type, timeZone, hours, holidays, exceptions }: CalendarSpec) {
		this.#timeZone = timeZone;
		this.#week = WEEKDAYS.map((day) => (type === "always" ? [ALL_DAY] : spansOf(hours[day] ?? [])));
		for (const { date, hours: windows } of exceptions) this.#exceptions.set(dayNumber(date), spansOf(windows));
		for (const { date, name, from, to } of holidays) {
			const day = dayNumber(date);
			const span: Span = [from ? timeOfDay(from) : 0, to ? timeOfDay(to) : DAY];
			const known = this.#holidays.get(day);
			if (known) known.push({ name, span });
			else this.#holidays.set(day, [{ name, span }]);
		}
		for (const [day, taken] of this.#holidays)
			this.#special.set(day, without(this.#usual(day), union(taken.map(({ span }) => span))));
		for (const [day, spans] of this.#exceptions) this.#special.set(day, spans);
	}

	/** The spans of time in which the calendar is open between two instants, in order. */
	openings(from: number, to: number): Span[] {
		const spans: Span[] = [];
		for (const day of daysAround(from, to))
			for (const span of this.#special.get(day) ?? this.#usual(day)) spans.push(this.#instants(day, span));
		// A change of the clock may put the end of a span before its beginning, or a whole day onto the next one.
		return union(spans.map((span) => clipped(span, from, to)));
	}

	/** The parts of holidays between two instants, in order; a date with hours of its own has none. */
	holidays(from: number, to: number): Holiday[] {
		const found: Holiday[] = [];
		for (const day of daysAround(from, to)) {
			if (this.#exceptions.has(day)) continue;
			for (const { name, span } of this.#holidays.get(day) ?? [])
				found.push({ name, span: clipped(this.#instants(day, span), from, to) });
		}
		return found.filter(({ span }) => span[0] < span[1]).sort((a, b) => a.span[0] - b.span[0]);
	}

	#instants(day: number, span: Span): Span {
		const zone = localTimeIn(this.#timeZone);
		return [zone.instantOf(day * DAY + span[0]), zone.instantOf(day * DAY + span[1])];
	}

	#usual(day: number): Span[] {
		// 1970-01-01 was a Thursday.
		return this.#week[(((day + 3) % 7) + 7) % 7] as Span[];
	}
}
