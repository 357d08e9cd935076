import fc from "fast-check";
import {
	compileCalendar,
	due,
	elapsed,
	nextOpening,
	type Pause,
	segments,
	before as startOf,
} from "../../../services/tickets/sla/business-time.ts";
import type { CalendarSpec } from "../../../services/tickets/sla/calendar-days.ts";
import { calendarNear, PLACES, pausesBetween } from "./calendars.ts";
import { openSteps } from "./stepper.ts";

const at = (text: string) => new Date(text);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const RUNS = { seed: 20260329, endOnFailure: false };

const NINE_TO_FIVE = [["09:00", "17:00"]] as const;
const OFFICE: CalendarSpec = {
	timeZone: "Europe/Berlin",
	hours: { mon: NINE_TO_FIVE, tue: NINE_TO_FIVE, wed: NINE_TO_FIVE, thu: NINE_TO_FIVE, fri: NINE_TO_FIVE },
	holidays: [],
	exceptions: [],
};
const CREATED = at("2026-03-27T15:30:00Z");

describe("the worked numbers", () => {
	const office = compileCalendar(OFFICE);

	test("an hour from Friday afternoon ends on Monday morning, over the change of the clock", () => {
		expect(due(office, CREATED, 3600)).toEqual(at("2026-03-30T07:30:00Z"));
		expect(due(office, CREATED, 48 * 60)).toEqual(at("2026-03-30T07:18:00Z"));
	});

	test("eight hours, paused over a night, then cut to four", () => {
		expect(due(office, CREATED, 28_800)).toEqual(at("2026-03-30T14:30:00Z"));
		const pending = [{ from: at("2026-03-30T08:00:00Z"), to: at("2026-03-31T09:00:00Z") }];
		expect(elapsed(office, CREATED, at("2026-03-30T08:00:00Z"))).toBe(5400);
		expect(elapsed(office, CREATED, at("2026-03-31T05:00:00Z"), pending)).toBe(5400);
		expect(due(office, CREATED, 28_800, pending)).toEqual(at("2026-04-01T07:30:00Z"));
		expect(elapsed(office, CREATED, at("2026-03-31T10:00:00Z"), pending)).toBe(9000);
		expect(due(office, CREATED, 14_400, pending)).toEqual(at("2026-03-31T11:30:00Z"));
	});

	test("what is used up at closing time is due at closing time", () => {
		expect(due(office, at("2026-03-27T15:00:00Z"), 3600)).toEqual(at("2026-03-27T16:00:00Z"));
		expect(due(office, at("2026-03-27T15:00:00Z"), 3601)).toEqual(at("2026-03-30T07:00:01Z"));
	});

	test("nothing is due at once, also at night, and the end of nothing is its end", () => {
		const night = at("2026-03-28T02:00:00Z");
		expect(due(office, night, 0)).toEqual(night);
		expect(startOf(office, night, 0)).toEqual(night);
	});

	test("backwards: the latest instant, which is closing time rather than the next opening", () => {
		expect(startOf(office, at("2026-03-30T07:30:00Z"), 1800)).toEqual(at("2026-03-30T07:00:00Z"));
		expect(startOf(office, at("2026-03-30T07:30:00Z"), 1801)).toEqual(at("2026-03-27T15:59:59Z"));
	});

	test("milliseconds are kept, and what is left of a second is not counted", () => {
		expect(due(office, at("2026-03-27T15:30:00.750Z"), 3600)).toEqual(at("2026-03-30T07:30:00.750Z"));
		expect(elapsed(office, at("2026-03-27T15:30:00.750Z"), at("2026-03-27T15:30:02.749Z"))).toBe(1);
	});
});

