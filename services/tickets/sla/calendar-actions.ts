import type { ActionSchema } from "moleculer";
import {
	CALENDAR_LIST,
	type CalendarView,
	calendarsByIds,
	computeCalendar,
	createCalendar,
	deleteCalendar,
	getCalendar,
	listCalendars,
	updateCalendar,
} from "../../../contracts/calendars.ts";
import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import { newId } from "../../../lib/ids.ts";
import { invalidField, isProblem, Problem } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { checkVersion } from "../../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import type { Calendar } from "../../../models/calendar.ts";
import type { Tickets } from "../tickets-store.ts";
import { compileCalendar } from "./business-time.ts";
import { patchedOpening } from "./calendar-rules.ts";
import { businessTimeOf, defaultCalendarOf, MAX_CALENDARS, sortNameOf } from "./calendar-store.ts";
import { calendarChanged, calendarUsers } from "./calendar-use.ts";
import { compute } from "./compute.ts";

function calendarView(calendar: Calendar): CalendarView {
	const { _id, name, type, timeZone, hours, holidays, exceptions, isDefault, createdAt, updatedAt, version } = calendar;
	return {
		...{ id: _id, name, type, timeZone, hours, holidays, exceptions, isDefault, version },
		createdAt: createdAt.toISOString(),
		updatedAt: updatedAt.toISOString(),
	};
}

/** Actions on the calendars of a tenant. */
export function calendarActions(tickets: Tickets): Record<string, ActionSchema> {
	const { calendars } = tickets;
	const scopeOf = (ctx: CallContext<unknown>) => ({ tenantId: callerOf(ctx).tenant.id });
	return {
		createCalendar: action(createCalendar, (ctx) => create(tickets, ctx)),
		listCalendars: action(listCalendars, async (ctx) => {
			const page = await calendars.list(scopeOf(ctx), CALENDAR_LIST, ctx.params);
			return { ...page, data: page.data.map(calendarView) };
		}),
		getCalendar: action(getCalendar, async (ctx) => calendarView(await calendars.require(scopeOf(ctx), ctx.params.id))),
		updateCalendar: action(updateCalendar, (ctx) => update(tickets, ctx)),
		deleteCalendar: action(deleteCalendar, (ctx) => remove(tickets, ctx)),
		computeCalendar: action(computeCalendar, (ctx) => answer(tickets, ctx)),
		calendarsByIds: action(calendarsByIds, async ({ params: { tenantId, ids } }) =>
			(await calendars.find({ tenantId }, { _id: { $in: ids } })).map(({ _id, name }) => ({ id: _id, name })),
		),
	};
}

/** Takes the place of the tenant's default from the calendar that has it. */
async function vacateDefault({ calendars }: Tickets, tx: Transaction): Promise<void> {
	const before = await defaultCalendarOf(calendars, tx.command.tenantId, tx);
	// Of two who want its place, one changes this document first, and the other starts over.
	if (before) await calendars.update(tx, before, { ...before, isDefault: false });
}

async function create(tickets: Tickets, ctx: CallContext<ParamsOf<typeof createCalendar>>): Promise<CalendarView> {
	const { calendars, store } = tickets;
	const { name, isDefault: wanted, ...input } = ctx.params;
	const opening = patchedOpening(null, input as never);
	return store.commit(commandOf(ctx), async (tx) => {
		const { tenantId } = tx.command;
		const known = await calendars.find({ tenantId }, {}, { tx, limit: MAX_CALENDARS });
		if (known.length >= MAX_CALENDARS)
			throw new Problem(409, "conflict", `There can be at most ${MAX_CALENDARS} calendars.`);
		const isDefault = wanted === true || known.every((calendar) => !calendar.isDefault);
		if (isDefault) await vacateDefault(tickets, tx);
		const _id = newId();
		const named = { name: name.trim(), sortName: sortNameOf(name), isDefault };
		const calendar = await calendars.create(tx, { _id, tenantId, ...named, ...opening });
		await calendarChanged(tickets, tx, null, calendar);
		return calendarView(calendar);
	});
}

async function update(tickets: Tickets, ctx: CallContext<ParamsOf<typeof updateCalendar>>): Promise<CalendarView> {
	const { calendars, store } = tickets;
	const { id, ifVersion, isDefault, name: given, ...input } = ctx.params;
	return store.commit(commandOf(ctx), async (tx) => {
		const before = await calendars.require({ tenantId: tx.command.tenantId }, id, tx);
		checkVersion(before, ifVersion);
		if (isDefault === false && before.isDefault)
			throw invalidField("/isDefault", "A tenant has a default calendar: make another one the default.", "conflict");
		if (isDefault === true && !before.isDefault) await vacateDefault(tickets, tx);
		const name = given?.trim() ?? before.name;
		const after = await calendars.update(tx, before, {
			...before,
			...patchedOpening(before, input as never),
			...{ name, sortName: sortNameOf(name) },
			...(isDefault === true ? { isDefault } : {}),
		});
		if (after !== before) await calendarChanged(tickets, tx, before, after);
		return calendarView(after);
	});
}

async function remove(tickets: Tickets, ctx: CallContext<ParamsOf<typeof deleteCalendar>>): Promise<null> {
	const { calendars, store } = tickets;
	const { id, ifVersion } = ctx.params;
	return store.commit(commandOf(ctx), async (tx) => {
		const { tenantId } = tx.command;
		const calendar = await calendars.require({ tenantId }, id, tx);
		checkVersion(calendar, ifVersion);
		const users = await calendarUsers(tickets, tenantId, id, tx);
		const [first] = users;
		if (first)
			throw new Problem(409, "calendar_in_use", `The calendar is in use by the ${first.kind} ${first.name}.`, {
				extra: { usedBy: users },
			});
		if (calendar.isDefault)
			throw new Problem(409, "default_calendar", "The default calendar stays until another one is the default.");
		await calendars.remove(tx, calendar);
		await calendarChanged(tickets, tx, calendar, null);
		return null;
	});
}

async function answer(
	{ calendars }: Tickets,
	ctx: CallContext<ParamsOf<typeof computeCalendar>>,
): Promise<ResultOf<typeof computeCalendar>> {
	const { calendarId, calendar } = ctx.params;
	if ((calendarId === undefined) === (calendar === undefined))
		throw invalidField("/calendarId", "Name one of calendarId and calendar.", "required");
	if (calendar === "always" || calendarId === "always")
		return compute({ time: compileCalendar("always"), calendar: null }, ctx.params);
	if (calendar) {
		const opening = inline(() => patchedOpening(null, calendar as never));
		return compute({ time: compileCalendar(opening), calendar: opening }, ctx.params);
	}
	const stored = await calendars.require({ tenantId: callerOf(ctx).tenant.id }, calendarId as string);
	return compute({ time: businessTimeOf(stored), calendar: stored }, ctx.params);
}

/** What is wrong with a calendar inside the body has its place below it. */
function inline<T>(read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (!isProblem(error) || !error.data.errors) throw error;
		const errors = error.data.errors.map((item) => ({ ...item, pointer: `/calendar${item.pointer}` }));
		throw new Problem(error.code, error.type, error.message, { errors });
	}
}
