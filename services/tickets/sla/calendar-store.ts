import { LRUCache } from "lru-cache";
import { isTimeZone } from "../../../lib/time-zone.ts";
import type { InTransaction, Repository } from "../../../mixins/repository.ts";
import type { Calendar, OpenWindow } from "../../../models/calendar.ts";
import type { Tickets } from "../tickets-store.ts";
import { compileCalendar } from "./business-time.ts";
import type { BusinessTime } from "./opening-table.ts";

/** How many calendars a tenant can have. */
export const MAX_CALENDARS = 100;

/** What calendars are sorted by: the name, whatever its case. */
export const sortNameOf = (name: string) => name.trim().normalize("NFKC").toLowerCase();

/**
 * The calendar of a new tenant: weekdays from nine to five by its own clock. Its id is the tenant's, so that there is one
 * however often it is made.
 */
export function defaultCalendar(tenantId: string, timeZone: string, at: Date): Calendar {
	const name = "Business hours";
	const day = (): OpenWindow[] => [["09:00", "17:00"]];
	return {
		...{ _id: tenantId, tenantId, version: 1, createdAt: at, updatedAt: at, name, sortName: sortNameOf(name) },
		...{ type: "weekly", timeZone: isTimeZone(timeZone) ? timeZone : "UTC", isDefault: true },
		hours: { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), sat: [], sun: [] },
		...{ holidays: [], exceptions: [] },
	};
}

/** A tenant's default calendar; undefined for tenants of early versions that have made none. */
export async function defaultCalendarOf(
	calendars: Repository<Calendar>,
	tenantId: string,
	tx?: InTransaction,
): Promise<Calendar | undefined> {
	const [found] = await calendars.find({ tenantId }, { isDefault: true }, { limit: 1, ...(tx ? { tx } : {}) });
	return found;
}

/** By id and version: more than are asked at a time. */
const compiled = new LRUCache<string, BusinessTime>({ max: 1000 });

/** A stored calendar made ready for questions; the same one for all who ask while it does not change. */
export function businessTimeOf(calendar: Calendar): BusinessTime {
	const key = `${calendar._id} ${calendar.version}`;
	const known = compiled.get(key);
	if (known) return known;
	const made = compileCalendar(calendar);
	compiled.set(key, made);
	return made;
}

const ALWAYS = compileCalendar("always");

/** The business time of one of a tenant's calendars, null where there is no such calendar. */
export async function calendarBusinessTime(
	{ calendars }: Pick<Tickets, "calendars">,
	tenantId: string,
	calendarId: string,
	tx?: InTransaction,
): Promise<BusinessTime | null> {
	const calendar = await calendars.get({ tenantId }, calendarId, tx);
	return calendar ? businessTimeOf(calendar) : null;
}

/** The business time of a tenant's default calendar: all time where it has none. */
export async function defaultBusinessTime(
	{ calendars }: Pick<Tickets, "calendars">,
	tenantId: string,
	tx?: InTransaction,
): Promise<BusinessTime> {
	const calendar = await defaultCalendarOf(calendars, tenantId, tx);
	return calendar ? businessTimeOf(calendar) : ALWAYS;
}
