import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, TimeZone, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";

export const CALENDAR_TYPES = ["weekly", "always"] as const;

const ById = strict({ id: Id });
const Name = Type.String({ minLength: 1, maxLength: 100, pattern: "\\S" });
/** `HH:MM`; whether it is a time of day, the service says */
const TimeOfDay = Type.String({ maxLength: 16 });
/** from and until when */
const Windows = Type.Array(Type.Array(TimeOfDay, { minItems: 2, maxItems: 2 }), { maxItems: 24 });
const LocalDate = Type.String({ maxLength: 32 });

const Day = Type.Optional(Nullable(Windows));
const Hours = strict({ mon: Day, tue: Day, wed: Day, thu: Day, fri: Day, sat: Day, sun: Day });
const HolidayName = Type.String({ minLength: 1, maxLength: 200 });
const holidayPart = { from: Type.Optional(Nullable(TimeOfDay)), to: Type.Optional(Nullable(TimeOfDay)) };
const Holidays = Type.Array(strict({ date: LocalDate, name: HolidayName, ...holidayPart }), { maxItems: 5000 });
const Exceptions = Type.Array(strict({ date: LocalDate, hours: Windows }), { maxItems: 5000 });

const openingFields = {
	type: Type.Optional(Nullable(Words(CALENDAR_TYPES))),
	hours: Type.Optional(Nullable(Hours)),
	exceptions: Type.Optional(Nullable(Exceptions)),
};
const calendarFields = {
	...openingFields,
	holidays: Type.Optional(Nullable(Holidays)),
	isDefault: Type.Optional(Type.Boolean()),
};

const OpenHours = Type.Array(Type.Array(Type.String()));

export const CalendarView = Type.Object({
	id: Id,
	name: Type.String(),
	type: Words(CALENDAR_TYPES),
	timeZone: Type.String(),
	hours: Type.Object({
		mon: OpenHours,
		tue: OpenHours,
		wed: OpenHours,
		thu: OpenHours,
		fri: OpenHours,
		sat: OpenHours,
		sun: OpenHours,
	}),
	holidays: Type.Array(
		Type.Object({
			date: Type.String(),
			name: Type.String(),
			from: Type.Optional(Type.String()),
			to: Type.Optional(Type.String()),
		}),
	),
	exceptions: Type.Array(Type.Object({ date: Type.String(), hours: OpenHours })),
	isDefault: Type.Boolean(),
	createdAt: Instant,
	updatedAt: Instant,
	version: Type.Integer(),
});
export type CalendarView = Static<typeof CalendarView>;

const RULES =
	"`hours` has the open times of each weekday, `mon` to `sun`, as `[from, until]` in `HH:MM` of the calendar's time " +
	"zone, in their order; `until` may be `24:00`, and a night shift is written as two. Times that touch become one. " +
	"`type: always` is open day and night and has no hours. A holiday takes the whole date, or the part of it between " +
	"`from` and `to`; an exception replaces the hours of its date and wins over holidays. A local time that a change of " +
	"the clock skips is as much later as was skipped, of one that comes twice the first is meant.";

export const createCalendar = defineAction({
	name: "tickets.createCalendar",
	access: "configuration.manage",
	rest: "POST /calendars",
	summary: "Make a calendar of business hours",
	description: `${RULES} With \`isDefault\` it is the tenant's default instead of the one that was.`,
	body: strict({ name: Name, timeZone: TimeZone, ...calendarFields }),
	result: CalendarView,
	status: 201,
	headers: ({ id }) => ({ Location: `/api/calendars/${id}` }),
});

export const CALENDAR_LIST = {
	filters: { name: { type: "string" }, isDefault: { type: "boolean", operators: ["eq"] } },
	sorts: ["name", "createdAt"],
	sortPaths: { name: "sortName" },
	defaultSort: "name",
} satisfies ListSpec;

export const listCalendars = defineList({
	name: "tickets.listCalendars",
	access: "configuration.read",
	rest: "GET /calendars",
	summary: "List the calendars",
	list: CALENDAR_LIST,
	item: CalendarView,
});

export const getCalendar = defineAction({
	name: "tickets.getCalendar",
	access: "configuration.read",
	rest: "GET /calendars/:id",
	summary: "Show a calendar",
	path: ById,
	result: CalendarView,
});

export const updateCalendar = defineAction({
	name: "tickets.updateCalendar",
	access: "configuration.manage",
	rest: ["PATCH /calendars/:id", "PUT /calendars/:id"],
	summary: "Change a calendar",
	description:
		`${RULES} Of \`hours\` only the days that are named change, null closing one; lists are replaced. Promises that ` +
		"are running by this calendar are reckoned anew.",
	path: ById,
	body: strict({ name: Type.Optional(Name), timeZone: Type.Optional(TimeZone), ...calendarFields }),
	result: CalendarView,
	ifMatch: true,
});

export const deleteCalendar = defineAction({
	name: "tickets.deleteCalendar",
	access: "configuration.manage",
	rest: "DELETE /calendars/:id",
	summary: "Remove a calendar",
	description:
		"One that something still goes by answers 409 `calendar_in_use` and says what; the default stays until another " +
		"calendar is the default.",
	path: ById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

const InlineCalendar = strict({
	name: Type.Optional(Name),
	timeZone: TimeZone,
	...openingFields,
	holidays: Type.Optional(
		Nullable(
			Type.Array(strict({ date: LocalDate, name: Type.Optional(HolidayName), ...holidayPart }), { maxItems: 5000 }),
		),
	),
});

export const computeCalendar = defineAction({
	name: "tickets.computeCalendar",
	access: "authenticated",
	idempotent: true,
	whileOffboarding: true,
	rest: "POST /calendars/compute",
	summary: "Ask a calendar for business time",
	description:
		"By `calendarId`, by a `calendar` that is told here, or by `always`, day and night. `start` and `seconds` answer " +
		"`dueAt`, the first instant by which so many seconds of business time have elapsed; `start` and `end` answer " +
		"`elapsedSec`; `end` and `seconds` answer `beforeAt`, the last instant since which so many elapse. `pauses` are " +
		"stretches `[from, to]` that do not count, `to` null for one without an end. Null, with `calendar_never_opens` in " +
		"`flags`, where there is no such instant within ten years.",
	body: strict({
		calendarId: Type.Optional(Id),
		calendar: Type.Optional(Type.Union([InlineCalendar, Type.Literal("always")])),
		pauses: Type.Optional(
			Type.Array(Type.Array(Nullable(Instant), { minItems: 2, maxItems: 2 }), { maxItems: 10_000 }),
		),
		start: Type.Optional(Instant),
		end: Type.Optional(Instant),
		seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000_000_000 })),
	}),
	result: Type.Object({
		dueAt: Type.Optional(Nullable(Instant)),
		elapsedSec: Type.Optional(Type.Integer()),
		beforeAt: Type.Optional(Nullable(Instant)),
		flags: Type.Optional(Type.Array(Words(["calendar_never_opens"]))),
	}),
});

/** Which of these calendars there are: for services that keep the id of one. */
export const calendarsByIds = defineAction({
	name: "tickets.calendarsByIds",
	access: "internal",
	idempotent: true,
	summary: "Which calendars there are",
	body: strict({ tenantId: Id, ids: Type.Array(Id, { maxItems: 100 }) }),
	result: Type.Array(Type.Object({ id: Id, name: Type.String() })),
});

/** Every action on calendars that a client can call. */
export const calendarContracts = [
	createCalendar,
	listCalendars,
	computeCalendar,
	getCalendar,
	updateCalendar,
	deleteCalendar,
];
