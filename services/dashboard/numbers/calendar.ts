import { invalidField, Problem } from "../../../lib/problem.ts";
import { temporal } from "../../../lib/temporal.ts";
import { isTimeZone } from "../../../lib/time-zone.ts";

/** Instants are ms since 1970, UTC. */
export interface Range {
	from: number;
	/** the first instant that is no longer in it */
	to: number;
}

/** A part of a range: one hour, day, week or month of a calendar, cut off at the range's ends. */
export interface Bucket extends Range {
	/** when the whole hour, day, week or month begins by the calendar, which may be before the range: local time and offset */
	start: string;
}

export const GRANULARITIES = ["hour", "day", "week", "month"] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/** More buckets are not made: a thousand days, or six weeks of hours. */
export const MAX_BUCKETS = 1100;

/** How many local days a range has that nobody named. */
const DEFAULT_DAYS = 7;

const HOUR_MS = 3_600_000;
/** The shortest that each can be, ms: what bounds their number before any is made. */
const SHORTEST: Record<Granularity, number> = {
	hour: HOUR_MS,
	day: 23 * HOUR_MS,
	week: 167 * HOUR_MS,
	month: 27 * 24 * HOUR_MS,
};

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

type Zoned = ReturnType<ReturnType<typeof dateOf>["toZonedDateTime"]>;

/** The zone asked for, or the tenant's. @throws 422 for one that is none */
export function zoneOf(asked: string | undefined, tenants: string): string {
	if (asked === undefined) return isTimeZone(tenants) ? tenants : "UTC";
	if (!isTimeZone(asked))
		throw invalidField("timeZone", "must be a time zone of the IANA database, such as Europe/Berlin.");
	return asked;
}

function dateOf(text: string) {
	return temporal().PlainDate.from(text, { overflow: "reject" });
}

function localAt(at: number, timeZone: string): Zoned {
	return temporal().Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
}

/** A text as an instant: ISO 8601 with an offset, or a plain date, which means the beginning of that day in the zone. */
function instantOf(name: string, text: string, timeZone: string): number {
	// The plus sign of an offset reads as a space where the client did not encode it.
	const written = text.replace(/ (\d{2}:\d{2})$/, "+$1");
	const wrong = () =>
		new Problem(400, "invalid_request", `${name}: must be an instant such as 2026-01-31T08:00:00Z, or a date`, {
			errors: [{ pointer: name, code: "invalid", message: "must be an instant or a date" }],
		});
	try {
		if (DATE.test(written)) return dateOf(written).toZonedDateTime({ timeZone }).epochMilliseconds;
		// Not by Date.parse, which takes the 30th of February for the 2nd of March.
		if (INSTANT.test(written)) return temporal().Instant.from(written).epochMilliseconds;
	} catch {
		throw wrong();
	}
	throw wrong();
}

/** The beginning of the local day that is so many days after the day of an instant. */
function dayStart(at: number, days: number, timeZone: string): number {
	return localAt(at, timeZone).toPlainDate().add({ days }).toZonedDateTime({ timeZone }).epochMilliseconds;
}

/**
 * The range that was asked for. Without `to` it ends with the present local day, without `from` it is the seven local
 * days before its end: without both, the last seven days, today included.
 * @throws 400 for what is neither an instant nor a date, 422 where it would be empty
 */
export function rangeOf(asked: { from?: string; to?: string }, now: number, timeZone: string): Range {
	const to = asked.to === undefined ? dayStart(now, 1, timeZone) : instantOf("to", asked.to, timeZone);
	const from =
		asked.from === undefined ? dayStart(to - 1, 1 - DEFAULT_DAYS, timeZone) : instantOf("from", asked.from, timeZone);
	if (from >= to) throw invalidField("from", "must be before `to`.");
	return { from, to };
}

/** The range of the same length immediately before. */
export function previousOf({ from, to }: Range): Range {
	return { from: from - (to - from), to: from };
}

/** The beginning of the calendar's hour, day, week or month in which a moment lies. */
function floor(local: Zoned, granularity: Granularity): Zoned {
	const { timeZoneId: timeZone } = local;
	if (granularity === "hour") {
		// Back by what has passed of the hour on the clock, but not over a change of the clock within it.
		const passed = local.minute * 60_000 + local.second * 1000 + local.millisecond;
		const back = localAt(local.epochMilliseconds - passed, timeZone);
		return back.offset === local.offset ? back : changeBetween(back, local);
	}
	const date = local.toPlainDate();
	const first =
		granularity === "day"
			? date
			: granularity === "week"
				? date.subtract({ days: date.dayOfWeek - 1 })
				: date.with({ day: 1 });
	return first.toZonedDateTime({ timeZone });
}

/** Where the zone's offset changes between two moments less than an hour apart. */
function changeBetween(before: Zoned, after: Zoned): Zoned {
	const change = before.getTimeZoneTransition("next");
	return change && change.epochMilliseconds <= after.epochMilliseconds ? change : before;
}

/** The beginning of the next hour, day, week or month. An hour within which the clock is changed ends there. */
function next(start: Zoned, granularity: Granularity): Zoned {
	const { timeZoneId: timeZone } = start;
	if (granularity === "hour") {
		const after = localAt(start.epochMilliseconds + (60 - start.minute) * 60_000 - start.second * 1000, timeZone);
		return after.offset === start.offset ? after : changeBetween(start, after);
	}
	const step = granularity === "day" ? { days: 1 } : granularity === "week" ? { days: 7 } : { months: 1 };
	return start.toPlainDate().add(step).toZonedDateTime({ timeZone });
}

const written = (local: Zoned) => local.toString({ timeZoneName: "never", smallestUnit: "second" });

/** Cuts made lately: what is asked every minute is computed once. */
const lately = new Map<string, readonly Bucket[]>();
const LATELY = 100;

/**
 * A range cut at the beginnings of the calendar's hours, days, weeks (ISO 8601, from Monday) or months in a time zone.
 * Days have 23 or 25 hours where the clock is changed, and begin when they do where there is no midnight.
 * @throws 422 where there would be too many
 */
export function bucketsOf(range: Range, granularity: Granularity, timeZone: string): readonly Bucket[] {
	const key = `${granularity} ${timeZone} ${range.from} ${range.to}`;
	const known = lately.get(key);
	if (known) return known;
	const buckets = cut(range, granularity, timeZone);
	if (lately.size >= LATELY) lately.delete(lately.keys().next().value as string);
	lately.set(key, buckets);
	return buckets;
}

function cut({ from, to }: Range, granularity: Granularity, timeZone: string): Bucket[] {
	const tooMany = () =>
		invalidField("granularity", `The range has more than ${MAX_BUCKETS} of these parts; ask for longer ones.`);
	if ((to - from) / (SHORTEST[granularity] * 1.5) > MAX_BUCKETS) throw tooMany();
	const buckets: Bucket[] = [];
	let start = floor(localAt(from, timeZone), granularity);
	for (let at = from; at < to; ) {
		const after = next(start, granularity);
		const end = Math.min(after.epochMilliseconds, to);
		if (end > at) buckets.push({ start: written(start), from: at, to: end });
		if (buckets.length > MAX_BUCKETS) throw tooMany();
		at = Math.max(at, end);
		start = after;
	}
	return buckets;
}
