import { Temporal } from "temporal-polyfill";
import type { Pause } from "../../../services/tickets/sla/business-time.ts";
import type { CalendarSpec } from "../../../services/tickets/sla/calendar-days.ts";

/*
 * Business time by walking through it, step by step, with every boundary made an instant by Temporal itself. Slow and
 * plain: it shares nothing with what it judges but the shape of a calendar.
 */

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

function instantOf(date: Temporal.PlainDate, time: string, timeZone: string): number {
	const [hours, minutes] = time.split(":").map(Number) as [number, number];
	const day = hours === 24 ? date.add({ days: 1 }) : date;
	return day
		.toPlainDateTime({ hour: hours % 24, minute: minutes })
		.toZonedDateTime(timeZone, { disambiguation: "compatible" }).epochMilliseconds;
}

const minuteOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
const timeOf = (minute: number) =>
	`${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** The windows of a date, minute by minute: those of its exception, or its weekday's without its holidays. */
function windowsOf(calendar: CalendarSpec, date: Temporal.PlainDate): [string, string][] {
	const text = date.toString();
	const exception = calendar.exceptions.find((one) => one.date === text);
	const day = DAYS[date.dayOfWeek - 1] as (typeof DAYS)[number];
	const usual = calendar.type === "always" ? [["00:00", "24:00"]] : (calendar.hours[day] ?? []);
	const minutes = new Set<number>();
	for (const [from, to] of exception?.hours ?? usual)
		for (let minute = minuteOf(from as string); minute < minuteOf(to as string); minute++) minutes.add(minute);
	for (const { date: holiday, from, to } of exception ? [] : calendar.holidays)
		if (holiday === text)
			for (let minute = minuteOf(from ?? "00:00"); minute < minuteOf(to ?? "24:00"); minute++) minutes.delete(minute);
	const windows: [string, string][] = [];
	for (let minute = 0; minute < 1440; minute++) {
		if (!minutes.has(minute)) continue;
		const begin = minute;
		while (minutes.has(minute)) minute++;
		windows.push([timeOf(begin), timeOf(minute)]);
	}
	return windows;
}

/** Whether each step of a stretch is open: the first begins at `from`, and no boundary may lie within one. */
export function openSteps(
	calendar: CalendarSpec | "always",
	pauses: readonly Pause[],
	from: number,
	to: number,
	stepMs: number,
): boolean[] {
	const spans: [number, number][] = [];
	if (calendar === "always") spans.push([-Infinity, Infinity]);
	else {
		const at = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO("UTC").toPlainDate();
		const last = at(to).add({ days: 2 });
		for (
			let date = at(from).subtract({ days: 2 });
			Temporal.PlainDate.compare(date, last) <= 0;
			date = date.add({ days: 1 })
		)
			for (const [begin, end] of windowsOf(calendar, date))
				spans.push([instantOf(date, begin, calendar.timeZone), instantOf(date, end, calendar.timeZone)]);
	}
	const steps: boolean[] = [];
	for (let now = from; now < to; now += stepMs) {
		const open = spans.some(([begin, end]) => begin <= now && now < end);
		const paused = pauses.some(
			(pause) => pause.from.getTime() <= now && (pause.to === null || now < pause.to.getTime()),
		);
		steps.push(open && !paused);
	}
	return steps;
}