describe("a calendar that is always open", () => {
	test.each([
		["has 23 hours on the day the clock is put forward", "2026-03-29", "+01:00", "2026-03-30", "+02:00", 23],
		["has 25 hours on the day it is put back", "2026-10-25", "+02:00", "2026-10-26", "+01:00", 25],
	])("%s", (_what, day, offset, next, later, hours) => {
		const [from, to] = [at(`${day}T00:00:00${offset}`), at(`${next}T00:00:00${later}`)];
		const always = compileCalendar({ ...OFFICE, type: "always", hours: {} });
		for (const calendar of [always, compileCalendar("always")]) expect(elapsed(calendar, from, to)).toBe(hours * 3600);
	});

	test("closes on its holidays", () => {
		const always = compileCalendar({
			...OFFICE,
			type: "always",
			holidays: [{ date: "2026-12-25", name: "Christmas" }],
		});
		expect(elapsed(always, at("2026-12-24T00:00:00+01:00"), at("2026-12-27T00:00:00+01:00"))).toBe(2 * 86_400);
	});
});

describe("what a change of the clock makes of hours", () => {
	test.each<[string, string, [string, string], string, number]>([
		["a window in the gap moves behind it", "Europe/Berlin", ["02:15", "02:45"], "2026-03-29", 1800],
		["one that fills the gap is empty", "Europe/Berlin", ["02:00", "03:00"], "2026-03-29", 0],
		["one that ends with the gap is empty", "Europe/Berlin", ["02:30", "03:00"], "2026-03-29", 0],
		["one around it is an hour shorter", "Europe/Berlin", ["01:00", "05:00"], "2026-03-29", 3 * 3600],
		["one that ends within keeps its length", "Europe/Berlin", ["01:30", "02:30"], "2026-03-29", 3600],
		["the hour that comes twice counts twice", "Europe/Berlin", ["01:00", "04:00"], "2026-10-25", 4 * 3600],
		["a part of it counts once", "Europe/Berlin", ["02:00", "02:30"], "2026-10-25", 1800],
		["half an hour on Lord Howe", "Australia/Lord_Howe", ["01:00", "03:00"], "2026-10-04", 5400],
		["no midnight in São Paulo", "America/Sao_Paulo", ["00:00", "02:00"], "2018-11-04", 3600],
		["a day that never was in Samoa falls on the next", "Pacific/Apia", ["09:00", "17:00"], "2011-12-30", 8 * 3600],
	])("%s", (_what, timeZone, window, date, seconds) => {
		const bt = compileCalendar({ ...OFFICE, timeZone, hours: {}, exceptions: [{ date, hours: [window] }] });
		const noon = Date.parse(`${date}T12:00:00Z`);
		expect(elapsed(bt, new Date(noon - 3 * DAY), new Date(noon + 3 * DAY))).toBe(seconds);
	});
});

