import type { computeCalendar } from "../../../contracts/calendars.ts";
import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import { invalidField, type ProblemItem, validationFailed } from "../../../lib/problem.ts";
import { WEEKDAYS } from "../../../models/calendar.ts";
import { before, due, elapsed, type Pause } from "./business-time.ts";
import type { Opening } from "./calendar-rules.ts";
import type { BusinessTime } from "./opening-table.ts";

type Question = ParamsOf<typeof computeCalendar>;

/** What is computed lies between these: further away the answer would take long and be nobody's. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2100;

/** So many times of opening are gone through for one answer at most: a hundred and thirty years of two a day. */
const MAX_OPENINGS = 100_000;
const WEEK_MS = 7 * 86_400_000;

/** How often a calendar opens in a week. */
function opensPerWeek({ type, hours }: Opening): number {
	return type === "always" ? 7 : WEEKDAYS.reduce((sum, day) => sum + hours[day].length, 0);
}

/** What a question is asked of: a calendar, or all time. */
export interface Asked {
	time: BusinessTime;
	calendar: Opening | null;
}

/** An instant that a client wrote. */
function instantAt(pointer: string, text: string): Date {
	const at = new Date(text);
	const year = at.getUTCFullYear();
	if (Number.isNaN(year)) throw invalidField(pointer, "must be an instant such as 2026-01-31T08:00:00Z.", "format");
	if (year < FIRST_YEAR || year > LAST_YEAR)
		throw invalidField(pointer, `must be in the years from ${FIRST_YEAR} to ${LAST_YEAR}.`, "out_of_range");
	return at;
}

function pausesOf(given: NonNullable<Question["pauses"]>): Pause[] {
	return given.map(([from = null, to = null], index) => {
		const at = `/pauses/${index}`;
		if (from === null) throw invalidField(`${at}/0`, "must be an instant: a pause has a beginning.", "required");
		const pause = { from: instantAt(`${at}/0`, from), to: to === null ? null : instantAt(`${at}/1`, to) };
		if (pause.to && pause.to < pause.from) throw invalidField(at, "must not end before it begins.", "order");
		return pause;
	});
}

/** @throws 422 where the question is not one of the three that there are */
function checkQuestion({ start, end, seconds }: Question): void {
	const given = [start, end, seconds].filter((value) => value !== undefined).length;
	if (given === 2) return;
	const message = "Ask by two of these: start and seconds, start and end, or end and seconds.";
	const items: ProblemItem[] = [];
	for (const [name, value] of Object.entries({ start, end, seconds }))
		if ((value === undefined) === given < 2)
			items.push({ pointer: `/${name}`, code: given < 2 ? "required" : "unexpected", message });
	throw validationFailed(items);
}

const NEVER = { flags: ["calendar_never_opens" as const] };

/**
 * Answers a question about business time, after `POST /calendars/compute`.
 * @throws 422 for what is no question, no instant, or too far away
 */
export function compute({ time, calendar }: Asked, question: Question): ResultOf<typeof computeCalendar> {
	checkQuestion(question);
	const pauses = pausesOf(question.pauses ?? []);
	const start = question.start === undefined ? null : instantAt("/start", question.start);
	const end = question.end === undefined ? null : instantAt("/end", question.end);
	if (start && end) {
		const weeks = (end.getTime() - start.getTime()) / WEEK_MS;
		if (calendar && weeks * opensPerWeek(calendar) > MAX_OPENINGS)
			throw invalidField("/end", "is too long after the start for a calendar that opens so often.", "out_of_range");
		return { elapsedSec: elapsed(time, start, end, pauses) };
	}
	const seconds = question.seconds ?? 0;
	if (start) {
		const dueAt = due(time, start, seconds, pauses);
		return dueAt ? { dueAt: dueAt.toISOString() } : { dueAt: null, ...NEVER };
	}
	const beforeAt = before(time, end as Date, seconds, pauses);
	return beforeAt ? { beforeAt: beforeAt.toISOString() } : { beforeAt: null, ...NEVER };
}
