import { type ProblemItem, validationFailed } from "../../../lib/problem.ts";
import { isTimeZone } from "../../../lib/time-zone.ts";
import { type Calendar, type OpenWindow, WEEKDAYS } from "../../../models/calendar.ts";

/** What says when a calendar is open. */
export type Opening = Pick<Calendar, "type" | "timeZone" | "hours" | "holidays" | "exceptions">;

type Given<T> = T | null | undefined;

/** What a request says of it: absent stays, null goes back to what a new calendar has. */
export interface OpeningInput {
	type?: Given<Calendar["type"]>;
	timeZone?: string | undefined;
	hours?: Given<{ [day in (typeof WEEKDAYS)[number]]?: Given<string[][]> }>;
	holidays?: Given<{ date: string; name?: string; from?: Given<string>; to?: Given<string> }[]>;
	exceptions?: Given<{ date: string; hours: string[][] }[]>;
}

const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MAX_ERRORS = 50;
const NO_HOURS: Calendar["hours"] = { mon: [], tue: [], wed: [], thu: [], fri: [], sat: [], sun: [] };

/** Gathers what is wrong, each with its place. */
class Findings {
	readonly items: ProblemItem[] = [];

	add(pointer: string, code: string, message: string): void {
		if (this.items.length < MAX_ERRORS) this.items.push({ pointer, code, message });
	}

	/** Whether a text is a time of day, or the end of one. */
	time(pointer: string, text: string, isEnd: boolean): boolean {
		if (TIME.test(text) || (isEnd && text === "24:00")) return true;
		const hint = isEnd ? ", or 24:00" : text === "24:00" ? "; 24:00 is the end of a day only" : "";
		this.add(pointer, "format", `must be a time of day as HH:MM from 00:00 to 23:59${hint}.`);
		return false;
	}

	/** Whether a text is a date of the Gregorian calendar. */
	date(pointer: string, text: string): boolean {
		const at = DATE.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
		// Date.parse takes the 30th of February for the 2nd of March.
		if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(text)) return true;
		this.add(pointer, "format", "must be a date of the calendar as YYYY-MM-DD.");
		return false;
	}

	/** The open times of a day, those that touch made one. */
	windows(pointer: string, given: readonly string[][]): OpenWindow[] {
		const merged: OpenWindow[] = [];
		for (const [index, [from = "", to = ""]] of given.entries()) {
			const at = `${pointer}/${index}`;
			const readable = [this.time(`${at}/0`, from, false), this.time(`${at}/1`, to, true)].every(Boolean);
			if (!readable) continue;
			const last = merged.at(-1);
			// Times of day of this form sort as texts.
			if (from >= to) {
				const hint = to === "00:00" ? " The end of a day is 24:00." : " A night shift is written as two.";
				this.add(at, "order", `must end after it begins.${hint}`);
			} else if (last && from < last[1]) {
				const inOrder = from >= last[0];
				this.add(at, inOrder ? "overlap" : "order", inOrder ? "overlaps the one before." : "must stand in its order.");
			} else if (last && from === last[1]) last[1] = to;
			else merged.push([from, to]);
		}
		return merged;
	}
}

function patchedHours(found: Findings, before: Calendar["hours"], given: OpeningInput["hours"]): Calendar["hours"] {
	const hours = { ...before };
	for (const day of WEEKDAYS) {
		const windows = given?.[day];
		if (windows !== undefined) hours[day] = found.windows(`/hours/${day}`, windows ?? []);
	}
	return hours;
}

function holidaysOf(found: Findings, given: NonNullable<OpeningInput["holidays"]>): Calendar["holidays"] {
	return given.map(({ date, name = "Holiday", from, to }, index) => {
		const at = `/holidays/${index}`;
		found.date(`${at}/date`, date);
		const readable = [
			typeof from !== "string" || found.time(`${at}/from`, from, false),
			typeof to !== "string" || found.time(`${at}/to`, to, true),
		].every(Boolean);
		if (readable && (from ?? "00:00") >= (to ?? "24:00")) found.add(at, "order", "must end after it begins.");
		return { date, name, ...(from ? { from } : {}), ...(to ? { to } : {}) };
	});
}

function exceptionsOf(found: Findings, given: NonNullable<OpeningInput["exceptions"]>): Calendar["exceptions"] {
	const dates = new Set<string>();
	return given.map(({ date, hours }, index) => {
		const at = `/exceptions/${index}`;
		if (found.date(`${at}/date`, date) && dates.has(date))
			found.add(`${at}/date`, "duplicate", "has hours in another exception already.");
		dates.add(date);
		return { date, hours: found.windows(`${at}/hours`, hours) };
	});
}

function patchedZone(found: Findings, before: Opening | null, given: string | undefined): string {
	const timeZone = given ?? before?.timeZone ?? "";
	// What is stored was one once, also where this machine does not know it.
	if (given !== undefined && !isTimeZone(given))
		found.add("/timeZone", "invalid", "must be a time zone of the IANA database, such as Europe/Berlin.");
	return timeZone;
}

/**
 * When a calendar is open after a request: of the hours, the days that are named are replaced, holidays and exceptions
 * as a whole. `before` is null for a new one.
 * @throws 422 with a pointer to everything wrong; for a weekly calendar that no day opens, too
 */
export function patchedOpening(before: Opening | null, input: OpeningInput): Opening {
	const found = new Findings();
	const type = input.type === undefined ? (before?.type ?? "weekly") : (input.type ?? "weekly");
	const hours = patchedHours(found, input.hours === null ? NO_HOURS : (before?.hours ?? NO_HOURS), input.hours);
	const opening: Opening = {
		type,
		timeZone: patchedZone(found, before, input.timeZone),
		hours: type === "always" ? NO_HOURS : hours,
		holidays: input.holidays === undefined ? (before?.holidays ?? []) : holidaysOf(found, input.holidays ?? []),
		exceptions:
			input.exceptions === undefined ? (before?.exceptions ?? []) : exceptionsOf(found, input.exceptions ?? []),
	};
	if (type === "always" && WEEKDAYS.some((day) => (input.hours?.[day] ?? []).length > 0))
		found.add("/hours", "invalid", "must be left out where the calendar is always open.");
	if (type === "weekly" && found.items.length === 0 && WEEKDAYS.every((day) => hours[day].length === 0))
		found.add("/hours", "required", "A calendar is open at some time of the week, or its type is `always`.");
	if (found.items.length > 0) throw validationFailed(found.items);
	return opening;
}