describe("beside stepping through time", () => {
	const place = fc
		.constantFrom(...PLACES.flatMap(([zone, ...around]) => around.map((text) => [zone, text] as const)))
		.chain(([timeZone, around]) =>
			fc.record({
				calendar: calendarNear(timeZone, Date.parse(around)),
				timeZone: fc.constant(timeZone),
				shift: fc.integer({ min: -3000, max: 1000 }),
				around: fc.constant(Date.parse(around)),
			}),
		);

	function check(calendar: CalendarSpec | "always", pauses: Pause[], from: number, to: number, stepMs: number): void {
		const bt = compileCalendar(calendar);
		const open = openSteps(calendar, pauses, from, to, stepMs);
		const step = stepMs / 1000;
		const [start, end] = [new Date(from), new Date(to)];
		let sum = 0;
		for (const [index, isOpen] of open.entries()) {
			if (isOpen) sum += step;
			const now = new Date(from + (index + 1) * stepMs);
			if (isOpen && index % 7 === 0) expect(due(bt, start, sum, pauses)).toEqual(now);
			if (index % 97 === 0) expect(elapsed(bt, start, now, pauses)).toBe(sum);
			if (index % 101 === 0) {
				const next = pauses.length === 0 ? open.indexOf(true, index + 1) : -1;
				if (next >= 0) expect(nextOpening(bt, now)).toEqual(new Date(from + next * stepMs));
			}
		}
		expect(elapsed(bt, start, end, pauses)).toBe(sum);
		let back = 0;
		for (let index = open.length - 1; index >= 0; index--) {
			if (open[index]) back += step;
			if (open[index] && index % 7 === 0)
				expect(startOf(bt, end, back, pauses)).toEqual(new Date(from + index * stepMs));
		}
		checkSegments(segments(bt, start, end, pauses), open, from, to, stepMs);
	}

	function checkSegments(
		parts: ReturnType<typeof segments>,
		open: boolean[],
		from: number,
		to: number,
		stepMs: number,
	) {
		expect(parts[0]?.from.getTime()).toBe(from);
		expect(parts.at(-1)?.to.getTime()).toBe(to);
		for (const [index, part] of parts.entries()) {
			if (index > 0) expect(part.from).toEqual(parts[index - 1]?.to);
			const [first, last] = [part.from, part.to].map((edge) => (edge.getTime() - from) / stepMs) as [number, number];
			const counted = open.slice(first, last).filter(Boolean).length;
			expect(part.countedSec).toBe((counted * stepMs) / 1000);
			// A part counts as a whole or not at all.
			expect(counted).toBe(part.why === "business" ? last - first : 0);
		}
	}

	test("minute by minute over days around changes of the clock, with holidays, exceptions and pauses", () => {
		fc.assert(
			fc.property(
				place.chain(({ calendar, shift, around }) => {
					const from = around + shift * MINUTE;
					return fc.tuple(fc.constant(calendar), fc.constant(from), pausesBetween(from, from + 3 * DAY, MINUTE));
				}),
				([calendar, from, pauses]) => check(calendar, pauses, from, from + 3 * DAY, MINUTE),
			),
			{ ...RUNS, numRuns: 120 },
		);
	});

	test("second by second over hours", () => {
		fc.assert(
			fc.property(
				place.chain(({ calendar, shift, around }) => {
					const from = around + (shift * 60 + 17) * 1000;
					return fc.tuple(fc.constant(calendar), fc.constant(from), pausesBetween(from, from + HOUR, 1000));
				}),
				([calendar, from, pauses]) => check(calendar, pauses, from, from + HOUR, 1000),
			),
			{ ...RUNS, numRuns: 60 },
		);
	});

	test("day and night", () => {
		fc.assert(
			fc.property(pausesBetween(CREATED.getTime(), CREATED.getTime() + DAY, MINUTE), (pauses) =>
				check("always", pauses, CREATED.getTime(), CREATED.getTime() + DAY, MINUTE),
			),
			{ ...RUNS, numRuns: 20 },
		);
	});
});

describe("laws", () => {
	const YEAR = Date.parse("2026-01-01T00:00:00Z");
	const second = fc.integer({ min: 0, max: 365 * 86_400 }).map((n) => new Date(YEAR + n * 1000));
	const calendar = fc
		.constantFrom(...PLACES.map(([zone]) => zone))
		.chain((zone) => calendarNear(zone, YEAR + 100 * DAY))
		.map(compileCalendar);
	const pauses = pausesBetween(YEAR, YEAR + 365 * DAY, 1000);
	const length = fc.integer({ min: 1, max: 40 * 3600 });
	const holds = (property: fc.IPropertyWithHooks<never>) => fc.assert(property, { ...RUNS, numRuns: 300 });

	test("what elapses from a to b and from b to c elapses from a to c; time never runs backwards", () => {
		holds(
			fc.property(calendar, pauses, fc.tuple(second, second, second), (bt, pauses, instants) => {
				const [a, b, c] = instants.sort((x, y) => x.getTime() - y.getTime()) as [Date, Date, Date];
				const [ab, bc, ac] = [elapsed(bt, a, b, pauses), elapsed(bt, b, c, pauses), elapsed(bt, a, c, pauses)];
				expect(ab + bc).toBe(ac);
				expect(ab >= 0 && bc >= 0).toBe(true);
				expect(elapsed(bt, c, a, pauses)).toBe(0);
			}) as never,
		);
	});

	test("by when it is due, so much has elapsed, and a second before that less; later and later for more", () => {
		holds(
			fc.property(calendar, pauses, second, length, length, (bt, pauses, start, n, more) => {
				const at = due(bt, start, n, pauses);
				if (at === null) return;
				expect(elapsed(bt, start, at, pauses)).toBe(n);
				expect(elapsed(bt, start, new Date(at.getTime() - 1000), pauses)).toBe(n - 1);
				const later = due(bt, start, n + more, pauses);
				if (later) expect(later > at).toBe(true);
			}) as never,
		);
	});

	test("since before, so much elapses, and since a second after that less", () => {
		holds(
			fc.property(calendar, pauses, second, length, (bt, pauses, end, n) => {
				const at = startOf(bt, end, n, pauses);
				if (at === null) return;
				expect(elapsed(bt, at, end, pauses)).toBe(n);
				expect(elapsed(bt, new Date(at.getTime() + 1000), end, pauses)).toBe(n - 1);
			}) as never,
		);
	});

	test("a pause moves what is due by the business time in it", () => {
		holds(
			fc.property(calendar, second, length, fc.nat(100), length, (bt, start, n, percent, width) => {
				const at = due(bt, start, n);
				if (at === null) return;
				const from = new Date(
					start.getTime() + Math.floor(((at.getTime() - start.getTime() - 1000) * percent) / 100_000) * 1000,
				);
				const pause = { from, to: new Date(from.getTime() + width * 1000) };
				const moved = due(bt, start, n, [pause]);
				if (moved) expect(elapsed(bt, at, moved)).toBe(elapsed(bt, pause.from, pause.to));
			}) as never,
		);
	});

	test("whole weeks change nothing where nothing changes", () => {
		const weekly = calendarNear("UTC", YEAR).map((spec) => compileCalendar({ ...spec, holidays: [], exceptions: [] }));
		holds(
			fc.property(weekly, second, length, fc.integer({ min: -50, max: 50 }), (bt, start, n, weeks) => {
				const shift = weeks * 7 * DAY;
				const [at, then] = [due(bt, start, n), due(bt, new Date(start.getTime() + shift), n)];
				expect(then?.getTime()).toBe(at === null ? undefined : at.getTime() + shift);
			}) as never,
		);
	});
});

describe("what never comes", () => {
	const closed = { ...OFFICE, hours: {} };

	test("is due never, and was not before", () => {
		const never = compileCalendar(closed);
		expect(due(never, CREATED, 1)).toBeNull();
		expect(startOf(never, CREATED, 1)).toBeNull();
		expect(nextOpening(never, CREATED)).toBeNull();
		expect(elapsed(never, CREATED, at("2040-01-01T00:00:00Z"))).toBe(0);
	});

	test("is what is further than ten years away", () => {
		const once = compileCalendar({ ...closed, exceptions: [{ date: "2036-03-26", hours: [["10:00", "11:00"]] }] });
		expect(due(once, CREATED, 3600)).toEqual(at("2036-03-26T10:00:00Z"));
		expect(due(once, CREATED, 3601)).toBeNull();
		expect(due(once, at("2026-03-26T09:59:59Z"), 3600)).toBeNull();
		expect(due(compileCalendar(OFFICE), CREATED, 28_800, [{ from: CREATED, to: null }])).toBeNull();
	});
});

test("parts say why they counted", () => {
	const special = compileCalendar({
		...OFFICE,
		holidays: [
			{ date: "2026-04-03", name: "Good Friday" },
			{ date: "2026-04-02", name: "Maundy Thursday", from: "12:00", to: "17:00" },
			{ date: "2026-04-06", name: "Easter Monday" },
		],
		exceptions: [{ date: "2026-04-06", hours: [["10:00", "11:00"]] }],
	});
	const pauses = [{ from: at("2026-04-02T08:00:00Z"), to: at("2026-04-02T09:00:00Z"), reason: "pending" }];
	const parts = segments(special, at("2026-04-02T07:00:00Z"), at("2026-04-06T09:00:00Z"), pauses);
	expect(parts.map(({ why, countedSec, to }) => [why, countedSec, to.toISOString()])).toEqual([
		["business", 3600, "2026-04-02T08:00:00.000Z"],
		["paused:pending", 0, "2026-04-02T09:00:00.000Z"],
		["business", 3600, "2026-04-02T10:00:00.000Z"],
		["holiday:Maundy Thursday", 0, "2026-04-02T15:00:00.000Z"],
		["closed", 0, "2026-04-02T22:00:00.000Z"],
		["holiday:Good Friday", 0, "2026-04-03T22:00:00.000Z"],
		["closed", 0, "2026-04-06T08:00:00.000Z"],
		["business", 3600, "2026-04-06T09:00:00.000Z"],
	]);
});
